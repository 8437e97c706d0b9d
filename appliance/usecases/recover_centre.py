"""What one side lost comes back from the other: a restored centre's leaves, a restored HQ's logs (spec keys, paths 7 and 8)."""

from __future__ import annotations

from sync.batch import Batch, BatchError, read_batch, write_batch
from sync.commitments import DataKey, KeyListError, open_keys
from sync.exchange import Stopped
from sync.merkle import CompactRange, range_at
from sync.mirror import Answer
from sync.note import Checkpoint, NoteError, Verifier, open_note

from appliance.domain.errors import NotFound
from appliance.journal import objects
from appliance.journal.heads import node_reader
from appliance.journal.journal import Tx
from appliance.journal.keyring import KeyMissing
from appliance.journal.mirroring import Leaf, chunks_needed, examine, grow, store_mirrored
from appliance.journal.sending import cut_batch
from appliance.projections import announcements
from appliance.store.db import Db
from appliance.usecases import logs, trust
from appliance.usecases.logs import LogRow
from appliance.usecases.node import Node
from appliance.usecases.restore_hq import announce, known_again


class Differs(Exception):
    """The leaves that came back do not lead to the signed root; nothing is stored."""


# --- HQ gives, a restored centre takes ----------------------------------------------------------------------


def give(node: Node, sender: str, origin: str, start: int) -> bytes | None:
    """Return the next batch of *origin* from *start* for the same centre's newer epoch *sender*; None at the end.

    Live box keys are sealed to the new node data key; what is erased is not there to be given.

    Raises:
        NotFound: the sender may not have that log.
    """
    with node.store.read() as db:
        mine, theirs = announcements.epoch_of(db, sender), announcements.epoch_of(db, origin)
        row = logs.by_origin(db, origin)
        if mine is None or theirs is None or row is None or mine.centre != theirs.centre:
            raise NotFound
        batch = cut_batch(db, row.id, origin, start, row.size, "", trust.public_key(mine.data_key), node.settings.sync.batch_leaves)
        if batch is None:
            return None
        # The note is the newest HQ cosigned: the restored centre checks the whole once all of it is there.
        return write_batch(batch.with_note(row.ack_note))


def take_recovered(node: Node, origin: str, raw: bytes) -> int:
    """Store leaves of our own older epoch that HQ gave back, behind those held, which must be the same; return where they end.

    The root is checked against HQ's cosigned note as soon as its size is reached, in the same transaction, so a
    wrong tail is never kept.

    Raises:
        Stopped: it does not verify.
        Differs: it continues another history than the one held here.
    """
    try:
        batch = read_batch(raw)
    except BatchError as error:
        raise Stopped(f"Headquarters sent a batch that cannot be read ({error}).") from None
    with node.store.read() as db:
        row, current = logs.by_origin(db, origin), logs.by_id(db, node.journal.own_log)
    if row is None or batch.origin != origin:
        raise Stopped("Headquarters sent a batch of another log.")
    keys = _open(batch, node.keyring.node_data_key(current.origin))
    checkpoint = _cosigned(node, row, batch.note)
    leaves = examine(batch, keys, batch.start)
    node.perform(lambda tx: _append(tx, row, batch, leaves, checkpoint))
    return batch.end


def _cosigned(node: Node, row: LogRow, note: str) -> Checkpoint:
    try:
        opened = open_note(note, [Verifier.parse(row.vkey), trust.hq_mirror(node)])
    except NoteError:
        raise Stopped("Headquarters' note does not verify.") from None
    if len({one.name for one in opened.verified}) < 2:
        raise Stopped("Headquarters' note lacks a signature.")
    return Checkpoint.parse(opened.text)


def _open(batch: Batch, key: DataKey) -> list[bytes]:
    if not batch.boxes:
        return []
    if batch.kid != key.kid:
        raise Stopped("Headquarters sealed to a key of another appliance.")
    try:
        return open_keys(key, batch.sealed_keys, batch.origin, batch.start, batch.end, batch.boxes_bytes)
    except KeyListError as error:
        raise Stopped(f"Headquarters' key list cannot be opened ({error}).") from None


