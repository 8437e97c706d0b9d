"""What HQ has not cosigned yet, recomputed before it goes up: a flipped bit is found here, not there (rule N6)."""

from __future__ import annotations

from sync.merkle import CompactRange, leaf_hash, range_at
from sync.note import Checkpoint, NoteError, split_note

from appliance.journal.heads import node_reader
from appliance.store.db import Db

CHUNK = 1000  # leaves in memory at a time


def verify_tail(db: Db, log: int) -> str:
    """Recompute log *log* from the newest compact range that HQ cosigned up to its end; return what is wrong, or ''."""
    row = db.one("SELECT size, root, acked, ack_note FROM log WHERE id = :id", id=log)
    if row is None:
        return "there is no such log"
    size, root, acked, ack_note = row
    try:
        tree = range_at(acked, node_reader(db, log))
    except LookupError:
        return f"a tree node below entry {acked} is missing"
    if acked and tree.root() != _root_in(ack_note):
        return f"the tree below entry {acked} is not the one headquarters cosigned"
    return _append_rest(db, log, tree, size) or ("" if tree.root() == bytes(root) else "the entries do not lead to the signed root")


def _append_rest(db: Db, log: int, tree: CompactRange, size: int) -> str:
    while tree.size < size:
        end = min(size, tree.size + CHUNK)
        rows = db.all("SELECT leaf FROM entry WHERE log = :log AND idx >= :start AND idx < :end ORDER BY idx", log=log, start=tree.size, end=end)
        if len(rows) != end - tree.size:
            return f"entries after {tree.size} are missing"
        tree.append_many([leaf_hash(leaf) for (leaf,) in rows])
    return ""


def _root_in(note: str) -> bytes:
    try:
        return Checkpoint.parse(split_note(note)[0]).root
    except NoteError:
        return b""
