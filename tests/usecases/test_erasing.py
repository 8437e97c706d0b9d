"""What is erased is gone from every file of every node, in whatever order it is learned, and the proofs survive it (spec keys, path 6)."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from appliance.domain import events as ev
from appliance.domain.errors import CaseErased, ErasureNotAllowed, NotAllowed, NotFound, UnknownChoice
from appliance.domain.people import Person
from appliance.journal.journal import Tx
from appliance.usecases.answer_case import reply_to_citizen
from appliance.usecases.erase_values import erase, scrub, scrub_due
from appliance.usecases.follow_case import write_again
from appliance.usecases.node import new_id
from appliance.usecases.re_enter import set_aside
from appliance.usecases.relay_case import relay
from tests.factories import ADMINISTRATOR, MANAGER, OFFICER, Site, World
from tests.usecases.looking import contact, flags, opens, secrets, sizes, texts

WHOLE: tuple[str, ...] = ()


def gone(values: list[bytes], *sites: Site) -> None:
    """Check that no file of any of *sites* holds any of *values*, once the write-ahead logs are emptied."""
    for site in sites:
        assert scrub(site.node)
        assert [site.holds_bytes(value) for value in values] == [[]] * len(values)


def test_a_centre_erases_contact_details_and_their_bytes_are_in_no_file_of_either_side(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre, "Keep these words", phone="+254700000001", name="Njeri")
    world.sync(centre)
    secret = secrets(centre, receipt.id, "phone") + secrets(centre, receipt.id, "name")
    assert len(secret) == 4
    assert all(centre.holds_bytes(one) and world.hq.holds_bytes(one) for one in secret)
    assert erase(centre.node, receipt.id, MANAGER, ("phone", "name"), "dpa-s40")
    gone(secret, centre)
    world.sync(centre)
    gone(secret, world.hq)
    for site in (centre, world.hq):
        assert contact(site, receipt.id) == {}
        assert texts(site, receipt.code) == ["Keep these words"]
        assert flags(site) == []
        assert site.verify() == ""


@pytest.mark.parametrize("fields", [("text",), ("receipt",), ("phone", "text"), WHOLE])
def test_a_centre_may_not_erase_words_or_whole_cases(world: World, fields: tuple[str, ...]) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre, phone="+254700000001")
    before = sizes(centre)
    with pytest.raises(ErasureNotAllowed):
        erase(centre.node, receipt.id, MANAGER, fields, "dpa-s40")
    assert sizes(centre) == before


def test_only_who_manages_may_erase_and_only_what_is_there_on_a_known_ground(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre, phone="+254700000001")
    before = sizes(centre)
    with pytest.raises(NotAllowed):
        erase(centre.node, receipt.id, OFFICER, ("phone",), "dpa-s40")
    with pytest.raises(UnknownChoice):
        erase(centre.node, receipt.id, MANAGER, ("phone",), "because")
    for case, field in ((receipt.id, "email"), ("0" * 32, "phone")):
        with pytest.raises(NotFound):
            erase(centre.node, case, MANAGER, (field,), "dpa-s40")
    assert sizes(centre) == before


def test_headquarters_orders_words_erased_and_the_centre_obeys(either_world: World) -> None:
    world, centre = either_world, either_world.centre("NBI")
    receipt = world.file(centre, "A name nobody should have written", phone="+254700000001")
    world.sync(centre)
    secret = secrets(centre, receipt.id, "text")
    erase(world.hq.node, receipt.id, ADMINISTRATOR, ("text",), "court-order")
    world.sync(centre)
    assert texts(world.hq, receipt.code) == texts(centre, receipt.code) == [None]
    assert contact(centre, receipt.id) == {"phone": "+254700000001"}
    gone(secret, centre)
    if not world.hq.url:
        gone(secret, world.hq)
    assert secrets(world.hq, receipt.id, "text") == []
    assert [centre.verify(), world.hq.verify()] == ["", ""]


def test_a_whole_case_goes_from_every_centre_that_holds_a_copy_and_its_code_opens_nothing(either_world: World) -> None:
    world = either_world
    filed_at, about = world.centre("NBI"), world.centre("MSA")
    receipt = world.file(filed_at, "About the coast", centre="MSA", email="a@example.org")
    world.sync(filed_at, about)
    reply_to_citizen(about.node, receipt.id, OFFICER, "An answer with a name in it")
    world.sync(about, filed_at)
    sites = [filed_at, about] if world.hq.url else [filed_at, about, world.hq]
    secret = [one for site in sites for one in secrets(site, receipt.id)]
    assert len(secret) == 8 * len(sites)
    erase(world.hq.node, receipt.id, ADMINISTRATOR, WHOLE, "dpa-s40")
    world.sync(filed_at, about)
    gone(secret, *sites)
    for site in (filed_at, about, world.hq):
        assert not opens(site, receipt.code)
        assert secrets(site, receipt.id) == []
        assert site.verify() == ""


def test_an_erasure_at_the_centre_where_it_was_filed_reaches_the_one_it_is_about(world: World) -> None:
    filed_at, about = world.centre("NBI"), world.centre("MSA")
    receipt = world.file(filed_at, centre="MSA", phone="+254700000001")
    world.sync(filed_at, about)
    secret = secrets(about, receipt.id, "phone")
    erase(filed_at.node, receipt.id, MANAGER, ("phone",), "consent-withdrawn")
    world.sync(filed_at, about)
    assert contact(about, receipt.id) == {}
    gone(secret, filed_at, about, world.hq)


def test_what_was_erased_before_it_went_up_is_missing_lawfully_everywhere(world: World) -> None:
    filed_at, about = world.centre("NBI"), world.centre("MSA")
    receipt = world.file(filed_at, centre="MSA", phone="+254700000001")
    erase(filed_at.node, receipt.id, MANAGER, ("phone",), "consent-withdrawn")
    world.sync(filed_at, about)
    for site in (filed_at, about, world.hq):
        assert (contact(site, receipt.id), flags(site)) == ({}, [])
        assert site.verify() == ""


def test_nothing_is_written_to_an_erased_case_and_what_was_on_its_way_is_dropped(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre)
    world.sync(centre)
    erase(world.hq.node, receipt.id, ADMINISTRATOR, WHOLE, "dpa-s40")
    reply_to_citizen(centre.node, receipt.id, OFFICER, "Written before the order came")
    secret = secrets(centre, receipt.id)
    world.sync(centre)
    gone(secret, centre, world.hq)
    assert (flags(world.hq), secrets(world.hq, receipt.id)) == ([], [])
    before = sizes(centre)
    with pytest.raises(CaseErased):
        reply_to_citizen(centre.node, receipt.id, OFFICER, "Written after it")
    assert sizes(centre) == before
    assert [centre.verify(), world.hq.verify()] == ["", ""]


def test_a_tombstone_that_comes_before_what_it_erases_wins(world: World) -> None:
    filed_at, about = world.centre("NBI"), world.centre("MSA")
    receipt = world.file(filed_at, "Erased before it came", centre="MSA", phone="+254700000001")

    def order(tx: Tx) -> None:
        down = tx.db.one("SELECT id FROM log WHERE name = 'to/MSA'")
        assert down is not None
        tx.append(ev.Erased(id=new_id(tx.time), ts=tx.time.ts, targets=(), case=receipt.id, basis="dpa-s40", role="administrator"), log=down[0])

    world.hq.node.perform(order)
    world.sync(about, filed_at, about)
    for site in (about, world.hq):
        assert not opens(site, receipt.code)
        assert secrets(site, receipt.id) == []
        assert flags(site) == []
        assert site.verify() == ""


def test_a_copy_that_was_relayed_twice_is_kept_once_and_goes_whole(world: World) -> None:
    filed_at, about = world.centre("NBI"), world.centre("MSA")
    receipt = world.file(filed_at, centre="MSA", phone="+254700000001")
    world.sync(filed_at, about)
    secret = secrets(about, receipt.id)

    def again(tx: Tx) -> None:
        from appliance.projections.cases import case_entries  # noqa: PLC0415 - beside its only use

        relay(world.hq.node, tx, case_entries(tx.db, receipt.id))

    world.hq.node.perform(again)
    world.sync(about)
    assert about.number("SELECT count(*) FROM box") == 3
    erase(world.hq.node, receipt.id, ADMINISTRATOR, WHOLE, "dpa-s40")
    world.sync(filed_at, about)
    gone(secret, about, filed_at, world.hq)


def test_an_erasure_of_a_history_that_was_set_aside_counts_at_headquarters_too(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre, phone="+254700000001")
    world.sync(centre)
    erase(centre.node, receipt.id, MANAGER, ("phone",), "consent-withdrawn")
    with centre.node.store.read() as db:
        from appliance.usecases import logs  # noqa: PLC0415 - beside its only use

        old = logs.by_id(db, centre.node.journal.own_log)
    from appliance.usecases.epochs import begin_epoch  # noqa: PLC0415 - beside its only use

    begin_epoch(centre.node, "NBI", "rolled-back")
    set_aside(centre.node, old)
    with pytest.raises(Exception, match="approved"):
        world.sync(centre)
    world.approve()
    world.sync(centre)
    assert contact(world.hq, receipt.id) == {}
    assert world.hq.verify() == ""


def test_a_reader_in_the_way_leaves_it_unclean_until_it_has_gone(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre, phone="+254700000001")
    secret = secrets(centre, receipt.id, "phone")
    with closing(sqlite3.connect(centre.database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM box").fetchone()
        assert not erase(centre.node, receipt.id, MANAGER, ("phone",), "dpa-s40")
        assert scrub_due(centre.node)
        assert any(centre.holds_bytes(one) for one in secret)
    assert scrub(centre.node)
    assert not scrub_due(centre.node)
    gone(secret, centre)


def test_more_values_than_one_event_may_name_all_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre)
    for turn in range(4):
        write_again(centre.node, receipt.code, world.mint.id(), f"More {turn}", "kiosk")
    world.sync(centre)
    monkeypatch.setattr("appliance.usecases.erase_values.MOST", 2)
    erase(world.hq.node, receipt.id, ADMINISTRATOR, ("text",), "court-order")
    assert secrets(world.hq, receipt.id, "text") == []


def test_an_officer_of_headquarters_who_manages_nothing_orders_nothing(world: World) -> None:
    receipt = world.file(world.hq)
    with pytest.raises(NotAllowed):
        erase(world.hq.node, receipt.id, Person("x", "X", "case_officer"), WHOLE, "dpa-s40")
