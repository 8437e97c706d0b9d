"""Photos and voice notes against the leaves that name them: every chunk there, in order, and each of the bytes it is named by."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from appliance.domain import events as ev
from appliance.journal.objects import files_of
from appliance.journal.verify import Progress, Wrong
from appliance.store.db import Db


def missing_chunk(db: Db, log: int, origin: str, events: Sequence[tuple[int, ev.Event]]) -> Wrong | None:
    """Return the first file of *events* (index, event) whose key is here and one of whose chunks is not, though it had come."""
    for index, event in events:
        for file in files_of(event):
            place = {"log": log, "idx": index, "field": file.field}
            held = db.all(
                "SELECT c.hash, c.wanted, o.hash FROM chunk c LEFT JOIN object o ON o.hash = c.hash"
                " WHERE c.log = :log AND c.idx = :idx AND c.field = :field ORDER BY c.pos",
                **place,
            )
            kept = db.one("SELECT 1 FROM box WHERE log = :log AND idx = :idx AND field = :field", **place) is not None
            if tuple(bytes(row[0]).hex() for row in held) != (file.chunks if kept else ()):
                return Wrong(origin, index, f"the chunks of field {file.field} are not those its leaf names")
            if any(wanted == 0 and there is None for _, wanted, there in held):
                return Wrong(origin, index, f"a chunk of field {file.field} is gone without an erasure")
    return None


def verify_objects(db: Db, progress: Progress | None = None) -> Wrong | None:
    """Check the bytes of every side object against its hash; return the first that fails."""
    (total,) = db.one("SELECT count(*) FROM object") or (0,)
    broken = None
    for done, (hashed, data) in enumerate(db.each("SELECT hash, bytes FROM object ORDER BY hash")):
        if sha256(bytes(data)).digest() != bytes(hashed):
            broken = bytes(hashed)
            break
        if progress and done % 100 == 0:
            progress("objects", done, total)
    if broken is None:
        return None
    place = db.one(
        "SELECT l.bound, c.idx, c.field FROM chunk c JOIN log l ON l.id = c.log WHERE c.hash = :hash ORDER BY c.log, c.idx LIMIT 1", hash=broken
    )
    origin, index, field = place or ("published files", 0, "-")
    return Wrong(origin, index, f"a chunk of field {field} is not the bytes it is named by")
