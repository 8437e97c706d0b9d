"""What runs by itself: the table of jobs, and an exchange that comes as soon as a lost link is back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec import structs
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from appliance import jobs
from appliance.jobs import TABLE, Jobs
from appliance.settings import SyncSettings
from appliance.usecases.set_up import publish_catalogue
from appliance.wiring import create_app
from tests.factories import Site, World, world_in

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PATIENCE = 30.0  # seconds


@contextmanager
def served(app: WSGIApplication, port: int = 0) -> Iterator[int]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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
