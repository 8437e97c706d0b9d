"""The only way anything is written: acts that append events, each signed in its savepoint.

What is durable when. ``perform`` runs an act inside the writer's group: event, tree nodes, boxes, keys, read
models and the signed checkpoint are one savepoint of one transaction. The checkpoint leaves this module only
after COMMIT and after the high-water mark is on its medium, so no note exists outside that the database could
deny after a power cut (rules N3 to N5).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from appliance.domain import events as ev
from appliance.domain.errors import CaseErased, SigningStopped
from appliance.journal import boxes, files, tombstones
from appliance.journal.entries import EVENT, Entry, known_ids, subject_of, unwrap
from appliance.journal.heads import Head, LogNotOpen, load_head
from appliance.journal.keyring import Keyring
from appliance.journal.marks import Marks, Signed
from appliance.store.db import Db
from appliance.store.store import Store

logger = logging.getLogger("cfms.journal")
T = TypeVar("T")
E = TypeVar("E", bound=ev.Event)
Apply = Callable[[Db, Sequence[Entry]], None]


class DuplicateEvent(Exception):
    """An event of that id is in the journal already; nothing was appended."""


@dataclass(frozen=True, slots=True)
class Time:
    """The device's time and how good it is."""

    ts: int
    quality: ev.Quality


