"""Where each log stands: its size, tree and newest signed note, read anew at the start of each group."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync.merkle import CompactRange, ReadNode, leaf_hash, range_at
from sync.note import Checkpoint

from appliance.journal.keyring import Keyring
from appliance.store.db import Db

ENTRY = ("log", "idx", "hash", "leaf")
NODE = ("log", "level", "idx", "hash")
KEEP_EVERY = 50  # leaves; 50 of the largest texts still fit one batch, so a keyless tail can be cut there


class HeadMoved(Exception):
    """Another process appended in between; the group is undone and nothing is signed."""


class LogNotOpen(Exception):
    """The log is closed or frozen: nothing more may be signed in it."""


@dataclass(slots=True)
class Head:
    """One log as it stands inside the running transaction."""

    log: int
    origin: str
    own: bool
    state: str
    range: CompactRange
    stored: int  # the size the log's row says
    sealed: int  # the size signed last
    root: bytes  # its root
    note: str
    changed: bool = False

    @property
    def size(self) -> int:
        """Return the number of leaves, those of this act included."""
        return self.range.size

    def copy(self) -> Head:
        """Return the head as it stands now, to go back to."""
        return replace(self, range=self.range.copy())

    def append(self, db: Db, leaf: bytes) -> int:
        """Store *leaf* and the tree nodes it completes; return its index."""
        index, log = self.range.size, self.log
        hashed = leaf_hash(leaf)
        db.later("entry", ENTRY, (log, index, hashed, leaf))
        for level, at, node in self.range.append(hashed)[1:]:
            db.later("node", NODE, (log, level, at, node))
        self.changed = True
        return index

    def seal(self, db: Db, keyring: Keyring) -> str:
        """Sign the log as it stands; the note must not leave before COMMIT (rule N3)."""
        self.root = self.range.root()
        self.note = keyring.log_signer(self.origin).sign(Checkpoint(self.origin, self.size, self.root).text())
        if self.size // KEEP_EVERY != self.sealed // KEEP_EVERY:
            db.later("checkpoint", ("log", "size", "note"), (self.log, self.size, self.note))
        self.sealed, self.changed = self.size, False
        return self.note

    def settle(self, db: Db) -> None:
        """Record the newest signed checkpoint in the log's row; once a group is enough, for all its acts commit together.

        Raises:
            HeadMoved: another process appended in between.
        """
        if self.stored == self.sealed:
            return
        moved = db.run(
            "UPDATE log SET size = :size, root = :root, note = :note WHERE id = :id AND size = :old",
            size=self.sealed, root=self.root, note=self.note, id=self.log, old=self.stored,
        )  # fmt: skip
        if moved != 1:
            raise HeadMoved(self.origin)
        self.stored = self.sealed


def node_reader(db: Db, log: int) -> ReadNode:
    """Return the reader of *log*'s stored complete nodes that ``sync.merkle`` asks for."""

    def read(level: int, index: int) -> bytes:
        if level == 0:
            row = db.one("SELECT hash FROM entry WHERE log = :log AND idx = :idx", log=log, idx=index)
        else:
            row = db.one("SELECT hash FROM node WHERE log = :log AND level = :level AND idx = :idx", log=log, level=level, idx=index)
        if row is None:
            raise LookupError(f"log {log} has no node {level}/{index}")
        return bytes(row[0])

    return read


def load_head(db: Db, log: int, known: Head | None) -> Head:
    """Return the head of *log* as the database has it now, locked against other writers.

    Args:
        known: the head this process last knew; its tree is kept when nothing else was appended since.
    """
    row = db.one(f"SELECT origin, own, state, size, root, note FROM log WHERE id = :id{db.lock_clause}", id=log)
    if row is None:
        raise LookupError(f"no log {log}")
    origin, own, state, size, root, note = row
    tree = known.range.copy() if known and known.stored == size and known.range.size == size else None
    if tree is None or tree.root() != bytes(root):
        tree = range_at(size, node_reader(db, log))
    return Head(log, origin, bool(own), state, tree, size, size, bytes(root), note)
