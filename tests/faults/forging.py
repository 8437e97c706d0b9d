"""What a liar with a centre's key, or without it, can put together: batches with any part exchanged, signed or not."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sync.batch import Batch, read_batch, write_batch
from sync.link import Reply
from sync.merkle import leaf_hash, range_at
from sync.note import Checkpoint, Signer

from appliance.journal.heads import node_reader
from appliance.store.db import Db
from appliance.usecases import logs
from appliance.usecases.exchange_node import NodeExchange
from appliance.usecases.node import Node
from appliance.usecases.run_exchange import link_to_hq

STRANGER = bytes([9] * 32)  # the seed of a key that nobody trusts


class Liar:
    """Holds a centre's node, and so its key."""

    def __init__(self, node: Node) -> None:
        """Lie for *node*."""
        self.node = node
        with node.store.read() as db:
            self.origin = logs.by_id(db, node.journal.own_log).origin

    @property
    def sizes(self) -> tuple[int, int]:
        """Return how many leaves HQ has acknowledged, and how many there are."""
        with self.node.store.read() as db:
            row = logs.by_id(db, self.node.journal.own_log)
        return row.acked, row.size

    def owed(self, start: int | None = None) -> bytes:
        """Return the honest batch from *start*, or from where HQ stands."""
        cut = NodeExchange(self.node).cut(self.origin, self.sizes[0] if start is None else start)
        assert cut is not None
        return cut[0]

    def deliver(self) -> Reply:
        """Send the honest batch and note HQ's acknowledgement, as an exchange does."""
        reply = self.send(self.owed())
        if reply.status == 200:
            NodeExchange(self.node).acknowledged(self.origin, reply.text)
        return reply

    def batch(self) -> Batch:
        """Return the honest batch in its parts."""
        return read_batch(self.owed())

    def sign(self, batch: Batch, seed: bytes = b"", **said: Any) -> Batch:
        """Return *batch* under a checkpoint over its leaves as they are, by the centre's key or that of *seed*; *said* replaces parts of it."""
        with self.node.store.read() as db:
            tree = range_at(batch.start, node_reader(db, self.node.journal.own_log))
        tree.append_many([leaf_hash(leaf) for leaf in batch.leaves])
        checkpoint = replace(Checkpoint(self.origin, batch.end, tree.root()), **said)
        signer = Signer.from_seed(checkpoint.origin, seed) if seed else self.node.keyring.log_signer(self.origin)
        return batch.with_note(signer.sign(checkpoint.text()))

    def send(self, raw: bytes | Batch, seed: bytes = b"") -> Reply:
        """Send it in a request that is signed as it must be, or by the key of *seed*."""
        return self.ask("POST", "/sync/v1/batch", raw if isinstance(raw, bytes) else write_batch(raw), seed)

    def ask(self, method: str, path: str, body: bytes = b"", seed: bytes = b"") -> Reply:
        """Send any request."""
        link = link_to_hq(self.node)
        if seed:
            link._sign = Signer.from_seed(self.origin, seed).sign
        try:
            return link.request(method, path, body)
        finally:
            link.close()


def with_leaves(batch: Batch, leaves: Sequence[bytes]) -> Batch:
    """Return *batch* with other leaves and no boxes."""
    return replace(batch, end=batch.start + len(leaves), leaves=list(leaves), boxes=[], boxes_bytes=b"", sealed_keys=b"", kid="-")


def dump(db: Db) -> dict[str, str]:
    """Return the hash of every table of a SQLite database: what is equal before and after was not touched."""
    tables = [row[0] for row in db.all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found = {}
    for table in tables:
        rows = sorted(repr(row) for row in db.all(f"SELECT * FROM {table}"))
        found[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found
