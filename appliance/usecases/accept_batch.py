"""HQ takes a batch: judged, stored, made visible and cosigned, each batch by itself (spec log §3, keys K3)."""

from __future__ import annotations

from dataclasses import dataclass

from sync.batch import Batch, BatchError, TooLarge, read_batch
from sync.commitments import KeyListError, open_keys
from sync.merkle import CompactRange, range_at
from sync.mirror import Accepted, Answer, Verdict, check_kid, cosigned, judge
from sync.note import Verifier, split_note

from appliance.domain import events as ev
from appliance.journal import objects
from appliance.journal.entries import Entry
from appliance.journal.heads import node_reader
from appliance.journal.journal import Tx
from appliance.journal.marks import Signed
from appliance.journal.mirroring import Leaf, chunks_needed, examine, store_mirrored
from appliance.projections import announcements
from appliance.store.db import Db
from appliance.usecases import facts, logs, trust
from appliance.usecases.erase_values import SCRUB
from appliance.usecases.logs import LogRow
from appliance.usecases.node import Node
from appliance.usecases.relay_case import relay


@dataclass(frozen=True, slots=True)
class HeldLog:
    """What HQ holds of one origin, as ``sync.mirror.judge`` asks for it."""

    row: LogRow
    db: Db
    tree: CompactRange

    @property
    def state(self) -> str:
        """Return open, closed or frozen."""
        return self.row.state

    @property
    def verifier(self) -> Verifier:
        """Return the verifier of the log's own key."""
        return Verifier.parse(self.row.vkey)

    @property
    def size(self) -> int:
        """Return how many leaves are held."""
        return self.row.size

    @property
    def newest_note(self) -> str:
        """Return the newest note HQ cosigned, '' before the first."""
        return self.row.ack_note

    def range_at(self, size: int) -> CompactRange:
        """Return the compact range of the first *size* leaves HQ holds."""
        return range_at(size, node_reader(self.db, self.row.id))

    def has_object(self, hashed: bytes) -> bool:
        """Tell whether HQ holds the side object of that hash."""
        return objects.have(self.db, hashed)


def accept_batch(node: Node, raw: bytes, sender: str) -> Answer:
    """Judge batch *raw* and, where it is good, store, show and cosign it; return the answer for the wire.

    Args:
        sender: origin whose key signed the request; it may send for older epochs of its own centre too.
    """
    try:
        batch = read_batch(raw)
    except TooLarge as error:
        return Answer(413, f"{error}\n")
    except BatchError as error:
        return Answer(400, f"{error}\n")
    with node.store.read() as db:
        if not _speaks_for(db, sender, batch.origin):
            return Answer(404, "unknown origin\n")
    if refused := check_kid(batch, node.keyring.has_hq_data_key, node.keyring.hq_data_key().kid):
        return refused
    try:
        leaves = examine(batch, _keys(node, batch), batch.start)
    except KeyListError as error:
        return Answer(400, f"{error}\n")
    return node.perform(lambda tx: _accept(node, tx, batch, leaves))


def _speaks_for(db: Db, sender: str, origin: str) -> bool:
    """Tell whether *sender* may hand in *origin*: its own log, or an older epoch of its centre."""
    if sender == origin:
        return True
    mine, theirs = announcements.epoch_of(db, sender), announcements.epoch_of(db, origin)
    return mine is not None and theirs is not None and mine.centre == theirs.centre and not mine.closed_at


def _keys(node: Node, batch: Batch) -> list[bytes]:
    """Return the keys of the batch's boxes, one each; the dear public-key work is done here, outside the writer.

    Raises:
        KeyListError: the list does not open, or does not fit the boxes.
    """
    if not batch.boxes:
        return []
    data_key = node.keyring.hq_data_key_of(batch.kid)
    keys = open_keys(data_key, batch.sealed_keys, batch.origin, batch.start, batch.end, batch.boxes_bytes)
    if len(keys) != len(batch.boxes):
        raise KeyListError("the key list does not fit the boxes")
    return keys


