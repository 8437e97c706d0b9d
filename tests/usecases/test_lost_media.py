"""Photos that a centre or headquarters lost come back from the other side, with everything else that was lost."""

from __future__ import annotations

import pytest

from sync.exchange import Stopped

from appliance.usecases import logs
from appliance.usecases.epochs import begin_epoch
from appliance.usecases.re_enter import set_aside
from tests.factories import World
from tests.usecases.test_keeping_keys import Safe, safe
from tests.usecases.test_media import HERE, chunks, filed, shown, states
from tests.usecases.test_restored_hq import kept

__all__ = ["safe"]  # a fixture


def test_an_archive_brings_them_back_and_what_came_after_it_is_fetched(world: World, safe: Safe) -> None:
    centre = safe.site
    before = filed(world, centre)
    world.sync(centre)
    archive = safe.keep()
    after = filed(world, centre)
    world.sync(centre)
    held = chunks(centre)
    safe.put_back(archive)
    with pytest.raises(Stopped, match="approved"):
        world.sync(centre)
    world.approve()
    world.sync(centre)
    assert states(centre, before) == states(centre, after) == HERE
    assert chunks(centre) == held
    assert [centre.verify(), world.hq.verify()] == ["", ""]


def test_headquarters_that_was_put_back_gets_a_centres_photos_again(world: World) -> None:
    centre = world.centre("NBI")
    with kept(world):
        receipt = filed(world, centre)
        world.sync(centre)
    world.sync(centre)
    assert states(world.hq, receipt) == HERE
    assert [centre.verify(), world.hq.verify()] == ["", ""]


def test_headquarters_that_was_put_back_gets_its_own_photos_back_from_the_centre(world: World) -> None:
    centre = world.centre("NBI")
    with kept(world):
        receipt = filed(world, world.hq, centre="NBI", channel="web")
        world.sync(centre)
    world.sync(centre)
    assert [status for _, path, status in world.loop(centre).asked if path == "/sync/v1/return"][:2] == [424, 200]
    world.sync(centre)
    assert states(world.hq, receipt) == states(centre, receipt) == HERE
    assert shown(centre, receipt)[1][:2] == b"\xff\xd8"
    assert [centre.verify(), world.hq.verify()] == ["", ""]


def test_a_history_that_was_set_aside_goes_up_again_with_its_photos(world: World) -> None:
    centre = world.centre("NBI")
    receipt = filed(world, centre)
    with centre.node.store.read() as db:
        old = logs.by_id(db, centre.node.journal.own_log)
    begin_epoch(centre.node, "NBI", "rolled-back")
    set_aside(centre.node, old)
    with pytest.raises(Stopped, match="approved"):
        world.sync(centre)
    world.approve()
    world.sync(centre)
    assert states(world.hq, receipt) == states(centre, receipt) == HERE
    assert [centre.verify(), world.hq.verify()] == ["", ""]
