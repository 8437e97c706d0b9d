"""``/api/v1/sealed`` and ``/api/v1/waiting``: what terminals kept while this appliance was away, and how many still wait."""

from __future__ import annotations

import msgspec
from flask import Response, request

from appliance.usecases.open_sealed import open_sealed
from appliance.usecases.terminals import hear
from appliance.web.here import node as here_node
from appliance.web.terminal import NAME, address
from kiosk_ui.api import answer, api
from kiosk_ui.following import limits


class Envelope(msgspec.Struct, kw_only=True):
    """One message as it was kept.

    Attributes:
        kid: the intake key it is sealed to.
        sealed: the sender's share and the ciphertext, base64.
        waiting: how many more wait on this terminal after it.
        aside: how many were refused for good.
    """

    kid: str
    id: str
    sealed: bytes
    waiting: int = 0
    aside: int = 0


class Waiting(msgspec.Struct, kw_only=True):
    """What a terminal says of itself when it has nothing to send."""

    waiting: int
    aside: int = 0


_envelope = msgspec.json.Decoder(Envelope)
_waiting = msgspec.json.Decoder(Waiting)


@api.post("/sealed")
def sealed() -> Response:
    """Register a message that waited; 201, and 200 when it was registered before."""
    node, terminal = here_node(), _terminal()
    request.max_content_length = node.settings.limits.body_bytes
    said = _envelope.decode(request.get_data())
    limits().check_submission(address(), terminal)
    kept = open_sealed(node, said.kid, said.id, said.sealed)
    hear(node, terminal, said.waiting, said.aside)
    return answer({"id": kept.id, "ref": kept.ref, "due": kept.due}, 200 if kept.again else 201)


@api.post("/waiting")
def waiting() -> Response:
    """Note how many messages wait on a terminal; it is written down, so it counts as a message."""
    said = _waiting.decode(request.get_data())
    limits().check_submission(address(), _terminal())
    hear(here_node(), _terminal(), said.waiting, said.aside)
    return answer({})


def _terminal() -> str:
    """Return the terminal that the address names; the body is JSON and is not asked."""
    name = request.args.get("kiosk", "")
    return name if NAME.fullmatch(name) else ""
