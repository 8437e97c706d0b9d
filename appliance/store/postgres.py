"""PostgreSQL by psycopg 3, for headquarters; the driver is imported only when a database of that kind is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql as text
from psycopg.errors import DiskFull, UniqueViolation

from appliance.store.db import Row, to_format_style, to_postgres_schema
from appliance.store.errors import AppendOnly, Duplicate, StoreError, StoreFull, StoreUnavailable
from appliance.store.waiting import Waiting

# One group at a time in the whole database, as the file lock has it on SQLite (docs/decisions/0013): a case's row, a counter, a
# series of references are read, reckoned and written back, and two processes that did so at once would lose one's part.
_TURN = "SELECT pg_advisory_xact_lock(1128680787)"  # "CFMS"
_WRITER_LIMITS = (
    "SET lock_timeout = '60s'",  # every wait has an end
    "SET idle_in_transaction_session_timeout = '60s'",  # a process that stopped in its turn gives it up
)
_APPEND_ONLY = "23514"  # what the triggers of 0001_journal.postgres.sql raise
_COPY_FROM = 20  # rows from which COPY beats INSERT
_KINDS = "SELECT column_name, udt_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s"


def connect(url: str, *, reader: bool = False) -> PostgresDb:
    """Open *url*; a reader's transactions are read-only, a writer's follow one another in whichever process they are."""
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
        if reader:
            connection.execute("SET default_transaction_read_only = on")
        else:
            for limit in _WRITER_LIMITS:
                connection.execute(limit)
    except psycopg.Error as error:
        raise translate(error) from error
    return PostgresDb(connection)


def translate(error: psycopg.Error) -> Exception:
    """Return the store's error for PostgreSQL's."""
    if isinstance(error, UniqueViolation):
        return Duplicate(error.diag.constraint_name or "")
    if isinstance(error, DiskFull):
        return StoreFull()
    if error.sqlstate == _APPEND_ONLY:
        return AppendOnly(error.diag.message_primary or "")
    if error.sqlstate is None or error.sqlstate.startswith(("08", "57", "53", "40", "55P03", "25P03")):
        return StoreUnavailable(type(error).__name__)
    return StoreError(f"{error.sqlstate}: {error.diag.message_primary}")


class PostgresDb:
    """One connection to PostgreSQL."""

    lock_clause = " FOR UPDATE"

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        """Wrap an open connection in autocommit; transactions are begun by name."""
        self._connection = connection
        self._depth = 0
        self._cursors = 0
        self._waiting = Waiting()
        self._kinds: dict[str, dict[str, str]] = {}

    def _execute(self, sql: str, params: dict[str, object]) -> psycopg.Cursor[Row]:
        if self._waiting:
            self._write_waiting()
        try:
            return self._connection.execute(to_format_style(sql), params, prepare=True)
        except psycopg.Error as error:
            raise translate(error) from error

    def one(self, sql: str, **params: object) -> Row | None:
        """Return the first row, or None."""
        return self._execute(sql, params).fetchone()

    def all(self, sql: str, **params: object) -> list[Row]:
        """Return every row."""
        return self._execute(sql, params).fetchall()

    def each(self, sql: str, **params: object) -> Iterator[Row]:
        """Yield row after row by a server-side cursor of the running transaction."""
        if self._waiting:
            self._write_waiting()
        self._cursors += 1  # two may be open at once
        try:
            with self._connection.cursor(name=f"each_{self._cursors}") as cursor:
                cursor.itersize = 1000
                cursor.execute(to_format_style(sql), params)
                yield from cursor
        except psycopg.Error as error:
            raise translate(error) from error

    def run(self, sql: str, **params: object) -> int:
        """Run a statement; return how many rows it touched."""
        return self._execute(sql, params).rowcount

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, ignore: bool = False) -> None:
        """Insert many rows at once, by COPY in binary where there are enough of them."""
        if self._waiting:
            self._write_waiting()
        self._insert(table, columns, rows, ignore=ignore)

    def _insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, ignore: bool) -> None:
        if not rows:
            return
        names = text.SQL(", ").join(map(text.Identifier, columns))
        try:
            if len(rows) >= _COPY_FROM and not ignore:
                self._copy(table, columns, rows, names)
                return
            ending = text.SQL(" ON CONFLICT DO NOTHING" if ignore else "")
            marks = text.SQL(", ").join([text.Placeholder()] * len(columns))
            statement = text.SQL("INSERT INTO {} ({}) VALUES ({}){}").format(text.Identifier(table), names, marks, ending)
            with self._connection.cursor() as cursor:
                cursor.executemany(statement, rows)
        except psycopg.Error as error:
            raise translate(error) from error

    def _copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]], names: text.Composed) -> None:
        kinds = self._kinds_of(table)
        statement = text.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(text.Identifier(table), names)
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types([kinds[column] for column in columns])
            for row in rows:
                copy.write_row(row)

    def _kinds_of(self, table: str) -> dict[str, str]:
        if table not in self._kinds:
            self._kinds[table] = dict(self._connection.execute(_KINDS, (table,)).fetchall())
        return self._kinds[table]

    def add(self, table: str, columns: Sequence[str], row: Sequence[object]) -> bool:
        """Insert one row unless its key is there already."""
        marks = ", ".join(f":c{at}" for at in range(len(columns)))
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT DO NOTHING"
        return self._execute(sql, {f"c{at}": value for at, value in enumerate(row)}).rowcount == 1

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

    def _write_waiting(self) -> None:
        tables, statements = self._waiting.take()
        for (table, columns, ignore), rows in tables.items():
            self._insert(table, columns, rows, ignore=ignore)
        for sql, params in statements:
            self.run(sql, **params)

    def script(self, sql: str) -> None:
        """Run schema statements."""
        if self._waiting:
            self._write_waiting()
        try:
            self._connection.execute(to_postgres_schema(sql), prepare=False)
        except psycopg.Error as error:
            raise translate(error) from error

    def _plain(self, sql: str) -> None:
        """Run a statement that what waits may outlive."""
        try:
            self._connection.execute(sql)
        except psycopg.Error as error:
            raise translate(error) from error

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block did when it raises."""
        self._depth += 1
        kept = self._waiting.snapshot()
        name = f"s{self._depth}"
        self._plain(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self._plain(f"ROLLBACK TO SAVEPOINT {name}")
            self._plain(f"RELEASE SAVEPOINT {name}")
            self._waiting.restore(kept)
            raise
        else:
            self._plain(f"RELEASE SAVEPOINT {name}")
        finally:
            self._depth -= 1

    # --- what the writer and the store need beyond Db ---------------------------------------------------

    def begin(self) -> None:
        """Begin a transaction once no other process writes; what it reads from then on is what they left."""
        self._waiting = Waiting()
        self.run("BEGIN")
        self.run(_TURN)

    def commit(self) -> None:
        """Commit; on return it is on the medium."""
        self.run("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if one is running."""
        self._waiting = Waiting()
        if self.in_transaction:
            self._plain("ROLLBACK")

    def begin_reading(self) -> None:
        """Begin a transaction that sees one state throughout."""
        self.run("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction is running, be it a failed one that a savepoint can still save."""
        states = psycopg.pq.TransactionStatus
        return self._connection.info.transaction_status not in (states.IDLE, states.UNKNOWN)

    @property
    def broken(self) -> bool:
        """Tell whether the connection is of no more use."""
        return bool(self._connection.closed or self._connection.broken)

    def truncate_wal(self) -> bool:
        """Let the server reuse deleted rows; their bytes go as pages and write-ahead log are recycled (docs/privacy.md)."""
        self._connection.execute("VACUUM box, box_key")
        return True

    def backup_to(self, target: Path, progress: Any = None) -> None:  # noqa: ARG002
        """PostgreSQL is backed up by its own tools."""
        raise StoreError("Back up PostgreSQL with pg_basebackup; see docs/operations.md.")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
