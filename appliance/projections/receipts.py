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
    tag BLOB NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL
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
    rows = []
    for entry in entries:
        if isinstance(entry.event, ev.CaseOpened):
            rid = entry.rid or boxes.read_one(db, entry.log, entry.index, entry.origin, entry.event.id, FIELD)
            if rid:
                rows.append((tagger.tag(rid), entry.event.case))
        elif isinstance(entry.event, ev.Erased):
            _drop(db, entry.event)
    if len(rows) == 1:
        db.run(
            "INSERT INTO receipt_tag (tag, case_id) VALUES (:tag, :case_id) ON CONFLICT (tag) DO NOTHING",
            tag=rows[0][0], case_id=rows[0][1],
        )
    elif rows:
        db.insert("receipt_tag", ("tag", "case_id"), rows, ignore=True)


def _drop(db: Db, event: ev.Erased) -> None:
    cases = {event.case} if event.case else set()
    cases |= {target for target, field in event.targets if field in (FIELD, WHOLE_CASE)}
    for case in sorted(cases):
        db.run("DELETE FROM receipt_tag WHERE case_id = :case_id", case_id=case)


def case_of(db: Db, tagger: Tagger, rid: bytes) -> str | None:
    """Return the case whose receipt id is *rid*, or None."""
    row = db.one("SELECT case_id FROM receipt_tag WHERE tag = :tag", tag=tagger.tag(rid))
    return str(row[0]) if row else None
