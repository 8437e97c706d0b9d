"""The disk of a centre is full: a plain refusal, nothing accepted suffers, and it goes on by itself when there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.filing import Filed, file_cases, submission, track
from tests.faults.world import Machine, World, wait_until

MEDIUM = 8 * 1024 * 1024  # bytes of the small disk


@pytest.fixture
def centre(world: World) -> Iterator[Machine]:
    """Return the centre NBI with its database on a disk of 8 MiB, which is unmounted afterwards."""
    (machine,) = world.machines[1:]
    kept = machine.data.with_name("data.kept")
    machine.data.rename(kept)
    machine.data.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEDIUM}", "tmpfs", str(machine.data)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk needs root and a kernel that lets it mount one")
    try:
        shutil.copytree(kept, machine.data, dirs_exist_ok=True)
        yield machine
    finally:
        machine.kill()
        subprocess.run(["umount", "-l", str(machine.data)], check=True)


def _fill(machine: Machine, leave: int) -> Path:
    """Fill the disk but for *leave* bytes; return the file to delete when there is to be room again."""
    filler = machine.data / "filler"
    free = shutil.disk_usage(machine.data).free
    with filler.open("wb") as file:
        for _ in range(max(0, free - leave) // 4096):
            file.write(b"\0" * 4096)
    return filler


def _file_until_refused(machine: Machine) -> tuple[list[Filed], int, dict[str, object]]:
    shown: list[Filed] = []
    for _ in range(5000):
        sent = submission("It rained into the waiting room. " * 20)
        status, answer = machine.post("/api/v1/feedback", sent)
        if status != 201:
            return shown, status, answer
        shown.append(Filed(sent, answer))
    raise AssertionError("the disk never became full")


def _refused(machine: Machine) -> bool:
    return machine.post("/api/v1/feedback", submission())[0] != 201


def test_a_full_disk_refuses_plainly_loses_nothing_and_recovers_by_itself(world: World, centre: Machine) -> None:
    centre.start()
    shown = file_cases(centre, 5)
    filler = _fill(centre, 200 * 1024)
    more, status, answer = _file_until_refused(centre)
    shown += more
    assert status == 507
    assert answer["error"] == "StorageFull"
    assert "full" in str(answer["message"])
    for _ in range(30):
        assert centre.post("/api/v1/feedback", submission("x" * 4000))[0] == 507
    for one in shown[:: max(1, len(shown) // 20)]:
        assert track(centre, one.code)["ref"] == one.ref
    filler.unlink()
    wait_until(lambda: not _refused(centre), "submissions are taken again", 10)
    shown += file_cases(centre, 5)
    held = centre.references()
    assert [held.get(one.id) for one in shown] == [one.ref for one in shown]
    centre.stop()
    assert centre.verify()["ok"]
    world.hq.start()
    centre.sync()
    assert centre.references() == world.hq.references()


def test_a_full_disk_and_a_power_cut_together_lose_nothing(centre: Machine) -> None:
    centre.start()
    filler = _fill(centre, 200 * 1024)
    shown, _, _ = _file_until_refused(centre)
    centre.kill()
    filler.unlink()
    centre.start()
    assert not _refused(centre)
    held = centre.references()
    assert [held.get(one.id) for one in shown] == [one.ref for one in shown]
    assert centre.verify()["ok"]
