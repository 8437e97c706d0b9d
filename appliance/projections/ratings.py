"""Ratings: one row each, whatever it was told in, and small counters by day, centre and service for the figures.

A tap on a face, the ticket told after it, and the case that grew out of it are one rating (decision 0023). They may lie in
two logs, so each part is put to the others in whatever order they come: what the case says wins over the tap, of two cases
that name one tap the older id does, and a ticket with any of them is a ticket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter

from appliance.domain import events as ev
from appliance.journal.entries import Entry, unwrap
from appliance.store.db import Db

VERSION = 2
TABLES = """
CREATE TABLE rating (
    id TEXT NOT NULL,              -- the tap's id; or the case's, where no tap came before it
    tapped INTEGER NOT NULL,       -- 1: of a tap, though it may be still on its way; 0: of a case alone
    centre TEXT NOT NULL,
    day INTEGER NOT NULL,          -- local days since 1970-01-01
    service TEXT NOT NULL,
    channel TEXT NOT NULL,
    rating INTEGER NOT NULL,       -- 1 to 4; 0 while nothing counts
    ticketed INTEGER NOT NULL,
    quick INTEGER NOT NULL,
    case_id TEXT NOT NULL,         -- '' while only tapped
    said INTEGER NOT NULL,         -- what the tap itself said; 0 while it is on its way
    PRIMARY KEY (id, tapped)
) STRICT, WITHOUT ROWID;
CREATE INDEX rating_ticketed ON rating (day, id) WHERE ticketed = 1 AND tapped = 1;
CREATE TABLE rating_tally (
    service TEXT NOT NULL,         -- '*' for all of them, so that the first pages read few rows
    day INTEGER NOT NULL,
    centre TEXT NOT NULL,
    rating INTEGER NOT NULL,
    given INTEGER NOT NULL,
    ticketed INTEGER NOT NULL,
    quick INTEGER NOT NULL,
    PRIMARY KEY (service, day, centre, rating)
) STRICT, WITHOUT ROWID;
"""
DROP = "DROP TABLE IF EXISTS rating; DROP TABLE IF EXISTS rating_tally;"
DayOf = Callable[[int], int]
FACES = (1, 2, 3, 4)
EVERY = "*"  # in the counters: whatever the service


@dataclass(frozen=True, slots=True)
class Row:
    """One rating, as far as its parts have come."""

    id: str
    tapped: int
    centre: str = ""
    day: int = 0
    service: str = ""
    channel: str = ""
    rating: int = 0
    ticketed: int = 0
    quick: int = 0
    case_id: str = ""
    said: int = 0


COLUMNS = tuple(f.name for f in fields(Row))
_values = attrgetter(*COLUMNS)
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM rating"
_UPDATE = f"UPDATE rating SET {', '.join(f'{c} = :{c}' for c in COLUMNS[2:])} WHERE id = :id AND tapped = :tapped"
Part = ev.Rated | ev.RatingTicketed | ev.CaseOpened
Sums = dict[tuple[str, int, str, int], list[int]]


def apply(db: Db, entries: Sequence[Entry], day_of: DayOf) -> None:
    """Put what *entries* say of ratings to what was known, and count each rating once."""
    told: dict[tuple[str, int], list[Part]] = {}
    for entry in entries:
        event = entry.event
        if isinstance(event, Part) and (key := _key(event)):
            told.setdefault(key, []).append(event)
    known = _known(db, [one for one, tapped in told if tapped])
    sums: Sums = {}
    for key, parts in told.items():
        before = known.get(key)
        after = _put(before or Row(*key), parts, day_of)
        if before is None:
            db.later("rating", COLUMNS, _values(after))
        elif after != before:
            db.run(_UPDATE, **dict(zip(COLUMNS, _values(after), strict=True)))
            _count(sums, before, -1)
        if after != before:
            _count(sums, after, 1)
    for (service, day, centre, rating), (given, ticketed, quick) in sums.items():
        where = {"service": service, "day": day, "centre": centre, "rating": rating}
        db.count("rating_tally", where, {"given": given, "ticketed": ticketed, "quick": quick})


def _key(event: Part) -> tuple[str, int] | None:
    """Return the key of the rating *event* is part of; None for a case without one."""
    if isinstance(event, ev.Rated):
        return event.id, 1
    if isinstance(event, ev.RatingTicketed):
        return event.rated, 1
    if event.rated:
        return event.rated, 1
    return (event.id, 0) if 1 <= event.rating <= FACES[-1] else None


def _put(row: Row, parts: Iterable[Part], day_of: DayOf) -> Row:
    for part in parts:
        if isinstance(part, ev.Rated):
            row = _with_tap(row, part, day_of)
        elif isinstance(part, ev.RatingTicketed):
            row = replace(row, ticketed=1)
        else:
            row = _with_case(row, part, day_of)
    return row


def _with_tap(row: Row, tap: ev.Rated, day_of: DayOf) -> Row:
    """Return *row* with its tap, which says when and through what it was given; where it is about and which face, a case may have said."""
    row = replace(
        row, day=day_of(tap.ts), channel=tap.channel, quick=int(tap.quick), said=tap.rating, rating=row.rating or tap.rating,
        ticketed=int(row.ticketed or tap.ticketed),
    )  # fmt: skip
    return row if row.case_id else replace(row, centre=tap.centre, service=tap.service)


def _with_case(row: Row, opened: ev.CaseOpened, day_of: DayOf) -> Row:
    row = replace(row, ticketed=int(row.ticketed or opened.ticketed))
    if row.case_id and row.case_id < opened.case:
        return row
    face = opened.rating if opened.rating in FACES else 0
    row = replace(row, case_id=opened.case, centre=opened.centre, service=opened.service, rating=face or row.said)
    return row if row.said else replace(row, day=day_of(opened.ts), channel=opened.channel)


def _count(sums: Sums, row: Row, sign: int) -> None:
    for service in (row.service, EVERY) if row.rating else ():
        counter = sums.setdefault((service, row.day, row.centre, row.rating), [0, 0, 0])
        for at, amount in enumerate((1, row.ticketed, row.quick)):
            counter[at] += sign * amount


def _known(db: Db, ids: Sequence[str]) -> dict[tuple[str, int], Row]:
    """Return the rows of taps among *ids*; those of a case alone are new by nature, since a case is opened once."""
    found: dict[tuple[str, int], Row] = {}
    for start in range(0, len(ids), 500):
        part = {f"i{n}": one for n, one in enumerate(ids[start : start + 500])}
        names = ", ".join(f":{name}" for name in part)
        found.update(((row[0], row[1]), Row(*row)) for row in db.all(f"{_SELECT} WHERE tapped = 1 AND id IN ({names})", **part))
    return found


# --- questions ------------------------------------------------------------------------------------------


def get(db: Db, id: str) -> Row | None:
    """Return the rating that the tap *id* began."""
    row = db.one(f"{_SELECT} WHERE id = :id AND tapped = 1", id=id)
    return Row(*row) if row else None


def taps_of(db: Db, centre: str) -> list[str]:
    """Return the id of every tap about *centre*, in order."""
    return [tap for (tap,) in db.all("SELECT id FROM rating WHERE centre = :centre AND said > 0 ORDER BY id", centre=centre)]


def entries_of(db: Db, id: str) -> list[Entry]:
    """Return the tap *id* and every ticket told after it, as the journal holds them."""
    rows = db.all(
        "SELECT e.log, e.idx, t.leaf, l.bound FROM event e JOIN entry t ON t.log = e.log AND t.idx = e.idx JOIN log l ON l.id = e.log"
        " WHERE e.id = :id OR (e.subject = :id AND e.n > 1) ORDER BY e.n, e.id",
        id=id,
    )
    found = []
    for log, idx, leaf, bound in rows:
        event, origin = unwrap(ev.decode(bytes(leaf)), bound)
        if isinstance(event, ev.Rated | ev.RatingTicketed):
            found.append(Entry(log, idx, origin, event))
    return found


def tickets_of(db: Db, id: str) -> list[tuple[str, str]]:
    """Return the (event, field) pairs of every ticket told with or after the tap *id*."""
    return [(entry.event.id, "ticket") for entry in entries_of(db, id) if "ticket" in entry.event.c]


@dataclass(frozen=True, slots=True)
class Given:
    """How often one face was touched at one centre, how many of them with a ticket, and how many quickly after another."""

    centre: str
    rating: int
    given: int
    ticketed: int
    quick: int


def given(db: Db, since_day: int, until_day: int, centre: str = "", service: str = EVERY) -> tuple[Given, ...]:
    """Return the counts of the days from *since_day* to *until_day*, of *centre* or each ('')."""
    where = "WHERE service = :service AND day >= :since AND day <= :until" + (" AND centre = :centre" if centre else "")
    params: dict[str, object] = {"service": service, "since": since_day, "until": until_day} | ({"centre": centre} if centre else {})
    sums = ", ".join(f"CAST(sum({name}) AS INTEGER)" for name in ("given", "ticketed", "quick"))
    rows = db.all(f"SELECT centre, rating, {sums} FROM rating_tally {where} GROUP BY centre, rating ORDER BY centre, rating", **params)
    return tuple(Given(*row) for row in rows if row[2])
