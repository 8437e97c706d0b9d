"""What the tests of bad days stand on: a world of real processes made once and copied, a seed, and nothing left behind."""

from __future__ import annotations

import gc
import os
import random
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.seeds import SEED
from tests.faults.world import World


@pytest.fixture(autouse=True)
def _seeded(request: pytest.FixtureRequest) -> None:
    """Draw from one seed, whatever ran before; a red run says how to draw the same again."""
    print(f"CFMS_SEED={SEED} draws the same again")  # noqa: T201  # shown with a failure only
    random.seed(f"{SEED} {request.node.nodeid}")


@pytest.fixture(autouse=True)
def _leaves_nothing_behind(tmp_path: Path) -> Iterator[None]:
    """Check after each test that no process, mount or listening port of it is left."""
    before = _children(), _listening()
    with warnings.catch_warnings():
        # Nodes and lines in this process are collected late: their closing is not what these tests are about.
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()
    assert _children() <= before[0], "a process is left"
    assert _listening() <= before[1], "a listening port is left"
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text(), "a mount is left"


def _children() -> set[int]:
    """Return the pids of the processes this one started and has not waited for."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state = stat.read_text().rpartition(") ")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(state[1]) == os.getpid():
            found.add(int(stat.parent.name))
    return found


def _listening() -> set[str]:
    """Return the sockets of this process that listen on TCP."""
    rows = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    everybodys = {row[9] for row in rows if row[3] == "0A"}
    mine = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            target = str(link.readlink())
        except OSError:
            continue  # the very descriptor that lists the folder
        mine.add(target.removeprefix("socket:[").removesuffix("]"))
    return everybodys & mine


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
