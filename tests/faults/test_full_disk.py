"""The disk of a centre is full: a plain refusal, nothing accepted suffers, and it goes on by itself when there is room."""

from __future__ import annotations

import errno
import html
import os
from collections.abc import Iterator

import pytest

from appliance.store.sqlite import SqliteDb
from tests.faults.disks import fill, small_disk
from tests.faults.filing import Filed, file_cases, submission, track
from tests.faults.serving import served
from tests.faults.world import Machine, World, wait_until

MEDIUM = 8 * 1024 * 1024  # bytes of the small disk


@pytest.fixture
def centre(world: World) -> Iterator[Machine]:
    """Return the centre NBI with its database on a small disk."""
    (machine,) = world.machines[1:]
    with small_disk(machine.data, MEDIUM):
        yield machine
        machine.kill()


def _file_until_refused(machine: Machine) -> tuple[list[Filed], int, dict[str, object]]:
    shown: list[Filed] = []
    for _ in range(5000):
        sent = submission("It rained into the waiting room. " * 20)
        status, answer = machine.post("/api/v1/feedback", sent)
        if status != 201:
            return shown, status, answer
        shown.append(Filed(sent, answer))
    raise AssertionError("the disk never became full")


def _answers() -> dict[str, str]:
    """Return what the last page of the kiosk sends: everything a citizen has answered."""
    sent = submission("The rain came in, & nobody <ever> answered. " * 60)
    return {
        "at": "review",
        "kind": "complaint",
        "service": "40217",
        "category": "delay",
        "text": sent["text"].strip(),
        "id": sent["id"],
        "code": sent["code"],
    }


def _takes(machine: Machine) -> bool:
    return machine.post("/api/v1/feedback", submission())[0] == 201


def _check_receipts(machine: Machine, shown: list[Filed]) -> None:
    held = machine.references()
    assert [held.get(one.id) for one in shown] == [one.ref for one in shown]


def _check_refusal(status: int, answer: dict[str, object]) -> None:
    assert status == 507
    assert answer["error"] == "StorageFull"
    assert "full" in str(answer["message"])


def test_a_full_disk_refuses_plainly_loses_nothing_and_recovers_by_itself(world: World, centre: Machine) -> None:
    centre.start()
    shown = file_cases(centre, 5)
    filler = fill(centre.data, 200 * 1024)
    more, status, answer = _file_until_refused(centre)
    shown += more
    _check_refusal(status, answer)
    for _ in range(30):
        _check_refusal(*centre.post("/api/v1/feedback", submission("x" * 4000)))
    for one in shown[:: max(1, len(shown) // 20)]:
        assert track(centre, one.code)["ref"] == one.ref
    typed = _answers()
    status, page = centre.send_form("/feedback", typed)
    assert status == 507
    assert "The store is full" in page
    assert all(html.escape(value) in page for value in typed.values())
    filler.unlink()
    wait_until(lambda: _takes(centre), "submissions are taken again", 10)
    status, page = centre.send_form("/feedback", typed)
    assert (status, typed["id"] in centre.references()) == (200, True)
    shown += file_cases(centre, 5)
    centre.stop()
    _check_receipts(centre, shown)
    assert centre.verify()["ok"]
    world.hq.start()
    centre.sync()
    assert centre.references() == world.hq.references()


def test_a_full_disk_and_a_power_cut_together_lose_nothing(centre: Machine) -> None:
    centre.start()
    filler = fill(centre.data, 200 * 1024)
    shown, _, _ = _file_until_refused(centre)
    centre.kill()
    filler.unlink()
    centre.start()
    assert _takes(centre)
    _check_receipts(centre, shown)
    assert centre.verify()["ok"]


def test_a_server_starts_and_answers_on_a_full_disk(centre: Machine) -> None:
    centre.start()
    filler = fill(centre.data, 200 * 1024)
    shown, _, _ = _file_until_refused(centre)
    centre.kill()
    filler = fill(centre.data)
    centre.start()
    _check_refusal(*centre.post("/api/v1/feedback", submission("x" * 4000)))
    assert track(centre, shown[-1].code)["ref"] == shown[-1].ref
    filler.unlink()
    wait_until(lambda: _takes(centre), "submissions are taken again", 10)
    centre.stop()
    _check_receipts(centre, shown)
    assert centre.verify()["ok"]


def test_a_database_that_may_not_grow_refuses_plainly_and_recovers(world: World) -> None:
    """What a full disk looks like to the program, on a machine that lets nobody mount one."""
    (machine,) = world.machines[1:]
    with machine.node() as node, served(node, machine.port):
        shown = file_cases(machine, 3)
        node.store.writer.between(lambda db: _limit(db, 1))
        more, status, answer = _file_until_refused(machine)
        shown += more
        _check_refusal(status, answer)
        assert track(machine, shown[0].code)["ref"] == shown[0].ref
        node.store.writer.between(lambda db: _limit(db, 2**31))
        shown += file_cases(machine, 3)
    _check_receipts(machine, shown)
    assert machine.verify()["ok"]


def _limit(db: object, pages: int) -> None:
    """Let the database grow no further than *pages*, or than it is."""
    assert isinstance(db, SqliteDb)
    db.run(f"PRAGMA max_page_count = {pages}")


def test_a_new_epoch_waits_for_room_for_its_mark_and_no_start_begins_a_second_one(world: World) -> None:
    (machine,) = world.machines[1:]
    with small_disk(machine.marks, 64 * 1024):
        for mark in machine.marks.iterdir():
            mark.unlink()
        filler = fill(machine.marks)
        before = machine.number("SELECT count(*) FROM log WHERE own = 1")
        for _ in range(3):
            assert "full" in str(machine.cfms("status", status=1))
        assert machine.number("SELECT count(*) FROM log WHERE own = 1") == before
        filler.unlink()
        machine.start()
        shown = file_cases(machine, 2)
        machine.kill()
        assert machine.number("SELECT count(*) FROM log WHERE own = 1") == before + 1
        _check_receipts(machine, shown)
        assert machine.verify()["ok"]


def test_a_medium_of_the_marks_that_takes_nothing_shows_no_receipt_until_it_does(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine,) = world.machines[1:]
    sent = [submission() for _ in range(3)]
    with machine.node() as node, served(node, machine.port):
        shown = file_cases(machine, 2)
        with monkeypatch.context() as broken:
            broken.setattr(os, "pwrite", _no_room)
            for one in sent * 3:
                _check_refusal(*machine.post("/api/v1/feedback", one))
        answers = [machine.post("/api/v1/feedback", one) for one in sent]
    assert [status for status, _ in answers] == [200, 201, 201]  # the first was committed before its mark was refused
    shown += [Filed(one, answer) for one, (_, answer) in zip(sent, answers, strict=True)]
    _check_receipts(machine, shown)
    assert machine.verify()["ok"]


def _no_room(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")
