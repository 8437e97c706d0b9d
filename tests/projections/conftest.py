"""Stores on each engine, with the read models' tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journal.rig import Rig


@pytest.fixture(params=["sqlite", "postgres"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    """Lend a node's journal and read models."""
    rig = Rig(tmp_path, "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url")))
    try:
        yield rig
    finally:
        rig.close()
