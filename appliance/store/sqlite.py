"""SQLite by the standard library: one writer, many readers, nothing acknowledged before it is on the medium."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from appliance.store.db import Row
from appliance.store.errors import AppendOnly, Duplicate, StoreError, StoreFull, StoreUnavailable

# FULL: a receipt must survive a power cut (rule N4). secure_delete: erased bytes are overwritten (spec log §4.9).
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA busy_timeout = 60000",
    "PRAGMA wal_autocheckpoint = 2000",
    "PRAGMA cache_size = -8000",
    "PRAGMA temp_store = MEMORY",
)


def connect(path: Path, *, reader: bool = False) -> SqliteDb:
    """Open *path*; a reader cannot write whatever it is given."""
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
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
        self._depth = 0

    def one(self, sql: str, **params: object) -> Row | None:
        """Return the first row, or None."""
        try:
            row: Row | None = self._connection.execute(sql, params).fetchone()
        except sqlite3.Error as error:
            raise translate(error) from error
        return row

    def all(self, sql: str, **params: object) -> list[Row]:
        """Return every row."""
        try:
            return self._connection.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            raise translate(error) from error

    def each(self, sql: str, **params: object) -> Iterator[Row]:
        """Yield row after row."""
        try:
            yield from self._connection.execute(sql, params)
        except sqlite3.Error as error:
            raise translate(error) from error

    def run(self, sql: str, **params: object) -> int:
        """Run a statement; return how many rows it touched."""
        try:
            return self._connection.execute(sql, params).rowcount
        except sqlite3.Error as error:
            raise translate(error) from error

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, ignore: bool = False) -> None:
        """Insert many rows at once."""
        if not rows:
            return
        ending = " ON CONFLICT DO NOTHING" if ignore else ""
        marks = ", ".join("?" * len(columns))
        try:
            self._connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}){ending}", rows)
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

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block did when it raises."""
        self._depth += 1
        name = f"s{self._depth}"
        self.run(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self.run(f"ROLLBACK TO {name}")
            self.run(f"RELEASE {name}")
            raise
        else:
            self.run(f"RELEASE {name}")
        finally:
            self._depth -= 1

    # --- what the writer and the store need beyond Db ---------------------------------------------------

    def begin(self) -> None:
        """Begin a writing transaction now, not at the first write: two readers cannot both become writers."""
        self.run("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Commit; on return it is on the medium."""
        self.run("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if one is running."""
        if self._connection.in_transaction:
            self.run("ROLLBACK")

    def begin_reading(self) -> None:
        """Begin a transaction that sees one state throughout."""
        self.run("BEGIN")

    @property
    def broken(self) -> bool:
        """Tell whether the connection is of no more use."""
        return False

    def truncate_wal(self) -> bool:
        """Move everything into the database file and empty the write-ahead log; False when a reader is in the way."""
        row = self.one("PRAGMA wal_checkpoint(TRUNCATE)")
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
