"""Which case a receipt code opens: a keyed tag a code, never the code (spec keys, Receipt)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from appliance.domain import events as ev
from appliance.journal import boxes
from appliance.journal.entries import Entry
from appliance.journal.tombstones import WHOLE_CASE
from appliance.store.db import Db

VERSION = 1
TABLES = """
CREATE TABLE receipt_tag (
    tag BLOB NOT NULL,
    case_id TEXT NOT NULL,
    PRIMARY KEY (tag, case_id)     -- a code used twice by mistake opens the older case, on every node
) STRICT, WITHOUT ROWID;
CREATE INDEX receipt_tag_case ON receipt_tag (case_id);
"""
DROP = "DROP TABLE IF EXISTS receipt_tag;"
FIELD = "receipt"
_BLOCK = 64


class Tagger:
    """HMAC-SHA256 under the node's pepper, by two plain hashes: ``hmac.digest`` releases the interpreter lock."""

    def __init__(self, pepper: bytes) -> None:
        """Prepare the two halves of the key schedule of *pepper* (32 bytes)."""
        padded = pepper.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(b ^ 0x36 for b in padded))
        self._outer = hashlib.sha256(bytes(b ^ 0x5C for b in padded))

    def tag(self, rid: bytes) -> bytes:
        """Return the tag of receipt id *rid*: the HMAC's first 16 bytes."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(rid)
        outer.update(inner.digest())
        return outer.digest()[:16]


def apply(db: Db, entries: Sequence[Entry], tagger: Tagger) -> None:
    """Tag the receipts of cases opened in *entries*; drop those of erased ones."""
    for entry in entries:
        if isinstance(entry.event, ev.CaseOpened):
            rid = entry.rid or boxes.read_one(db, entry.log, entry.index, entry.origin, entry.event.id, FIELD)
            if rid:
                db.later("receipt_tag", ("tag", "case_id"), (tagger.tag(rid), entry.event.case))
        elif isinstance(entry.event, ev.Erased):
            _drop(db, entry.event)


def _drop(db: Db, event: ev.Erased) -> None:
    cases = {event.case} if event.case else set()
    cases |= {target for target, field in event.targets if field in (FIELD, WHOLE_CASE)}
    for case in sorted(cases):
        db.run("DELETE FROM receipt_tag WHERE case_id = :case_id", case_id=case)


def case_of(db: Db, tagger: Tagger, rid: bytes) -> str | None:
    """Return the case whose receipt id is *rid*, or None."""
    row = db.one("SELECT case_id FROM receipt_tag WHERE tag = :tag ORDER BY case_id LIMIT 1", tag=tagger.tag(rid))
    return str(row[0]) if row else None


def opens(db: Db, tagger: Tagger, rid: bytes, case: str) -> bool:
    """Tell whether the receipt id *rid* is that of *case*."""
    tag = tagger.tag(rid)
    return db.one("SELECT 1 FROM receipt_tag WHERE tag = :tag AND case_id = :case_id", tag=tag, case_id=case) is not None
