"""Contact details and tickets go by themselves when the promised time is over, everywhere, bit by bit, and never by a doubted clock."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from appliance.domain import events as ev
from appliance.domain.consent import code_for, days_of
from appliance.journal import boxes
from appliance.projections import cases
from appliance.settings import ErasureSettings
from appliance.store.db import Db
from appliance.usecases import expire_contacts as expiry
from appliance.usecases.enrol_centre import revoke
from appliance.usecases.expire_contacts import consent, expire_contacts
from appliance.usecases.follow_case import withdraw_case
from appliance.usecases.open_case import Receipt
from appliance.usecases.rate import Rating, rate
from tests.factories import Site, World

DAY = 86_400
LEFT = {"name": "Njeri Wa Mfano", "phone": "+254700000001", "email": "njeri@example.org", "ticket": "B-417"}


@pytest.fixture
def centre(world: World) -> Site:
    return world.centre("NBI")


def ended(world: World, site: Site, **more: Any) -> Receipt:
    """File a case with contact details and let it end at once."""
    receipt = world.file(site, **{**LEFT, "consent": code_for(90), **more})
    withdraw_case(site.node, receipt.code, world.mint.id(), "web")
    return receipt


def held(site: Site, event: str) -> dict[str, str]:
    """Return the values that *site* can still read of *event*, but for receipt and text."""

    def read(db: Db) -> dict[str, bytes]:
        row = db.one("SELECT e.log, e.idx, l.bound FROM event e JOIN log l ON l.id = e.log WHERE e.id = :id", id=event)
        assert row is not None
        origin = next((e.origin for e in cases.case_entries(db, event)), row[2])
        return boxes.read(db, row[0], row[1], origin, event)

    with site.node.store.read() as db:
        return {field: value.decode() for field, value in read(db).items() if field in LEFT}


def tombstones(site: Site, origin: str = "") -> list[ev.Erased]:
    return [one for one in site.events(origin) if isinstance(one, ev.Erased)]


def test_they_go_when_the_promised_days_after_the_end_are_over_and_not_before(either_world: World) -> None:
    world, centre = either_world, either_world.centre("NBI")
    receipt, running = ended(world, centre), world.file(centre, **LEFT)
    world.sync(centre)
    world.watch.pass_time(90 * DAY - 60)
    assert expire_contacts(centre.node)
    assert held(centre, receipt.id) == LEFT
    world.watch.pass_time(60)
    assert expire_contacts(centre.node)
    world.sync(centre)
    assert held(centre, receipt.id) == held(world.hq, receipt.id) == {}
    assert held(centre, running.id) == held(world.hq, running.id) == LEFT, "a case that goes on needs them"
    (told,) = tombstones(centre)
    assert (told.basis, told.role, {field for _, field in told.targets}) == ("contact-expired/90", "clock", set(LEFT))
    assert world.hq.number("SELECT count(*) FROM quarantine") == 0
    assert (centre.verify(), world.hq.verify()) == ("", "")


def test_no_file_of_the_centre_holds_the_bytes_any_more(world: World, centre: Site) -> None:
    receipt = ended(world, centre)
    with centre.node.store.read() as db:
        (box,) = db.one("SELECT b.box FROM box b JOIN event e ON e.log = b.log AND e.idx = b.idx WHERE e.id = :id AND b.field = 'phone'",
                        id=receipt.id) or (b"",)  # fmt: skip
    assert centre.holds_bytes(bytes(box))
    world.watch.pass_time(90 * DAY)
    expire_contacts(centre.node)
    assert not centre.holds_bytes(bytes(box))


def test_what_was_promised_shorter_is_kept_when_the_setting_grows_and_a_shorter_setting_counts_at_once(world: World, centre: Site) -> None:
    promised, untold = ended(world, centre, consent=code_for(30)), ended(world, centre, consent="contact-about-case")
    long = ended(world, centre, consent=code_for(365))
    centre.node.settings = replace(centre.node.settings, erasure=ErasureSettings(contact_days=60))
    world.watch.pass_time(30 * DAY)
    expire_contacts(centre.node)
    assert [bool(held(centre, one.id)) for one in (promised, untold, long)] == [False, True, True]
    world.watch.pass_time(30 * DAY)
    expire_contacts(centre.node)
    assert [bool(held(centre, one.id)) for one in (promised, untold, long)] == [False, False, False]
    assert sorted(one.basis for one in tombstones(centre)) == ["contact-expired/30", "contact-expired/60"]


def test_the_code_of_today_carries_the_days_and_the_one_of_before_still_says_what_it_said(centre: Site) -> None:
    assert consent(centre.node) == ("contact-about-case/90", 90)
    assert [days_of(code) for code in ("contact-about-case/90", "contact-about-case", "sms", "contact-about-case/0", "contact-about-case/x")] == [
        90,
        0,
        0,
        0,
        0,
    ]


def test_the_ticket_of_a_tap_goes_as_many_days_after_the_tap(world: World, centre: Site) -> None:
    at_once, later = Rating(id=world.mint.id(), rating=1, ticket="B-1"), Rating(id=world.mint.id(), rating=1)
    rate(centre.node, at_once)
    rate(centre.node, later)
    rate(centre.node, Rating(id=later.id, rating=1, ticket="B-2"))
    assert centre.number("SELECT count(*) FROM box WHERE field = 'ticket'") == 2
    world.watch.pass_time(90 * DAY)
    expire_contacts(centre.node)
    world.sync(centre)
    for site in (centre, world.hq):
        assert site.number("SELECT count(*) FROM box WHERE field = 'ticket'") == 0
        assert site.number("SELECT CAST(sum(ticketed) AS INTEGER) FROM rating_tally WHERE service = '*'") == 2, "that there was one still counts"
        assert site.verify() == ""


def test_a_backlog_goes_bit_by_bit_and_wholly(world: World, centre: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "STEP", 3)
    monkeypatch.setattr(expiry, "MOST", 2)
    receipts = [ended(world, centre) for _ in range(8)]
    world.watch.pass_time(400 * DAY)
    left = []
    for _ in range(3):
        done = expire_contacts(centre.node)
        left.append((done, sum(bool(held(centre, one.id)) for one in receipts)))
    assert left == [(False, 2), (True, 0), (True, 0)]
    assert [len(one.targets) for one in tombstones(centre)] == [3 * len(LEFT), 3 * len(LEFT), 2 * len(LEFT)]


def test_nothing_goes_by_a_clock_that_jumped_until_somebody_confirms_it(world: World, centre: Site) -> None:
    receipt = ended(world, centre)
    world.watch.jump(400 * DAY)
    assert not expire_contacts(centre.node)
    world.file(centre)  # the step is in the log now, and in doubt
    assert not expire_contacts(centre.node)
    assert held(centre, receipt.id) == LEFT
    centre.node.store.write(lambda db: db.run("DELETE FROM ops_fact WHERE name = 'clock_doubt'"))
    assert expire_contacts(centre.node)
    assert held(centre, receipt.id) == {}


def test_a_case_filed_at_one_centre_about_another_is_the_others_to_empty_and_both_copies_go(world: World) -> None:
    filed_at, about = world.centre("NBI"), world.centre("MSA")
    receipt = ended(world, filed_at, centre="MSA")
    world.sync(filed_at, about)
    world.watch.pass_time(90 * DAY)
    expire_contacts(filed_at.node)
    assert held(filed_at, receipt.id) == LEFT
    expire_contacts(about.node)
    world.sync(about, filed_at)
    assert [held(site, receipt.id) for site in (filed_at, about, world.hq)] == [{}, {}, {}]
    assert (len(tombstones(filed_at)), len(tombstones(about))) == (0, 1)


class TestHeadquarters:
    """It waits a week for the centre to do it, and then does it itself."""

    def test_a_silent_centres_cases_are_emptied_and_the_order_waits_for_it(self, either_world: World) -> None:
        world, centre = either_world, either_world.centre("NBI")
        receipt = ended(world, centre)
        world.sync(centre)
        world.watch.pass_time(96 * DAY)
        expire_contacts(world.hq.node)
        assert held(world.hq, receipt.id) == LEFT
        world.watch.pass_time(1 * DAY)
        expire_contacts(world.hq.node)
        assert held(world.hq, receipt.id) == {}
        assert held(centre, receipt.id) == LEFT
        world.sync(centre)
        assert held(centre, receipt.id) == {}
        assert (centre.verify(), world.hq.verify()) == ("", "")

    def test_a_revoked_centres_cases_are_emptied_too(self, world: World, centre: Site) -> None:
        receipt = ended(world, centre)
        world.sync(centre)
        revoke(world.hq.node, centre.origin, "stolen")
        world.watch.pass_time(97 * DAY)
        expire_contacts(world.hq.node)
        assert held(world.hq, receipt.id) == {}
        assert world.hq.verify() == ""

    def test_its_own_cases_of_no_centre_are_emptied(self, world: World) -> None:
        receipt = ended(world, world.hq, channel="web")
        world.watch.pass_time(97 * DAY)
        assert expire_contacts(world.hq.node)
        assert held(world.hq, receipt.id) == {}
        (told,) = tombstones(world.hq)
        assert json.loads(ev.encode(told))["basis"] == "contact-expired/90"
