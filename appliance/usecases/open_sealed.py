"""A message that waited on a terminal, sealed to this appliance, is opened and registered as if it came now (spec keys §2, Intake)."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sync.intake import EnvelopeShut, open_intake

from appliance.domain.errors import PhotosWaiting, Refusal, SigningStopped, StorageFull
from appliance.journal.intake_keys import IntakeKeys
from appliance.usecases.media import keepable
from appliance.usecases.node import Node
from appliance.usecases.open_case import Submission, open_case
from appliance.usecases.rate import Rating, rate

NOT_NOW = (StorageFull, SigningStopped, PhotosWaiting)
MALFORMED = "Malformed"  # it does not open, or no message is in it: which of these, nobody is told


class KeyGone(Refusal):
    """This was sealed to a key that the appliance does not have any more. It stays shut."""


class EnvelopeRefused(Refusal):
    """What waited on the terminal cannot be registered. It is set aside there; tell a member of staff."""


class Inner(msgspec.Struct, frozen=True, kw_only=True):
    """What is in an envelope: ``to`` says whose body it is. Spaces may follow, so that its length tells little."""

    to: str
    body: msgspec.Raw


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a terminal learns of a message it kept: never the code, which whoever took the terminal away could ask for.

    Attributes:
        again: True when this very message was registered before.
    """

    id: str
    ref: str = ""
    due: int = 0
    again: bool = False


class _Named(msgspec.Struct):
    id: str


_inner = msgspec.json.Decoder(Inner)
_named = msgspec.json.Decoder(_Named)
_submission = msgspec.json.Decoder(Submission)
_rated = msgspec.json.Decoder(Rating)


def open_sealed(node: Node, kid: str, id: str, sealed: bytes) -> Kept:
    """Open what was sealed to the intake key *kid* under *id*, register it, and return what the terminal may know.

    Whatever refuses it for good is told in one sentence and the refusal's name: an envelope may come from whoever stole it. But nobody
    can be asked any more who wrote it, so what cannot be kept of it (a silent recording, a service that is no more) is left out.

    Raises:
        KeyGone: the key was destroyed, or is another appliance's.
        EnvelopeRefused: it does not open, or what is in it can never be registered.
        StorageFull, SigningStopped, PhotosWaiting: not now; it may be sent again.
    """
    key = IntakeKeys(node.keyring).find(kid)
    if key is None:
        raise KeyGone
    try:
        inner = _inner.decode(open_intake(key, id, sealed))
        own = _named.decode(inner.body).id == id
        register = _REGISTER.get(inner.to) if own else None
        kept = register(node, bytes(inner.body)) if register else None
    except (EnvelopeShut, msgspec.MsgspecError):
        raise EnvelopeRefused(why=MALFORMED) from None
    except NOT_NOW:
        raise
    except Refusal as error:
        raise EnvelopeRefused(why=type(error).__name__) from None
    if kept is None:
        raise EnvelopeRefused(why=MALFORMED)
    return kept


def _feedback(node: Node, body: bytes) -> Kept:
    said = _submission.decode(body)
    said = msgspec.structs.replace(
        said, service=_still(said.service, node.catalogue.service), category=_still(said.category, node.catalogue.category)
    )
    try:
        receipt = open_case(node, said)
    except NOT_NOW:
        raise
    except Refusal:
        if not said.files:
            raise
        receipt = open_case(node, msgspec.structs.replace(said, files=keepable(said.files, node.settings.limits)))
    return Kept(id=receipt.id, ref=receipt.ref, due=receipt.due, again=receipt.again)


def _rating(node: Node, body: bytes) -> Kept:
    said = _rated.decode(body)
    counted = rate(node, msgspec.structs.replace(said, service=_still(said.service, node.catalogue.service)))
    return Kept(id=counted.id, again=counted.again)


def _still(code: str, known: Callable[[str], object]) -> str:
    """Return *code* where the catalogue still knows it, else ''."""
    return code if known(code) else ""


_REGISTER: dict[str, Callable[[Node, bytes], Kept]] = {"feedback": _feedback, "rating": _rating}
