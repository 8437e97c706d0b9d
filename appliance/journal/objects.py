"""Side objects by hash: the encrypted chunks of photos and voice notes, and published files.

A chunk belongs to the leaf and field whose box holds its file's key, and lives as long as that box: what erases the box
erases the chunks in the same transaction. A chunk may come before its leaf (up the line) or after it (down the line).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from appliance.domain import events as ev
from appliance.store.db import Db

CHUNK = 256 * 1024  # bytes
UNCLAIMED, OF_A_LEAF, PUBLISHED = 0, 1, 2  # what keeps an object; what nothing keeps goes after 35 days


def put(db: Db, objects: Iterable[tuple[bytes, bytes]], now: int, claimed: int = UNCLAIMED) -> None:
    """Store objects that are not there yet; their hashes were checked when the batch was read."""
    for hashed, data in objects:
        db.run(
            "INSERT INTO object (hash, seen_at, claimed, bytes) VALUES (:hash, :now, :claimed, :bytes) ON CONFLICT (hash) DO NOTHING",
            hash=hashed,
            now=now,
            claimed=claimed,
            bytes=data,
        )
        db.run("UPDATE chunk SET wanted = 0 WHERE hash = :hash AND wanted = 1", hash=hashed)


def publish(db: Db, data: bytes, now: int) -> tuple[str, ...]:
    """Cut *data* into chunks, store them for good, and return their hex hashes in order."""
    chunks = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    hashed = [(hashlib.sha256(chunk).digest(), chunk) for chunk in chunks]
    put(db, hashed, now, PUBLISHED)
    return tuple(one.hex() for one, _ in hashed)


def have(db: Db, hashed: bytes) -> bool:
    """Tell whether the object of that hash is here."""
    return db.one("SELECT 1 FROM object WHERE hash = :hash", hash=hashed) is not None


def get(db: Db, hashed: bytes) -> bytes | None:
    """Return the object of that hash, or None."""
    row = db.one("SELECT bytes FROM object WHERE hash = :hash", hash=hashed)
    return bytes(row[0]) if row else None


def parts(db: Db, chunks: Sequence[str]) -> list[bytes] | None:
    """Return the objects of *chunks* (hex hashes) in order, or None while one is missing."""
    found = [get(db, bytes.fromhex(chunk)) for chunk in chunks]
    return [part for part in found if part is not None] if all(part is not None for part in found) else None


def join(db: Db, chunks: Sequence[str]) -> bytes | None:
    """Return the published file made of *chunks* (hex hashes in order), or None while one is missing."""
    found = parts(db, chunks)
    return None if found is None else b"".join(found)


def files_of(event: ev.Event) -> tuple[ev.Attachment, ...]:
    """Return the photos and voice notes that *event* brings."""
    return event.files if isinstance(event, ev.CaseOpened | ev.CitizenWrote) else ()


# --- chunks and their leaves ----------------------------------------------------------------------------


def name(db: Db, log: int, index: int, file: ev.Attachment) -> None:
    """Note that the leaf at *index* keeps the chunks of *file*, whose box is there; those that are not here yet are wanted."""
    for place, chunk in enumerate(file.chunks):
        hashed = bytes.fromhex(chunk)
        held = db.run("UPDATE object SET claimed = CASE claimed WHEN 0 THEN 1 ELSE claimed END WHERE hash = :hash", hash=hashed)
        db.run(
            "INSERT INTO chunk (log, idx, field, pos, hash, wanted) VALUES (:log, :idx, :field, :pos, :hash, :wanted) ON CONFLICT DO NOTHING",
            log=log, idx=index, field=file.field, pos=place, hash=hashed, wanted=int(not held),
        )  # fmt: skip


def release(db: Db, log: int, index: int, field: str | None = None) -> None:
    """Delete the chunks that the leaf at *index* keeps (under one *field*), but for those that another leaf keeps too."""
    which = "log = :log AND idx = :idx" + (" AND field = :field" if field else "")
    params: dict[str, object] = {"log": log, "idx": index} | ({"field": field} if field else {})
    hashes = [bytes(row[0]) for row in db.all(f"SELECT DISTINCT hash FROM chunk WHERE {which}", **params)]
    if hashes:
        db.run(f"DELETE FROM chunk WHERE {which}", **params)
        drop(db, hashes)


def drop(db: Db, hashes: Iterable[bytes]) -> None:
    """Delete those objects of *hashes* that no leaf keeps and that are not published."""
    for hashed in hashes:
        db.run(
            "DELETE FROM object WHERE hash = :hash AND claimed < 2 AND NOT EXISTS (SELECT 1 FROM chunk WHERE chunk.hash = object.hash)", hash=hashed
        )


def wanted(db: Db) -> list[str]:
    """Return the hex hashes of the chunks that leaves here keep and whose bytes have not come yet."""
    return [bytes(row[0]).hex() for row in db.all("SELECT DISTINCT hash FROM chunk WHERE wanted = 1 ORDER BY hash")]


# --- what must go up ------------------------------------------------------------------------------------

_KEPT = (
    "SELECT c.idx AS idx, c.field AS field, c.pos AS pos, c.hash AS hash FROM chunk c WHERE c.log = :log AND c.idx >= :start AND c.idx < :end"
    " UNION ALL SELECT r.idx, c.field, c.pos, c.hash FROM relay r JOIN chunk c ON c.log = r.src_log AND c.idx = r.src_idx"
    " WHERE r.log = :log AND r.idx >= :start AND r.idx < :end"
)


def unsent(db: Db, log: int, start: int, end: int) -> list[str]:
    """Return the hex hashes of the chunks of those leaves that the other side is not known to hold, in the leaves' order."""
    rows = db.all(
        f"SELECT k.hash FROM ({_KEPT}) k JOIN object o ON o.hash = k.hash WHERE o.sent = 0 ORDER BY k.idx, k.field, k.pos",
        log=log, start=start, end=end,
    )  # fmt: skip
    return [hashed.hex() for hashed in dict.fromkeys(bytes(row[0]) for row in rows)]


def mark_sent(db: Db, hashes: Iterable[bytes]) -> None:
    """Note that the other side holds those objects."""
    for hashed in hashes:
        db.run("UPDATE object SET sent = 1 WHERE hash = :hash", hash=hashed)


def purge(db: Db, before: int) -> int:
    """Delete objects that came before that time and that nothing keeps; return how many."""
    return db.run("DELETE FROM object WHERE claimed = 0 AND seen_at < :before", before=before)
