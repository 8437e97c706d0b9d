"""Either side killed at each step of an exchange: before the request is heard, once it is answered, once the answer came."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest

from sync.link import LinkDown

from appliance.usecases.open_case import Submission, open_case
from appliance.usecases.run_exchange import run_exchange
from appliance.usecases.set_up import publish_catalogue
from tests.faults.filing import submission
from tests.faults.following import check_sound, reply
from tests.faults.relay import Passing, Relay, relay_to
from tests.faults.world import Machine, World

STEPS = ("hello", "log/all", "log/to", "ack", "objects", "batch 1", "batch 2", "batch 3", "beacon")
LEAVES = 7  # a batch: the cases filed below fill three, and the beacon goes in a fourth


@pytest.mark.parametrize("moment", ["asked", "answered", "delivered"])
def test_a_centre_killed_at_any_step_loses_and_doubles_nothing(world: World, moment: str) -> None:
    (centre,) = world.machines[1:]
    running: list[subprocess.Popen[bytes]] = []
    world.hq.start()
    with relay_to(world.hq.port) as relay:
        _lead_through(centre, relay)
        for turn, step in enumerate(STEPS):
            _give_work(world, centre, turn)
            struck = _strike_at(relay, step, moment, lambda _: running[-1].kill())
            running.append(centre.begin("sync"))
            running[-1].wait(60)
            _check_healed(world, centre, relay, struck, step)
    check_sound(world.hq, centre)


@pytest.mark.parametrize("moment", ["asked", "answered"])
def test_headquarters_killed_at_any_step_loses_and_doubles_nothing(world: World, moment: str) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    with relay_to(world.hq.port) as relay:
        _lead_through(centre, relay)
        for turn, step in enumerate(STEPS):
            _give_work(world, centre, turn)

            def strike(passing: Passing) -> None:
                world.hq.kill()
                passing.cut = True

            struck = _strike_at(relay, step, moment, strike)
            with centre.node() as node, suppress(LinkDown):
                run_exchange(node)
            world.hq.start()
            _check_healed(world, centre, relay, struck, step)
    check_sound(world.hq, centre)


def _lead_through(centre: Machine, relay: Relay) -> None:
    centre.hq_url = f"http://127.0.0.1:{relay.port}"
    centre.extra["sync"] = f"batch_leaves = {LEAVES}\n"
    centre.configure()


def _give_work(world: World, centre: Machine, turn: int) -> None:
    """Let every step have something to do: cases at the centre, at HQ a reply and a catalogue that differs from the last."""
    with centre.node() as node:
        for _ in range(3 * LEAVES):
            open_case(node, Submission(**submission()))
    with world.hq.node() as node:
        first, *others = node.catalogue.services
        changed = msgspec.structs.replace(first, words=f"round {turn}")
        publish_catalogue(node, msgspec.structs.replace(node.catalogue, services=(changed, *others)))
    for case in list(world.hq.references())[:1]:
        reply(world.hq, case, f"Round {turn}.")


def _strike_at(relay: Relay, step: str, moment: str, strike: Callable[[Passing], None]) -> list[str]:
    """Arm *relay* to strike once at the *moment* of *step*; return the list that holds the step once it has."""
    struck: list[str] = []

    def meet(passing: Passing) -> None:
        name = "beacon" if passing.step == "batch 4" else passing.step
        if name == step and not struck and not (name == "hello" and relay.steps.count("hello") < 2):  # the first only fetches a nonce
            struck.append(name)
            strike(passing)

    relay.begin()
    setattr(relay, moment, meet)
    return struck


def _check_healed(world: World, centre: Machine, relay: Relay, struck: list[str], step: str) -> None:
    """Check that the blow fell, and that the next exchange alone leaves both sides with the same, each thing once."""
    assert struck == [step], relay.steps
    relay.begin()
    centre.sync()
    assert world.hq.references() == centre.references(), step
    for table in ("box", "entry"):
        count = f"SELECT count(*) FROM {table} WHERE log IN (SELECT id FROM log WHERE name <> 'hq')"
        assert world.hq.number(count) == centre.number(count), (step, table)
