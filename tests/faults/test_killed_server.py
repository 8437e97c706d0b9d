"""SIGKILL the server while eight citizens file without pause: every receipt that was shown is true afterwards."""

from __future__ import annotations

import random
import time

from tests.faults.filing import Crowd, Filed, track
from tests.faults.world import World, soak

ROUNDS = 500 if soak() else 50


def test_every_receipt_that_was_shown_is_true_after_fifty_kills_under_load(world: World) -> None:
    (centre,) = world.machines[1:]
    shown: list[Filed] = []
    for _ in range(ROUNDS):
        centre.start()
        crowd = Crowd(centre.port)
        time.sleep(random.uniform(0.05, 0.2))
        centre.kill()
        crowd.stop()
        assert not crowd.refused
        shown += crowd.filed
    assert len(shown) > ROUNDS * 4
    held = centre.references()
    assert [one.ref for one in shown] == [held.get(one.id) for one in shown]
    assert len(set(held.values())) == len(held)
    assert centre.verify()["ok"]
    centre.start()
    for one in random.sample(shown, 20):
        assert track(centre, one.code)["ref"] == one.ref
