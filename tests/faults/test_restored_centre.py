"""A centre comes back from a backup or a snapshot: a new epoch, and everything that was ever receipted is at both ends."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.faults.filing import Filed, file_cases, track
from tests.faults.following import check_held, check_sound, file_at, reply, texts
from tests.faults.world import Machine, World, wait_until


def _restore(centre: Machine, archive: str) -> None:
    shutil.rmtree(centre.data)
    centre.cfms("restore", archive, "--key-file", str(centre.folder / "paper.key"))


def _refused(centre: Machine) -> str:
    return str(centre.cfms("sync", status=1)["error"])


def _origins(centre: Machine) -> list[str]:
    with centre.read() as db:
        return [row[0] for row in db.all("SELECT origin FROM log WHERE own = 1 ORDER BY id")]


def _lose_keys(centre: Machine) -> None:
    """The machine is gone: a new one has neither keys nor marks, only the archive and the paper key."""
    shutil.rmtree(centre.keys)
    shutil.rmtree(centre.marks)


def test_a_backup_restored_on_a_new_machine_gets_everything_back_that_hq_has(world: World) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    filed = file_at(centre, 6, sync=True)
    tail = file_at(centre, 4, sync=False)  # in the archive, not at HQ
    archive = str(centre.cfms("backup")["path"])
    later = file_at(centre, 5, sync=True)  # at HQ, not in the archive
    reply(world.hq, filed[0].id, "We have written to the counter.")
    centre.sync()
    reply(centre, later[0].id, "Please come back on Monday.")
    centre.sync()
    _restore(centre, archive)
    _lose_keys(centre)
    fresh = file_at(centre, 2, sync=False)  # intake goes on before anybody approves anything
    token = world.hq.cfms("enrol", "--new", "NBI")["token"]
    centre.cfms("enrol", "--token", token)
    assert "approved" in _refused(centre)
    assert len(world.approve()) == 1
    centre.sync()
    everything = filed + tail + later + fresh
    check_held(everything, world.hq, centre)
    assert texts(centre, later[0].code)[-1] == "Please come back on Monday."
    assert texts(centre, filed[0].code)[-1] == "We have written to the counter."
    check_sound(centre, world.hq)
    more = file_at(centre, 2, sync=True)
    reply(world.hq, more[0].id, "Thank you.")
    centre.sync()
    assert texts(centre, more[0].code)[-1] == "Thank you."
    check_sound(centre, world.hq)


def test_a_tail_that_only_the_archive_has_goes_up_under_its_last_signed_note(world: World) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    filed = file_at(centre, 3, sync=True) + file_at(centre, 7, sync=False)
    archive = str(centre.cfms("backup")["path"])
    _restore(centre, archive)
    _lose_keys(centre)
    centre.cfms("enrol", "--token", str(world.hq.cfms("enrol", "--new", "NBI")["token"]))
    world.approve()
    centre.sync()
    check_held(filed, world.hq, centre)
    check_sound(centre, world.hq)


def test_a_backup_restored_beside_its_keys_begins_a_new_epoch_at_once(world: World) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    filed = file_at(centre, 4, sync=True)
    archive = str(centre.cfms("backup")["path"])
    filed += file_at(centre, 3, sync=True)
    _restore(centre, archive)
    before = _origins(centre)
    filed += file_at(centre, 3, sync=False)
    assert len(_origins(centre)) == len(before) + 1
    assert "approved" in _refused(centre)
    world.approve()
    centre.sync()
    check_held(filed, world.hq, centre)
    check_sound(centre, world.hq)


def test_a_backup_restored_without_its_marks_begins_a_new_epoch(world: World) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    filed = file_at(centre, 4, sync=True)
    archive = str(centre.cfms("backup")["path"])
    filed += file_at(centre, 3, sync=True)
    _restore(centre, archive)
    shutil.rmtree(centre.marks)
    assert "approved" in _refused(centre)
    assert world.approve()
    centre.sync()
    check_held(filed, world.hq, centre)
    check_sound(centre, world.hq)


def _snapshot(centre: Machine, folder: Path) -> None:
    for part in ("data", "keys", "marks"):
        shutil.copytree(centre.folder / part, folder / part)


def _put_back(centre: Machine, folder: Path) -> None:
    for part in ("data", "keys", "marks"):
        shutil.rmtree(centre.folder / part)
        shutil.copytree(folder / part, centre.folder / part)


def test_a_whole_snapshot_put_back_with_nothing_new_is_found_out_by_hq(world: World, tmp_path: Path) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    filed = file_at(centre, 4, sync=True)
    _snapshot(centre, tmp_path / "snapshot")
    filed += file_at(centre, 5, sync=True)
    _put_back(centre, tmp_path / "snapshot")
    filed += file_at(centre, 1, sync=False)
    assert "approved" in _refused(centre)
    world.approve()
    centre.sync()
    check_held(filed, world.hq, centre)
    check_sound(centre, world.hq)


def test_a_whole_snapshot_put_back_and_written_to_further_than_hq_has_is_a_fork_and_heals(world: World, tmp_path: Path) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    filed = file_at(centre, 4, sync=True)
    _snapshot(centre, tmp_path / "snapshot")
    lost_here = file_at(centre, 3, sync=True)
    _put_back(centre, tmp_path / "snapshot")
    again = file_at(centre, 9, sync=False)
    assert "approved" in _refused(centre)
    world.approve()
    centre.sync()
    assert world.hq.number("SELECT count(*) FROM fork") == 1
    check_held(filed, world.hq, centre)
    _check_ids(lost_here + again, world.hq, centre)
    check_sound(centre, world.hq)


def _check_ids(filed: list[Filed], *machines: Machine) -> None:
    """Check that everything is there and opens by its code; references of two histories of one series may be equal."""
    for machine in machines:
        held = machine.references()
        assert all(one.id in held for one in filed)


def test_a_snapshot_put_back_while_the_server_runs_on_needs_no_hand_but_the_approval(world: World, tmp_path: Path) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    filed = file_at(centre, 4, sync=True)
    _snapshot(centre, tmp_path / "snapshot")
    filed += file_at(centre, 3, sync=True)
    _put_back(centre, tmp_path / "snapshot")
    centre.extra["sync"] = "backoff_max_seconds = 2\n"
    centre.configure()
    centre.start()
    fresh = file_cases(centre, 6)
    wait_until(lambda: bool(world.hq.cfms("enrol")["pending"]), "the new epoch asks", every=0.3)
    world.approve()
    wait_until(lambda: all(one.id in world.hq.references() for one in fresh), "HQ has everything", every=0.5)
    wait_until(lambda: all(one.id in centre.references() for one in filed), "the centre has everything", every=0.5)
    assert track(centre, filed[0].code)["ref"] == filed[0].ref
    centre.stop()
    check_sound(centre, world.hq)
