"""Proofs a citizen can hold: the note of any size, and the full tlog-proof with HQ's cosignature."""

from __future__ import annotations

from dataclasses import dataclass

from sync.merkle import inclusion_proof, root_at
from sync.note import Checkpoint, TlogProof

from appliance.domain.errors import NotFound
from appliance.journal.heads import node_reader
from appliance.journal.keyring import KeyMissing
from appliance.store.db import Db
from appliance.usecases.node import Node


def note_at(node: Node, db: Db, log: int, size: int) -> str:
    """Return the checkpoint of own log *log* at *size*, byte for byte the one first signed (Ed25519 is deterministic).

    Falls back to the newest stored note when that epoch's key is gone.
    """
    row = db.one("SELECT origin, note FROM log WHERE id = :id", id=log)
    if row is None:
        raise NotFound
    origin, newest = row
    try:
        signer = node.keyring.log_signer(origin)
    except KeyMissing:
        return str(newest)
    return signer.sign(Checkpoint(origin, size, root_at(size, node_reader(db, log))).text())


@dataclass(frozen=True, slots=True)
class Proof:
    """Where an entry stands and what vouches for it.

    Attributes:
        text: the tlog-proof (c2sp.org/tlog-proof@v1), ready to save.
        cosigned: True when HQ's cosignature covers it.
    """

    origin: str
    index: int
    size: int
    leaf: str
    text: str
    cosigned: bool


def prove(node: Node, origin: str, index: int) -> Proof:
    """Return the inclusion proof of leaf *index* of log *origin*, under the checkpoint HQ cosigned if that covers it.

    Raises:
        NotFound: this node holds no such log or leaf.
    """
    with node.store.read() as db:
        row = db.one("SELECT id, size, note, acked, ack_note FROM log WHERE origin = :origin", origin=origin)
        if row is None or not 0 <= index < row[1]:
            raise NotFound
        log, size, note, acked, ack_note = row
        cosigned = acked > index
        size, note = (acked, ack_note) if cosigned else (size, note)
        hashes = inclusion_proof(index, size, node_reader(db, log))
        leaf = db.one("SELECT leaf FROM entry WHERE log = :log AND idx = :idx", log=log, idx=index)
    assert leaf is not None
    text = TlogProof(index, tuple(hashes), note).text()
    return Proof(origin, index, size, bytes(leaf[0]).decode(), text, cosigned)
