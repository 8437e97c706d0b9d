"""A copy of a centre's disk runs beside the original: HQ finds it out, and nothing either of them took is lost."""

from __future__ import annotations

import shutil

import pytest

from sync.exchange import Stopped

from tests.faults.filing import Filed
from tests.faults.following import check_sound, file_at
from tests.faults.world import Machine, World


def _clone(world: World, centre: Machine, *parts: str) -> Machine:
    clone = world.add_centre(centre.centre, "clone")
    for part in parts:
        shutil.copytree(centre.folder / part, clone.folder / part)
    return clone


def _settle(world: World, *machines: Machine) -> None:
    """Exchange everywhere and approve whoever asks, as an operator would, until nobody has anything to say."""
    for _ in range(6):
        answers = [_try(machine) for machine in machines]
        if not world.approve() and not any(answers):
            return
    raise AssertionError(f"they do not come to rest: {answers}")


def _try(machine: Machine) -> str:
    try:
        machine.sync()
    except Stopped as error:
        return str(error)
    return ""


def _ids(*filed: Filed) -> set[str]:
    return {one.id for one in filed}


def test_a_clone_with_keys_and_marks_is_a_fork_and_everything_of_both_arrives(world: World) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    filed = file_at(centre, 4, sync=True)
    clone = _clone(world, centre, "data", "keys", "marks")
    of_original = file_at(centre, 3, sync=True)
    of_clone = file_at(clone, 5, sync=False)
    _settle(world, clone, centre)
    assert world.hq.number("SELECT count(*) FROM fork") >= 1
    assert _ids(*filed, *of_original, *of_clone) <= set(world.hq.references())
    assert _ids(*filed, *of_original) <= set(centre.references())
    assert _ids(*filed, *of_clone) <= set(clone.references())
    check_sound(world.hq, centre, clone)


def test_a_clone_shorter_than_the_original_is_told_so_and_begins_a_new_epoch(world: World) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    filed = file_at(centre, 4, sync=True)
    clone = _clone(world, centre, "data", "keys", "marks")
    of_original = file_at(centre, 9, sync=True)
    of_clone = file_at(clone, 2, sync=False)
    _settle(world, clone, centre)
    of_original += file_at(centre, 2, sync=False)
    _settle(world, centre, clone)
    assert _ids(*filed, *of_original, *of_clone) <= set(world.hq.references())
    check_sound(world.hq, centre, clone)


@pytest.mark.parametrize("parts", [("data",), ("data", "keys")], ids=["data-only", "data-and-keys"])
def test_a_copy_of_the_data_without_its_marks_begins_a_new_epoch_at_once(world: World, parts: tuple[str, ...]) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    filed = file_at(centre, 4, sync=True)
    clone = _clone(world, centre, *parts)
    of_original = file_at(centre, 3, sync=False)
    of_clone = file_at(clone, 5, sync=False)
    if "keys" not in parts:
        clone.cfms("enrol", "--token", str(world.hq.cfms("enrol", "--new", "NBI")["token"]))
    _settle(world, clone, centre)
    of_original += file_at(centre, 2, sync=False)
    _settle(world, centre, clone)
    assert _ids(*filed, *of_original, *of_clone) <= set(world.hq.references())
    check_sound(world.hq, centre, clone)
