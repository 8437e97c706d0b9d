"""Side objects by hash: encrypted attachment chunks and published files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from appliance.domain import events as ev
from appliance.store.db import Db

CHUNK = 256 * 1024  # bytes


def put(db: Db, objects: Iterable[tuple[bytes, bytes]], now: int, *, claimed: bool = False) -> None:
    """Store objects that are not there yet; their hashes were checked when the batch was read."""
    for hashed, data in objects:
        db.run(
            "INSERT INTO object (hash, seen_at, claimed, bytes) VALUES (:hash, :now, :claimed, :bytes) ON CONFLICT (hash) DO NOTHING",
            hash=hashed,
            now=now,
            claimed=int(claimed),
            bytes=data,
        )


def put_file(db: Db, data: bytes, now: int) -> tuple[str, ...]:
    """Cut *data* into chunks, store them claimed, and return their hex hashes in order."""
    chunks = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    hashed = [(hashlib.sha256(chunk).digest(), chunk) for chunk in chunks]
    put(db, hashed, now, claimed=True)
    return tuple(one.hex() for one, _ in hashed)


def have(db: Db, hashed: bytes) -> bool:
    """Tell whether the object of that hash is here."""
    return db.one("SELECT 1 FROM object WHERE hash = :hash", hash=hashed) is not None


def get(db: Db, hashed: bytes) -> bytes | None:
    """Return the object of that hash, or None."""
    row = db.one("SELECT bytes FROM object WHERE hash = :hash", hash=hashed)
    return bytes(row[0]) if row else None


def join(db: Db, chunks: Sequence[str]) -> bytes | None:
    """Return the file made of *chunks* (hex hashes in order), or None while one is missing."""
    parts = [get(db, bytes.fromhex(chunk)) for chunk in chunks]
    return None if any(part is None for part in parts) else b"".join(part for part in parts if part is not None)


def named_by(event: ev.Event) -> tuple[str, ...]:
    """Return the hex hashes of the objects that *event*'s leaf names."""
    if isinstance(event, ev.CataloguePublished):
        return event.chunks
    if isinstance(event, ev.CaseOpened):
        return tuple(chunk for file in event.files for chunk in file.chunks)
    return ()


def claim(db: Db, events: Iterable[ev.Event]) -> None:
    """Mark the objects that leaves name: they stay as long as the leaf's values do."""
    for event in events:
        for chunk in named_by(event):
            db.run("UPDATE object SET claimed = 1 WHERE hash = :hash", hash=bytes.fromhex(chunk))


def purge(db: Db, before: int) -> int:
    """Delete objects that came before that time and that no leaf has claimed; return how many."""
    return db.run("DELETE FROM object WHERE claimed = 0 AND seen_at < :before", before=before)