def _append(tx: Tx, row: LogRow, batch: Batch, leaves: list[Leaf], checkpoint: Checkpoint) -> int:
    """Store the leaves behind those held; the log's row moves on only with a root that is proved or still to be."""
    found = tx.db.one(f"SELECT size FROM log WHERE id = :id{tx.db.lock_clause}", id=row.id)
    size = found[0] if found else 0
    if batch.start > size:
        return int(size)
    _compare(tx.db, row, batch, size)
    if batch.end <= size:
        return int(size)
    tree = range_at(size, node_reader(tx.db, row.id))
    objects.put(tx.db, batch.objects, tx.time.ts)
    fresh = leaves[size - batch.start :]
    entries = store_mirrored(tx.db, row.id, grow(tree, fresh), fresh)
    if tree.size == checkpoint.size and tree.root() != checkpoint.root:
        raise Differs
    _move(tx.db, row, tree, checkpoint, batch.note)
    tx.entries.extend(entries)
    return tree.size


def _compare(db: Db, row: LogRow, batch: Batch, size: int) -> None:
    """Check that the leaves held already are the batch's: a history that was rewritten must not be continued."""
    held = db.all(
        "SELECT leaf FROM entry WHERE log = :log AND idx >= :start AND idx < :end ORDER BY idx",
        log=row.id, start=batch.start, end=min(size, batch.end),
    )  # fmt: skip
    if any(bytes(leaf) != other for (leaf,), other in zip(held, batch.leaves, strict=False)):
        raise Differs


def _move(db: Db, row: LogRow, tree: CompactRange, checkpoint: Checkpoint, note: str) -> None:
    """Move the log's row on. What comes in parts is under no note before the last part; where it ends is kept, to go on there."""
    whole = tree.size == checkpoint.size
    db.run(
        "UPDATE log SET size = :size, root = :root, note = :note, acked = :size, ack_note = :ack_note WHERE id = :id",
        size=tree.size, root=tree.root(), note=note if whole else "", id=row.id,
        ack_note=note if whole and not row.name.startswith("to/") else "",
    )  # fmt: skip


# --- a centre gives back, a restored HQ takes --------------------------------------------------------------


def take_back(node: Node, raw: bytes, sender: str) -> Answer:
    """Take leaves of an own, dead HQ log that a centre still holds; HQ's old signature vouches for them."""
    try:
        batch = read_batch(raw)
    except BatchError as error:
        return Answer(400, f"{error}\n")
    with node.store.read() as db:
        row, epoch = logs.by_origin(db, batch.origin), announcements.epoch_of(db, sender)
    if row is None or epoch is None or not row.own or row.state != "closed" or row.name not in ("all", f"to/{epoch.centre}"):
        return Answer(404, "unknown here\n")
    judged = _checked(node, row, batch)
    if isinstance(judged, Answer):
        return judged
    leaves, checkpoint = judged

    def act(tx: Tx) -> int:
        size = _append(tx, row, batch, leaves, checkpoint)
        for entry in tx.entries:
            known_again(node, tx, entry.event)
        return size

    try:
        size = node.perform(act)
    except Differs:
        return Answer(422, "the leaves do not lead to the signed root\n")
    if row.name == "all":
        announce(node)
    return Answer(200, f"{size}\n")


def _checked(node: Node, row: LogRow, batch: Batch) -> tuple[list[Leaf], Checkpoint] | Answer:
    """Return the leaves of a batch that was given back and the note over them; or what to answer where it cannot be taken."""
    try:
        checkpoint = Checkpoint.parse(open_note(batch.note, [Verifier.parse(row.vkey)]).text)
        data_key = node.keyring.hq_data_key_of(batch.kid) if batch.boxes else None
        keys = open_keys(data_key, batch.sealed_keys, batch.origin, batch.start, batch.end, batch.boxes_bytes) if data_key else []
    except (NoteError, KeyListError):
        return Answer(403, "the batch does not verify\n")
    except KeyMissing:
        return Answer(428, node.keyring.hq_data_key().kid + "\n")
    if checkpoint.size != batch.end:
        return Answer(422, "the note does not fit the batch\n")
    leaves = examine(batch, keys, batch.start)
    with node.store.read() as db:
        lacking = [one.hex() for one in chunks_needed(db, leaves) if not objects.have(db, one)]
    return Answer(424, "".join(f"{one}\n" for one in lacking)) if lacking else (leaves, checkpoint)
