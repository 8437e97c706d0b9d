"""How many cases of each kind stand in each state, and how many promised dates were kept, by centre and day: for the first screens.

Counters subtract a case's old contribution and add the new one (design §5), so they need no scan and come out
the same whatever order events arrive in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from appliance.domain.cases import REJECTED, WITHDRAWN
from appliance.projections.cases import CaseRow, Change
from appliance.store.db import Db

VERSION = 2
TABLES = """
CREATE TABLE tally (
    centre TEXT NOT NULL,
    day INTEGER NOT NULL,          -- local days since 1970-01-01
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    cases INTEGER NOT NULL,
    PRIMARY KEY (centre, day, kind, state)
) STRICT, WITHOUT ROWID;
CREATE TABLE promise (
    day INTEGER NOT NULL,          -- the local day for which an answer was promised
    centre TEXT NOT NULL,
    cases INTEGER NOT NULL,
    kept INTEGER NOT NULL,         -- of these, those answered by then
    PRIMARY KEY (day, centre)
) STRICT, WITHOUT ROWID;
"""
DROP = "DROP TABLE IF EXISTS tally; DROP TABLE IF EXISTS promise;"
DayOf = Callable[[int], int]


def apply(db: Db, changes: Sequence[Change], day_of: DayOf) -> None:
    """Add what *changes* changed, each counter once."""
    states: dict[tuple[str, int, str, str], int] = {}
    promises: dict[tuple[int, str], tuple[int, int]] = {}
    for change in changes:
        for row, sign in ((change.before, -1), (change.after, 1)):
            if row is None:
                continue
            state = (row.centre, day_of(row.opened_at), row.kind, row.state)
            states[state] = states.get(state, 0) + sign
            if _promised(row):
                promise = (day_of(row.due), row.centre)
                cases, kept = promises.get(promise, (0, 0))
                promises[promise] = (cases + sign, kept + sign * _kept(row))
    for (centre, day, kind, name), cases in states.items():
        if cases:
            db.count("tally", {"centre": centre, "day": day, "kind": kind, "state": name}, {"cases": cases})
    for (day, centre), (cases, kept) in promises.items():
        if cases or kept:
            db.count("promise", {"day": day, "centre": centre}, {"cases": cases, "kept": kept})


def _promised(row: CaseRow) -> bool:
    """Tell whether an answer was owed: not for praise, nor to somebody who took the case back in time."""
    return bool(row.due) and row.kind != "compliment" and not (row.state == WITHDRAWN and row.ended_at <= row.due)


def _kept(row: CaseRow) -> int:
    """Return 1 for a case that was resolved, or refused with a reason, by the promised moment."""
    answered_at = row.ended_at if row.state == REJECTED else row.resolved_at
    return int(0 < answered_at <= row.due)


@dataclass(frozen=True, slots=True)
class Count:
    """Cases of one kind in one state."""

    kind: str
    state: str
    cases: int


def counts(db: Db, *, centre: str = "", since_day: int = 0) -> tuple[Count, ...]:
    """Return the counts of *centre* ('' for all) over cases opened on or after *since_day*."""
    where = "WHERE day >= :since" + (" AND centre = :centre" if centre else "")
    params: dict[str, object] = {"since": since_day} | ({"centre": centre} if centre else {})
    rows = db.all(
        f"SELECT kind, state, CAST(sum(cases) AS INTEGER) FROM tally {where} AND cases > 0 GROUP BY kind, state ORDER BY kind, state",
        **params,
    )
    return tuple(Count(*row) for row in rows)


@dataclass(frozen=True, slots=True)
class Promise:
    """Of the cases of one centre to which an answer was promised by certain days, how many had it by then."""

    centre: str
    cases: int
    kept: int


def promises(db: Db, since_day: int, until_day: int, centre: str = "") -> tuple[Promise, ...]:
    """Return how promises of the days from *since_day* to *until_day* were kept, by *centre* or each ('')."""
    where = "WHERE day >= :since AND day <= :until" + (" AND centre = :centre" if centre else "")
    params: dict[str, object] = {"since": since_day, "until": until_day} | ({"centre": centre} if centre else {})
    rows = db.all(
        f"SELECT centre, CAST(sum(cases) AS INTEGER), CAST(sum(kept) AS INTEGER) FROM promise {where} GROUP BY centre ORDER BY centre", **params
    )
    return tuple(Promise(*row) for row in rows if row[1])
