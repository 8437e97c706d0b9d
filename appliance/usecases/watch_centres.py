"""How every centre stands with headquarters: what was heard of it, what it owes, what is wrong (design §6)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from appliance.store.db import Db

SILENT_SECONDS = 86_400  # a centre that has not been heard for a day is called silent
_CENTRE = re.compile(r"[A-Z0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class CentreState:
    """One centre's current epoch; times are unix seconds, 0 for never.

    Attributes:
        origin: of the epoch heard from now; the newest closed one when there is none, '' while only a request waits.
        size, down: entries held of its log, and of what we tell it.
        told: how far it has acknowledged what we tell it.
        said_size: how long its log was when it was heard; what is above ``size`` is still there.
        oldest: the time of its oldest entry that was not here then.
        offset: its clock less ours then, seconds.
        aside, here: leaves set aside at the centre, and here.
        pending: requests that wait.
    """

    centre: str
    origin: str
    state: str
    closed_why: str
    size: int
    down: int
    told: int
    at: int
    offset: int
    said_size: int
    oldest: int
    aside: int
    version: str
    here: int
    pending: int

    @property
    def unsent(self) -> int:
        """Return how many entries the centre had, when it was heard, that are not here."""
        return max(0, self.said_size - self.size)

    def health(self, now: int) -> str:
        """Return how it stands in one word: pending, frozen, closed, never, silent, behind or good."""
        if self.pending and self.state != "open":
            return "pending"
        if self.state in ("frozen", "closed"):
            return self.state
        if not self.at:
            return "never"
        if now - self.at > SILENT_SECONDS:
            return "silent"
        return "behind" if self.unsent or self.told < self.down else "good"


# The newest epoch of each centre, an open one before a closed one, with what is known of it; centres that only asked come too.
_CENTRES = """
SELECT c.centre, coalesce(e.origin, ''), coalesce(l.state, 'none'), coalesce(e.closed_why, ''), coalesce(l.size, 0),
  coalesce(d.size, 0), coalesce(d.acked, 0), coalesce(h.at, 0), coalesce(h.node_time - h.at, 0), coalesce(h.size, 0),
  coalesce(h.oldest, 0), coalesce(h.quarantine, 0), coalesce(h.version, ''),
  (SELECT count(*) FROM quarantine q JOIN log ql ON ql.id = q.log WHERE ql.name = c.centre AND ql.own = 0),
  (SELECT count(*) FROM ops_enrolment n WHERE n.centre = c.centre AND n.state = 'pending')
FROM (SELECT centre FROM epoch UNION SELECT centre FROM ops_enrolment WHERE state = 'pending') c
LEFT JOIN epoch e ON e.origin = (SELECT o.origin FROM epoch o WHERE o.centre = c.centre
  ORDER BY CASE WHEN o.closed_at = 0 THEN 0 ELSE 1 END, o.approved_at DESC, o.origin DESC LIMIT 1)
LEFT JOIN log l ON l.origin = e.origin
LEFT JOIN log d ON d.origin = e.down_origin
LEFT JOIN ops_heard h ON h.origin = e.origin
"""


def centres(db: Db, *, after: str = "", size: int = 500) -> list[CentreState]:
    """Return up to *size* centres whose codes come after *after*, in one question."""
    start = after if _CENTRE.fullmatch(after) else ""
    return [CentreState(*row) for row in db.all(f"{_CENTRES} WHERE c.centre > :after ORDER BY c.centre LIMIT {int(size)}", after=start)]


def centre_state(db: Db, centre: str) -> CentreState | None:
    """Return how *centre* stands; None when headquarters knows nothing of it."""
    row = db.one(f"{_CENTRES} WHERE c.centre = :centre", centre=centre)
    return CentreState(*row) if row else None


@dataclass(frozen=True, slots=True)
class EpochRow:
    """One epoch of a centre's log, as the page of a centre lists it."""

    origin: str
    state: str
    size: int
    approved_at: int
    closed_at: int
    closed_why: str


def epochs_of(db: Db, centre: str) -> list[EpochRow]:
    """Return the epochs of *centre*, newest first."""
    rows = db.all(
        "SELECT e.origin, coalesce(l.state, 'none'), coalesce(l.size, 0), e.approved_at, e.closed_at, e.closed_why FROM epoch e"
        " LEFT JOIN log l ON l.origin = e.origin WHERE e.centre = :centre ORDER BY e.approved_at DESC, e.origin LIMIT 50",
        centre=centre,
    )
    return [EpochRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Fork:
    """Evidence that two histories were signed by one key: both notes, as they came."""

    origin: str
    seen_at: int
    ours: str
    theirs: str


def forks_of(db: Db, centre: str) -> list[Fork]:
    """Return the forks seen in *centre*'s logs, newest first."""
    rows = db.all(
        "SELECT l.origin, f.seen_at, f.ours, f.theirs FROM fork f JOIN log l ON l.id = f.log WHERE l.name = :centre ORDER BY f.id DESC LIMIT 20",
        centre=centre,
    )
    return [Fork(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Aside:
    """A leaf that could not be applied: kept, counted, never in the way."""

    origin: str
    index: int
    reason: str


def set_aside(db: Db, centre: str = "") -> list[Aside]:
    """Return the leaves in quarantine, of *centre*'s logs or of all, the latest first."""
    where = " WHERE l.name = :centre" if centre else ""
    rows = db.all(
        f"SELECT l.origin, q.idx, q.reason FROM quarantine q JOIN log l ON l.id = q.log{where} ORDER BY q.log DESC, q.idx DESC LIMIT 100",
        **({"centre": centre} if centre else {}),
    )
    return [Aside(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Standing:
    """How many centres are in which health, for the first page."""

    enrolled: int
    silent: int
    behind: int
    stopped: int
    pending: int


def standing(found: list[CentreState], now: int) -> Standing:
    """Sum up *found*."""
    healths = [one.health(now) for one in found]
    live = sum(one.state == "open" for one in found)
    silent = healths.count("silent") + healths.count("never")
    return Standing(live, silent, healths.count("behind"), healths.count("frozen"), sum(one.pending for one in found))
