"""The last sequence number of each series of references, such as ``NBI-26A``."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.domain import events as ev
from appliance.domain.codes import Reference, ReferenceMistyped, parse_reference
from appliance.journal.entries import Entry
from appliance.store.db import Db

VERSION = 1
TABLES = """
CREATE TABLE series (
    name TEXT NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""
DROP = "DROP TABLE IF EXISTS series;"


def name_of(centre: str, year: int, letters: str) -> str:
    """Return the name of a series: centre, year in two digits, letters of the epoch."""
    return f"{centre}-{year % 100:02d}{letters}"


def _reference(text: str) -> Reference | None:
    try:
        return parse_reference(text)
    except ReferenceMistyped:
        return None  # a mirrored leaf may say what it likes; it only does not count


def take(db: Db, name: str) -> int:
    """Return the next number of series *name*, from 1, and keep it taken in this transaction."""
    last = db.memo.get(name)
    if last is None:
        row = db.one("SELECT last FROM series WHERE name = :name", name=name)
        last = int(row[0]) if row else 0
    db.memo[name] = last + 1
    db.count("series", {"name": name}, {"last": 1})
    return last + 1


def apply(db: Db, entries: Sequence[Entry]) -> None:
    """Raise each series to the highest number seen in *entries* that ``take`` did not just hand out here."""
    for name, number in sorted(_highest(entries).items()):
        db.memo.pop(name, None)
        db.run(
            "INSERT INTO series (name, last) VALUES (:name, :number) ON CONFLICT (name) DO UPDATE"
            " SET last = CASE WHEN excluded.last > series.last THEN excluded.last ELSE series.last END",
            name=name,
            number=number,
        )


def _highest(entries: Sequence[Entry]) -> dict[str, int]:
    """Return the highest number of each series in *entries*.

    Check letters are dear, and only the highest counts: references are tried from the top, until one is good.
    """
    told: dict[str, list[str]] = {}
    for entry in entries:
        if not entry.own and isinstance(entry.event, ev.CaseOpened):
            told.setdefault(entry.event.ref[:-9], []).append(entry.event.ref)
    highest: dict[str, int] = {}
    for refs in told.values():
        good = next((one for ref in sorted(refs, reverse=True) if (one := _reference(ref))), None)
        if good is not None:
            name = name_of(good.centre, good.year, good.series)
            highest[name] = max(highest.get(name, 0), good.sequence)
    return highest
