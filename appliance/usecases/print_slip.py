"""The receipt on paper: printed only with its code in hand, at once or not at all, and kept nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from appliance.domain.codes import rid_of
from appliance.domain.errors import Refusal
from appliance.domain.slips import Slip
from appliance.usecases.open_case import Receipt, receipt_again

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.usecases.node import Node


class NoPrinter(Refusal):
    """There is no printer here. Write the code down."""


class PrinterSilent(Refusal):
    """The printer does not answer. Write the code down."""


class PrinterOpen(Refusal):
    """The printer needs paper, or its lid is open. Write the code down, and tell a member of staff."""


class SlipsEnough(Refusal):
    """This slip was printed {times} times already. Write the code down if you need it once more."""


class Printers(Protocol):
    """The receipt printers of a centre's terminals."""

    def has(self, terminal: str) -> bool:
        """Tell whether *terminal* has a printer."""

    def print(self, terminal: str, id: str, slip: Slip) -> None:
        """Print the slip of message *id* at *terminal*, within seconds; nothing of it stays anywhere.

        Raises:
            NoPrinter, PrinterSilent, PrinterOpen, SlipsEnough: nothing was printed, or not all of it.
        """


def print_slip(node: Node, id: str, code: str, terminal: str, words: Callable[[Receipt], Slip]) -> None:
    """Print the receipt of message *id* at *terminal*.

    A message that is not registered yet has no receipt here, so its slip is never printed by the server.

    Args:
        words: makes the slip out of the receipt, in the citizen's language.

    Raises:
        CodeConflict: *code* is not that message's.
        NoPrinter, PrinterSilent, PrinterOpen, SlipsEnough: write the code down.
    """
    receipt = receipt_again(node, id, code, rid_of(code))
    if node.printers is None:
        raise NoPrinter
    node.printers.print(terminal, id, words(receipt))
