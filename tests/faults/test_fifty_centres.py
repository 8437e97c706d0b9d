"""Fifty centres exchange with headquarters at the same moment: everything arrives once, and nobody is answered by a failure."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from sync.exchange import Progress

from appliance.usecases.enrol_centre import make_token
from appliance.usecases.node import Node
from appliance.usecases.open_case import Submission, open_case
from appliance.usecases.run_exchange import enrol, run_exchange
from tests.faults.databases import fresh_database
from tests.faults.filing import submission
from tests.faults.world import Machine, World

CENTRES = 50
EACH = 12  # cases of one centre
SMALL = "batch_leaves = 5\n"  # three batches and a beacon from each


@pytest.fixture(params=["sqlite", "postgres"])
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[World, list[Machine]]]:
    """Return a world whose HQ is one process over SQLite, or two over one PostgreSQL."""
    world = World(tmp_path)
    ports = [world.hq]
    try:
        if request.param == "postgres":
            world.hq.url = fresh_database(request.getfixturevalue("postgres_cluster"))
            world.hq.configure()
        world.hq.cfms("init")
        world.hq.start()
        if request.param == "postgres":
            ports.append(_second_process(world))
        yield world, ports
    finally:
        world.close()


def _second_process(world: World) -> Machine:
    """Start another server over HQ's database, with HQ's keys and marks."""
    second = Machine(world.folder / "hq-2", "hq", url=world.hq.url)
    second.configure()
    for shared in ("keys", "marks"):
        (second.folder / shared).symlink_to(world.hq.folder / shared)
    world.machines.append(second)
    second.start()
    return second


def test_fifty_centres_at_once_bring_everything_once_and_no_answer_is_a_failure(servers: tuple[World, list[Machine]]) -> None:
    world, ports = servers
    with ExitStack() as opened, ThreadPoolExecutor(CENTRES) as pool:
        nodes = [opened.enter_context(machine.node()) for machine in _centres(world, ports)]
        with world.hq.node() as hq:
            tokens = [make_token(hq, node.settings.centre) for node in nodes]
        assert set(pool.map(enrol, nodes, tokens)) == {"pending"}
        assert len(world.approve()) == CENTRES
        list(pool.map(_at_once(run_exchange), nodes))  # fetches keys and catalogue
        filed = [one for many in pool.map(_file, nodes) for one in many]
        done = list(pool.map(_at_once(run_exchange), nodes))
    assert max(max(progress.answers) for progress in done) < 500
    assert world.hq.references() == dict(filed)
    assert len(filed) == CENTRES * EACH
    assert world.hq.number("SELECT count(*) FROM quarantine") == 0
    assert world.hq.number("SELECT count(*) FROM log WHERE own = 0 AND acked = size") == CENTRES
    assert world.hq.verify()["ok"]


def _centres(world: World, ports: list[Machine]) -> list[Machine]:
    """Return fifty centres of the country pack, half of them at each of HQ's processes."""
    with world.hq.node() as hq:
        codes = [centre.code for centre in hq.catalogue.centres][:CENTRES]
    assert len(codes) == CENTRES
    found = []
    for turn, code in enumerate(codes):
        machine = world.add_centre(code, extra={"sync": SMALL})
        machine.hq_url = f"http://127.0.0.1:{ports[turn % len(ports)].port}"
        machine.configure()
        found.append(machine)
    return found


def _at_once(act: Callable[[Node], Progress]) -> Callable[[Node], Progress]:
    """Return *act* with a gate before it that opens when all are there."""
    gate = threading.Barrier(CENTRES, timeout=120)

    def wait_then(node: Node) -> Progress:
        gate.wait()
        return act(node)

    return wait_then


def _file(node: Node) -> list[tuple[str, str]]:
    receipts = [open_case(node, Submission(**submission())) for _ in range(EACH)]
    return [(one.id, one.ref) for one in receipts]