def _accept(node: Node, tx: Tx, batch: Batch, leaves: list[Leaf]) -> Answer:
    row = _locked(tx.db, batch.origin)
    if row is None:
        return Answer(404, "unknown origin\n")
    fresh = leaves[max(0, row.size - batch.start) :]
    held = HeldLog(row, tx.db, range_at(row.size, node_reader(tx.db, row.id)))
    verdict = judge(batch, held, chunks_needed(tx.db, fresh), [trust.hq_mirror(node)])
    if verdict.fork:
        _freeze(tx, row, verdict)
    if verdict.objects or verdict.new is not None:
        objects.put(tx.db, batch.objects, tx.time.ts)
    if verdict.new is not None:
        _store(node, tx, row, batch, verdict.new, fresh)
    if verdict.reclaimed:
        tx.db.run("UPDATE log SET ack_note = :note WHERE id = :id", note=verdict.reclaimed, id=row.id)
    if verdict.cosign:
        return _cosign(node, tx, row, batch)
    return _with_evidence(tx.db, row, verdict.answer)


def _store(node: Node, tx: Tx, row: LogRow, batch: Batch, grown: Accepted, fresh: list[Leaf]) -> None:
    """Store what is new with all its effects, in the accepting transaction: visible at once, or not at all."""
    entries = store_mirrored(tx.db, row.id, grown, fresh)
    tx.db.run(
        "UPDATE log SET size = :size, root = :root, note = :note WHERE id = :id",
        size=grown.tree.size, root=grown.tree.root(), note=batch.note, id=row.id,
    )  # fmt: skip
    tx.entries.extend(entries)
    _close_previous(tx.db, row, entries)
    relay(node, tx, entries)
    if any(isinstance(entry.event, ev.Erased) for entry in entries):
        facts.put(tx.db, SCRUB, "1")


def _locked(db: Db, origin: str) -> LogRow | None:
    """Return the log row of *origin*, locked against another HQ process until this transaction ends."""
    found = db.one(f"SELECT id FROM log WHERE origin = :origin AND own = 0{db.lock_clause}", origin=origin)
    return logs.by_id(db, found[0]) if found else None


def _cosign(node: Node, tx: Tx, row: LogRow, batch: Batch) -> Answer:
    """Cosign the batch's note: in the same transaction, shown only after COMMIT, so it says what is durable."""
    full = cosigned(batch.note, node.keyring.mirror(node.settings.domain), tx.time.ts)
    tx.db.run("UPDATE log SET acked = :size, ack_note = :note WHERE id = :id", size=batch.end, note=full, id=row.id)
    tx.cosigned[batch.origin] = Signed(row.vkey, full)
    return Answer(200, full)


def _with_evidence(db: Db, row: LogRow, answer: Answer) -> Answer:
    """Add to a frozen log's answer the other signed heads: one of them proves to any holder of the key that a copy exists.

    They are the head of the leaves held, which is not always the newest that was cosigned, and the one that contradicted it.
    """
    if answer.status != 423:
        return answer
    found = db.one("SELECT theirs FROM fork WHERE log = :log ORDER BY id LIMIT 1", log=row.id)
    told = [one for one in (row.note, found[0] if found else "") if one and split_note(one)[0] not in answer.body]
    return Answer(423, answer.body + "".join(told))


def _freeze(tx: Tx, row: LogRow, verdict: Verdict) -> None:
    """Keep both notes as evidence and take nothing more from this origin."""
    tx.db.run("UPDATE log SET state = 'frozen' WHERE id = :id", id=row.id)
    tx.db.run(
        "INSERT INTO fork (id, log, seen_at, ours, theirs) VALUES ((SELECT coalesce(max(id), 0) + 1 FROM fork), :log, :at, :ours, :theirs)",
        log=row.id,
        at=tx.time.ts,
        ours=verdict.evidence[0],
        theirs=verdict.evidence[1],
    )


def _close_previous(db: Db, row: LogRow, entries: list[Entry]) -> None:
    """A new epoch's first leaf closes the one before: HQ takes nothing more from the old key."""
    for entry in entries:
        if isinstance(entry.event, ev.EpochStarted) and entry.event.prev_origin and entry.index == 0:
            db.run(
                "UPDATE log SET state = 'closed' WHERE origin = :origin AND name = :name AND own = 0 AND state = 'open'",
                origin=entry.event.prev_origin,
                name=row.name,
            )
