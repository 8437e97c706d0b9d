"""A centre takes what HQ says: checked like any log, stored with its effects in one transaction (spec keys K3)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sync.batch import Batch, BatchError, read_batch
from sync.commitments import KeyListError, open_keys
from sync.exchange import Diverged, Stopped
from sync.merkle import range_at
from sync.note import Checkpoint, NoteError, Verifier, open_note

from appliance.domain import events as ev
from appliance.domain.catalogue_build import catalogue_from_json
from appliance.journal import objects
from appliance.journal.entries import Entry
from appliance.journal.heads import node_reader
from appliance.journal.journal import Tx
from appliance.journal.mirroring import Leaf, examine, grow, store_mirrored
from appliance.projections import announcements
from appliance.store.db import Db
from appliance.usecases import facts, logs, trust
from appliance.usecases.erase_values import SCRUB
from appliance.usecases.logs import LogRow
from appliance.usecases.node import Node


def accept_down(node: Node, name: str, raw: bytes) -> int:
    """Check and store one downlink batch of log *name*; return the size then held.

    Raises:
        Stopped: it does not verify; nothing was stored.
    """
    try:
        batch = read_batch(raw)
    except BatchError as error:
        raise Stopped(f"Headquarters sent a batch that cannot be read ({error}).") from None
    with node.store.read() as db:
        row = trust.down_log(node, db, name)
    if row is None or row.origin != batch.origin:
        raise Stopped("Headquarters sent a batch of another log.")
    checkpoint = _check_note(batch, row)
    leaves = examine(batch, _keys(node, batch), batch.start)
    size = node.perform(lambda tx: _store(node, tx, batch, row.id, checkpoint, leaves))
    refresh_catalogue(node)
    return size


def _check_note(batch: Batch, row: LogRow) -> Checkpoint:
    try:
        checkpoint = Checkpoint.parse(open_note(batch.note, [Verifier.parse(row.vkey)]).text)
    except NoteError:
        raise Stopped("Headquarters' signature on its log does not verify.") from None
    if checkpoint.origin != row.origin or checkpoint.size != batch.end:
        raise Stopped("Headquarters' note does not fit its batch.")
    return checkpoint


def _keys(node: Node, batch: Batch) -> list[bytes]:
    if not batch.boxes:
        return []
    with node.store.read() as db:
        origin = logs.by_id(db, node.journal.own_log).origin
    data_key = node.keyring.node_data_key(origin)
    if data_key.kid != batch.kid:
        raise Stopped("Headquarters sealed to a key of another appliance.")
    try:
        return open_keys(data_key, batch.sealed_keys, batch.origin, batch.start, batch.end, batch.boxes_bytes)
    except KeyListError as error:
        raise Stopped(f"Headquarters' key list cannot be opened ({error}).") from None


def _store(node: Node, tx: Tx, batch: Batch, log: int, checkpoint: Checkpoint, leaves: Sequence[Leaf]) -> int:
    found = tx.db.one(f"SELECT size FROM log WHERE id = :id{tx.db.lock_clause}", id=log)
    size = found[0] if found else 0
    if batch.end <= size:
        return int(size)  # a repeat after a lost answer
    if batch.start > size:
        raise Stopped("Headquarters left a gap in its log.")
    row = logs.by_id(tx.db, log)
    tree = range_at(size, node_reader(tx.db, log))
    objects.put(tx.db, batch.objects, tx.time.ts)
    fresh = leaves[size - batch.start :]
    entries = store_mirrored(tx.db, log, grow(tree, fresh), fresh)
    if tree.root() != checkpoint.root:
        raise Diverged("Headquarters' log does not continue the one held here: it was restored or rewritten.")
    tx.db.run(
        "UPDATE log SET size = :size, root = :root, note = :note WHERE id = :id",
        size=tree.size,
        root=checkpoint.root,
        note=batch.note,
        id=log,
    )
    tx.db.run("INSERT INTO checkpoint (log, size, note) VALUES (:log, :size, :note)", log=log, size=tree.size, note=batch.note)
    tx.entries.extend(entries)
    if any(isinstance(entry.event, ev.Erased) for entry in entries):
        facts.put(tx.db, SCRUB, "1")
    for entry in entries:
        _take_effect(node, tx, row, entry)
    return tree.size


def _take_effect(node: Node, tx: Tx, row: LogRow, entry: Entry) -> None:
    """Do what an announcement in log ``all`` means for this node itself."""
    event = entry.event
    if row.name != "all":
        return
    if isinstance(event, ev.CentreApproved) and event.centre == node.settings.centre:
        if logs.by_origin(tx.db, event.down_origin) is None:
            logs.add_mirror(tx.db, event.down_origin, f"to/{event.centre}", event.down_vkey)
    elif isinstance(event, ev.CentreClosed) and event.centre == node.settings.centre:
        facts.put(tx.db, f"closed/{event.origin}", event.reason)


def missing_objects(db: Db) -> list[str]:
    """Return the hex hashes of the newest catalogue's objects, and of photos and voice notes, that are not here yet."""
    return [one for one in _published(db) if not objects.have(db, bytes.fromhex(one))] + objects.wanted(db)


def _published(db: Db) -> tuple[str, ...]:
    newest = announcements.newest_catalogue(db)
    return newest.chunks if newest else ()


def accept_objects(node: Node, raw: bytes) -> int:
    """Store the side objects of a batch without leaves; return how many of them something here asks for.

    Raises:
        Stopped: it cannot be read.
    """
    try:
        batch = read_batch(raw)
    except BatchError as error:
        raise Stopped(f"Headquarters sent objects that cannot be read ({error}).") from None
    kept = node.perform(lambda tx: _keep(tx, batch.objects))
    refresh_catalogue(node)
    return kept


def _keep(tx: Tx, came: Sequence[tuple[bytes, bytes]]) -> int:
    published, chunks = set(_published(tx.db)), set(objects.wanted(tx.db))
    of_all = [one for one in came if one[0].hex() in published]
    of_leaves = [one for one in came if one[0].hex() in chunks - published]
    objects.put(tx.db, of_all, tx.time.ts, objects.PUBLISHED)
    objects.put(tx.db, of_leaves, tx.time.ts, objects.OF_A_LEAF)
    return len(of_all) + len(of_leaves)


def refresh_catalogue(node: Node) -> bool:
    """Use the newest published catalogue once all of it is here; True when it changed."""
    with node.store.read() as db:
        newest = announcements.newest_catalogue(db)
        if newest is None or newest.version <= node.catalogue.version:
            return False
        data = objects.join(db, newest.chunks)
    if data is None:
        return False
    node.catalogue = msgspec.structs.replace(catalogue_from_json(data), version=newest.version)
    return True
