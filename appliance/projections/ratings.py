"""Ratings: one row for each part told, and small counters by day, centre and service for the figures.

A tap on a face, the ticket told after it, and the case that grew out of it are one rating (decision 0023). They may lie in
two logs and come in any order, so each part is kept as it was told, and whatever touches a tap is reckoned again from all its
parts. A case is believed to have grown out of the tap it names only where the two fit: same centre, same channel, not far
apart in time. Whoever can read the ids of taps could else turn bad ones into good by cases of his own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter

from appliance.domain import events as ev
from appliance.journal.entries import Entry, unwrap
from appliance.store.db import Db

VERSION = 3
TABLES = """
CREATE TABLE rating (
    id TEXT NOT NULL,              -- of the tap, or of the case's opening
    tapped INTEGER NOT NULL,       -- 1: of a tap, though it may be still on its way; 0: of a case
    rated TEXT NOT NULL,           -- the tap that a case names; '' for none
    ts INTEGER NOT NULL,
    centre TEXT NOT NULL,
    day INTEGER NOT NULL,          -- local days since 1970-01-01
    service TEXT NOT NULL,
    channel TEXT NOT NULL,
    rating INTEGER NOT NULL,       -- 1 to 4; 0 for a case without a face, and while the tap is on its way
    ticketed INTEGER NOT NULL,     -- told with this part, or after the tap
    quick INTEGER NOT NULL,
    PRIMARY KEY (id, tapped)
) STRICT, WITHOUT ROWID;
CREATE INDEX rating_rated ON rating (rated) WHERE rated <> '';
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
APART = 86_400  # seconds at most between a tap and its case: minutes at a terminal, and both waits in one outbox end together


@dataclass(frozen=True, slots=True)
class Row:
    """One part of a rating, as it was told."""

    id: str
    tapped: int
    rated: str = ""
    ts: int = 0
    centre: str = ""
    day: int = 0
    service: str = ""
    channel: str = ""
    rating: int = 0
    ticketed: int = 0
    quick: int = 0


@dataclass(slots=True)
class Parts:
    """All that was told of one tap: the tap itself with its tickets, and every case that names it."""

    tap: Row
    cases: list[Row] = field(default_factory=list)

    def grown(self) -> Row | None:
        """Return the one case that grew out of the tap: of those that fit, the one with the least id."""
        return min((case for case in self.cases if _fit(self.tap, case)), key=lambda case: case.id, default=None)

    def ticketed(self) -> bool:
        """Tell whether a ticket stands behind the tap, told with it, after it, or with its case."""
        return bool(_joined(self.tap, self.grown()).ticketed)

    def counted(self) -> list[Row]:
        """Return each rating that counts: the tap with its case, and any other case's face as one of its own."""
        mine = self.grown()
        found = [case for case in self.cases if case is not mine and case.rating]
        return [*found, _joined(self.tap, mine)] if self.tap.rating else found


def _fit(tap: Row, case: Row) -> bool:
    """Tell whether *case* can have grown out of *tap*; one that was given at headquarters may be about no centre yet."""
    return bool(tap.rating) and tap.channel == case.channel and tap.centre in ("", case.centre) and abs(tap.ts - case.ts) <= APART


def _joined(tap: Row, case: Row | None) -> Row:
    """Return the one rating of both: what the case says stands, and the tap says when it was given and how quickly."""
    if case is None:
        return tap
    return replace(tap, centre=case.centre, service=case.service, rating=case.rating or tap.rating, ticketed=int(tap.ticketed or case.ticketed))


COLUMNS = tuple(f.name for f in fields(Row))
_values = attrgetter(*COLUMNS)
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM rating"
_UPDATE = f"UPDATE rating SET {', '.join(f'{c} = :{c}' for c in COLUMNS[2:])} WHERE id = :id AND tapped = :tapped"
Part = ev.Rated | ev.RatingTicketed | ev.CaseOpened
Sums = dict[tuple[str, int, str, int], list[int]]


