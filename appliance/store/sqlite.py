"""SQLite by the standard library: one writer, many readers, nothing acknowledged before it is on the medium."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from appliance.store.db import Row
from appliance.store.errors import AppendOnly, Duplicate, StoreError, StoreFull, StoreUnavailable
from appliance.store.waiting import Waiting

_PATIENCE = 60000  # milliseconds to wait for another process, where the file lock does not order us
_READER_PATIENCE = 200  # milliseconds to wait for readers who keep the write-ahead log from being emptied

# FULL: a receipt must survive a power cut (rule N4). secure_delete: erased bytes are overwritten (spec log §4.9).
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # else REPLACE deletes behind the append-only triggers' back
    "PRAGMA trusted_schema = OFF",
    "PRAGMA wal_autocheckpoint = 2000",
    "PRAGMA cache_size = -8000",
    "PRAGMA temp_store = MEMORY",
)

_TOGETHER = 32  # rows up to which one statement of many rows beats many steps of one


def connect(path: Path, *, reader: bool = False) -> SqliteDb:
    """Open *path*; a reader cannot write whatever it is given."""
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=_PATIENCE / 1000)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if reader:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA cache_size = -2000")
    except sqlite3.Error as error:
        raise translate(error) from error
    return SqliteDb(connection)


def translate(error: sqlite3.Error) -> Exception:
    """Return the store's error for SQLite's."""
    name = getattr(error, "sqlite_errorname", "")
    if name in ("SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_ROWID"):
        return Duplicate(str(error))
    if name == "SQLITE_CONSTRAINT_TRIGGER":
        return AppendOnly(str(error))
    if name == "SQLITE_FULL" or name.startswith("SQLITE_IOERR"):
        return StoreFull()  # a full medium shows as either, depending on which write met it
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_READONLY")):
        return StoreUnavailable(str(error))
    return StoreError(f"{name or type(error).__name__}: {error}")


class SqliteDb:
    """One connection to a SQLite file."""

    lock_clause = ""  # the file lock and BEGIN IMMEDIATE have locked everything already

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Wrap an open connection."""
        self._connection = connection
        self._depth = 0  # savepoints asked for
        self._taken = 0  # of these, those SQLite knows of
        self._waiting = Waiting()

    def one(self, sql: str, **params: object) -> Row | None:
        """Return the first row, or None."""
        if self._waiting or not sql.startswith("SELECT"):
            self._make_ready()
        try:
            row: Row | None = self._connection.execute(sql, params).fetchone()
        except sqlite3.Error as error:
            raise translate(error) from error
        return row

    def all(self, sql: str, **params: object) -> list[Row]:
        """Return every row."""
        if self._waiting or not sql.startswith("SELECT"):
            self._make_ready()
        try:
            return self._connection.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            raise translate(error) from error

    def each(self, sql: str, **params: object) -> Iterator[Row]:
        """Yield row after row."""
        if self._waiting or not sql.startswith("SELECT"):
            self._make_ready()
        try:
            yield from self._connection.execute(sql, params)
        except sqlite3.Error as error:
            raise translate(error) from error

    def run(self, sql: str, **params: object) -> int:
        """Run a statement; return how many rows it touched."""
        self._make_ready()
        try:
            return self._connection.execute(sql, params).rowcount
        except sqlite3.Error as error:
            raise translate(error) from error

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, ignore: bool = False) -> None:
        """Insert many rows at once."""
        self._make_ready()
        self._insert(table, columns, rows, ignore=ignore)

    def _insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, ignore: bool) -> None:
        if not rows:
            return
        ending = " ON CONFLICT DO NOTHING" if ignore else ""
        marks = f"({', '.join('?' * len(columns))})"
        start = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
        try:
            if len(rows) <= _TOGETHER:
                values = [value for row in rows for value in row]
                self._connection.execute(start + ", ".join([marks] * len(rows)) + ending, values)
            else:
                self._connection.executemany(start + marks + ending, rows)
        except sqlite3.Error as error:
            raise translate(error) from error

    def add(self, table: str, columns: Sequence[str], row: Sequence[object]) -> bool:
        """Insert one row unless its key is there already."""
        self._take_savepoints()
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) ON CONFLICT DO NOTHING"
        try:
            return self._connection.execute(sql, row).rowcount == 1
        except sqlite3.Error as error:
            raise translate(error) from error

    def later(self, table: str, columns: Sequence[str], row: Sequence[object], *, ignore: bool = False) -> None:
        """Insert one row together with others, before the next other statement."""
        self._waiting.later(table, columns, row, ignore=ignore)

    def count(self, table: str, key: Mapping[str, object], amounts: Mapping[str, int]) -> None:
        """Add to counters, before the next other statement."""
        self._waiting.count(table, key, amounts)

    @property
    def memo(self) -> dict[str, int]:
        """Return the transaction's own small memory; a savepoint that is rolled back takes it back too."""
        return self._waiting.memo

    def _make_ready(self) -> None:
        self._take_savepoints()
        if self._waiting:
            self._write_waiting()

    def _take_savepoints(self) -> None:
        while self._taken < self._depth:
            self._taken += 1
            self._plain(f"SAVEPOINT s{self._taken}")

    def _write_waiting(self) -> None:
        tables, statements = self._waiting.take()
        for (table, columns, ignore), rows in tables.items():
            self._insert(table, columns, rows, ignore=ignore)
        for sql, params in statements:
            self.run(sql, **params)

    def _plain(self, sql: str) -> None:
        """Run a statement that what waits may outlive."""
        try:
            self._connection.execute(sql)
        except sqlite3.Error as error:
            raise translate(error) from error

    def script(self, sql: str) -> None:
        """Run schema statements one by one, inside the running transaction (``executescript`` would commit it)."""
        statement = ""
        for piece in sql.split(";"):
            statement += piece + ";"
            if sqlite3.complete_statement(statement):
                if statement.strip() != ";":
                    self.run(statement)
                statement = ""
        if statement.strip("; \n"):
            self.run(statement)  # a comment is passed over; half a statement is refused

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block did when it raises, what it let wait included.

        SQLite hears of it at the block's first statement that writes: a block that only lets rows wait costs none.
        """
        self._depth += 1
        depth, kept = self._depth, self._waiting.snapshot()
        try:
            yield
        except BaseException:
            if self._taken >= depth and self.in_transaction:
                self._plain(f"ROLLBACK TO s{depth}")
                self._plain(f"RELEASE s{depth}")
            self._waiting.restore(kept)
            raise
        else:
            if self._taken >= depth:
                self._plain(f"RELEASE s{depth}")
        finally:
            self._depth -= 1
            self._taken = min(self._taken, self._depth)

    # --- what the writer and the store need beyond Db ---------------------------------------------------

    def begin(self) -> None:
        """Begin a writing transaction now, not at the first write: two readers cannot both become writers."""
        self._waiting = Waiting()
        self.run("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Commit; on return it is on the medium."""
        self.run("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if one is running."""
        self._waiting = Waiting()
        if self._connection.in_transaction:
            self._plain("ROLLBACK")

    def begin_reading(self) -> None:
        """Begin a transaction that sees one state throughout."""
        self.run("BEGIN")

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction is running; SQLite ends it by itself when its medium is full or fails."""
        return self._connection.in_transaction

    @property
    def broken(self) -> bool:
        """Tell whether the connection is of no more use."""
        return False

    def truncate_wal(self) -> bool:
        """Move everything into the database file and empty the write-ahead log; False when a reader is in the way."""
        self._plain(f"PRAGMA busy_timeout = {_READER_PATIENCE}")  # meanwhile nobody writes: ask again rather than wait here
        try:
            row = self.one("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self._plain(f"PRAGMA busy_timeout = {_PATIENCE}")
        return row is not None and row[0] == 0

    def backup_to(self, target: Path, progress: object = None) -> None:
        """Copy the database to *target* by SQLite's backup API, a piece at a time."""
        fresh = sqlite3.connect(target)
        try:
            self._connection.backup(fresh, pages=2000, progress=progress, sleep=0.001)  # type: ignore[arg-type]
            found = fresh.execute("PRAGMA integrity_check").fetchone()
            if found != ("ok",):
                raise StoreError(f"the copy is damaged: {found[0]}")
        except sqlite3.Error as error:
            raise translate(error) from error
        finally:
            fresh.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
