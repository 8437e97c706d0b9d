"""A restored headquarters cosigns nothing below what it cosigned before, whoever hides the proof of it (spec log §3)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sync.exchange import Stopped

from appliance.usecases.read_case import find_by_code
from tests.factories import Site, World, world_in


def acked(world: World, origin: str) -> int:
    return world.hq.number("SELECT acked FROM log WHERE origin = :origin", origin=origin)


def test_a_copy_of_a_centre_gets_no_cosignature_from_a_headquarters_of_yesterday(tmp_path: Path) -> None:
    with world_in(tmp_path) as world:
        centre = world.centre("NBI")
        world.file(centre, "both know this")
        world.sync(centre)
        world.hq.close()
        shutil.copytree(world.hq.data, tmp_path / "yesterday")
        centre.close()
        shutil.copytree(centre.folder, tmp_path / "copy")
        receipt = world.file(centre, "cosigned today")
        world.sync(centre)
        origin, size = centre.origin, acked(world, centre.origin)

        world.hq.close()
        shutil.rmtree(world.hq.data)
        shutil.copytree(tmp_path / "yesterday", world.hq.data)
        assert acked(world, origin) < size

        copy = Site(tmp_path / "copy", "centre", "NBI", watch=world.watch)
        world.sites.append(copy)
        world.file(copy, "never said, or not so")
        with pytest.raises(Stopped, match="did not send"):
            world.sync(copy)
        assert acked(world, origin) < size

        with pytest.raises(Stopped):  # two histories under one key: the log is frozen, and a new epoch waits to be approved
            world.sync(centre)
        world.approve()
        world.sync(centre)
        assert find_by_code(world.hq.node, receipt.code).lines[0].text == "cosigned today"
        assert world.hq.verify() == ""
