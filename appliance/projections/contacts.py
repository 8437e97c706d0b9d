"""Where contact details and queue tickets are still kept, so that they can be found when their time is over.

One row for each event that holds any: it is there exactly as long as one of their boxes is, whoever erased the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.domain import events as ev
from appliance.domain.consent import days_of
from appliance.journal.entries import Entry
from appliance.journal.tombstones import CONTACT_FIELDS, WHOLE_CASE
from appliance.store.db import Db

VERSION = 1
TABLES = """
CREATE TABLE contact (
    id TEXT NOT NULL PRIMARY KEY,  -- the event that holds them
    case_id TEXT NOT NULL,         -- '' for a ticket that stands behind a tap on a face
    since INTEGER NOT NULL,
    days INTEGER NOT NULL          -- that the citizen was promised; 0 for what the node's settings say
) STRICT, WITHOUT ROWID;
"""
DROP = "DROP TABLE IF EXISTS contact;"
COLUMNS = ("id", "case_id", "since", "days")
_FIELDS = ", ".join(f"'{name}'" for name in sorted(CONTACT_FIELDS))
_HELD = f"FROM box b JOIN event e ON e.log = b.log AND e.idx = b.idx WHERE b.field IN ({_FIELDS}) AND e.id"
Holder = ev.CaseOpened | ev.Rated | ev.RatingTicketed


def apply(db: Db, entries: Sequence[Entry]) -> None:
    """Note what came with *entries*, and forget what they erased."""
    came = [(e.event, e.own) for e in entries if isinstance(e.event, Holder) and not CONTACT_FIELDS.isdisjoint(e.event.c)]
    held = _holding(db, [event.id for event, own in came if not own])
    for event, own in came:
        if own or event.id in held:
            case, days = (event.case, days_of(event.consent)) if isinstance(event, ev.CaseOpened) else ("", 0)
            db.later("contact", COLUMNS, (event.id, case, event.ts, days))
    for entry in entries:
        if isinstance(entry.event, ev.Erased):
            _forget(db, entry.event)


def _holding(db: Db, ids: Sequence[str]) -> set[str]:
    """Return those of *ids* that still hold contact fields here; of a mirrored event they may be erased already, or never have come."""
    found: set[str] = set()
    for start in range(0, len(ids), 500):
        part = {f"i{n}": one for n, one in enumerate(ids[start : start + 500])}
        names = ", ".join(f":{name}" for name in part)
        found.update(row[0] for row in db.all(f"SELECT DISTINCT e.id {_HELD} IN ({names})", **part))
    return found


def _forget(db: Db, event: ev.Erased) -> None:
    touched = [target for target, _ in event.targets] + ([event.case] if event.case else [])
    for target, field in event.targets:
        if field == WHOLE_CASE:  # of a tap: the tickets told after it went with it
            touched += [told for (told,) in db.all("SELECT id FROM event WHERE subject = :id AND n > 1", id=target)]
    for one in dict.fromkeys(touched):
        if not fields_of(db, one):
            db.run("DELETE FROM contact WHERE id = :id", id=one)


def fields_of(db: Db, id: str) -> list[str]:
    """Return the contact fields that event *id* still holds here."""
    return sorted(field for (field,) in db.all(f"SELECT DISTINCT b.field {_HELD} = :id", id=id))


# --- questions ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Over:
    """An event whose contact details have been kept long enough.

    Attributes:
        log: row id of the log of the case's opening, or of the tap's ticket.
        days: how long they were to be kept.
    """

    id: str
    log: int
    days: int


_DAYS = "CASE WHEN c.days > 0 AND c.days < :days THEN c.days ELSE :days END"


def over(db: Db, now: int, days: int, *, centre: str = "", grace: int = 0, after: str = "", limit: int = 100) -> list[Over]:
    """Return the next events after *after* whose details are to go: of cases some days after their end, of a tap's ticket after the tap.

    Args:
        days: how long they are kept where the citizen was not promised a shorter time.
        centre: of cases about this centre only; '' for all.
        grace: days beyond that, which whoever is nearer has to do it.
    """
    rows = db.all(
        f"SELECT c.id, e.log, {_DAYS} FROM contact c JOIN event e ON e.id = c.id LEFT JOIN case_state s ON s.id = c.case_id"
        " WHERE c.id > :after AND (c.case_id = '' OR (s.ended_at > 0 AND (:centre = '' OR s.centre = :centre)))"
        f" AND (CASE WHEN c.case_id = '' THEN c.since ELSE s.ended_at END) + ({_DAYS} + :grace) * 86400 <= :now ORDER BY c.id LIMIT :limit",
        after=after, centre=centre, days=days, grace=grace, now=now, limit=limit,
    )  # fmt: skip
    return [Over(*row) for row in rows]
