"""A tap on a face counts at once and once; its ticket is a value that points to a person, and the leaf only tells that there was one."""

from __future__ import annotations

from typing import Any

import pytest

from sync.exchange import Stopped

from appliance.domain import events as ev
from appliance.domain.errors import InvalidInput, Refusal, UnknownChoice
from appliance.journal import boxes
from appliance.journal.entries import unwrap
from appliance.projections import ratings
from appliance.projections.ratings import Parts, Row
from appliance.store.db import Db
from appliance.usecases import facts, logs
from appliance.usecases.epochs import begin_epoch
from appliance.usecases.erase_values import erase
from appliance.usecases.rate import Counted, Rating, rate
from appliance.usecases.re_enter import set_aside
from tests.factories import ADMINISTRATOR, MANAGER, SERVICE, Site, World

TICKET = "B-417"


@pytest.fixture
def centre(world: World) -> Site:
    return world.centre("NBI")


def tap(world: World, site: Site, rating: int = 1, **more: Any) -> Rating:
    """Rate at *site*; return what was sent."""
    sent = Rating(**{"id": world.mint.id(), "rating": rating, "service": SERVICE, **more})
    rate(site.node, sent)
    return sent


def parts(site: Site, rated: str) -> Parts:
    """Return what *site* was told of the tap *rated*."""
    with site.node.store.read() as db:
        found = ratings.get(db, rated)
    assert found is not None
    return found


def faces(site: Site, centre: str = "NBI") -> dict[int, tuple[int, int, int]]:
    """Return by face how many were given, with a ticket, and quickly."""
    with site.node.store.read() as db:
        return {one.rating: (one.given, one.ticketed, one.quick) for one in ratings.given(db, 0, 99_999, centre)}


def tickets(site: Site) -> list[str]:
    """Return every ticket number that *site* can still read."""

    def read(db: Db) -> list[str]:
        rows = db.all(
            "SELECT b.log, b.idx, l.bound, t.leaf FROM box b JOIN entry t ON t.log = b.log AND t.idx = b.idx"
            " JOIN log l ON l.id = b.log WHERE b.field = 'ticket'"
        )
        told = [(log, idx, *unwrap(ev.decode(bytes(leaf)), bound)) for log, idx, bound, leaf in rows]
        found = [boxes.read_one(db, log, idx, origin, event.id, "ticket") for log, idx, event, origin in told]
        return [one.decode() for one in found if one]

    with site.node.store.read() as db:
        return read(db)


def test_a_tap_alone_counts(world: World, centre: Site) -> None:
    sent = tap(world, centre, 3, desk="C4", lang="sw")
    kept = parts(centre, sent.id).tap
    assert kept == Row(sent.id, 1, "", kept.ts, "NBI", kept.day, SERVICE, "kiosk", 3, 0, 0)
    (event,) = [one for one in centre.events() if isinstance(one, ev.Rated)]
    assert (event.centre, event.desk, event.lang, event.rating, event.ticketed) == ("NBI", "C4", "sw", 3, False)


def test_the_same_tap_again_counts_once_and_the_first_face_stands(world: World, centre: Site) -> None:
    sent = Rating(id=world.mint.id(), rating=1)
    assert rate(centre.node, sent) == Counted(id=sent.id, ticketed=False)
    assert rate(centre.node, sent) == Counted(id=sent.id, ticketed=False, again=True)
    assert rate(centre.node, Rating(id=sent.id, rating=4)).again
    assert faces(centre) == {1: (1, 0, 0)}


def test_a_ticket_told_after_the_tap_is_added_once(world: World, centre: Site) -> None:
    sent = tap(world, centre, 2)
    for number in (TICKET, TICKET, "B-418", ""):
        assert rate(centre.node, Rating(id=sent.id, rating=2, ticket=number)) == Counted(id=sent.id, ticketed=True, again=True)
    assert faces(centre) == {2: (1, 1, 0)}
    assert tickets(centre) == [TICKET]


