"""What lies beside the leaves, checked against them: the index of events, and every personal value.

A value that was erased is lawfully gone, and one that never came is flagged. A value that is gone without either was
taken away by somebody, and that must not pass unnoticed (spec log §4.7).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

from sync.commitments import BoxMismatch, check_box

from appliance.domain import events as ev
from appliance.journal import tombstones
from appliance.journal.entries import subject_of, unwrap
from appliance.journal.verify import CHUNK, Progress, Wrong
from appliance.journal.verify_files import missing_chunk
from appliance.store.db import Db, Row

Place = tuple[int, int, str, int]  # log, index, subject, n


def verify_boxes(db: Db, progress: Progress | None = None) -> Wrong | None:
    """Open every box and check it against its leaf's commitment; return the first that fails."""
    (total,) = db.one("SELECT count(*) FROM box") or (0,)
    for done, (_log, index, field, box, key, leaf, origin) in enumerate(_boxes(db)):
        event, first = unwrap(ev.decode(bytes(leaf)), origin)
        try:
            check_box(bytes(key), bytes(box), base64.b64decode(event.c.get(field, "")), first, event.id, field)
        except BoxMismatch:
            return Wrong(origin, index, f"the box of field {field} is not what the leaf committed to")
        if progress and done % CHUNK == 0:
            progress("boxes", done, total)
    return None


def _boxes(db: Db) -> Iterator[Row]:
    return db.each(
        "SELECT b.log, b.idx, b.field, b.box, k.key, e.leaf, l.bound FROM box b"
        " JOIN box_key k ON k.log = b.log AND k.idx = b.idx AND k.field = b.field"
        " JOIN entry e ON e.log = b.log AND e.idx = b.idx JOIN log l ON l.id = b.log ORDER BY b.log, b.idx, b.field"
    )


def verify_index(db: Db, progress: Progress | None = None) -> Wrong | None:
    """Compare the index of events, and which values are there, with what the leaves say; return the first difference.

    Args:
        progress: told ("index of " + origin, leaves done, leaves in all) after each thousand.
    """
    for log, origin, size in db.all("SELECT id, bound, size FROM log ORDER BY id"):
        quarantined = {idx for (idx,) in db.all("SELECT idx FROM quarantine WHERE log = :log", log=log)}
        known = 0
        for start in range(0, size, CHUNK):
            leaves = _leaves(db, log, origin, start)
            places = _places(db, [one.id for _, events in leaves for one in events])
            for index, events in leaves:
                for event in events:
                    if event.id not in places and index not in quarantined:
                        return Wrong(origin, index, "the index does not know its event")
                    known += places.get(event.id) == (log, index, *subject_of(event))
            here = [(index, events[-1]) for index, events in leaves if places.get(events[-1].id, ())[:2] == (log, index)]
            if wrong := _missing_value(db, log, origin, start, here) or missing_chunk(db, log, origin, here):
                return wrong
            if progress:
                progress(f"index of {origin}", min(size, start + CHUNK), size)
        if db.one("SELECT count(*) FROM event WHERE log = :log", log=log) != (known,):
            return Wrong(origin, size, "the index knows events that its leaves do not tell of")
    return None


def _leaves(db: Db, log: int, origin: str, start: int) -> list[tuple[int, list[ev.Event]]]:
    """Return index and event of each leaf of a chunk that can be read; of a relayed one also the event it relays, last."""
    rows = db.all(
        "SELECT idx, leaf FROM entry WHERE log = :log AND idx >= :start AND idx < :end ORDER BY idx", log=log, start=start, end=start + CHUNK
    )
    found = []
    for index, leaf in rows:
        try:
            outer = ev.decode(bytes(leaf))
            inner, _ = unwrap(outer, origin)
        except ev.Unreadable:
            continue  # it is in quarantine, as a mirrored leaf may be; the tree vouches for its bytes all the same
        found.append((index, [outer] if inner is outer else [outer, inner]))
    return found


def _places(db: Db, ids: Sequence[str]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for start in range(0, len(ids), 500):
        part = {f"i{n}": one for n, one in enumerate(ids[start : start + 500])}
        rows = db.all(f"SELECT id, log, idx, subject, n FROM event WHERE id IN ({', '.join(':' + name for name in part)})", **part)
        found.update((row[0], row[1:]) for row in rows)
    return found


def _missing_value(db: Db, log: int, origin: str, start: int, events: Sequence[tuple[int, ev.Event]]) -> Wrong | None:
    """Return the first value of a chunk that its leaf speaks of and that is neither there, nor erased, nor known not to have come."""
    span = {"log": log, "start": start, "end": start + CHUNK}
    here = "log = :log AND idx >= :start AND idx < :end"
    held = set(db.all(f"SELECT idx, field FROM box WHERE {here}", **span)) & set(db.all(f"SELECT idx, field FROM box_key WHERE {here}", **span))
    held |= set(db.all(f"SELECT idx, field FROM box_flag WHERE {here}", **span))
    for index, event in events:
        for field in event.c:
            if (index, field) not in held and not _is_erased(db, event, field):
                return Wrong(origin, index, f"the value of field {field} is gone without an erasure")
    return None


def _is_erased(db: Db, event: ev.Event, field: str) -> bool:
    case = subject_of(event)[0]
    dead = tombstones.buried(db, [event.id], [case] if case else [])
    return bool(dead & {(event.id, field), (event.id, tombstones.WHOLE_CASE), (case, tombstones.WHOLE_CASE)})
