"""Who opened what for which reason: contact details, and at HQ cases that are not its own (spec keys §4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.domain import events as ev
from appliance.journal.entries import Entry
from appliance.store.db import Db

VERSION = 1
TABLES = """
CREATE TABLE reading (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL,
    by_account TEXT NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    fields TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reading_case ON reading (case_id, by_account);
"""
DROP = "DROP TABLE IF EXISTS reading;"


def apply(db: Db, entries: Sequence[Entry]) -> None:
    """Note the readings among *entries*."""
    for entry in entries:
        event = entry.event
        if isinstance(event, ev.CaseRead):
            db.run(
                "INSERT INTO reading (id, case_id, by_account, at, reason, fields)"
                " VALUES (:id, :case_id, :by, :at, :reason, :fields) ON CONFLICT (id) DO NOTHING",
                id=event.id,
                case_id=event.case,
                by=event.by,
                at=event.ts,
                reason=event.reason,
                fields=" ".join(event.fields),
            )


def has_read(db: Db, case: str, person: str) -> bool:
    """Tell whether *person* has given a reason for opening *case* before."""
    row = db.one("SELECT 1 FROM reading WHERE case_id = :case_id AND by_account = :by LIMIT 1", case_id=case, by=person)
    return row is not None


def recorded(db: Db, id: str, case: str, person: str) -> bool:
    """Tell whether reading *id* of *case* by *person* is noted already."""
    row = db.one("SELECT 1 FROM reading WHERE id = :id AND case_id = :case_id AND by_account = :by", id=id, case_id=case, by=person)
    return row is not None


@dataclass(frozen=True, slots=True)
class Reading:
    """One opening of a case or its contact details; ``fields`` are those that were shown."""

    by: str
    at: int
    reason: str
    fields: str


def of_case(db: Db, case: str) -> list[Reading]:
    """Return the readings of *case*, the latest first."""
    rows = db.all("SELECT by_account, at, reason, fields FROM reading WHERE case_id = :case_id ORDER BY at DESC, id DESC LIMIT 50", case_id=case)
    return [Reading(*row) for row in rows]
