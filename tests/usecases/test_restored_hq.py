"""Headquarters comes back from an older day: dead logs, new ones, and everything it lost comes back (spec keys, path 8)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sync.exchange import Stopped

from appliance.domain.codes import parse_reference
from appliance.usecases import logs
from appliance.usecases.answer_case import reply_to_citizen
from appliance.usecases.open_case import Receipt
from appliance.usecases.set_up import publish_catalogue, set_up_hq
from tests.factories import HQ_OFFICER, OFFICER, Site, World
from tests.usecases.looking import sizes, texts


@contextmanager
def kept(world: World, *, marks: bool = True) -> Iterator[None]:
    """Put HQ's database back as it is now once the block has run; without *marks*, as on a standby of another machine."""
    world.hq.close()
    shutil.copytree(world.hq.data, world.folder / "kept")
    yield
    world.hq.close()
    shutil.rmtree(world.hq.data)
    (world.folder / "kept").rename(world.hq.data)
    if not marks:
        for mark in world.hq.marks.iterdir():
            if not mark.name.startswith(f"{mark.name.partition('_log_')[0]}_log_hq"):
                mark.unlink()


def say(world: World, receipt: Receipt, text: str) -> None:
    """Let an officer of HQ answer."""
    reply_to_citizen(world.hq.node, receipt.id, HQ_OFFICER, text)


def down_logs(site: Site) -> list[tuple[str, str]]:
    """Return name and state of HQ's logs as *site* holds them, oldest first."""
    with site.node.store.read() as db:
        return [(row.name, row.state) for row in logs.own_logs(db)] if site.role == "hq" else [(row.name, row.state) for row in logs.mirrors(db)]


def test_leaves_of_a_centre_that_were_lost_come_back_at_the_next_exchange_with_nothing_new_to_send(world: World) -> None:
    centre = world.centre("NBI")
    with kept(world):
        receipt = world.file(centre, "Filed after the copy")
        world.sync(centre)
    world.sync(centre)
    assert texts(world.hq, receipt.code) == ["Filed after the copy"]
    assert [world.hq.verify(), centre.verify()] == ["", ""]


def test_its_own_answers_come_back_and_new_ones_arrive_in_a_new_log(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre, "Where is it?")
    world.sync(centre)
    with kept(world):
        say(world, receipt, "Lost")
        world.sync(centre)
    say(world, receipt, "Said before anybody called")
    world.sync(centre)
    say(world, receipt, "Said afterwards")
    world.sync(centre)
    for site in (world.hq, centre):
        assert set(texts(site, receipt.code)) == {"Where is it?", "Lost", "Said before anybody called", "Said afterwards"}
        assert site.verify() == ""
    assert texts(world.hq, receipt.code) == texts(centre, receipt.code)
    assert down_logs(world.hq).count(("to/NBI", "closed")) == down_logs(world.hq).count(("to/NBI", "open")) == 1
    assert "new epochs begin" in world.hq.warned[0]


def test_a_standby_without_marks_learns_it_from_a_centres_cosignature(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre, "Where is it?")
    world.sync(centre)
    with kept(world, marks=False):
        say(world, receipt, "Lost")
        world.sync(centre)
    world.hq.reopen()
    assert world.hq.warned == []
    world.sync(centre)
    say(world, receipt, "After")
    world.sync(centre)
    assert texts(world.hq, receipt.code) == texts(centre, receipt.code) == ["Where is it?", "Lost", "After"]
    assert [world.hq.verify(), centre.verify()] == ["", ""]


def test_a_standby_that_signed_another_history_first_is_told_so_and_goes_on_in_a_new_log(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre, "Where is it?")
    world.sync(centre)
    with kept(world, marks=False):
        say(world, receipt, "Lost")
        world.sync(centre)
    say(world, receipt, "Signed in the dead log")
    say(world, receipt, "And this")
    with pytest.raises(Stopped, match="does not continue"):
        world.sync(centre)
    say(world, receipt, "After")
    world.sync(centre)
    assert texts(centre, receipt.code)[-1] == "After"
    assert [world.hq.verify(), centre.verify()] == ["", ""]


def test_no_reference_is_given_out_twice(world: World) -> None:
    world.centre("NBI")
    with kept(world):
        lost = world.file(world.hq, centre="NBI")
    fresh = world.file(world.hq, centre="NBI")
    assert fresh.ref != lost.ref
    assert parse_reference(fresh.ref).series != parse_reference(lost.ref).series


def test_the_log_of_announcements_goes_on_once_the_root_has_signed_its_new_key(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre, "Where is it?")
    publish_catalogue(world.hq.node, world.hq.node.catalogue)
    world.sync(centre)
    with kept(world):
        late = world.centre("MSA")
        told = world.file(late, "Filed by a centre HQ no longer knows")
        world.sync(late, centre)
        say(world, told, "Lost")
        world.sync(late)
    world.hq.reopen()
    assert any("root key" in line for line in world.hq.warned)
    with pytest.raises(Stopped):
        world.sync(late)
    say(world, receipt, "After, but not yet heard")
    world.sync(centre)
    assert texts(centre, receipt.code) == ["Where is it?"]
    assert world.hq.number("SELECT count(*) FROM epoch WHERE centre = 'MSA'") == 1  # the other centre brought its approval back
    set_up_hq(world.hq.node, world.roots)
    publish_catalogue(world.hq.node, world.hq.node.catalogue)
    world.sync(centre, late)
    say(world, told, "After")
    world.sync(late)
    assert texts(centre, receipt.code) == ["Where is it?", "After, but not yet heard"]
    for site in (late, world.hq):
        assert texts(site, told.code) == ["Filed by a centre HQ no longer knows", "Lost", "After"]
    newcomer = world.centre("KSM")
    assert newcomer.node.catalogue.version == 1
    assert [site.verify() for site in (world.hq, centre, late, newcomer)] == [""] * 4


def test_a_healthy_headquarters_begins_nothing_when_it_is_opened_again(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre)
    world.sync(centre)
    say(world, receipt, "An answer")
    before = sizes(world.hq)
    world.hq.reopen()
    assert (sizes(world.hq), world.hq.warned) == (before, [])


def test_a_cosignature_of_somebody_else_kills_no_log(world: World) -> None:
    centre, other = world.centre("NBI"), world.centre("MSA")
    receipt = world.file(centre)
    world.sync(centre)
    with kept(world, marks=False):
        say(world, receipt, "Lost")
        world.sync(centre)
    from appliance.usecases.exchange_node import NodeExchange  # noqa: PLC0415 - beside its only use

    notes = NodeExchange(centre.node).acknowledgements()
    assert world.loop(other).request("POST", "/sync/v1/ack", notes.encode()).text.strip() == '{"good": 0}'
    assert ("to/NBI", "closed") not in down_logs(world.hq)
    world.sync(centre)
    assert ("to/NBI", "closed") in down_logs(world.hq)
    reply_to_citizen(centre.node, receipt.id, OFFICER, "Still here")
    world.sync(centre)
    assert texts(world.hq, receipt.code)[1:] == ["Lost", "Still here"]
