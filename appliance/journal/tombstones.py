"""Erasure that proofs survive: the tombstone stays in the log, box and key go (spec keys K4 and path 6)."""

from __future__ import annotations

from appliance.domain import events as ev
from appliance.journal import objects
from appliance.store.db import Db

CONTACT_FIELDS = frozenset({"name", "phone", "email", "ticket"})  # what leads to a person; a queue ticket does too
WHOLE_CASE = "*"  # as field: every value of every event of the case, also those still to come


def may_erase(event: ev.Erased, log_name: str) -> bool:
    """Tell whether a log of that name may erase these targets: a centre, contact fields only."""
    by_hq = log_name == "hq" or log_name.startswith("to/")
    return by_hq or (not event.case and all(field in CONTACT_FIELDS for _, field in event.targets))


def bury(db: Db, log: int, index: int, event: ev.Erased) -> int:
    """Record the tombstones of *event* and delete every box, key and chunk they name; return how many boxes went."""
    targets = list(event.targets) + ([(event.case, WHOLE_CASE)] if event.case else [])
    gone = 0
    for event_id, field in targets:
        db.run(
            "INSERT INTO tombstone (event, field, log, idx) VALUES (:event, :field, :log, :idx) ON CONFLICT DO NOTHING",
            event=event_id,
            field=field,
            log=log,
            idx=index,
        )
        gone += _delete_case(db, event_id) if field == WHOLE_CASE else _delete(db, event_id, field)
    return gone


def _delete_case(db: Db, case: str) -> int:
    """Delete the values of a case's events, found by the opening event's id and by their subject."""
    rows = db.all("SELECT log, idx FROM event WHERE id = :case OR (subject = :case AND n > 1)", case=case)
    return sum(_delete_at(db, log, idx) for log, idx in rows)


def _delete(db: Db, event_id: str, field: str) -> int:
    row = db.one("SELECT log, idx FROM event WHERE id = :id", id=event_id)
    return _delete_at(db, row[0], row[1], field) if row else 0


def _delete_at(db: Db, log: int, idx: int, field: str | None = None) -> int:
    which = "log = :log AND idx = :idx" + (" AND field = :field" if field else "")
    params: dict[str, object] = {"log": log, "idx": idx} | ({"field": field} if field else {})
    db.run(f"DELETE FROM box_key WHERE {which}", **params)
    db.run(f"DELETE FROM box_flag WHERE {which}", **params)
    objects.release(db, log, idx, field)
    return db.run(f"DELETE FROM box WHERE {which}", **params)


def is_erased(db: Db, case: str) -> bool:
    """Tell whether every value of *case* is erased."""
    return db.one("SELECT 1 FROM tombstone WHERE event = :case AND field = :whole", case=case, whole=WHOLE_CASE) is not None


def buried(db: Db, event_ids: list[str], cases: list[str]) -> set[tuple[str, str]]:
    """Return the (event or case id, field) tombstones that touch any of these; empty almost always."""
    if not (event_ids or cases) or db.one("SELECT 1 FROM tombstone LIMIT 1") is None:
        return set()
    found: set[tuple[str, str]] = set()
    wanted = list(dict.fromkeys([*event_ids, *cases]))
    for start in range(0, len(wanted), 500):
        part = {f"i{n}": one for n, one in enumerate(wanted[start : start + 500])}
        names = ", ".join(f":{name}" for name in part)
        found.update((event, field) for event, field in db.all(f"SELECT event, field FROM tombstone WHERE event IN ({names})", **part))
    return found