def test_a_ticket_told_with_the_tap_stays_the_only_one(world: World, centre: Site) -> None:
    sent = tap(world, centre, 2, ticket=f" {TICKET} ")
    rate(centre.node, Rating(id=sent.id, rating=2, ticket="B-418"))
    assert tickets(centre) == [TICKET]
    assert faces(centre) == {2: (1, 1, 0)}


def test_a_ticket_stands_in_no_leaf_and_nowhere_on_the_disk(world: World, centre: Site) -> None:
    tap(world, centre, ticket="ticket-of-one-person")
    world.file(centre, ticket="ticket-of-another")
    assert not [leaf for leaf in centre.leaves() if b"ticket-of" in leaf]
    assert not centre.holds_bytes(b"ticket-of")


def test_a_quick_tap_is_marked_and_counted(world: World, centre: Site) -> None:
    tap(world, centre, 4)
    tap(world, centre, 4, quick=True)
    assert faces(centre) == {4: (2, 0, 1)}


def test_an_id_used_for_something_else_is_refused(world: World, centre: Site) -> None:
    receipt = world.file(centre, rating=2)
    with pytest.raises(InvalidInput):
        rate(centre.node, Rating(id=receipt.id, rating=2))
    with pytest.raises(InvalidInput):
        rate(centre.node, Rating(id=receipt.id, rating=2, ticket=TICKET))
    assert faces(centre) == {2: (1, 0, 0)}


