"""Another node's leaves, stored verbatim with their boxes: what a mirror holds.

``examine`` does all the arithmetic outside the writer: decoding, opening the key list, checking every box against
its commitment. ``store_mirrored`` then writes what was found, in the accepting transaction. A bad leaf never
rejects a batch: it is stored like any other, put in quarantine and counted (spec log §3).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sync.batch import Batch
from sync.commitments import BoxMismatch, check_box
from sync.merkle import CompactRange, leaf_hash
from sync.mirror import Accepted

from appliance.domain import events as ev
from appliance.journal import objects, tombstones
from appliance.journal.boxes import BOX, BOX_KEY
from appliance.journal.entries import EVENT, Entry, check_shape, known_ids, subject_of, unwrap
from appliance.journal.heads import ENTRY, NODE
from appliance.store.db import Db

MISMATCH, WITHHELD = "mismatch", "withheld"
RECEIPT = "receipt"


@dataclass(slots=True)
class Leaf:
    """One leaf as examined.

    Attributes:
        outer: the event of the leaf itself; None when it cannot be read.
        event, origin: what counts: the inner event and its first origin for a relayed leaf.
        boxes: (field, box, key) of every value that is what its leaf committed to.
        flags: (field, flag) of every value that is not, or did not come.
        trouble: why the leaf goes to quarantine; '' for a good one.
    """

    index: int
    raw: bytes
    outer: ev.Event | None = None
    event: ev.Event | None = None
    origin: str = ""
    boxes: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    flags: list[tuple[str, str]] = field(default_factory=list)
    rid: bytes | None = None
    trouble: str = ""
    repeated: bool = False  # what it says is held already; its boxes lie there


Alive = Callable[[Leaf, str], bool]


def examine(batch: Batch, keys: Sequence[bytes], start: int) -> list[Leaf]:
    """Return the leaves of *batch* from index *start* on, each decoded and its boxes checked.

    Args:
        keys: the box keys, in the order of the batch's boxes.
    """
    leaves = [_decode(batch, offset) for offset in range(start - batch.start, len(batch.leaves))]
    first = start - batch.start
    for box, key in zip(batch.boxes, keys, strict=True):
        if box.offset >= first:
            _check(leaves[box.offset - first], box.field, box.box, key)
    for leaf in leaves:
        if leaf.event is not None:
            have = {name for name, _, _ in leaf.boxes} | {name for name, _ in leaf.flags}
            leaf.flags += [(name, WITHHELD) for name in leaf.event.c if name not in have]
    return leaves


def _decode(batch: Batch, offset: int) -> Leaf:
    leaf = Leaf(batch.start + offset, batch.leaves[offset])
    try:
        leaf.outer = ev.decode(leaf.raw)
        assert leaf.outer is not None
        leaf.event, leaf.origin = unwrap(leaf.outer, batch.origin)
        _check_relay(leaf.origin, batch.origin)
        check_shape(leaf.event)
    except ev.Unreadable as error:
        leaf.outer = leaf.event = None
        leaf.trouble = f"unreadable: {error}"[:200]
    return leaf


def _check_relay(first: str, origin: str) -> None:
    """Check that a centre relays only leaves of its own older epochs; HQ's downlink may relay any."""
    if first != origin and "/log/to/" not in origin and first.rsplit("/", 1)[0] != origin.rsplit("/", 1)[0]:
        raise ev.Unreadable("it relays another centre's leaf")


def _check(leaf: Leaf, name: str, box: bytes, key: bytes) -> None:
    event = leaf.event
    if event is None or name not in event.c:
        return  # a box no leaf speaks of is dropped: nothing vouches for it
    try:
        value = check_box(key, box, base64.b64decode(event.c[name], validate=True), leaf.origin, event.id, name)
    except (BoxMismatch, binascii.Error):
        leaf.flags.append((name, MISMATCH))
        return
    leaf.boxes.append((name, box, key))
    if name == RECEIPT:
        leaf.rid = value


def chunks_needed(db: Db, leaves: Sequence[Leaf]) -> list[bytes]:
    """Return the hashes of the chunks without which *leaves* may not be acknowledged: those whose keys came, and are not erased."""
    filed = [leaf for leaf in leaves if leaf.event is not None and objects.files_of(leaf.event)]
    alive = _alive(db, filed)
    return [bytes.fromhex(chunk) for leaf in filed for file in _opened(leaf) if alive(leaf, file.field) for chunk in file.chunks]


def _opened(leaf: Leaf) -> list[ev.Attachment]:
    """Return the files of *leaf* whose keys came as it committed to them; without its key a chunk is noise, and nobody waits for it."""
    good = {name for name, _, _ in leaf.boxes}
    return [file for file in objects.files_of(leaf.event) if file.field in good] if leaf.event is not None else []


def grow(tree: CompactRange, leaves: Sequence[Leaf]) -> Accepted:
    """Put *leaves* on *tree*, which moves on; return what that adds, all of it new."""
    return Accepted(0, tree, tree.append_many([leaf_hash(leaf.raw) for leaf in leaves]))