def apply(db: Db, entries: Sequence[Entry], day_of: DayOf) -> None:
    """Put what *entries* say of ratings to what was known, and count each rating once."""
    told: dict[str, list[Part]] = {}
    sums: Sums = {}
    for entry in entries:
        event = entry.event
        if isinstance(event, ev.CaseOpened) and not event.rated:
            _alone(db, sums, _of_case(event, day_of))
        elif isinstance(event, Part):
            told.setdefault(event.id if isinstance(event, ev.Rated) else event.rated, []).append(event)
    known = _known(db, list(told))
    for tap, events in told.items():
        parts = known.get(tap) or Parts(Row(tap, 1))
        _count(sums, parts.counted(), -1)
        _put(db, parts, events, day_of, is_new=tap not in known)
        _count(sums, parts.counted(), 1)
    for (service, day, centre, rating), (given, ticketed, quick) in sums.items():
        where = {"service": service, "day": day, "centre": centre, "rating": rating}
        db.count("rating_tally", where, {"given": given, "ticketed": ticketed, "quick": quick})


def _alone(db: Db, sums: Sums, case: Row) -> None:
    """Count the face of a case that names no tap; a case is opened once."""
    if case.rating:
        db.later("rating", COLUMNS, _values(case))
        _count(sums, [case], 1)


def _put(db: Db, parts: Parts, events: Iterable[Part], day_of: DayOf, *, is_new: bool) -> None:
    """Put *events* to *parts*, and write what changed."""
    before = parts.tap
    for event in events:
        if isinstance(event, ev.CaseOpened):
            parts.cases.append(_of_case(event, day_of))
            db.later("rating", COLUMNS, _values(parts.cases[-1]))
        elif isinstance(event, ev.Rated):
            parts.tap = _with_tap(parts.tap, event, day_of)
        else:
            parts.tap = replace(parts.tap, ticketed=1)
    if is_new:
        db.later("rating", COLUMNS, _values(parts.tap))
    elif parts.tap != before:
        db.run(_UPDATE, **dict(zip(COLUMNS, _values(parts.tap), strict=True)))


def _with_tap(row: Row, tap: ev.Rated, day_of: DayOf) -> Row:
    return replace(
        row, ts=tap.ts, centre=tap.centre, day=day_of(tap.ts), service=tap.service, channel=tap.channel, rating=tap.rating,
        ticketed=int(row.ticketed or tap.ticketed), quick=int(tap.quick),
    )  # fmt: skip


def _of_case(opened: ev.CaseOpened, day_of: DayOf) -> Row:
    return Row(
        opened.id, 0, opened.rated, opened.ts, opened.centre, day_of(opened.ts), opened.service, opened.channel,
        opened.rating if opened.rating in FACES else 0, int(opened.ticketed),
    )  # fmt: skip


def _count(sums: Sums, rows: Iterable[Row], sign: int) -> None:
    for row in rows:
        for service in (row.service, EVERY):
            counter = sums.setdefault((service, row.day, row.centre, row.rating), [0, 0, 0])
            for at, amount in enumerate((1, row.ticketed, row.quick)):
                counter[at] += sign * amount


def _known(db: Db, taps: Sequence[str]) -> dict[str, Parts]:
    """Return what was told of those of *taps* that anything was told of; each has a row of its own, also before it comes."""
    found: dict[str, Parts] = {}
    for start in range(0, len(taps), 500):
        part = {f"i{n}": one for n, one in enumerate(taps[start : start + 500])}
        names = ", ".join(f":{name}" for name in part)
        rows = db.all(f"{_SELECT} WHERE tapped = 1 AND id IN ({names})", **part)
        found.update((row[0], Parts(Row(*row))) for row in rows)
        for row in db.all(f"{_SELECT} WHERE rated <> '' AND rated IN ({names})", **part) if rows else ():
            case = Row(*row)
            found[case.rated].cases.append(case)
    return found


# --- questions ------------------------------------------------------------------------------------------


def get(db: Db, id: str) -> Parts | None:
    """Return what was told of the tap *id*; the tap may be still on its way, with a face of 0."""
    return _known(db, [id]).get(id)


def taps_of(db: Db, centre: str) -> list[str]:
    """Return the id of every tap about *centre*, in order."""
    rows = db.all("SELECT id FROM rating WHERE centre = :centre AND tapped = 1 AND rating > 0 ORDER BY id", centre=centre)
    return [tap for (tap,) in rows]


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
