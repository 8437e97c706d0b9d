"""The one writer: acts that wait together share one transaction and one fsync (design §4).

Guarantees. An act's caller returns only after COMMIT, and after the hooks have put the high-water mark on its
medium. A refused act is rolled back to its own savepoint; its neighbours stand. When COMMIT fails, every caller of
the group is told so. On SQLite the node's file lock is held from before BEGIN until after COMMIT, so another process
(the command line beside the server) waits its turn instead of meeting "database is locked".
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from appliance.store.db import Db
from appliance.store.errors import Duplicate, NestedWrite, StoreError, StoreUnavailable, WriterClosed

T = TypeVar("T")
GATHER = 0.01  # seconds at most to wait for others; on an SD card it pays back tenfold (bench/submit --fsyncs)
MOST = 256  # acts a group
LOCK_SECONDS = 30.0  # a group of another process takes milliseconds; a rebuild beside the server may take longer
_WAIT = 60.0  # seconds; every wait has an end and is then looked at again


class Hooks(Protocol):
    """Who follows the writer's groups: the journal."""

    def begin(self, db: Db, ids: Sequence[str]) -> None:
        """A group has begun; heads must be read anew. *ids* are the keys its acts announced."""

    def finish(self, db: Db) -> None:
        """Every act of the group has run; write what is written once for all of them."""

    def committed(self) -> None:
        """The group is committed; make the marks durable before the callers are released."""

    def rolled_back(self) -> None:
        """The group is not in the database."""


