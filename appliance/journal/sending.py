"""Batches cut from the journal: leaves verbatim, the boxes that are still there, their keys sealed to the reader."""

from __future__ import annotations

from sync.batch import Batch, BatchBuilder, Box, boxes_bytes
from sync.commitments import kid_of, seal_keys

from appliance.store.db import Db

# A file's key goes nowhere without the file: the receiver would wait for chunks that nobody has, and is told "withheld" instead.
_WHOLE = (
    " AND (substr(b.field, 1, 5) <> 'file-' OR NOT EXISTS (SELECT 1 FROM chunk c WHERE c.log = b.log AND c.idx = b.idx AND c.field = b.field"
    " AND NOT EXISTS (SELECT 1 FROM object o WHERE o.hash = c.hash)))"
)
# Boxes of a range of leaves; those of a relayed leaf lie under the leaf it relays.
HELD = (
    "SELECT b.idx, b.field, b.box, k.key FROM box b"
    " JOIN box_key k ON k.log = b.log AND k.idx = b.idx AND k.field = b.field"
    f" WHERE b.log = :log AND b.idx >= :start AND b.idx < :end{_WHOLE}"
    " UNION ALL SELECT r.idx, b.field, b.box, k.key FROM relay r JOIN box b ON b.log = r.src_log AND b.idx = r.src_idx"
    " JOIN box_key k ON k.log = b.log AND k.idx = b.idx AND k.field = b.field"
    f" WHERE r.log = :log AND r.idx >= :start AND r.idx < :end{_WHOLE} ORDER BY 1, 2"
)


def cut_batch(db: Db, log: int, origin: str, start: int, end: int, held_note: str, recipient: bytes | None, limit: int = 1000) -> Batch | None:
    """Return the next batch of *log* from *start*, at most to *end*, its note not yet set; None when nothing is owed.

    Args:
        held_note: the newest checkpoint of this log that the receiver cosigned, as we hold it.
        recipient: the receiver's X25519 public key, raw; None for a log without personal values.
        limit: leaves a batch, at most 1,000.
    """
    end = min(end, start + limit)
    if end <= start:
        return None
    leaves = db.all("SELECT idx, leaf FROM entry WHERE log = :log AND idx >= :start AND idx < :end ORDER BY idx", log=log, start=start, end=end)
    held = db.all(HELD, log=log, start=start, end=end)
    return _fill(origin, start, leaves, held, held_note, recipient)


def _fill(
    origin: str, start: int, leaves: list[tuple[int, bytes]], held: list[tuple[int, str, bytes, bytes]], held_note: str, recipient: bytes | None
) -> Batch:
    by_leaf: dict[int, list[tuple[str, bytes, bytes]]] = {}
    for idx, name, box, key in held:
        by_leaf.setdefault(idx, []).append((name, bytes(box), bytes(key)))
    builder = BatchBuilder()
    keys: list[bytes] = []
    for idx, leaf in leaves:
        mine = sorted(by_leaf.get(idx, []))  # by field as bytes: a database may collate otherwise
        if not builder.take(bytes(leaf), [(name, box) for name, box, _ in mine]):
            break
        keys += [key for _, _, key in mine]
    return seal_batch(origin, start, builder.leaves, builder.boxes, keys, held_note, recipient)


def seal_batch(origin: str, start: int, leaves: list[bytes], boxes: list[Box], keys: list[bytes], held_note: str, recipient: bytes | None) -> Batch:
    """Return a batch of *leaves* and *boxes* with its key list sealed to *recipient* (spec keys K2)."""
    end, raw = start + len(leaves), boxes_bytes(boxes)
    kid, sealed = "-", b""
    if keys:
        if recipient is None:
            raise ValueError("boxes, but nobody to seal their keys to")
        kid, sealed = kid_of(recipient), seal_keys(recipient, keys, origin, start, end, raw)
    elif recipient is not None:
        kid = kid_of(recipient)
    return Batch(
        origin=origin, start=start, end=end, kid=kid, note="", held_note=held_note, leaves=leaves, boxes=boxes, boxes_bytes=raw,
        sealed_keys=sealed, objects=[],
    )  # fmt: skip
