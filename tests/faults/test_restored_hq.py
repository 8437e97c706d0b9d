"""Headquarters comes back from yesterday: the centres give it back what it lost, and its own dead logs are begun anew."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.faults.filing import file_cases
from tests.faults.following import check_held, check_sound, file_at, reply, texts
from tests.faults.world import Machine, World, wait_until


def _keep(hq: Machine, folder: Path) -> None:
    """Keep a copy of HQ's database as it is tonight."""
    hq.stop()
    shutil.copytree(hq.data, folder)
    hq.start()


def _put_back(hq: Machine, folder: Path) -> None:
    """Put HQ's database of yesterday back; its keys and marks lie elsewhere and are today's."""
    hq.stop()
    shutil.rmtree(hq.data)
    shutil.copytree(folder, hq.data)


def test_leaves_that_hq_lost_are_sent_again_and_nothing_is_lost(world: World, tmp_path: Path) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    filed = file_at(centre, 4, sync=True)
    _keep(world.hq, tmp_path / "kept")
    filed += file_at(centre, 5, sync=True)
    reply(centre, filed[-1].id, "Come on Monday.")
    centre.sync()
    _put_back(world.hq, tmp_path / "kept")
    world.hq.start()
    assert world.hq.cases() == 4
    centre.sync()
    filed += file_at(centre, 2, sync=True)
    check_held(filed, world.hq, centre)
    assert texts(world.hq, filed[8].code)[-1] == "Come on Monday."
    assert world.hq.number("SELECT count(*) FROM fork") == 0
    check_sound(world.hq, centre)


def test_replies_that_hq_lost_come_back_from_the_centre_and_new_ones_arrive(world: World, tmp_path: Path) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    filed = file_at(centre, 3, sync=True)
    reply(world.hq, filed[0].id, "Before.")
    centre.sync()
    _keep(world.hq, tmp_path / "kept")
    reply(world.hq, filed[0].id, "Lost at HQ.")
    reply(world.hq, filed[1].id, "Lost at HQ too.")
    centre.sync()
    _put_back(world.hq, tmp_path / "kept")
    world.hq.cfms("init")  # a new key note, signed by the root key out of the safe
    world.hq.start()
    centre.sync()
    reply(world.hq, filed[2].id, "After.")
    centre.sync()
    filed += file_at(centre, 1, sync=True)
    for machine in (world.hq, centre):
        assert texts(machine, filed[0].code)[1:] == ["Before.", "Lost at HQ."]
        assert texts(machine, filed[1].code)[1:] == ["Lost at HQ too."]
        assert texts(machine, filed[2].code)[1:] == ["After."]
    check_held(filed, world.hq, centre)
    check_sound(world.hq, centre)


def test_a_centre_enrolled_after_the_copy_was_made_is_known_again(world: World, tmp_path: Path) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    filed = file_at(centre, 3, sync=True)
    _keep(world.hq, tmp_path / "kept")
    other = world.add_centre("MSA")
    other.cfms("init")
    world.enrol(other)
    centre.sync()
    of_other = file_at(other, 3, sync=True)
    reply(world.hq, of_other[0].id, "We are on it.")
    other.sync()
    _put_back(world.hq, tmp_path / "kept")
    world.hq.cfms("init")
    world.hq.start()
    centre.sync()  # brings back the log in which MSA was approved
    other.sync()
    of_other += file_at(other, 2, sync=True)
    check_held(filed + of_other, world.hq)
    check_held(of_other, other)
    assert texts(world.hq, of_other[0].code)[-1] == "We are on it."
    check_sound(world.hq, centre, other)


def test_a_restored_hq_recovers_while_the_centres_servers_simply_run_on(world: World, tmp_path: Path) -> None:
    (centre,) = world.machines[1:]
    centre.extra["sync"] = "backoff_max_seconds = 2\n"
    centre.configure()
    world.hq.start()
    centre.start()
    filed = file_cases(centre, 5)
    wait_until(lambda: world.hq.cases() == 5, "HQ has the first", every=0.2)
    _keep(world.hq, tmp_path / "kept")
    filed += file_cases(centre, 5)
    wait_until(lambda: world.hq.cases() == 10, "HQ has the second", every=0.2)
    _put_back(world.hq, tmp_path / "kept")
    world.hq.start()
    filed += file_cases(centre, 2)
    wait_until(lambda: world.hq.cases() == 12, "HQ has everything again", every=0.2)
    centre.stop()
    check_held(filed, world.hq, centre)
    check_sound(world.hq, centre)
