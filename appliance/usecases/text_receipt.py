"""The receipt on the citizen's own telephone: sent only to the number they left with the message, and only with its code in hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from appliance.domain.codes import rid_of
from appliance.domain.errors import NotFound, Refusal
from appliance.journal import boxes
from appliance.projections import cases
from appliance.usecases.open_case import Receipt, receipt_again

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.usecases.node import Node


class NoTexter(Refusal):
    """Nothing can be sent to telephones from here. Write the code down, or print it."""


class NoNumber(Refusal):
    """You left no telephone number with this message. Write the code down, or print it."""


class Texter(Protocol):
    """What sends short messages."""

    def send(self, number: str, words: str) -> None:
        """Take *words* for *number* (as the world dials it) and send them soon; they are kept in memory only.

        Raises:
            TooMany: this number has had enough for now.
        """

    def close(self) -> None:
        """Stop; what still waits is forgotten."""


def text_receipt(node: Node, id: str, code: str, words: Callable[[Receipt], str]) -> None:
    """Send the receipt of message *id* to the number left with it.

    The code stands in no queue on disk (spec keys, Receipt): what could not be sent before the node stops is lost, and the citizen
    still has it on the screen and the slip.

    Args:
        words: makes the message out of the receipt, in the citizen's language.

    Raises:
        CodeConflict: *code* is not that message's.
        NoTexter, NoNumber, TooMany: nothing was sent.
    """
    receipt = receipt_again(node, id, code, rid_of(code))
    if node.texter is None:
        raise NoTexter
    number = number_of(node, id)
    if not number:
        raise NoNumber
    node.texter.send(number, words(receipt))


def number_of(node: Node, case: str) -> str:
    """Return the telephone number that was left with *case*; '' for none, once it was erased, or where it is none of this country.

    Programs may leave any words as a number; what a stranger could make dear at the far end of the world is not sent to.

    Raises:
        NotFound: there is no such case here.
    """
    with node.store.read() as db:
        opened = next(iter(cases.case_entries(db, case)), None)
        if opened is None:
            raise NotFound
        value = boxes.read_one(db, opened.log, opened.index, opened.origin, opened.event.id, "phone")
    number, rules = value.decode() if value else "", node.country.phone
    return number if re.fullmatch(rf"\+{rules.calling_code}[0-9]{{{rules.national_digits}}}", number) else ""
