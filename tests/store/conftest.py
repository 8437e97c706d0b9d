"""A fresh store on each engine, and the file lock's other side: a second real process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.store.store import Store

TABLES = """
CREATE TABLE line (id INTEGER NOT NULL PRIMARY KEY, text TEXT NOT NULL, raw BLOB NOT NULL) STRICT;
CREATE TABLE counter (name TEXT NOT NULL, day INTEGER NOT NULL, seen INTEGER NOT NULL, stars INTEGER NOT NULL, PRIMARY KEY (name, day)) STRICT;
"""


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database: SQLite, then PostgreSQL."""
    if request.param == "sqlite":
        return str(tmp_path / "cfms.db")
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def bare(url: str, tmp_path: Path) -> Iterator[Store]:
    """Lend a store without any table."""
    store = Store(url, tmp_path)
    try:
        yield store
    finally:
        store.close()


@pytest.fixture
def store(bare: Store) -> Store:
    """Return a store with two plain tables."""
    bare.write(lambda db: db.script(TABLES))
    return bare
