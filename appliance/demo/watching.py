"""What there is to see of the two nodes and the cable at one moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from appliance.demo.cable import Cable
from appliance.demo.place import CENTRE
from appliance.domain.errors import Refusal
from appliance.projections.cases import CaseRow, get
from appliance.store.db import Db
from appliance.usecases import logs
from appliance.usecases.node import Node
from appliance.usecases.run_exchange import exchange_state

PATIENCE = 60.0  # seconds; nothing in the demo takes so long


class NotSeen(Refusal):
    """This was not seen in time: {what}."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Both nodes as they stand; times are unix seconds, 0 for never.

    Attributes:
        waiting: cases filed at the centre that headquarters has not acknowledged.
        unsent: entries of the centre's log, of any sort, likewise.
        why: why something waits, in the centre's words.
        held: entries of the centre's log that headquarters holds.
        cosigned: entries that headquarters' signature, as the centre has it, covers.
    """

    whole: bool
    carried: int
    centre_cases: int
    waiting: int
    unsent: int
    oldest: int
    acked_at: int
    why: str
    size: int
    cosigned: int
    hq_cases: int
    held: int


@dataclass(frozen=True, slots=True)
class Watcher:
    """Looks at both nodes; it reads their databases beside their servers and changes nothing."""

    centre: Node
    hq: Node
    cable: Cable

    def look(self) -> Sight:
        """Return what there is to see now."""
        state = exchange_state(self.centre)
        with self.centre.store.read() as db:
            own = logs.by_id(db, self.centre.journal.own_log)
            cases, waiting = _count(db), _waiting(db, own.id, own.acked)
        with self.hq.store.read() as db:
            mirror = logs.current(db, CENTRE)
            hq_cases, held = _count(db), mirror.size if mirror else 0
        return Sight(
            whole=self.cable.whole, carried=self.cable.carried, centre_cases=cases, waiting=waiting, unsent=state.unsent,
            oldest=state.oldest, acked_at=state.acked_at, why=state.why, size=own.size, cosigned=own.acked, hq_cases=hq_cases, held=held,
        )  # fmt: skip

    def case_at_hq(self, case: str) -> CaseRow | None:
        """Return headquarters' row of *case*, None while it does not know it."""
        with self.hq.store.read() as db:
            return get(db, case)


def _count(db: Db) -> int:
    row = db.one("SELECT count(*) FROM case_state")
    return int(row[0]) if row else 0


def _waiting(db: Db, log: int, acked: int) -> int:
    row = db.one("SELECT count(*) FROM case_state WHERE log = :log AND idx >= :acked", log=log, acked=acked)
    return int(row[0]) if row else 0


def wait_until(true: Callable[[], bool], what: str, check: Callable[[], None] = lambda: None) -> float:
    """Wait until *true* is; return the seconds it took.

    Args:
        true: asked again and again.
        what: what is waited for, in words.
        check: raises when waiting is in vain.

    Raises:
        NotSeen: it did not come.
    """
    began = time.monotonic()
    while not true():
        check()
        if time.monotonic() - began > PATIENCE:
            raise NotSeen(what=what)
        time.sleep(0.05)
    return time.monotonic() - began
