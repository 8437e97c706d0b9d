"""Counts what a page asks of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from appliance.store.sqlite import SqliteDb


@contextmanager
def questions() -> Iterator[list[str]]:
    """Note every SELECT that is asked while the block runs."""
    asked: list[str] = []
    one, every = SqliteDb.one, SqliteDb.all

    def note_one(self: SqliteDb, sql: str, **params: object) -> object:
        asked.append(sql)
        return one(self, sql, **params)

    def note_all(self: SqliteDb, sql: str, **params: object) -> object:
        asked.append(sql)
        return every(self, sql, **params)

    with patch.object(SqliteDb, "one", note_one), patch.object(SqliteDb, "all", note_all):
        yield asked
