"""A node's database: one writer, pooled readers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from appliance.store import sqlite
from appliance.store.db import Db
from appliance.store.errors import StoreError
from appliance.store.migrate import migrate
from appliance.store.writer import Hooks, Writer

T = TypeVar("T")
_POOL = 32  # reading connections kept open


class Store:
    """Reads and writes of one database."""

    def __init__(self, url: str, folder: Path) -> None:
        """Open *url*: a SQLite path, or ``postgresql://…``; the writer's lock file lies in *folder*."""
        self.url = url
        self.is_sqlite = not url.startswith(("postgresql://", "postgres://"))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.writer = Writer(self._connect, folder / "writer.lock" if self.is_sqlite else None)
        self._idle: list[Any] = []
        self._guard = threading.Lock()

    def _connect(self, *, reader: bool = False) -> Any:
        if self.is_sqlite:
            return sqlite.connect(Path(self.url), reader=reader)
        from appliance.store import postgres  # noqa: PLC0415 - an optional driver, only HQ has it

        return postgres.connect(self.url, reader=reader)

    def follow(self, hooks: Hooks) -> None:
        """Let *hooks* follow every group from now on."""
        self.writer.hooks = hooks

    def migrate(self) -> list[str]:
        """Bring the schema up to date; return the steps run."""
        engine = "sqlite" if self.is_sqlite else "postgres"
        return self.writer.submit(lambda db: migrate(db, engine))

    @contextmanager
    def read(self) -> Iterator[Db]:
        """Lend a reading connection that sees one state throughout the block."""
        db = self._lend()
        try:
            yield db
        finally:
            self._give_back(db)

    def _lend(self) -> Any:
        """Return a connection that has begun reading; those that a restart of the database has cut are dropped on the way."""
        while True:
            with self._guard:
                db = self._idle.pop() if self._idle else None
            if db is None:
                return self._begun(self._connect(reader=True))
            try:
                return self._begun(db)
            except StoreError:
                continue

    def _begun(self, db: Any) -> Any:
        try:
            db.begin_reading()
        except StoreError:
            db.close()
            raise
        return db

    def _give_back(self, db: Any) -> None:
        try:
            db.rollback()
        except StoreError:
            db.close()
            return
        with self._guard:
            if not db.broken and len(self._idle) < _POOL:
                self._idle.append(db)
                return
        db.close()

    def write(self, act: Callable[[Db], T], ids: Sequence[str] = ()) -> T:
        """Run *act* in the next group; return its value once that is durable. *ids* are new keys it announces."""
        return self.writer.submit(act, ids)

    def truncate_wal(self) -> bool:
        """Empty SQLite's write-ahead log; False when a reader was in the way."""
        with self._guard:
            idle, self._idle = self._idle, []
        for db in idle:
            db.close()
        return self.writer.between(lambda db: db.truncate_wal())

    def backup_to(self, target: Path, progress: Callable[[int, int], None] | None = None) -> None:
        """Copy a SQLite database to *target* while it is in use, checked."""
        db = self._connect(reader=True)

        def report(_status: int, remaining: int, total: int) -> None:
            if progress:
                progress(total - remaining, total)

        try:
            db.begin_reading()
            db.one("SELECT 1 FROM sqlite_schema")  # the snapshot begins here: a busy writer would make the copy start over and over
            db.backup_to(target, report)
        finally:
            db.close()

    def close(self) -> None:
        """Finish what is queued, then close every connection."""
        self.writer.close()
        with self._guard:
            idle, self._idle = self._idle, []
        for db in idle:
            db.close()
