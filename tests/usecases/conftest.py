"""A world of whole nodes for each test; where storage matters, once on each engine HQ may run on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import World, world_in


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Lend a world whose HQ runs on SQLite."""
    with world_in(tmp_path) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgres"])
def either_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Lend a world whose HQ runs on SQLite, and another on PostgreSQL."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    with world_in(tmp_path, url) as made:
        yield made
