"""What a centre's staff are told of the exchange: the truth, and what to do."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from appliance.domain import events as ev
from appliance.domain.errors import NotAllowed
from appliance.usecases import enrol_centre, facts, run_exchange
from appliance.usecases.backup import back_up, make_backup_key
from appliance.usecases.confirm_time import TimeNotSet, confirm_time, time_in_doubt
from appliance.usecases.terminals import hear
from tests.desk.colleague import Colleague
from tests.factories import MANAGER, OFFICER, Site, World


def test_what_is_owed_and_why_is_shown(world: World, centre: Site, amina: Colleague) -> None:
    world.file(centre)
    world.file(centre)
    page = amina.read("/desk/sync")
    assert "2 entries not yet at headquarters" in page.text
    assert "Why: Waiting for the next exchange." in page.text


def test_exchange_now_does_so_and_says_that_it_went_well(world: World, centre: Site, amina: Colleague) -> None:
    world.file(centre)
    with patch.object(run_exchange, "link_to_hq", lambda _: world.loop(centre)):
        page = amina.follow(amina.send("/desk/sync", "/sync/now"))
    assert "Exchanged" in page.text
    assert "0 entries not yet at headquarters" in page.text
    assert world.hq.number("SELECT count(*) FROM case_state") == 1


def test_a_dead_line_is_said_in_words_and_nothing_is_lost(world: World, centre: Site, amina: Colleague) -> None:
    world.file(centre)
    world.loop(centre).down = True
    with patch.object(run_exchange, "link_to_hq", lambda _: world.loop(centre)):
        page = amina.follow(amina.send("/desk/sync", "/sync/now"))
    assert "Headquarters cannot be reached." in page.text
    assert "1 entry not yet at headquarters" in page.text
    assert "Makao makuu" in amina.read("/desk/sync?lang=sw").text


def test_a_centre_that_was_never_let_in_is_told_how(world: World) -> None:
    lone = world.centre("MSA", enrolled=False)
    assert "not enrolled yet" in Colleague(lone, "amina", "officer").read("/desk/sync").text


def test_a_centre_that_was_shut_out_reads_why(world: World, centre: Site, amina: Colleague) -> None:
    enrol_centre.revoke(world.hq.node, centre.origin, "the appliance was stolen")
    page = amina.read("/desk/sync")
    centre.node.store.write(lambda db: facts.put(db, f"closed/{centre.origin}", "the appliance was stolen"))
    page = amina.read("/desk/sync")
    assert "Headquarters has closed this log" in page.text
    assert "the appliance was stolen" in page.text


def test_terminals_are_shown_with_what_waits_on_them(world: World, centre: Site, amina: Colleague) -> None:
    assert "Terminals" not in amina.read("/desk/sync").text
    hear(centre.node, "K2", 3, 0)
    world.watch.pass_time(300)
    hear(centre.node, "K1", 0, 0)
    page = amina.read("/desk/sync")
    assert "K1 just now 0 0 K2 5 minutes ago 3 0" in page.text
    assert "could not be registered" not in page.text
    hear(centre.node, "K2", 0, 1)
    assert "could not be registered" in amina.read("/desk/sync").text


def test_the_last_backup_is_named(world: World, centre: Site, amina: Colleague) -> None:
    assert "there is none yet" in amina.read("/desk/sync").text
    make_backup_key(centre.node.keyring)
    backups = centre.node.settings.backup
    back_up(centre.node.store, centre.node.keyring, backups.dir, centre.node.clock.read().ts, backups.keep_days)
    assert "there is none yet" not in amina.read("/desk/sync").text


def test_who_answers_nobody_cannot_start_an_exchange(centre: Site) -> None:
    auditor = Colleague(centre, "otieno", "auditor")
    page = auditor.read("/desk/sync")
    assert page.status == 200
    assert not page.has_form("/sync/now")
    forged = page.form("/staff/logout")
    forged.action = "/desk/sync/now"
    assert auditor.post(forged).status == 403


class TestTheTime:
    def test_a_step_is_doubted_until_a_manager_confirms_it(self, world: World, centre: Site, amina: Colleague, manager: Colleague) -> None:
        world.watch.jump(3 * 3600)
        world.file(centre)
        for one in (amina, manager):  # the jump has ended every session
            one.log_in()
        page = amina.read("/desk/sync")
        assert "has jumped" in page.text
        assert not page.has_form("/sync/time")
        done = manager.follow(manager.send("/desk/sync", "/sync/time"))
        assert "The time is confirmed" in done.text
        assert "has jumped" not in done.text
        confirmed = [event for event in centre.events() if isinstance(event, ev.ClockConfirmed)]
        assert [event.source for event in confirmed] == ["manager"]

    def test_a_step_that_is_not_yet_in_the_journal_counts_too_and_goes_in_before_the_confirmation(self, world: World, centre: Site) -> None:
        world.watch.jump(-3 * 3600)
        assert time_in_doubt(centre.node) == "step"
        confirm_time(centre.node, MANAGER)
        assert time_in_doubt(centre.node) == ""
        assert [type(event) for event in centre.events()][-2:] == [ev.ClockStepped, ev.ClockConfirmed]

    def test_headquarters_beacon_confirms_it_as_well(self, world: World, centre: Site) -> None:
        world.watch.jump(3 * 3600)
        world.file(centre)
        assert time_in_doubt(centre.node) == "step"
        world.sync(centre)
        assert time_in_doubt(centre.node) == ""

    def test_an_officer_cannot_confirm_it(self, centre: Site) -> None:
        with pytest.raises(NotAllowed):
            confirm_time(centre.node, OFFICER)

    def test_a_clock_that_was_never_set_cannot_be_confirmed(self, world: World, centre: Site, manager: Colleague) -> None:
        world.watch.jump(-float(world.watch.now) + 3600)
        assert time_in_doubt(centre.node) == "unset"
        with pytest.raises(TimeNotSet):
            confirm_time(centre.node, MANAGER)
