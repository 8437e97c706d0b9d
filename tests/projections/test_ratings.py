"""A tap, its tickets and the cases that name it are one rating, whatever order two logs arrive in; and made anew they are what was there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain import events as ev
from appliance.domain.codes import format_reference
from appliance.projections import ratings
from appliance.store.db import Db
from tests.journal.rig import NOW, Rig, an_id
from tests.projections.arrivals import Batch, Written, arrive, prepare, tables

MANY = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
DAY = 86_400
TAPS, CASES = ("t1", "t2"), ("x", "y", "z")  # not the words of ``arrivals``, whose cases have receipts
Placed = tuple[int, ev.Event]


class _Undo(Exception):
    """The example is over; the database is as before."""


def tap(word: str, rating: int, **more: Any) -> ev.Rated:
    said: dict[str, Any] = {"centre": "NBI", "channel": "kiosk", "lang": "en", "service": "40217"}
    return ev.Rated(id=an_id(word), ts=NOW, rating=rating, **{**said, **more})


def ticket(of: str, turn: int = 0) -> ev.RatingTicketed:
    return ev.RatingTicketed(id=an_id(f"ticket {turn} of {of}"), ts=NOW + 60, rated=an_id(of))


def case(word: str, rating: int, rated: str = "", **more: Any) -> ev.CaseOpened:
    said: dict[str, Any] = {"ts": NOW + DAY, "centre": "NBI", "channel": "kiosk", "lang": "en", "kind": "complaint", "service": "40228"}
    ref = format_reference("NBI", 2026, "A", 1 + CASES.index(word))
    return ev.CaseOpened(id=an_id(word), case=an_id(word), n=1, ref=ref, rating=rating, rated=an_id(rated) if rated else "", **{**said, **more})


@st.composite
def histories(draw: st.DrawFn) -> list[Placed]:
    """Return what was written, and in which of two logs; every event once, in the order of the first arrival."""
    face, centre, yes = st.integers(1, 4), st.sampled_from(("NBI", "NBI", "NBI", "MSA")), st.booleans()
    channel = st.sampled_from(("kiosk", "kiosk", "kiosk", "web"))
    apart = st.sampled_from((0, 600, -DAY, DAY, -DAY - 1, DAY + 1, 90 * DAY))
    told: list[ev.Event] = [
        tap(word, draw(face), quick=draw(yes), ticketed=draw(yes), centre=draw(st.one_of(centre, st.just(""))), channel=draw(channel))
        for word in TAPS
        if draw(st.integers(0, 3))
    ]
    told += [ticket(word, turn) for turn in range(2) for word in TAPS if draw(yes)]
    told += [
        case(
            word,
            draw(st.integers(0, 4)),
            draw(st.sampled_from(("", *TAPS))),
            ticketed=draw(yes),
            centre=draw(centre),
            channel=draw(channel),
            ts=NOW + draw(apart),
        )
        for word in CASES
        if draw(st.integers(0, 3))
    ]
    return [(draw(st.sampled_from((1, 2))), event) for event in draw(st.permutations(told))]


def _batches(placed: Sequence[Placed]) -> list[Batch]:
    return [(log, (Written(event),)) for log, event in placed]


def _try(rig: Rig, act: Any) -> Any:
    found: list[Any] = []

    def run(db: Db) -> None:
        prepare(db)
        found.append(act(db))
        raise _Undo

    with pytest.raises(_Undo):
        rig.store.write(run)
    return found[0]


def _rows(db: Db) -> list[tuple[object, ...]]:
    return db.all(f"SELECT {', '.join(ratings.COLUMNS)} FROM rating ORDER BY id, tapped")


def _counters(db: Db) -> dict[tuple[object, ...], tuple[int, int, int]]:
    rows = db.all("SELECT service, day, centre, rating, given, ticketed, quick FROM rating_tally WHERE given <> 0 OR ticketed <> 0 OR quick <> 0")
    return {tuple(row[:4]): (row[4], row[5], row[6]) for row in rows}


def _after(rig: Rig, placed: Sequence[Placed]) -> Any:
    def act(db: Db) -> Any:
        arrive(db, rig.projections, _batches(placed))
        return _rows(db), _counters(db)

    return _try(rig, act)


def _expected(events: Sequence[ev.Event], day_of: Any) -> list[tuple[str, str, int, int, bool, bool]]:
    """Return each rating that counts as (centre, service, day, face, ticketed, quick), reckoned from all events at once."""
    taps = {e.id: e for e in events if isinstance(e, ev.Rated)}
    cases = sorted((e for e in events if isinstance(e, ev.CaseOpened)), key=lambda e: e.id)
    tickets = {e.rated for e in events if isinstance(e, ev.RatingTicketed)}
    grown: dict[str, ev.CaseOpened] = {}
    for one in cases:
        if one.rated in taps and _belong(taps[one.rated], one):
            grown.setdefault(one.rated, one)
    found = [(c.centre, c.service, day_of(c.ts), c.rating, c.ticketed, False) for c in cases if c.rating and c not in grown.values()]
    for tapped in taps.values():
        case = grown.get(tapped.id)
        about, ticketed = case or tapped, tapped.id in tickets or tapped.ticketed or bool(case and case.ticketed)
        face = (case.rating if case else 0) or tapped.rating
        found.append((about.centre, about.service, day_of(tapped.ts), face, ticketed, tapped.quick))
    return found


def _belong(tapped: ev.Rated, opened: ev.CaseOpened) -> bool:
    near = tapped.ts - DAY <= opened.ts <= tapped.ts + DAY
    return near and opened.channel == tapped.channel and (not tapped.centre or tapped.centre == opened.centre)


@MANY
@given(histories(), st.randoms(use_true_random=False))
def test_every_order_of_arrival_counts_the_same_and_what_all_events_together_say(rig: Rig, placed: list[Placed], draw: Any) -> None:
    rows, counters = _after(rig, placed)
    for _ in range(2):
        other = list(placed)
        draw.shuffle(other)
        assert _after(rig, other) == (rows, counters)
    expected = _expected([event for _, event in placed], rig.projections.day_of)
    given_, ticketed, quick = Counter[Any](), Counter[Any](), Counter[Any]()
    for centre, service, day, face, has_ticket, hasty in expected:
        for key in ((service, day, centre, face), ("*", day, centre, face)):
            given_[key] += 1
            ticketed[key] += has_ticket
            quick[key] += hasty
    assert counters == {key: (given_[key], ticketed[key], quick[key]) for key in given_}


@MANY
@given(histories())
def test_what_is_made_anew_is_what_was_there(rig: Rig, placed: list[Placed]) -> None:
    def act(db: Db) -> Any:
        arrive(db, rig.projections, _batches(placed))
        live = tables(db)
        rig.projections.rebuild(db)
        return live, tables(db)

    live, anew = _try(rig, act)
    assert anew == live


def test_the_three_parts_in_each_of_their_six_orders_are_one_rating(rig: Rig) -> None:
    parts = [(1, tap("t1", 4, quick=True)), (1, ticket("t1")), (2, case("x", 2, "t1"))]
    seen = [_after(rig, order) for order in permutations(parts)]
    assert all(one == seen[0] for one in seen)
    day = rig.projections.day_of(NOW)
    assert seen[0][1] == {(service, day, "NBI", 2): (1, 1, 1) for service in ("40228", "*")}


@pytest.mark.parametrize("far", [{"centre": "MSA"}, {"channel": "web"}, {"ts": NOW + DAY + 1}, {"ts": NOW - DAY - 1}], ids=str)
def test_a_case_far_from_the_tap_it_names_takes_nothing_from_it_in_any_order(rig: Rig, far: dict[str, Any]) -> None:
    first, second = sorted(CASES, key=an_id)[:2]
    parts = [(1, tap("t1", 1)), (2, case(first, 4, "t1", **far)), (1, case(second, 2, "t1"))]
    day = rig.projections.day_of(NOW)
    for order in permutations(parts):
        counted = [key for key in _after(rig, order)[1] if key[0] == "*"]
        assert sorted((key[2], key[3]) for key in counted) == sorted([("NBI", 2), (far.get("centre", "NBI"), 4)])
        assert [key[3] for key in counted if key[1] == day] == [2]  # on the tap's day, the case that fits


def test_a_bad_tap_stays_bad_whatever_far_case_names_it(rig: Rig) -> None:
    parts = [(1, tap("t1", 1)), *((2, case(word, 4, "t1", ts=NOW + 9 * DAY)) for word in CASES)]
    seen = [_after(rig, order)[1] for order in permutations(parts)]
    assert [{key[3]: sums[0] for key, sums in one.items() if key[0] == "*"} for one in seen] == [{1: 1, 4: 3}] * len(seen)


def test_of_many_compliments_that_name_one_bad_tap_one_at_most_is_it(rig: Rig) -> None:
    parts = [(1, tap("t1", 1)), *((2, case(word, 4, "t1")) for word in CASES)]
    day = rig.projections.day_of(NOW)
    for order in permutations(parts):
        sums = {key[1] - day: (key[3], given_) for key, (given_, _, _) in _after(rig, order)[1].items() if key[0] == "*"}
        assert sums == {0: (4, 1), 1: (4, 2)}


def test_a_ticket_or_a_silent_case_without_its_tap_counts_nothing_yet(rig: Rig) -> None:
    assert _after(rig, [(1, ticket("t1")), (2, case("x", 0, "t2"))])[1] == {}


def test_a_leaf_with_a_face_that_is_none_counts_nothing(rig: Rig) -> None:
    assert _after(rig, [(1, case("x", 9)), (2, case("y", 77, "t1"))])[1] == {}
