"""A case's states, the moves between them, and the fold: whoever wrote first, every node tells one story."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import cases
from appliance.domain import events as ev
from appliance.domain.cases import fold, move
from tests.domain.stories import CASE, START, made, opened, story, told

Move = tuple[type[ev.CaseEvent], dict[str, Any]]

ACKNOWLEDGE: Move = (ev.CaseAcknowledged, {})
ASSIGN: Move = (ev.CaseAssigned, {"officer": "officer-1"})
BEGIN: Move = (ev.CaseStarted, {})
REPLY: Move = (ev.ReplySent, {})
ASK: Move = (ev.ReplySent, {"ask": True})
WRITE: Move = (ev.CitizenWrote, {})
REFER: Move = (ev.CaseReferred, {"institution": "KRA"})
RESOLVE: Move = (ev.CaseResolved, {"reason": "done"})
YES: Move = (ev.FixAnswered, {"yes": True})
NO: Move = (ev.FixAnswered, {"yes": False})
CLOSE: Move = (ev.CaseClosed, {"reason": "no-answer"})
WITHDRAW: Move = (ev.CaseWithdrawn, {})
REJECT: Move = (ev.CaseRejected, {"reason": "duplicate"})
ESCALATE: Move = (ev.CaseEscalated, {"to": "supervisor"})
VERIFY: Move = (ev.ComplimentVerified, {})
PASS: Move = (ev.ComplimentPassed, {"to": "counter 4"})
ALL = (ACKNOWLEDGE, ASSIGN, BEGIN, REPLY, ASK, WRITE, REFER, RESOLVE, YES, NO, CLOSE, WITHDRAW, REJECT, ESCALATE, VERIFY, PASS)

# How a complaint comes into each state, and what each move makes of it there; a move that is not named is illegal.
WAYS: dict[str, tuple[Move, ...]] = {
    "received": (),
    "acknowledged": (ACKNOWLEDGE,),
    "in_progress": (BEGIN,),
    "waiting": (ASK,),
    "referred": (REFER,),
    "resolved": (RESOLVE,),
    "closed": (RESOLVE, YES),
    "withdrawn": (WITHDRAW,),
    "rejected": (REJECT,),
}
MOVES: dict[str, dict[int, str]] = {
    "received": {
        0: "acknowledged", 1: "received", 2: "in_progress", 3: "in_progress", 4: "waiting", 5: "received", 6: "referred", 7: "resolved",
        11: "withdrawn", 12: "rejected", 13: "received",
    },
    "acknowledged": {
        1: "acknowledged", 2: "in_progress", 3: "in_progress", 4: "waiting", 5: "acknowledged", 6: "referred", 7: "resolved",
        11: "withdrawn", 12: "rejected", 13: "acknowledged",
    },
    "in_progress": {
        1: "in_progress", 3: "in_progress", 4: "waiting", 5: "in_progress", 6: "referred", 7: "resolved", 11: "withdrawn", 12: "rejected",
        13: "in_progress",
    },
    "waiting": {1: "waiting", 3: "waiting", 5: "in_progress", 6: "referred", 7: "resolved", 11: "withdrawn", 12: "rejected", 13: "waiting"},
    "referred": {
        1: "referred", 2: "in_progress", 3: "referred", 4: "waiting", 5: "referred", 6: "referred", 7: "resolved", 11: "withdrawn",
        12: "rejected", 13: "referred",
    },
    "resolved": {1: "resolved", 3: "resolved", 5: "resolved", 8: "closed", 9: "in_progress", 10: "closed", 11: "withdrawn"},
    "closed": {3: "closed", 9: "in_progress"},
    "withdrawn": {},
    "rejected": {},
}  # fmt: skip
TABLE = [(state, at, MOVES[state].get(at)) for state in WAYS for at in range(len(ALL))]


@pytest.mark.parametrize(("state", "at", "then"), TABLE, ids=str)
def test_every_move_of_a_complaint_is_legal_or_crossed_as_the_design_says(state: str, at: int, then: str | None) -> None:
    before = [made(event, 2 + i, **more) for i, (event, more) in enumerate(WAYS[state])]
    assert story(*before).case.state == state
    event, more = ALL[at]
    last = made(event, 9, **{**more, "officer": "officer-9"} if event is ev.CaseAssigned else more)
    after = story(*before, last)
    assert (after.case.state, after.told[-1].crossed) == (then or state, then is None)


PRAISE: dict[str, tuple[Move, ...]] = {
    "received": (), "verified": (VERIFY,), "passed": (VERIFY, PASS), "withdrawn": (WITHDRAW,), "rejected": (REJECT,)
}  # fmt: skip
PRAISED: dict[str, dict[int, str]] = {
    "received": {1: "received", 3: "received", 5: "received", 11: "withdrawn", 12: "rejected", 14: "verified"},
    "verified": {1: "verified", 3: "verified", 5: "verified", 11: "withdrawn", 12: "rejected", 15: "passed"},
    "passed": {3: "passed"},
    "withdrawn": {},
    "rejected": {},
}


@pytest.mark.parametrize(("state", "at"), [(state, at) for state in PRAISE for at in range(len(ALL))], ids=str)
def test_a_compliment_has_a_life_of_its_own(state: str, at: int) -> None:
    before = [made(event, 2 + i, **more) for i, (event, more) in enumerate(PRAISE[state])]
    assert story(*before, kind="compliment").case.state == state
    event, more = ALL[at]
    after = story(*before, made(event, 9, **more), kind="compliment")
    then = PRAISED[state].get(at)
    assert (after.case.state, after.told[-1].crossed) == (then or state, then is None)


@pytest.mark.parametrize("kind", ["concern", "suggestion"])
def test_concerns_and_suggestions_live_as_complaints_do(kind: str) -> None:
    assert told(kind, [ACKNOWLEDGE, BEGIN, ASK, WRITE, RESOLVE, YES]).state == "closed"
    assert story(made(ev.ComplimentVerified, 2), kind=kind).told[-1].crossed


class TestReopening:
    def test_no_not_fixed_sends_it_to_a_different_officer(self) -> None:
        case = told("complaint", [ASSIGN, BEGIN, RESOLVE, NO])
        assert (case.state, case.officer, case.past_officers, case.reopened, case.fixed) == ("in_progress", "", ("officer-1",), 1, -1)
        again = story(*[made(e, 2 + i, **m) for i, (e, m) in enumerate([ASSIGN, BEGIN, RESOLVE, NO, ASSIGN])])
        assert (again.case.officer, again.told[-1].crossed) == ("", True)
        other = told("complaint", [ASSIGN, BEGIN, RESOLVE, NO, (ev.CaseAssigned, {"officer": "officer-2"})])
        assert other.officer == "officer-2"

    def test_it_never_comes_back_to_anyone_who_had_it(self) -> None:
        second: Move = (ev.CaseAssigned, {"officer": "officer-2"})
        moves = [ASSIGN, RESOLVE, NO, second, RESOLVE, NO]
        assert told("complaint", moves).past_officers == ("officer-1", "officer-2")
        for officer in ("officer-1", "officer-2"):
            last = made(ev.CaseAssigned, 2 + len(moves), officer=officer)
            assert story(*[made(e, 2 + i, **m) for i, (e, m) in enumerate(moves)], last).told[-1].crossed

    def test_its_times_of_resolution_and_end_are_taken_back(self) -> None:
        case = told("complaint", [RESOLVE, CLOSE, NO])
        assert (case.state, case.resolved_at, case.ended_at, case.reopened) == ("in_progress", 0, 0, 1)

    def test_a_yes_after_that_closes_it(self) -> None:
        case = told("complaint", [RESOLVE, NO, RESOLVE, YES])
        assert (case.state, case.fixed, case.reopened) == ("closed", 1, 1)
        assert case.ended_at == START + 60 * 5


class TestPauses:
    def test_a_question_stops_the_clock_until_the_citizen_answers(self) -> None:
        case = told("complaint", [ASK, WRITE])
        assert (case.pauses, case.waiting_since) == (((START + 120, START + 180),), 0)

    def test_while_it_waits_the_pause_is_open(self) -> None:
        case = told("complaint", [ASK])
        assert (case.pauses, case.waiting_since) == ((), START + 120)

    @pytest.mark.parametrize("ending", [REFER, RESOLVE, WITHDRAW, REJECT], ids=lambda move: move[0].__name__)
    def test_whatever_ends_the_waiting_ends_the_pause(self, ending: Move) -> None:
        case = told("complaint", [ASK, ending])
        assert (len(case.pauses), case.waiting_since) == (1, 0)

    def test_a_clock_set_back_makes_no_pause_of_less_than_nothing(self) -> None:
        case = story(made(ev.ReplySent, 2, ask=True), made(ev.CitizenWrote, 3, ts=START)).case
        assert case.pauses == ((START + 120, START + 120),)

    def test_a_second_question_while_it_waits_is_crossed(self) -> None:
        again = story(made(ev.ReplySent, 2, ask=True), made(ev.ReplySent, 3, ask=True))
        assert (again.told[-1].crossed, again.case.waiting_since) == (True, START + 120)


class TestTakingUp:
    @pytest.mark.parametrize("first", [BEGIN, REPLY, ASK, REFER, RESOLVE, REJECT], ids=lambda move: move[0].__name__)
    def test_whoever_acts_has_taken_the_case_in_hand(self, first: Move) -> None:
        assert told("complaint", [first]).acknowledged_at == START + 120

    def test_the_first_sign_of_life_counts_and_no_later_one(self) -> None:
        assert told("complaint", [ACKNOWLEDGE, BEGIN, RESOLVE]).acknowledged_at == START + 120

    def test_a_referred_case_names_who_must_act_and_stays_open(self) -> None:
        case = told("complaint", [REFER])
        assert (case.institution, case.state in cases.OPEN) == ("KRA", True)

    def test_an_escalation_names_who_answers_for_it_now(self) -> None:
        assert told("complaint", [ESCALATE, (ev.CaseEscalated, {"to": "hq"})]).escalated == "hq"


class TestFold:
    def test_there_is_no_case_before_its_opening_has_come(self) -> None:
        assert fold([made(ev.CaseStarted, 2)]) is None
        assert fold([]) is None

    def test_a_crossed_move_stays_in_the_story_and_moves_nothing(self) -> None:
        both = story(made(ev.CaseRejected, 2, id=1, reason="duplicate"), made(ev.CaseResolved, 2, id=2, reason="done"))
        assert [one.crossed for one in both.told] == [False, False, True]
        assert both.case.state == "rejected"

    def test_it_falls_by_n_and_then_by_id_whatever_the_clocks_say(self) -> None:
        late = made(ev.CaseResolved, 2, id=1, ts=START + 9000, reason="done")
        early = made(ev.CaseWithdrawn, 3, id=2, ts=START + 10)
        assert [one.event.n for one in story(early, late).told] == [1, 2, 3]
        assert story(early, late).case.state == "withdrawn"
        assert story(early, late).case.changed_at == START + 9000

    def test_n_is_the_highest_seen_crossed_or_not(self) -> None:
        assert story(made(ev.CaseClosed, 7, reason="x")).case.n == 7

    def test_an_event_that_is_no_move_of_cases_moves_nothing(self) -> None:
        assert move(cases.begin(opened()), opened()) is None

    def test_a_case_keeps_the_opening_it_was_made_of(self) -> None:
        assert story(made(ev.CaseStarted, 2)).case.opened.case == CASE


def _written(data: st.DataObject) -> list[ev.CaseEvent]:
    """Return what two authors wrote, each having seen its own events and, now and then, all of the other's."""
    seen = [1, 1]
    events: list[ev.CaseEvent] = [opened(data.draw(st.sampled_from(cases.KINDS)))]
    for number in range(data.draw(st.integers(0, 12))):
        author = data.draw(st.integers(0, 1))
        if data.draw(st.booleans()):
            seen[author] = max(seen)
        seen[author] += 1
        event, more = data.draw(st.sampled_from(ALL))
        minted = data.draw(st.integers(0, 9)) * 1000 + number + 1
        events.append(made(event, seen[author], id=minted, ts=START + data.draw(st.integers(0, 10_000)), **more))
    return events


@given(st.data())
def test_two_authors_make_one_story_in_whatever_order_their_events_arrive(data: st.DataObject) -> None:
    events = _written(data)
    expected = fold(events)
    for seed in range(5):
        shuffled = events.copy()
        random.Random(seed).shuffle(shuffled)
        assert fold(shuffled) == expected


@given(st.data())
def test_a_case_is_always_in_a_known_state_and_its_times_make_sense(data: st.DataObject) -> None:
    folded = fold(_written(data))
    assert folded is not None
    case = folded.case
    assert case.state in cases.STATES
    assert (case.state == cases.WAITING) == bool(case.waiting_since)
    assert all(start <= end for start, end in case.pauses)
    assert (case.state in cases.ENDED) == bool(case.ended_at)
    assert case.officer not in case.past_officers
