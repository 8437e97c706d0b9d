"""The whole log recomputed from its leaves: what is stored must be what was signed (rule N6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sync.merkle import CompactRange, leaf_hash
from sync.note import Checkpoint, NoteError, Verifier, open_note

from appliance.store.db import Db

CHUNK = 1000
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Wrong:
    """The first thing found wrong, and where."""

    origin: str
    index: int
    what: str


def verify_logs(db: Db, progress: Progress | None = None) -> Wrong | None:
    """Recompute every log of this node; return the first thing that is wrong, or None.

    Checked of each log: leaves are gapless and hash to what is stored, tree nodes are what they must be, the root is
    the one in the log's row, the newest note is properly signed over it, every cosigned note lies on the same tree.

    Args:
        progress: told (origin, leaves done, leaves in all) after each thousand.
    """
    rows = db.all("SELECT id, bound, own, state, vkey, size, root, note, acked, ack_note FROM log ORDER BY id")
    for log, origin, own, state, vkey, size, root, note, acked, ack_note in rows:
        wrong = _verify_log(db, log, origin, size, {acked} if ack_note else set(), progress)
        if isinstance(wrong, Wrong):
            return wrong
        found = wrong | {size: bytes(root)}
        if wrong[size] != bytes(root):
            return Wrong(origin, size, "the leaves do not hash to the recorded root")
        # Of a log frozen by a fork the cosigned head may be the other history's: it is the evidence of it.
        evidence = state == "frozen" and not own
        for what, one in (("newest note", note), ("acknowledged note", "" if evidence else ack_note)):
            if one and (trouble := _note_trouble(one, vkey, origin, found)):
                return Wrong(origin, size, f"{what}: {trouble}")
    return None


def _verify_log(db: Db, log: int, origin: str, size: int, wanted: set[int], progress: Progress | None) -> dict[int, bytes] | Wrong:
    """Return the roots at the *wanted* sizes and at *size*, or what is wrong."""
    tree = CompactRange()
    roots: dict[int, bytes] = {}
    for start in range(0, size, CHUNK):
        rows = db.all(
            "SELECT idx, hash, leaf FROM entry WHERE log = :log AND idx >= :start AND idx < :end ORDER BY idx",
            log=log, start=start, end=min(size, start + CHUNK),
        )  # fmt: skip
        hashes = []
        for due, (index, hashed, leaf) in enumerate(rows, start):
            if index != due:
                return Wrong(origin, due, "the leaf is missing")
            hashes.append(leaf_hash(leaf))
            if hashes[-1] != hashed:
                return Wrong(origin, index, "the leaf does not match its hash")
        if start + len(rows) != min(size, start + CHUNK):
            return Wrong(origin, start + len(rows), "the leaf is missing")
        wrong = _verify_chunk(db, log, origin, tree, hashes, wanted, roots)
        if wrong:
            return wrong
        if progress:
            progress(origin, min(size, start + CHUNK), size)
    if db.one("SELECT 1 FROM entry WHERE log = :log AND idx >= :size LIMIT 1", log=log, size=size):
        return Wrong(origin, size, "a leaf lies behind the signed size")
    roots[size] = tree.root()
    return roots


def _verify_chunk(db: Db, log: int, origin: str, tree: CompactRange, hashes: list[bytes], wanted: set[int], roots: dict[int, bytes]) -> Wrong | None:
    first, last = tree.size, tree.size + len(hashes)
    cut = next((size for size in wanted if first < size <= last), None)
    computed = []
    if cut is not None:
        computed += tree.append_many(hashes[: cut - first])
        roots[cut] = tree.root()
        computed += tree.append_many(hashes[cut - first :])
    else:
        computed = tree.append_many(hashes)
    expected = {(level, at): node for level, at, node in computed if level}
    stored = _stored_nodes(db, log, expected)
    for (level, at), node in sorted(expected.items()):
        if stored.get((level, at)) != node:
            return Wrong(origin, at << level, f"tree node {level}/{at} is wrong or missing")
    return None


def _stored_nodes(db: Db, log: int, expected: dict[tuple[int, int], bytes]) -> dict[tuple[int, int], bytes]:
    spans: dict[int, tuple[int, int]] = {}
    for level, at in expected:
        low, high = spans.get(level, (at, at))
        spans[level] = (min(low, at), max(high, at))
    found: dict[tuple[int, int], bytes] = {}
    for level, (low, high) in spans.items():
        rows = db.all(
            "SELECT idx, hash FROM node WHERE log = :log AND level = :level AND idx >= :low AND idx <= :high",
            log=log, level=level, low=low, high=high,
        )  # fmt: skip
        found.update(((level, at), bytes(node)) for at, node in rows)
    return found


def _note_trouble(note: str, vkey: str, origin: str, roots: dict[int, bytes]) -> str:
    try:
        checkpoint = Checkpoint.parse(open_note(note, [Verifier.parse(vkey)]).text)
    except NoteError as error:
        return str(error)
    if checkpoint.origin != origin:
        return "it is of another log"
    if checkpoint.size not in roots and checkpoint.size:
        return "it is of a size that is not held"
    return "" if not checkpoint.size or roots[checkpoint.size] == checkpoint.root else "it does not lie on this tree"
