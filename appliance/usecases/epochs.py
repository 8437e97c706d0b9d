"""Epochs: a log's life under one key. Restore, lost key, new hardware, theft, rotation: all begin a new one (rule N1)."""

from __future__ import annotations

import base64
from collections.abc import Callable

from sync.merkle import root_at
from sync.note import Verifier

from appliance.domain import events as ev
from appliance.domain.codes import series_letters
from appliance.journal.entropy import random_bytes
from appliance.journal.heads import node_reader
from appliance.journal.intake_keys import IntakeKeys
from appliance.journal.journal import Tx
from appliance.store.db import Db
from appliance.usecases import facts, logs, trust
from appliance.usecases.logs import LogRow
from appliance.usecases.node import Node, new_id

# Why an epoch began with a copy that may be an old one. What was erased since then may stand in it: until HQ has told, its
# values stay shut, and only what is written from now on can be read (spec log §4.8, keys path 7).
RESTORED = ("restored", "key-lost", "mark-lost", "rolled-back", "superseded")
PUT_BACK = "put_back"  # fact: '1' in a database that came out of an archive, until an epoch has begun in it (rule N1)
SHUT = "shut"  # fact: row id of the log from which on values are shown, until an exchange has come to its end; '' when all are


def new_origin(node: Node, name: str) -> str:
    """Return a fresh origin ``<domain>/log/<name>/<8 random hex>``."""
    return f"{node.settings.domain}/log/{name}/{random_bytes(4).hex()}"


def begin_epoch(node: Node, name: str, reason: str) -> LogRow:
    """Begin a new epoch of own log *name* and return it; the one before is closed here and now.

    An orderly old epoch, whose key is still there, ends with ``epoch-end`` naming the next key (rule N2).
    """
    origin = new_origin(node, name)
    node.journal.marks.reserve(origin)
    if not node.is_hq:
        node.keyring.make_log_key(origin)
    row = node.perform(lambda tx: _begin(node, tx, origin, name, reason))
    if name == own_name(node):
        node.journal.own_log, node.journal.letter = row.id, row.letter
    return row


def own_name(node: Node) -> str:
    """Return the name of the node's own current log: its centre's code, or ``hq``."""
    return "hq" if node.is_hq else node.settings.centre


def _begin(node: Node, tx: Tx, origin: str, name: str, reason: str) -> LogRow:
    before = logs.of_name(tx.db, name)
    old = logs.current(tx.db, name) or (before[-1] if before else None)  # HQ's history of a forked log is younger, but closed
    signer = node.keyring.log_signer(origin)
    if old is not None and old.own and old.state == "open":
        if reason == "rotation":
            tx.append(ev.EpochEnded(id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, next_vkey=signer.vkey), log=old.id)
            tx.settle()
        tx.db.run("UPDATE log SET state = 'closed' WHERE id = :id", id=old.id)
    letter = series_letters(len([row for row in before if row.own]), hq=node.is_hq)
    log = logs.add_own(tx.db, node.keyring, origin, name, letter)
    ended = logs.by_id(tx.db, old.id) if old else None
    start = ev.EpochStarted(
        id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, reason=reason, letter=letter,
        prev_origin=ended.origin if ended else "", prev_size=ended.size if ended else 0,
        prev_root=base64.b64encode(ended.root).decode() if ended else "",
    )  # fmt: skip
    tx.append(start, log=log)
    tx.settle()
    facts.put(tx.db, PUT_BACK, "")
    if reason in RESTORED and not node.is_hq and node.keyring.has(trust.ROOTS_FILE):
        facts.put(tx.db, SHUT, str(log))
    return logs.by_id(tx.db, log)


def take_up(node: Node, warn: Callable[[str], None]) -> None:
    """Take up the node's own log at start, or begin a new epoch when this is not the newest copy (rule N5).

    Args:
        warn: told in a plain sentence why a new epoch began.
    """
    with node.store.read() as db:
        current = logs.current(db, own_name(node))
        trouble = "first" if current is None else _trouble(node, db, current)
        last = db.one("SELECT leaf FROM entry WHERE log = :log ORDER BY idx DESC LIMIT 1", log=current.id if current else 0)
        if not trouble:
            node.journal.marks.owe(db)
    node.clock.start_after(ev.decode(bytes(last[0])).ts if last else 0)
    if not trouble and current is not None:
        node.journal.own_log, node.journal.letter = current.id, current.letter
        return
    if trouble != "first":
        warn(f"The journal is not the newest copy ({trouble}); a new epoch begins. Headquarters must approve it.")
    if trouble == "restored":
        IntakeKeys(node.keyring).renew(node.clock.read().ts)  # a thief of the old box may have its key: terminals seal to it no longer
    begin_epoch(node, own_name(node), trouble)


def _trouble(node: Node, db: Db, log: LogRow) -> str:
    """Say why nothing may be signed in *log* any more; '' when all is well."""
    if facts.get(db, PUT_BACK):
        return "restored"
    if key_lost(node, log):
        return "key-lost"
    if log.size and node.journal.marks.of(log.origin).read(Verifier.parse(log.vkey)) is None:
        return "mark-lost"
    return "rolled-back" if rolled_back(node, db, log) else ""


def key_lost(node: Node, log: LogRow) -> bool:
    """Tell whether this machine cannot sign own log *log* any more; HQ's key of it comes from a master, which may be another one now."""
    if node.is_hq:
        return node.keyring.log_signer(log.origin).vkey != log.vkey
    return not node.keyring.has_log_keys(log.origin)


def rolled_back(node: Node, db: Db, log: LogRow) -> bool:
    """Tell whether the high-water mark of own log *log* proves that this database is not the newest copy."""
    mark = node.journal.marks.of(log.origin).read(Verifier.parse(log.vkey))
    return mark is not None and (mark.size > log.size or root_at(mark.size, node_reader(db, log.id)) != mark.root)
