"""Either side killed while chunks of photos go up: what went up stays up, the rest follows, and every photo opens."""

from __future__ import annotations

import io
import subprocess
from contextlib import suppress

import pytest
from PIL import Image

from sync.batch import read_batch
from sync.link import LinkDown

from appliance.usecases.media import Upload
from appliance.usecases.open_case import Submission, open_case
from appliance.usecases.run_exchange import run_exchange
from tests.faults.filing import submission
from tests.faults.following import check_sound
from tests.faults.relay import Passing, Relay, relay_to
from tests.faults.world import Machine, World


@pytest.fixture
def busy(world: World) -> Machine:
    """Return the centre with two cases of a photo of several chunks each, not exchanged."""
    (centre,) = world.machines[1:]
    out = io.BytesIO()
    Image.effect_noise((1600, 1200), 80).save(out, "JPEG", quality=70)
    with centre.node() as node:
        for _ in range(2):
            open_case(node, Submission(**submission(), files=(Upload(kind="photo", data=out.getvalue()),)))
    return centre


@pytest.mark.parametrize("side", ["centre", "headquarters"])
@pytest.mark.parametrize("moment", ["asked", "answered"])
def test_either_side_killed_while_chunks_go_up_loses_and_doubles_nothing(world: World, busy: Machine, side: str, moment: str) -> None:
    world.hq.start()
    with relay_to(world.hq.port) as relay:
        busy.hq_url = f"http://127.0.0.1:{relay.port}"
        busy.configure()
        carried: list[bytes] = []
        running: list[subprocess.Popen[bytes]] = []

        def count(passing: Passing) -> None:
            if passing.step.startswith("batch") and passing.status == 200:
                carried.extend(hashed for hashed, _ in read_batch(passing.body).objects)

        def strike(passing: Passing) -> None:
            count(passing)
            if passing.step == "batch 2" and read_batch(passing.body).only_objects:
                if side == "centre":
                    running[0].kill()
                else:
                    world.hq.kill()
                    passing.cut = True

        relay.answered = count
        setattr(relay, moment, strike)
        _exchange(busy, running, side)
        _heal(world, busy, relay, count)
    chunks = busy.number("SELECT count(*) FROM chunk")
    assert chunks > 4
    assert world.hq.number("SELECT count(*) FROM object WHERE claimed = 1") == chunks
    assert len(carried) <= chunks + 2  # what was in the air goes again, nothing else does
    check_sound(world.hq, busy)


def _exchange(centre: Machine, running: list[subprocess.Popen[bytes]], side: str) -> None:
    """Exchange until one side falls."""
    if side == "centre":
        running.append(centre.begin("sync"))
        running[0].wait(60)
        return
    with centre.node() as node, suppress(LinkDown):
        run_exchange(node)


def _heal(world: World, centre: Machine, relay: Relay, count: object) -> None:
    """Bring back what fell, and exchange once more without anybody in the way."""
    if world.hq.process is None:
        world.hq.start()
    relay.begin()
    relay.answered = count  # type: ignore[assignment]
    centre.sync()