def store_mirrored(db: Db, log: int, grown: Accepted, leaves: Sequence[Leaf]) -> list[Entry]:
    """Store *leaves* with the tree nodes of *grown* and return the entries the read models must apply.

    Entry, nodes, event index, boxes, keys, flags, tombstones and quarantine are the caller's one transaction.
    """
    hashes = [node for level, _, node in grown.nodes if not level]
    db.insert("entry", ENTRY, [(log, x.index, h, x.raw) for x, h in zip(leaves, hashes, strict=True)])
    db.insert("node", NODE, [(log, level, at, node) for level, at, node in grown.nodes if level])
    applied, index = _index(db, log, leaves)
    db.insert("event", EVENT, index)
    for leaf in leaves:
        if isinstance(leaf.event, ev.Erased) and not leaf.repeated:
            _bury(db, log, leaf)
    _store_boxes(db, log, leaves)
    db.insert("quarantine", ("log", "idx", "reason"), [(log, leaf.index, leaf.trouble) for leaf in leaves if leaf.trouble])
    return [Entry(log, leaf.index, leaf.origin, leaf.event, rid=leaf.rid) for leaf in applied if leaf.event is not None and not leaf.trouble]


def _index(db: Db, log: int, leaves: Sequence[Leaf]) -> tuple[list[Leaf], list[tuple[str, int, int, str, int]]]:
    """Return the leaves to apply and rows for the event index; an id known already marks its leaf."""
    known: dict[str, bytes | None] = dict.fromkeys(known_ids(db, [e.id for x in leaves for e in (x.outer, x.event) if e is not None]))
    applied: list[Leaf] = []
    rows: list[tuple[str, int, int, str, int]] = []
    for leaf in leaves:
        if leaf.outer is None or leaf.event is None:
            continue
        if leaf.outer.id in known:
            if (known[leaf.outer.id] or _leaf_of(db, leaf.outer.id)) != leaf.raw:
                leaf.trouble = "another leaf of its id stands in the journal"
            leaf.repeated = True
            continue
        known[leaf.outer.id] = leaf.raw
        rows.append((leaf.outer.id, log, leaf.index, *subject_of(leaf.outer)))
        if leaf.event is not leaf.outer and leaf.event.id in known:
            leaf.repeated = True  # it came before, by itself or relayed
            continue
        applied.append(leaf)
        if leaf.event is not leaf.outer:
            known[leaf.event.id] = None
            rows.append((leaf.event.id, log, leaf.index, *subject_of(leaf.event)))
    return applied, rows


def _leaf_of(db: Db, event_id: str) -> bytes | None:
    """Return the leaf held under this id: the same again, byte for byte, is success."""
    row = db.one("SELECT t.leaf FROM event e JOIN entry t ON t.log = e.log AND t.idx = e.idx WHERE e.id = :id", id=event_id)
    return bytes(row[0]) if row else None


def _bury(db: Db, log: int, leaf: Leaf) -> None:
    """Do what an erasure says, if the log in which it was first said may say it."""
    assert isinstance(leaf.event, ev.Erased)
    if tombstones.may_erase(leaf.event, leaf.origin.partition("/log/")[2].rpartition("/")[0]):
        tombstones.bury(db, log, leaf.index, leaf.event)
    else:
        leaf.trouble = "a centre may erase contact fields only"


def _store_boxes(db: Db, log: int, leaves: Sequence[Leaf]) -> None:
    """Store boxes and keys, but for what is erased: tombstones win in any order (spec keys K4)."""
    good = [leaf for leaf in leaves if leaf.event is not None and not leaf.repeated and (leaf.boxes or leaf.flags)]
    alive = _alive(db, good)
    for leaf in good:
        if not alive(leaf, RECEIPT):
            leaf.rid = None  # nor may the receipt of an erased case open anything
    kept = [(leaf, one) for leaf in good for one in leaf.boxes if alive(leaf, one[0])]
    db.insert("box", BOX, [(log, leaf.index, name, box) for leaf, (name, box, _) in kept])
    db.insert("box_key", BOX_KEY, [(log, leaf.index, name, key) for leaf, (name, _, key) in kept])
    flags = [(log, leaf.index, name, flag) for leaf in good for name, flag in leaf.flags if alive(leaf, name)]
    db.insert("box_flag", ("log", "idx", "field", "flag"), flags)
    for leaf in good:
        _store_chunks(db, log, leaf, alive)


def _store_chunks(db: Db, log: int, leaf: Leaf, alive: Alive) -> None:
    """Keep the chunks of a leaf's files; those that came before it and are not to be kept go at once."""
    opened = [file for file in _opened(leaf) if alive(leaf, file.field)]
    for file in opened:
        objects.name(db, log, leaf.index, file)
    assert leaf.event is not None
    objects.drop(db, [bytes.fromhex(chunk) for file in objects.files_of(leaf.event) if file not in opened for chunk in file.chunks])


def _alive(db: Db, leaves: Sequence[Leaf]) -> Alive:
    """Return what tells whether a leaf's value is not erased, asked once for all of them."""
    events = [leaf.event for leaf in leaves if leaf.event is not None]
    dead = tombstones.buried(db, [event.id for event in events], [subject_of(event)[0] for event in events])

    def alive(leaf: Leaf, name: str) -> bool:
        assert leaf.event is not None
        case = subject_of(leaf.event)[0]
        return not dead or not {(leaf.event.id, name), (leaf.event.id, tombstones.WHOLE_CASE), (case, tombstones.WHOLE_CASE)} & dead

    return alive
