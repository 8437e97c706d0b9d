"""The printers of a centre's terminals: one slip at a time each, and not the same one over and over."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from appliance.channels.paper.composing import compose
from appliance.channels.paper.lines import PATIENCE, way_to
from appliance.domain.slips import Slip, lay_out
from appliance.usecases.print_slip import NoPrinter, PrinterSilent, SlipsEnough

if TYPE_CHECKING:
    from appliance.settings import PrinterSettings

TIMES: Final = 3  # that one slip is printed: paper is not for play
_REMEMBERED: Final = 1000  # messages whose slips are counted; only since the start
MISSING: Final = "Slips are not printed: the receipt printer needs the library python-escpos. Install it: pip install 'cfms[printer]'."


class Printers:
    """Prints where each terminal's printer stands. Nothing waits in a queue, and nothing is kept but how often each was printed."""

    def __init__(self, settings: PrinterSettings, patience: float = PATIENCE) -> None:
        """Know the printers of *settings*; a slip has *patience* seconds."""
        self._columns, self._patience = settings.columns, patience
        self._ways = {terminal: way_to(address, answers=settings.answers) for terminal, address in settings.addresses.items()}
        self._turns = {address: threading.Lock() for address in settings.addresses.values()}
        self._turn_of = {terminal: self._turns[address] for terminal, address in settings.addresses.items()}
        self._printed: OrderedDict[str, int] = OrderedDict()
        self._counting = threading.Lock()

    def has(self, terminal: str) -> bool:
        """Tell whether *terminal* has a printer; a telephone, which is no terminal, has none."""
        return bool(terminal) and (terminal in self._ways or "" in self._ways)

    def print(self, terminal: str, id: str, slip: Slip) -> None:
        """Print the slip of message *id* at *terminal*, or refuse within seconds."""
        if not self.has(terminal):
            raise NoPrinter
        if self._printed.get(id, 0) >= TIMES:
            raise SlipsEnough(times=TIMES)
        whose = terminal if terminal in self._ways else ""
        end = time.monotonic() + self._patience
        job = compose(lay_out(slip, self._columns), self._columns)
        if not self._turn_of[whose].acquire(timeout=self._patience):
            raise PrinterSilent
        try:
            self._ways[whose].send(job, max(end - time.monotonic(), 0.1))
        finally:
            self._turn_of[whose].release()
        self._count(id)

    def _count(self, id: str) -> None:
        with self._counting:
            self._printed[id] = self._printed.pop(id, 0) + 1
            if len(self._printed) > _REMEMBERED:
                self._printed.popitem(last=False)


def has_library() -> bool:
    """Tell whether slips can be composed here."""
    return find_spec("escpos") is not None
