"""Journals on each engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journal.rig import Rig

Open = Callable[[], Rig]


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty database: '' for SQLite in the node's folder, then PostgreSQL."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def open_rig(url: str, tmp_path: Path) -> Iterator[Open]:
    """Lend the way to open the same node, once or several times, as processes do."""
    rigs: list[Rig] = []

    def open_it() -> Rig:
        rigs.append(Rig(tmp_path, url))
        return rigs[-1]

    yield open_it
    for rig in rigs:
        rig.close()


@pytest.fixture
def rig(open_rig: Open) -> Rig:
    """Return a node with its journal open."""
    return open_rig()


@pytest.fixture
def lone(tmp_path: Path) -> Iterator[Rig]:
    """Lend a node on SQLite, for what has nothing to do with the engine."""
    rig = Rig(tmp_path)
    try:
        yield rig
    finally:
        rig.close()
