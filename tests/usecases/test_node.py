"""Acts and the change of epochs: whoever is caught by it goes on in the new log, or is told so in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.domain import events as ev
from appliance.domain.errors import SigningStopped
from appliance.journal.journal import Tx
from appliance.usecases.epochs import begin_epoch
from appliance.usecases.node import new_id
from tests.factories import Site, World, world_in


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path) as one:
        yield one


def beacon(tx: Tx, log: int | None) -> None:
    tx.append(ev.Beacon(id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, hq_time=1, hq_head=""), log=log)


@pytest.fixture
def changed(world: World) -> tuple[Site, int, int]:
    """Return a centre that has begun a new epoch, the row ids of the old log and of the new one."""
    centre = world.centre("NBI")
    old = centre.node.journal.own_log
    return centre, old, begin_epoch(centre.node, "NBI", "rotation").id


@pytest.mark.parametrize("noticed", [False, True])
def test_an_act_that_meets_the_end_of_its_epoch_goes_into_the_next_one(changed: tuple[Site, int, int], *, noticed: bool) -> None:
    centre, old, new = changed
    journal, logs = centre.node.journal, list[int]()

    def act(tx: Tx) -> None:
        logs.append(journal.own_log)
        try:
            beacon(tx, journal.own_log)
        finally:
            if noticed:
                journal.own_log = new  # the thread of the exchange, which began it, says so in this very moment

    journal.own_log = old
    centre.node.perform(act)
    assert logs == [old, new]


def test_an_act_for_a_log_that_nothing_followed_is_refused_in_a_sentence(changed: tuple[Site, int, int]) -> None:
    centre, old, new = changed
    with pytest.raises(SigningStopped, match="cannot register"):
        centre.node.perform(lambda tx: beacon(tx, old))
    assert centre.node.journal.own_log == new
