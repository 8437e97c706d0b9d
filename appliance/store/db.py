"""What the rest of the program sees of a database: plain SQL with named parameters.

The portable subset has four traps (spec style §4): cast a parameter that may be NULL (``CAST(:x AS TEXT) IS NULL``);
``LIKE`` differs in case, so compare ``lower()``; expand lists into names (``IN (:a, :b)``); cast ``sum`` and ``avg``,
which are Decimal on PostgreSQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, Protocol

Row = tuple[Any, ...]

# Quoted strings, identifiers, comments and casts are skipped; what is left after a colon is a parameter.
_PARAMETER = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*(?s:.*?)\*/|::|(?<![\w:]):([A-Za-z_]\w*)|%")


class Db(Protocol):
    """One connection, inside a transaction or reading.

    ``lock_clause`` is what a SELECT ends with to lock its row against other processes.
    """

    lock_clause: str

    @property
    def memo(self) -> dict[str, int]:
        """Return the transaction's own small memory, undone with its savepoints."""

    def one(self, sql: str, **params: object) -> Row | None:
        """Return the first row, or None."""

    def all(self, sql: str, **params: object) -> list[Row]:
        """Return every row."""

    def each(self, sql: str, **params: object) -> Iterator[Row]:
        """Yield row after row, without holding them all."""

    def run(self, sql: str, **params: object) -> int:
        """Run a statement that returns nothing; return how many rows it touched."""

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, ignore: bool = False) -> None:
        """Insert many rows at once; with *ignore*, rows whose key is there already are passed over."""

    def add(self, table: str, columns: Sequence[str], row: Sequence[object]) -> bool:
        """Insert one row unless its key is there already; tell whether it was inserted. Leaves what waits waiting."""

    def later(self, table: str, columns: Sequence[str], row: Sequence[object], *, ignore: bool = False) -> None:
        """Insert one row some time before the next other statement or COMMIT, together with others of its table."""

    def count(self, table: str, key: Mapping[str, object], amounts: Mapping[str, int]) -> None:
        """Add *amounts* to the counters of the row of *key*, made when missing, as late as ``later`` does."""

    def script(self, sql: str) -> None:
        """Run statements of a schema, in the portable subset."""

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what the block did when it raises, and nothing else."""


@lru_cache(maxsize=1024)
def to_format_style(sql: str) -> str:
    """Return *sql* with ``:name`` parameters as psycopg writes them, ``%(name)s``."""

    def put(match: re.Match[str]) -> str:
        name = match.group(1)
        if name:
            return f"%({name})s"
        return match.group(0).replace("%", "%%")

    return _PARAMETER.sub(put, sql)


_TYPES = {"INTEGER": "BIGINT", "BLOB": "BYTEA"}
_SCHEMA = re.compile(r"'(?:[^']|'')*'|--[^\n]*|\b(INTEGER|BLOB)\b|\)\s*STRICT(?:\s*,\s*WITHOUT ROWID)?\s*;|\)\s*WITHOUT ROWID\s*;")


@lru_cache(maxsize=64)
def to_postgres_schema(sql: str) -> str:
    """Return schema statements of the portable subset in PostgreSQL's words."""

    def put(match: re.Match[str]) -> str:
        text = match.group(0)
        if match.group(1):
            return _TYPES[match.group(1)]
        return ");" if text.startswith(")") else text

    return _SCHEMA.sub(put, sql)
