"""What the tests of bad days stand on: a world of real processes, made once and copied for each test."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.world import World


@pytest.fixture(scope="session")
def first_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a world of HQ and the centre NBI, enrolled and at rest, no server running; to be copied, not used."""
    world = World(tmp_path_factory.mktemp("first"))
    centre = world.add_centre("NBI")
    try:
        world.hq.cfms("init")
        paper = centre.cfms("init")["backup_key"]
        (centre.folder / "paper.key").write_text(paper)
        world.hq.start()
        world.enrol(centre)
        world.hq.stop()
    finally:
        world.close()
    return world


@pytest.fixture
def world(first_world: World, tmp_path: Path) -> Iterator[World]:
    """Return HQ and the centre NBI, enrolled, no server running; every process is ended afterwards."""
    mine = first_world.copy_to(tmp_path / "world")
    yield mine
    mine.close()


@pytest.fixture(autouse=True)
def _nodes_in_this_process() -> Iterator[None]:
    """Let in-process nodes be collected late: their closing is not what these tests are about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
