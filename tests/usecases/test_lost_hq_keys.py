"""Headquarters' key folder is lost: new keys under the old root, new epochs of its logs, and every centre follows by itself."""

from __future__ import annotations

import shutil
from pathlib import Path

from appliance.usecases.answer_case import reply_to_citizen
from appliance.usecases.set_up import set_up_hq
from tests.factories import HQ_OFFICER, world_in
from tests.usecases.looking import texts


def test_centres_follow_a_headquarters_that_lost_every_key_but_the_root(tmp_path: Path) -> None:
    with world_in(tmp_path) as world:
        centre = world.centre("NBI")
        before = world.file(centre, "before the fire")
        world.sync(centre)
        world.watch.pass_time(3600)
        world.hq.close()
        shutil.rmtree(world.hq.keys)
        shutil.rmtree(world.hq.marks)

        hq = world.hq.node
        assert any("new epochs begin" in said for said in world.hq.warned)
        assert any("sign headquarters' keys again" in said for said in world.hq.warned)
        set_up_hq(hq, world.roots)
        after = world.file(centre, "after the fire")
        reply_to_citizen(hq, before.id, HQ_OFFICER, "We are still here.")
        world.sync(centre)
        world.sync(centre)

        assert texts(world.hq, before.code) == ["before the fire", "We are still here."]
        assert texts(centre, before.code) == ["before the fire", "We are still here."]
        assert texts(world.hq, after.code) == ["after the fire"]
        assert (world.hq.verify(), centre.verify()) == ("", "")