@dataclass(slots=True)
class Tx:
    """One act in progress: the database, the time, and the logs it may append to.

    Attributes:
        db: the transaction's database; reads see what the act wrote.
        time: the device's time at the start of the act.
        notes: by origin, the checkpoint signed for this act; valid to show only after ``perform`` returns.
        cosigned: by origin, the head of a mirrored log that this act cosigned; its mark is durable when ``perform`` returns.
    """

    db: Db
    time: Time
    journal: Journal
    notes: dict[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    cosigned: dict[str, Signed] = field(default_factory=dict)

    def append(self, event: E, values: Mapping[str, bytes] | None = None, log: int | None = None, attached: Sequence[files.File] = ()) -> Entry:
        """Append *event* to an own log, sealing *values* and files beside it; return its entry.

        Args:
            event: its ``c`` is filled from *values*, its ``files`` from *attached*.
            values: personal values by field name.
            log: row id of the log; the node's own current log when None.
            attached: photos and voice notes.

        Raises:
            DuplicateEvent: the id is there already.
            CaseErased: the event has words for a case whose values are erased, those to come too.
            LogNotOpen: that log is closed or frozen.
            Unreadable: a field is out of its bounds; nothing was appended.
        """
        if (values or attached) and isinstance(event, ev.CaseEvent) and event.n > 1 and tombstones.is_erased(self.db, event.case):
            raise CaseErased  # the words would be dropped wherever they came
        head = self.journal.head(self.db, self.journal.own_log if log is None else log)
        enclosed = files.seal(head.origin, event.id, attached) if attached else None
        if enclosed:
            event, values = msgspec.structs.replace(event, files=enclosed.attachments), {**(values or {}), **enclosed.keys}
        sealed = boxes.seal(head.origin, event.id, values) if values else []
        full = msgspec.structs.replace(event, c={s.field: s.commitment for s in sealed}) if sealed else event
        entry = self.journal.append(self.db, head, full)
        boxes.store(self.db, head.log, entry.index, sealed)
        if enclosed:
            files.store(self.db, head.log, entry.index, enclosed, self.time.ts)
        self.entries.append(entry)
        return entry

    def sign(self) -> dict[str, str]:
        """Sign every log this act appended to, as it stands; return the checkpoints by origin.

        They must be shown to nobody before ``perform`` has returned (rule N3). An act that needs its own
        note for a receipt calls this last; for all others ``perform`` does.
        """
        self.journal.sign(self)
        return self.notes

    def settle(self) -> None:
        """Sign, and bring the logs' rows up to date now, for an act that reads them."""
        self.journal.sign(self)
        self.journal.settle(self.db)


def index_event(db: Db, event: ev.Event, log: int, index: int) -> bool:
    """Note where *event* stands; False when its id is known already."""
    subject, n = subject_of(event)
    return db.add("event", EVENT, (event.id, log, index, subject, n))


class Journal:
    """The node's own logs, written through the store's one writer."""

    def __init__(self, store: Store, keyring: Keyring, marks: Path, apply: Apply) -> None:
        """Write to *store*, sign with *keyring*, keep high-water marks under *marks*.

        Args:
            apply: updates the read models with new entries, inside the act's savepoint.
        """
        self.store = store
        self.keyring = keyring
        self.apply = apply
        self.own_log = 0  # row id of the node's current log, 0 before there is one
        self.letter = ""
        self.stopped = ""  # why nothing may be signed; '' while all is well
        self.marks = Marks(marks)
        self._heads: dict[int, Head] = {}
        self._fresh: set[int] = set()
        self._before: dict[int, Head] = {}  # heads the running act moved, as they were
        self._announced: set[str] = set()  # ids the group's acts will append
        self._new: set[str] = set()  # of these, those that no event has yet
        self._taken: set[str] = set()  # of these, those the running act has appended

    # --- the group: called by the store's writer, on its thread -------------------------------------------

    def begin(self, db: Db, ids: Sequence[str]) -> None:
        """Forget which heads are current: another process may have written since the last group.

        One question tells which of the announced *ids* are new; their rows then need none of their own.

        Raises:
            StorageFull: marks of an earlier group are still not on their medium; nothing more is committed before they are.
        """
        self._fresh.clear()
        self.marks.begin(db)
        self._announced = set(ids)
        self._new = self._announced - known_ids(db, ids)

    def finish(self, db: Db) -> None:
        """Record where each log stands, once for all acts of the group."""
        for log in self._fresh:
            self._heads[log].settle(db)

    def committed(self) -> None:
        """Put the new marks on their medium; only then does the writer release the acts' callers.

        Raises:
            StorageFull: the medium takes nothing. What was committed stays, but no note of it may be shown (rule N5):
                the callers are told to send again, and are then answered once the marks are written.
        """
        self.marks.committed()

    def rolled_back(self) -> None:
        """Forget every head: the group is not in the database."""
        self._heads.clear()
        self._fresh.clear()
        self.marks.rolled_back()

    # --- acts ---------------------------------------------------------------------------------------------

    def perform(self, act: Callable[[Tx], T], time: Time, ids: Sequence[str] = ()) -> T:
        """Run *act* in one transaction and return its value once that is durable.

        Args:
            ids: those of the events *act* will append, as far as they are known.

        Raises:
            SigningStopped: this node found that its journal is not the newest (rule N5).
        """
        if self.stopped:
            raise SigningStopped(why=self.stopped)
        return self.store.write(lambda db: self._run(db, act, time), ids)

    def _run(self, db: Db, act: Callable[[Tx], T], time: Time) -> T:
        tx = Tx(db, time, self)
        self._before.clear()
        self._taken.clear()
        fresh = self._fresh.copy()
        try:
            value = act(tx)
            if tx.entries:
                self.apply(db, tx.entries)
            tx.sign()
        except BaseException:
            self._heads.update(self._before)
            self._new |= self._taken
            self._fresh = fresh  # a head this act was the first to read lost its row's lock with the act's savepoint
            raise
        for origin, note in tx.notes.items():
            self.marks.touch(origin, Signed(self.keyring.log_signer(origin).vkey, note))
        for origin, signed in tx.cosigned.items():
            self.marks.touch(origin, signed)
        return value

    def sign(self, tx: Tx) -> None:
        """Seal the heads the running act moved; ``Tx.sign`` is the way in."""
        for log in self._before:
            head = self._heads[log]
            if head.changed:
                note = head.seal(tx.db, self.keyring)
                tx.notes[head.origin] = note

    def settle(self, db: Db) -> None:
        """Record where each log stands now, inside the running act; the heads are read anew, for the act may close a log next."""
        for log in self._fresh:
            self._remember(self._heads[log])
        self.finish(db)
        self._fresh = set()

    def _remember(self, head: Head) -> None:
        if head.log not in self._before:
            self._before[head.log] = head.copy()

    def head(self, db: Db, log: int) -> Head:
        """Return the head of *log*, current inside the running transaction."""
        if log not in self._fresh:
            self._heads[log] = load_head(db, log, self._heads.get(log))
            self._fresh.add(log)
        return self._heads[log]

    def append(self, db: Db, head: Head, event: ev.Event) -> Entry:
        """Append *event* to *head*'s log and index its id."""
        if head.state != "open" or not head.own:
            raise LogNotOpen(head.origin)
        leaf = ev.encode(event)
        ev.decode(leaf)  # one that nobody could read again would stop the exchange and every rebuild
        inner, origin = unwrap(event, head.origin)
        self._index(db, event, head)
        self._remember(head)
        index = head.append(db, leaf)
        if isinstance(event, ev.Erased):
            tombstones.bury(db, head.log, index, event)
        if inner is not event and index_event(db, inner, head.log, index):
            return Entry(head.log, index, origin, inner)  # what it is of was not made here: the read models take nothing for known
        return Entry(head.log, index, head.origin, event, own=True)

    def _index(self, db: Db, event: ev.Event, head: Head) -> None:
        """Note where *event* will stand.

        Raises:
            DuplicateEvent: its id is known already.
        """
        if event.id in self._new:
            self._new.remove(event.id)
            self._taken.add(event.id)
            db.later("event", EVENT, (event.id, head.log, head.size, *subject_of(event)))
        elif event.id in self._announced or not index_event(db, event, head.log, head.size):
            raise DuplicateEvent(event.id)

    def close(self) -> None:
        """Close the marks' files."""
        self.marks.close()
