"""All read models together: made, kept up to date, dropped and rebuilt from the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Protocol

from appliance.domain import events as ev
from appliance.domain.country import Country
from appliance.journal.entries import Entry, check_shape, places_of, unwrap
from appliance.projections import announcements, cases, contacts, ratings, readings, receipts, series, tally
from appliance.projections.receipts import Tagger
from appliance.store.db import Db

_VERSIONS = """
CREATE TABLE IF NOT EXISTS projection (
    name TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""
_EPOCH_DAY = date(1970, 1, 1).toordinal()
CHUNK = 1000  # entries applied at a time in a rebuild


class Module(Protocol):
    """What a projection's module offers here."""

    VERSION: int
    TABLES: str
    DROP: str


MODULES: dict[str, Module] = {
    "cases": cases,
    "receipts": receipts,
    "tally": tally,
    "ratings": ratings,
    "contacts": contacts,
    "series": series,
    "announcements": announcements,
    "readings": readings,
}
# Every table a rebuild must reproduce, with the columns that order it.
COMPARED: dict[str, str] = {
    "case_state": "id",
    "receipt_tag": "tag, case_id",
    "tally": "centre, day, kind, state",
    "contact": "id",
    "promise": "day, centre",
    "rating": "id, tapped",
    "rating_tally": "service, day, centre, rating",
    "series": "name",
    "epoch": "origin",
    "hq_key": "kid",
    "catalogue_version": "version",
    "reading": "id",
}
# Rows that say nothing: a counter back at zero.
EMPTY: dict[str, str] = {"tally": "cases = 0", "promise": "cases = 0", "rating_tally": "given = 0"}
Progress = Callable[[int, int], None]


class Projections:
    """The read models of one node."""

    def __init__(self, country: Country, tagger: Tagger) -> None:
        """Fold clocks in the *country*'s working time, tag receipts with *tagger*."""
        self.calendar = country.working_time()
        self.zone = country.zone
        self.tagger = tagger

    def day_of(self, ts: int) -> int:
        """Return the local day of *ts*, counted from 1970-01-01."""
        return datetime.fromtimestamp(ts, self.zone).toordinal() - _EPOCH_DAY

    def year_of(self, ts: int) -> int:
        """Return the local year of *ts*."""
        return datetime.fromtimestamp(ts, self.zone).year

    def apply(self, db: Db, entries: Sequence[Entry]) -> None:
        """Bring every read model up to date with *entries*, in the caller's transaction."""
        changes = cases.apply(db, entries, self.calendar)
        if changes:
            tally.apply(db, changes, self.day_of)
        ratings.apply(db, entries, self.day_of)
        contacts.apply(db, entries)
        receipts.apply(db, entries, self.tagger)
        series.apply(db, entries)
        announcements.apply(db, entries)
        readings.apply(db, entries)

    def outdated(self, db: Db) -> bool:
        """Tell whether the tables are missing or of another version, so that a rebuild is due."""
        db.script(_VERSIONS)
        have: dict[str, int] = dict(db.all("SELECT name, version FROM projection"))
        return have != {name: module.VERSION for name, module in MODULES.items()}

    def rebuild(self, db: Db, source: Db | None = None, progress: Progress | None = None) -> int:
        """Drop every read model of *db* and make it anew from the journal; return the entries read.

        Args:
            source: the database whose journal is read; *db* itself when None.
            progress: told (entries done, entries in all) after each chunk.
        """
        source = source or db
        self.create(db)
        total = (source.one("SELECT CAST(coalesce(sum(size), 0) AS INTEGER) FROM log") or (0,))[0]
        done = 0
        for entries, read in _chunks(source):
            self.apply_to(db, source, entries)
            done += read
            if progress:
                progress(done, total)
        return done

    def apply_to(self, db: Db, source: Db, entries: Sequence[Entry]) -> None:
        """Apply *entries* to *db*; where that is a scratch copy, event index and boxes are read from *source*."""
        if db is source:
            self.apply(db, entries)
        else:
            self.apply(Scratch(db, source), entries)

    def create(self, db: Db) -> None:
        """Make every read model's tables, empty."""
        db.script(_VERSIONS)
        db.run("DELETE FROM projection")
        for name, module in MODULES.items():
            db.script(module.DROP)
            db.script(module.TABLES)
            db.run("INSERT INTO projection (name, version) VALUES (:name, :version)", name=name, version=module.VERSION)


_JOURNAL_TABLES = (" event ", " entry ", " box ", " log ", " tombstone ")


class Scratch:
    """A database that keeps read models of its own, and asks another for the journal."""

    def __init__(self, db: Db, source: Db) -> None:
        """Write to *db*; read journal tables from *source*."""
        self._db, self._source = db, source
        self.lock_clause = db.lock_clause
        self.script, self.run, self.insert, self.savepoint = db.script, db.run, db.insert, db.savepoint
        self.add, self.later, self.count = db.add, db.later, db.count

    @property
    def memo(self) -> dict[str, int]:
        """Return the writing database's memory."""
        return self._db.memo

    def _of(self, sql: str) -> Db:
        return self._source if any(f"FROM{table}" in sql for table in _JOURNAL_TABLES) else self._db

    def one(self, sql: str, **params: object) -> tuple[object, ...] | None:
        """Return the first row."""
        return self._of(sql).one(sql, **params)

    def all(self, sql: str, **params: object) -> list[tuple[object, ...]]:
        """Return every row."""
        return self._of(sql).all(sql, **params)

    def each(self, sql: str, **params: object) -> Iterator[tuple[object, ...]]:
        """Yield row after row."""
        return self._of(sql).each(sql, **params)


def _chunks(db: Db) -> Iterator[tuple[list[Entry], int]]:
    """Yield every applicable entry of every log, a chunk at a time, with the number of leaves read."""
    quarantined = {(log, idx) for log, idx in db.all("SELECT log, idx FROM quarantine")}
    for log, origin, size in db.all("SELECT id, bound, size FROM log ORDER BY id"):
        for start in range(0, size, CHUNK):
            rows = db.all(
                "SELECT idx, leaf FROM entry WHERE log = :log AND idx >= :start AND idx < :end ORDER BY idx",
                log=log,
                start=start,
                end=start + CHUNK,
            )
            leaves = [(idx, *_event_of(bytes(leaf), origin)) for idx, leaf in rows if (log, idx) not in quarantined]
            places = places_of(db, [event.id for _, event, _ in leaves])
            # An event that stands in two logs counts where the index found it first; elsewhere its leaf only repeats or relays it.
            yield [Entry(log, idx, first, event) for idx, event, first in leaves if places.get(event.id) == (log, idx)], len(rows)


def _event_of(leaf: bytes, origin: str) -> tuple[ev.Event, str]:
    """Return the event that counts and the origin its boxes are bound to."""
    outer = ev.decode(leaf)
    check_shape(outer)
    return unwrap(outer, origin)
