"""What runs by itself: the table of jobs, and an exchange that comes as soon as a lost link is back."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs
from werkzeug.wrappers import Response

from appliance import jobs
from appliance.jobs import TABLE, Jobs, last_turn
from appliance.journal import objects
from appliance.settings import ErasureSettings, SyncSettings
from appliance.usecases.backup import backups, make_backup_key
from appliance.usecases.node import Node
from appliance.usecases.set_up import publish_catalogue
from appliance.wiring import create_app
from tests.factories import Site, World, world_in
from tests.serving import served

PATIENCE = 30.0  # seconds


def wait_until(world: World, receipt: str) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if world.hq.number("SELECT count(*) FROM case_state WHERE id = :id", id=receipt):
            return True
        time.sleep(0.05)
    return False


def test_every_job_has_a_name_of_its_own_and_a_reason() -> None:
    assert len({job.id for job in TABLE}) == len(TABLE)
    assert all(job.why and job.roles for job in TABLE)


def test_a_catalogue_that_a_command_published_beside_the_server_is_used_by_it(tmp_path: Path) -> None:
    with world_in(tmp_path) as world:
        server, beside = world.hq, Site(world.hq.folder, "hq", watch=world.watch)
        world.sites.append(beside)
        before = server.node.catalogue.version
        publish_catalogue(beside.node, structs.replace(beside.node.catalogue, version=before + 1))
        job = next(job for job in TABLE if job.id == "catalogue")
        Jobs(server.node)._guarded(job)
        assert server.node.catalogue.version == before + 1


def test_a_link_that_comes_back_is_used_at_once_however_long_the_next_try_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "WATCH_SECONDS", 1)
    with world_in(tmp_path) as world:
        centre = world.centre("NBI")
        receipt = world.file(centre)
        with served(Response()) as port:
            pass  # nobody takes connections there any more
        centre.sync = SyncSettings(hq_url=f"http://127.0.0.1:{port}", backoff_min_seconds=600, backoff_max_seconds=3600)
        runner = Jobs(centre.reopen())
        runner.start()
        try:
            assert runner.exchange_now() != ""
            with served(create_app(world.hq.node), port):
                assert wait_until(world, receipt.id)
        finally:
            runner.stop()


def test_a_headquarters_that_answers_not_now_is_not_knocked_at_again(tmp_path: Path) -> None:
    with world_in(tmp_path) as world, served(Response("not now\n", 503)) as port:
        centre = world.centre("NBI")
        world.file(centre)
        centre.sync = SyncSettings(hq_url=f"http://127.0.0.1:{port}")
        runner = Jobs(centre.reopen())
        assert runner.exchange_now() == "answer 503"
        planned = [job.next_run_time if hasattr(job, "next_run_time") else job.trigger.run_date for job in runner._scheduler.get_jobs()]
        runner._watch_link()
        assert [job.trigger.run_date for job in runner._scheduler.get_jobs()] == planned


NAIROBI = ZoneInfo("Africa/Nairobi")


@pytest.mark.parametrize(
    ("now", "turn"),
    [
        (datetime(2026, 11, 24, 2, 0, tzinfo=NAIROBI), datetime(2026, 11, 24, 2, 0, tzinfo=NAIROBI)),
        (datetime(2026, 11, 24, 23, 59, tzinfo=NAIROBI), datetime(2026, 11, 24, 2, 0, tzinfo=NAIROBI)),
        (datetime(2026, 11, 25, 1, 59, tzinfo=NAIROBI), datetime(2026, 11, 24, 2, 0, tzinfo=NAIROBI)),
    ],
)
def test_what_is_done_daily_has_its_turn_at_an_hour_of_the_centres_own_clock(now: datetime, turn: datetime) -> None:
    assert last_turn(int(now.timestamp()), 2, NAIROBI) == int(turn.timestamp())


def run(site: Site, job: str) -> None:
    Jobs(site.node)._guarded(next(one for one in TABLE if one.id == job))


def test_an_archive_is_made_once_a_day_and_after_a_night_in_which_the_machine_was_off(tmp_path: Path) -> None:
    with world_in(tmp_path) as world:
        centre = world.centre("NBI")
        folder, kept = centre.node.settings.backup.dir, []
        make_backup_key(centre.node.keyring)
        for hours in (0, 6, 11, 40):  # Tuesday 10:00 and 16:00, Wednesday 03:00, Thursday 19:00
            world.watch.pass_time(hours * 3600)
            run(centre, "backup")
            kept.append(len(backups(folder)))
        assert kept == [1, 1, 2, 3]


def test_an_archive_of_a_time_to_come_does_not_stand_for_todays(tmp_path: Path) -> None:
    with world_in(tmp_path) as world:
        centre = world.centre("NBI")
        make_backup_key(centre.node.keyring)
        world.watch.jump(400 * 86400)
        run(centre, "backup")
        world.watch.jump(-400 * 86400)
        run(centre, "backup")
        assert int(world.watch.now) in {one.made_at for one in backups(centre.node.settings.backup.dir)}


def test_the_nightly_check_is_made_once_a_night_and_caught_up_with_in_the_morning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Node] = []

    def check(node: Node) -> str:
        done.append(node)
        return ""

    monkeypatch.setattr(jobs, "check_node", check)
    with world_in(tmp_path) as world:
        for hours, checks in ((0, 1), (5, 1), (24, 2), (24, 3)):
            world.watch.pass_time(hours * 3600)
            run(world.hq, "verify")
            assert len(done) == checks


def test_what_no_case_claims_goes_after_the_days_that_the_settings_say(tmp_path: Path) -> None:
    with world_in(tmp_path) as world:
        node = world.hq.node
        node.settings = replace(node.settings, erasure=ErasureSettings(unclaimed_days=3))
        node.store.write(lambda db: objects.put(db, [(b"h" * 32, b"photo")], world.watch.clock().read().ts))
        for days, there in ((2.9, True), (0.2, False)):
            world.watch.pass_time(days * 86400)
            run(world.hq, "purge")
            with node.store.read() as db:
                assert objects.have(db, b"h" * 32) is there


def test_the_write_ahead_log_is_tried_again_as_often_as_the_settings_say(tmp_path: Path) -> None:
    with world_in(tmp_path) as world:
        node = world.hq.node
        node.settings = replace(node.settings, erasure=ErasureSettings(retry_seconds=7))
        runner = Jobs(node)
        runner.start()
        try:
            assert runner._scheduler.get_job("scrub").trigger.interval == timedelta(seconds=7)
        finally:
            runner.stop()


def test_contact_details_whose_time_is_over_go_once_a_night_and_a_backlog_turn_by_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[bool] = []

    def expire(_: Node) -> bool:
        turns.append(len(turns) > 0)
        return turns[-1]

    monkeypatch.setattr(jobs, "expire_contacts", expire)
    with world_in(tmp_path) as world:
        run = next(job for job in TABLE if job.id == "expire").run
        for _ in range(3):
            run(world.hq.node)  # what the first leaves undone the second does; the third has no turn
        assert turns == [False, True]
        world.watch.pass_time(86_400)
        run(world.hq.node)
        assert turns == [False, True, True]
        world.watch.jump(-10 * 86_400)  # done in a time to come: the clock was wrong
        run(world.hq.node)
        assert len(turns) == 4