@pytest.mark.parametrize(
    ("field", "wrong", "refusal"),
    [
        ("id", "short", InvalidInput), ("rating", 0, UnknownChoice), ("rating", 5, UnknownChoice), ("channel", "crow", UnknownChoice),
        ("lang", "xx", UnknownChoice), ("service", "99999", UnknownChoice), ("centre", "MSA", UnknownChoice), ("desk", "D" * 7, UnknownChoice),
        ("ticket", "t" * 21, InvalidInput), ("ticket", "a\nb", InvalidInput),
    ],
)  # fmt: skip
def test_what_a_terminal_gets_wrong_is_refused_and_counts_nothing(world: World, centre: Site, field: str, wrong: Any, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as refused:
        tap(world, centre, **{field: wrong})
    assert refused.value.details["field"] == field
    assert faces(centre) == {}


class TestWithItsCase:
    """A case that grew out of a tap is the same rating."""

    def test_both_count_once(self, world: World, centre: Site) -> None:
        sent = tap(world, centre, 1)
        receipt = world.file(centre, rating=1, rated=sent.id)
        assert faces(centre) == {1: (1, 0, 0)}
        mine = parts(centre, sent.id).grown()
        assert mine is not None
        assert mine.id == receipt.id

    def test_what_the_case_says_stands(self, world: World, centre: Site) -> None:
        sent = tap(world, centre, 4)
        world.file(centre, rating=2, rated=sent.id)
        assert faces(centre) == {2: (1, 0, 0)}
        assert rate(centre.node, sent).again
        assert faces(centre) == {2: (1, 0, 0)}

    def test_a_case_without_a_face_leaves_the_taps(self, world: World, centre: Site) -> None:
        world.file(centre, rated=tap(world, centre, 3).id)
        assert faces(centre) == {3: (1, 0, 0)}

    def test_a_tap_that_comes_after_its_case_changes_nothing(self, world: World, centre: Site) -> None:
        late = Rating(id=world.mint.id(), rating=4, quick=True)
        world.file(centre, rating=2, rated=late.id, ticket=TICKET)
        assert faces(centre) == {2: (1, 1, 0)}
        rate(centre.node, late)
        assert faces(centre) == {2: (1, 1, 1)}

    def test_a_face_in_a_case_alone_counts_as_its_own_rating(self, world: World, centre: Site) -> None:
        world.file(centre, rating=4, ticket=TICKET)
        world.file(centre, rating=4)
        world.file(centre)
        assert faces(centre) == {4: (2, 1, 0)}

    def test_one_tap_takes_one_case_and_another_is_a_rating_of_its_own(self, world: World, centre: Site) -> None:
        sent = tap(world, centre, 4)
        for rating in (1, 2):
            world.file(centre, rating=rating, rated=sent.id)
        assert faces(centre) == {1: (1, 0, 0), 2: (1, 0, 0)}

    def test_a_case_of_another_day_leaves_the_tap_as_it_was_touched(self, world: World, centre: Site) -> None:
        sent = tap(world, centre, 1)
        world.watch.pass_time(ratings.APART + 1)
        world.file(centre, rating=4, rated=sent.id, kind="compliment", ticket=TICKET)
        assert faces(centre) == {1: (1, 0, 0), 4: (1, 1, 0)}

    def test_a_case_through_another_channel_or_about_another_centre_leaves_it_too(self, world: World, centre: Site) -> None:
        web, kiosk = tap(world, world.hq, 1, centre="NBI", channel="web"), tap(world, centre, 1)
        world.file(world.hq, rating=4, rated=web.id, centre="MSA", channel="web")
        world.file(world.hq, rating=4, rated=kiosk.id, centre="NBI", channel="web")
        world.sync(centre)
        assert faces(world.hq) == faces(centre) == {1: (2, 0, 0), 4: (1, 0, 0)}
        assert faces(world.hq, "MSA") == {4: (1, 0, 0)}

    def test_a_tap_at_headquarters_about_no_centre_takes_its_cases(self, world: World) -> None:
        sent = tap(world, world.hq, 4, channel="web")
        world.file(world.hq, rating=2, rated=sent.id, centre="NBI", channel="web")
        assert faces(world.hq) == {2: (1, 0, 0)}
        assert faces(world.hq, "") == {2: (1, 0, 0)}

    @pytest.mark.parametrize(("field", "wrong"), [("rated", "x"), ("ticket", "t" * 21), ("ticket", "\u2028")])
    def test_a_wrong_id_or_ticket_is_refused(self, world: World, centre: Site, field: str, wrong: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            world.file(centre, **{field: wrong})
        assert refused.value.details["field"] == field


class TestExchange:
    """What a centre counts, headquarters counts; and the other way."""

    def test_ratings_and_tickets_come_up(self, either_world: World) -> None:
        world, centre = either_world, either_world.centre("NBI")
        sent = tap(world, centre, 1)
        tap(world, centre, 2, ticket="B-1", quick=True)
        world.sync(centre)
        rate(centre.node, Rating(id=sent.id, rating=1, ticket=TICKET))
        world.file(centre, rating=3, rated=sent.id)
        world.sync(centre)
        assert faces(world.hq) == faces(centre) == {2: (1, 1, 1), 3: (1, 1, 0)}
        assert parts(world.hq, sent.id) == parts(centre, sent.id)
        assert sorted(tickets(world.hq)) == sorted(tickets(centre)) == ["B-1", TICKET]
        assert (centre.verify(), world.hq.verify()) == ("", "")

    def test_a_tap_at_headquarters_comes_down_to_its_centre(self, either_world: World) -> None:
        world, centre = either_world, either_world.centre("NBI")
        sent = tap(world, world.hq, 4, centre="NBI", channel="web")
        world.sync(centre)
        rate(world.hq.node, Rating(id=sent.id, rating=4, ticket=TICKET))
        world.sync(centre)
        assert faces(centre) == faces(world.hq) == {4: (1, 1, 0)}
        assert tickets(centre) == [TICKET]

    def test_a_tap_for_a_centre_that_is_not_enrolled_waits_at_headquarters(self, world: World) -> None:
        tap(world, world.hq, 4, centre="MSA", channel="web")
        assert faces(world.hq, "MSA") == {4: (1, 0, 0)}

    def test_a_tap_and_its_case_at_headquarters_are_one_rating_on_both(self, world: World) -> None:
        centre = world.centre("NBI")
        sent = tap(world, world.hq, 4, centre="NBI", channel="web")
        world.file(world.hq, rating=2, rated=sent.id, centre="NBI", channel="web")
        world.sync(centre)
        assert faces(world.hq) == faces(centre) == {2: (1, 0, 0)}

    def test_what_a_rolled_back_history_counted_reaches_headquarters_by_the_new_epoch(self, world: World) -> None:
        centre = world.centre("NBI")
        sent = tap(world, centre, 1)
        rate(centre.node, Rating(id=sent.id, rating=1, ticket=TICKET))
        world.file(centre, rating=2, rated=sent.id)
        with centre.node.store.read() as db:
            old = logs.by_id(db, centre.node.journal.own_log)
        begin_epoch(centre.node, "NBI", "rolled-back")
        set_aside(centre.node, old)
        with pytest.raises(Stopped, match="approved"):
            world.sync(centre)
        world.approve()
        world.sync(centre)
        assert faces(world.hq) == faces(centre) == {2: (1, 1, 0)}
        assert tickets(world.hq) == [TICKET]
        assert (centre.verify(), world.hq.verify()) == ("", "")

    def test_a_centre_that_joins_gets_the_taps_that_waited_for_it(self, either_world: World) -> None:
        world = either_world
        sent = tap(world, world.hq, 4, centre="MSA", channel="web")
        rate(world.hq.node, Rating(id=sent.id, rating=4, ticket=TICKET))
        tap(world, world.hq, 2, centre="MSA", channel="web")
        centre = world.centre("MSA")
        world.sync(centre)
        assert faces(centre, "MSA") == faces(world.hq, "MSA") == {2: (1, 0, 0), 4: (1, 1, 0)}
        assert tickets(centre) == [TICKET]
        assert (centre.verify(), world.hq.verify()) == ("", "")

    def test_read_models_made_anew_count_the_same(self, world: World) -> None:
        centre = world.centre("NBI")
        tap(world, centre, 2)
        assert faces(centre) == {2: (1, 0, 0)}
        centre.node.store.write(centre.node.projections.rebuild)
        assert faces(centre) == {2: (1, 0, 0)}


class TestErasure:
    """A ticket's number can go; that there was one stays."""

    def test_the_ticket_of_a_case_and_of_its_tap_goes_with_the_whole_case(self, world: World, centre: Site) -> None:
        sent = tap(world, centre, 1)
        rate(centre.node, Rating(id=sent.id, rating=1, ticket="B-1"))
        receipt = world.file(centre, rated=sent.id, rating=1, ticket="B-2")
        world.sync(centre)
        assert sorted(tickets(world.hq)) == ["B-1", "B-2"]
        erase(world.hq.node, receipt.id, ADMINISTRATOR, (), "dpa-s40")
        world.sync(centre)
        assert tickets(world.hq) == tickets(centre) == []
        assert faces(world.hq) == faces(centre) == {1: (1, 1, 0)}
        assert (centre.verify(), world.hq.verify()) == ("", "")

    def test_the_end_of_a_case_takes_nothing_of_another_case_that_it_names_as_its_tap(self, world: World, centre: Site) -> None:
        victim = world.file(centre, "The manager asked for money")
        receipt = world.file(centre, "Never mind", rated=victim.id)
        world.sync(centre)
        erase(world.hq.node, receipt.id, ADMINISTRATOR, (), "dpa-s40")
        world.sync(centre)
        held = "SELECT count(*) FROM box b JOIN event e ON e.log = b.log AND e.idx = b.idx WHERE e.id = :id"
        assert (centre.number(held, id=victim.id), world.hq.number(held, id=victim.id)) == (2, 2)
        assert centre.number(held, id=receipt.id) == 0

    def test_a_centre_may_erase_the_ticket_of_a_case(self, world: World, centre: Site) -> None:
        receipt = world.file(centre, ticket="B-2", rating=1, rated=tap(world, centre, 1, ticket="B-1").id)
        world.sync(centre)
        erase(centre.node, receipt.id, MANAGER, ("ticket",), "consent-withdrawn")
        world.sync(centre)
        assert tickets(world.hq) == tickets(centre) == []
        assert world.hq.number("SELECT count(*) FROM quarantine") == 0
        with centre.node.store.read() as db:
            assert facts.get(db, "scrub_due") != "1"
