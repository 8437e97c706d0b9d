"""Several processes of headquarters over one PostgreSQL: what they do at once to one case comes out as one story."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from appliance.journal.entries import Entry
from appliance.projections import cases
from appliance.store.db import Db
from appliance.usecases.answer_case import reply_to_citizen
from appliance.usecases.follow_case import write_again
from tests.factories import HQ_OFFICER, Site, row_of, world_in


def at_once(*acts: Callable[[], object]) -> None:
    """Run *acts* in threads that start together; each must end well."""
    barrier, failures = threading.Barrier(len(acts)), list[BaseException]()

    def run(act: Callable[[], object]) -> None:
        barrier.wait(10)
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - looked at below
            failures.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert not failures


def test_what_two_processes_take_in_of_one_case_at_once_is_the_fold_of_both(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world_in(tmp_path, postgres_url) as world:
        centre = world.centre("NBI")
        receipt = world.file(centre)
        world.sync(centre)
        write_again(centre.node, receipt.code, world.mint.id(), "still waiting", "kiosk")
        second = Site(world.hq.folder, "hq", url=postgres_url, watch=world.watch)
        world.sites.append(second)
        answered = threading.Event()
        read = cases.case_entries

        def read_slowly(db: Db, case: str) -> list[Entry]:
            """Let the other process come in between reading the case's events and writing what they make of it."""
            found = read(db, case)
            if threading.current_thread() is world.hq.node.store.writer._thread:
                answered.wait(2)
            return found

        def answer() -> None:
            reply_to_citizen(second.node, receipt.id, HQ_OFFICER, "It is being repaired.")
            answered.set()

        monkeypatch.setattr(cases, "case_entries", read_slowly)
        at_once(partial(world.sync, centre), answer)
        monkeypatch.undo()
        assert world.hq.number("SELECT count(*) FROM event WHERE subject = :id", id=receipt.id) == 3
        assert world.hq.verify() == ""
        world.sync(centre)
        assert row_of(centre, receipt.id) == row_of(second, receipt.id)
