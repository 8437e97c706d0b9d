"""Personal values at rest: sealed into a box under a key of its own, opened again, never plain on disk."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sync.commitments import commit, open_box, seal_box

from appliance.journal.entropy import random_bytes
from appliance.store.db import Db

BOX = ("log", "idx", "field", "box")
BOX_KEY = ("log", "idx", "field", "key")


@dataclass(frozen=True, slots=True)
class Sealed:
    """One value's box and key, and what its leaf says of it."""

    field: str
    box: bytes
    key: bytes
    commitment: str


def seal(origin: str, event_id: str, values: Mapping[str, bytes]) -> list[Sealed]:
    """Return the boxes of *values* (field → bytes), bound to *origin* and *event_id*, in order of field."""
    sealed = []
    for field in sorted(values):
        drawn = random_bytes(76)
        salt, key, nonce = drawn[:32], drawn[32:64], drawn[64:]
        value = values[field]
        box = seal_box(key, nonce, salt, value, origin, event_id, field)
        sealed.append(Sealed(field, box, key, base64.b64encode(commit(salt, field, value)).decode()))
    return sealed


def store(db: Db, log: int, index: int, sealed: Iterable[Sealed]) -> None:
    """Store boxes and keys of the leaf at *index*; one transaction covers both and the leaf (spec keys K1)."""
    for one in sealed:
        db.later("box", BOX, (log, index, one.field, one.box))
        db.later("box_key", BOX_KEY, (log, index, one.field, one.key))


def read(db: Db, log: int, index: int, origin: str, event_id: str) -> dict[str, bytes]:
    """Return the values of one leaf that are still there, by field; an erased one is simply absent."""
    rows = db.all(
        "SELECT b.field, b.box, k.key FROM box b JOIN box_key k ON k.log = b.log AND k.idx = b.idx AND k.field = b.field"
        " WHERE b.log = :log AND b.idx = :idx",
        log=log,
        idx=index,
    )
    return {field: open_box(bytes(key), bytes(box), origin, event_id, field)[1] for field, box, key in rows}


def read_one(db: Db, log: int, index: int, origin: str, event_id: str, field: str) -> bytes | None:
    """Return one value of a leaf, or None when it was erased or never came."""
    row = db.one(
        "SELECT b.box, k.key FROM box b JOIN box_key k ON k.log = b.log AND k.idx = b.idx AND k.field = b.field"
        " WHERE b.log = :log AND b.idx = :idx AND b.field = :field",
        log=log,
        idx=index,
        field=field,
    )
    return open_box(bytes(row[1]), bytes(row[0]), origin, event_id, field)[1] if row else None
