"""How many cases of each kind stand in each state, by centre and day: one small rollup for the first screens.

Counters subtract a case's old contribution and add the new one (design §5), so they need no scan and come out
the same whatever order events arrive in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from appliance.projections.cases import CaseRow, Change
from appliance.store.db import Db

VERSION = 1
TABLES = """
CREATE TABLE tally (
    centre TEXT NOT NULL,
    day INTEGER NOT NULL,          -- local days since 1970-01-01
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    cases INTEGER NOT NULL,
    rated INTEGER NOT NULL,
    stars INTEGER NOT NULL,        -- sum of ratings
    PRIMARY KEY (centre, day, kind, state)
) STRICT, WITHOUT ROWID;
"""
DROP = "DROP TABLE IF EXISTS tally;"
DayOf = Callable[[int], int]


def apply(db: Db, changes: Sequence[Change], day_of: DayOf) -> None:
    """Add what *changes* changed, each counter once."""
    sums: dict[tuple[str, int, str, str], list[int]] = {}
    for change in changes:
        if change.before is not None:
            _add(sums, change.before, day_of, -1)
        _add(sums, change.after, day_of, 1)
    for (centre, day, kind, state), (cases, rated, stars) in sums.items():
        key = {"centre": centre, "day": day, "kind": kind, "state": state}
        db.count("tally", key, {"cases": cases, "rated": rated, "stars": stars})


def _add(sums: dict[tuple[str, int, str, str], list[int]], row: CaseRow, day_of: DayOf, sign: int) -> None:
    counter = sums.setdefault((row.centre, day_of(row.opened_at), row.kind, row.state), [0, 0, 0])
    counter[0] += sign
    counter[1] += sign if row.rating else 0
    counter[2] += sign * row.rating


@dataclass(frozen=True, slots=True)
class Count:
    """Cases of one kind in one state."""

    kind: str
    state: str
    cases: int
    rated: int
    stars: int


def counts(db: Db, *, centre: str = "", since_day: int = 0) -> tuple[Count, ...]:
    """Return the counts of *centre* ('' for all) over cases opened on or after *since_day*."""
    where = "WHERE day >= :since" + (" AND centre = :centre" if centre else "")
    params: dict[str, object] = {"since": since_day} | ({"centre": centre} if centre else {})
    rows = db.all(
        "SELECT kind, state, CAST(sum(cases) AS INTEGER), CAST(sum(rated) AS INTEGER), CAST(sum(stars) AS INTEGER)"
        f" FROM tally {where} AND cases > 0 GROUP BY kind, state ORDER BY kind, state",
        **params,
    )
    return tuple(Count(*row) for row in rows)
