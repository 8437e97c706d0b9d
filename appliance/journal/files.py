"""Photos and voice notes at rest: encrypted into chunks, their keys in boxes, opened again in memory only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sync.files import FileError, field_of, open_file, seal_file

from appliance.domain import events as ev
from appliance.journal import boxes, objects
from appliance.journal.entries import Entry
from appliance.journal.entropy import random_bytes
from appliance.store.db import Db


@dataclass(frozen=True, slots=True)
class File:
    """A photo or voice note in the plain, on its way into the journal.

    Attributes:
        media: its media type.
        seconds: how long a recording lasts; 0 for a picture.
    """

    media: str
    data: bytes
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Sealed:
    """Files as they are kept.

    Attributes:
        attachments: what the leaf says of them.
        keys: the values of their boxes, by field.
        chunks: (SHA-256, bytes) of every chunk.
    """

    attachments: tuple[ev.Attachment, ...]
    keys: dict[str, bytes]
    chunks: list[tuple[bytes, bytes]]


def seal(origin: str, event_id: str, files: Sequence[File]) -> Sealed:
    """Return *files* encrypted, each under a key of its own, bound to *origin* and *event_id*."""
    attachments, keys, chunks = list[ev.Attachment](), dict[str, bytes](), list[tuple[bytes, bytes]]()
    for place, file in enumerate(files):
        drawn, field = random_bytes(44), field_of(place)
        cut = [(hashlib.sha256(part).digest(), part) for part in seal_file(drawn[:32], drawn[32:], file.data, origin, event_id, field)]
        names = tuple(hashed.hex() for hashed, _ in cut)
        attachments.append(ev.Attachment(media=file.media, size=len(file.data), field=field, chunks=names, seconds=file.seconds))
        keys[field] = drawn[:32]
        chunks += cut
    return Sealed(tuple(attachments), keys, chunks)


def store(db: Db, log: int, index: int, sealed: Sealed, now: int) -> None:
    """Store the chunks of the leaf at *index*; one transaction covers them, the boxes of their keys and the leaf."""
    objects.put(db, sealed.chunks, now, objects.OF_A_LEAF)
    for file in sealed.attachments:
        objects.name(db, log, index, file)


def state(db: Db, entry: Entry, file: ev.Attachment) -> str:
    """Return how *file* of the event at *entry* stands: here, coming, erased, or withheld."""
    place = {"log": entry.log, "idx": entry.index, "field": file.field}
    if db.one("SELECT 1 FROM box WHERE log = :log AND idx = :idx AND field = :field", **place) is None:
        flagged = db.one("SELECT 1 FROM box_flag WHERE log = :log AND idx = :idx AND field = :field", **place)
        return "withheld" if flagged else "erased"
    return "here" if all(objects.have(db, bytes.fromhex(chunk)) for chunk in file.chunks) else "coming"


def read(db: Db, entry: Entry, file: ev.Attachment) -> bytes | None:
    """Return *file* of the event at *entry*; None when it was erased, has not come, or is not what its leaf says."""
    key = boxes.read_one(db, entry.log, entry.index, entry.origin, entry.event.id, file.field)
    chunks = objects.parts(db, file.chunks) if key else None
    if key is None or chunks is None:
        return None
    try:
        return open_file(key, chunks, file.size, entry.origin, entry.event.id, file.field)
    except FileError:
        return None