class WriteDb(Db, Protocol):
    """A connection the writer drives."""

    def begin(self) -> None:
        """Begin a writing transaction."""

    def commit(self) -> None:
        """Commit; on return it is on the medium."""

    def rollback(self) -> None:
        """Undo the transaction, if one is running."""

    def close(self) -> None:
        """Close the connection."""

    def truncate_wal(self) -> bool:
        """Empty the write-ahead log; False when a reader is in the way."""

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction is running; a full or failing medium makes SQLite undo it whole, unasked."""

    @property
    def broken(self) -> bool:
        """Tell whether the connection is of no more use."""


class NoHooks:
    """Follows nothing."""

    def begin(self, db: Db, ids: Sequence[str]) -> None:
        """Do nothing."""

    def finish(self, db: Db) -> None:
        """Do nothing."""

    def committed(self) -> None:
        """Do nothing."""

    def rolled_back(self) -> None:
        """Do nothing."""


class _Act:
    """One waiting act and, later, what became of it."""

    __slots__ = ("done", "error", "ids", "run", "value")

    def __init__(self, run: Callable[[Db], Any], ids: Sequence[str]) -> None:
        self.run = run
        self.ids = ids
        self.value: Any = None
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()


@dataclass(slots=True)
class Statistics:
    """What the writer has done: groups committed, acts in them, the largest group."""

    commits: int = 0
    acts: int = 0
    largest: int = 0


class Writer:
    """A thread with one connection that runs acts in groups."""

    def __init__(self, connect: Callable[[], WriteDb], lock: Path | None, hooks: Hooks | None = None) -> None:
        """Write by connections from *connect*, one group at a time under file *lock* (None: rows are locked instead)."""
        self.hooks: Hooks = hooks or NoHooks()
        self.statistics = Statistics()
        self._connect = connect
        self._lock = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600) if lock else -1
        self._db: WriteDb | None = None
        self._queue: deque[_Act] = deque()
        self._regulars = 1  # callers who were there when the last group ended; they may soon be back
        self._state = threading.Condition(threading.Lock())
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="cfms-writer", daemon=True)
        self._thread.start()

    # --- callers ----------------------------------------------------------------------------------------

    def submit(self, act: Callable[[Db], T], ids: Sequence[str] = ()) -> T:
        """Run *act* in its own savepoint of the next group; return its value once that is durable.

        Args:
            act: may be run again when a neighbour's rows clash with its own; nothing outside the database may tell.
            ids: keys *act* is about to write, so that one question answers for the whole group whether they are new.

        Raises:
            Whatever the act raised, or why the group could not be committed.
        """
        if threading.current_thread() is self._thread:
            raise NestedWrite(NestedWrite.__doc__)
        waiting = _Act(act, ids)
        with self._state:
            if self._closing:
                raise WriterClosed(WriterClosed.__doc__)
            self._queue.append(waiting)
            if len(self._queue) == 1 or len(self._queue) >= self._regulars:
                self._state.notify()
        while not waiting.done.acquire(timeout=_WAIT):
            if not self._thread.is_alive():
                raise WriterClosed(WriterClosed.__doc__)
        if waiting.error is not None:
            raise waiting.error
        value: T = waiting.value
        return value

    def between(self, step: Callable[[WriteDb], T]) -> T:
        """Run *step* on the writer's thread outside any transaction, under the file lock (for the write-ahead log)."""
        value: T = self.submit(_Between(step))
        return value

    @property
    def waiting(self) -> int:
        """Return how many acts wait for the next group."""
        return len(self._queue)

    @property
    def alive(self) -> bool:
        """Tell whether acts are still taken."""
        return self._thread.is_alive() and not self._closing

    def close(self) -> None:
        """Finish what is queued and stop."""
        with self._state:
            self._closing = True
            self._state.notify()
        self._thread.join(timeout=_WAIT)
        if self._lock >= 0 and not self._thread.is_alive():
            os.close(self._lock)
            self._lock = -1

    # --- the thread -------------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            group = self._gather()
            if not group:
                break
            special = [act for act in group if isinstance(act.run, _Between)]
            plain = [act for act in group if not isinstance(act.run, _Between)]
            if plain:
                self._settle(plain, self._run_group)
            for act in special:
                self._settle([act], self._run_between)
        if self._db is not None:
            self._db.close()

    def _gather(self) -> list[_Act]:
        """Wait for work, then a moment for those who were here just now; return the group, empty when closing.

        One fsync then serves all of a busy hour's callers, not every other one. A lone caller waits for nobody.
        """
        with self._state:
            while not self._queue and not self._closing:
                self._state.wait(_WAIT)
            if len(self._queue) < self._regulars:
                self._state.wait_for(lambda: self._closing or len(self._queue) >= self._regulars, GATHER)
            return [self._queue.popleft() for _ in range(min(len(self._queue), MOST))]

    def _settle(self, group: list[_Act], run: Callable[[list[_Act]], None]) -> None:
        """Run a group and release its callers, whatever happens."""
        try:
            run(group)
        except BaseException as error:  # noqa: BLE001 - handed to every caller of the group, which raises it
            for act in group:
                act.error = act.error or error
        finally:
            self._regulars = min(MOST, len(group) + len(self._queue))
            for act in group:
                act.done.release()

    def _run_group(self, group: list[_Act]) -> None:
        self._take_lock()
        try:
            self._transact(group)
        except Duplicate:
            if len(group) == 1:
                raise
            self._run_alone(group)
        finally:
            self._drop_lock()

    def _run_alone(self, group: list[_Act]) -> None:
        """Two acts of a group met in one row when what waited was written: alone, each sees what the other left."""
        for act in group:
            try:
                self._transact([act])
            except Exception as error:  # noqa: BLE001 - handed to the act's own caller, which raises it
                act.error = error

    def _transact(self, group: list[_Act]) -> None:
        db = self._connection()
        try:
            db.begin()
            self.hooks.begin(db, [one for act in group for one in act.ids])
            for act in group:
                _run_act(db, act)
            self.hooks.finish(db)
            db.commit()
        except BaseException:
            self._undo(db)
            self.hooks.rolled_back()
            raise
        self.statistics.commits += 1
        self.statistics.acts += len(group)
        self.statistics.largest = max(self.statistics.largest, len(group))
        self.hooks.committed()

    def _undo(self, db: WriteDb) -> None:
        try:
            db.rollback()
        except StoreError:
            self._db = None
        if db.broken:
            self._db = None

    def _run_between(self, group: list[_Act]) -> None:
        step = group[0].run
        assert isinstance(step, _Between)
        self._take_lock()
        try:
            group[0].value = step.step(self._connection())
        finally:
            self._drop_lock()

    def _connection(self) -> WriteDb:
        if self._db is None or self._db.broken:
            self._db = self._connect()
        return self._db

    def _take_lock(self) -> None:
        """Take the node's file lock; a process that holds it and stands still must not hold everybody for good.

        Raises:
            StoreUnavailable: another process kept it for too long; nothing was begun.
        """
        end, pause = time.monotonic() + LOCK_SECONDS, 0.0005
        while self._lock >= 0:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise StoreUnavailable("another process holds the database") from None
                time.sleep(pause)
                pause = min(2 * pause, 0.02)
            else:
                return

    def _drop_lock(self) -> None:
        if self._lock >= 0:
            fcntl.flock(self._lock, fcntl.LOCK_UN)


class _Between:
    """Marks a step that runs outside any transaction."""

    def __init__(self, step: Callable[[WriteDb], Any]) -> None:
        self.step = step

    def __call__(self, db: Db) -> Any:  # noqa: ARG002  # it has an act's shape
        raise NestedWrite("a step outside transactions was run inside one")


def _run_act(db: WriteDb, act: _Act) -> None:
    """Run one act in its savepoint; a broken connection or a lost transaction stops the whole group."""
    act.error = None
    try:
        with db.savepoint():
            act.value = act.run(db)
    except StoreUnavailable:
        raise
    except BaseException as error:
        if not db.in_transaction:
            raise  # what the neighbours wrote before is gone too: each is told, nothing is kept by halves
        act.error = error
