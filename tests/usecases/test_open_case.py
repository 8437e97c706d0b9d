"""A citizen files and follows a case: once whatever is sent twice, within stated limits, and a refusal leaves the log as it was."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from sync.note import compact_note

from appliance.domain import events as ev
from appliance.domain.errors import (
    CodeConflict,
    CodeMistyped,
    IllegalMove,
    InvalidInput,
    Refusal,
    TextMissing,
    TextTooLong,
    UnknownChoice,
    UnknownCode,
)
from appliance.usecases import logs
from appliance.usecases.answer_case import reply_to_citizen, resolve_case
from appliance.usecases.follow_case import answer_fixed, withdraw_case, write_again
from appliance.usecases.open_case import Receipt, Submission, open_case
from appliance.usecases.proofs import note_at
from tests.factories import CATEGORY, OFFICER, SERVICE, Site, World
from tests.usecases.looking import sizes, texts


@pytest.fixture
def centre(world: World) -> Site:
    """Lend a centre that HQ never hears of."""
    return world.centre("NBI", enrolled=False)


def again(said: Submission, **changed: object) -> Submission:
    """Return *said* with some parts changed."""
    return msgspec.structs.replace(said, **changed)


def refused(site: Site, act: Callable[[], object], why: type[Refusal]) -> None:
    """Check that *act* is refused as *why* and that no log has moved."""
    before, leaves = sizes(site), len(site.leaves())
    with pytest.raises(why):
        act()
    assert (sizes(site), len(site.leaves())) == (before, leaves)


def test_the_same_message_again_is_the_same_receipt_byte_for_byte(world: World, centre: Site) -> None:
    said = world.submission("Once", service=SERVICE, category=CATEGORY)
    first = open_case(centre.node, said)
    for turn in range(3):
        world.file(centre, f"Another {turn}")
    second = open_case(centre.node, said)
    assert second.again
    assert not first.again
    assert msgspec.json.encode(again_of(second)) == msgspec.json.encode(first)
    assert centre.number("SELECT count(*) FROM case_state") == 4
    centre.reopen()
    assert again_of(open_case(centre.node, said)) == first


def again_of(receipt: Receipt) -> Receipt:
    """Return *receipt* as it was the first time."""
    return msgspec.structs.replace(receipt, again=False)


def test_the_same_id_under_another_code_is_refused(world: World, centre: Site) -> None:
    said = world.submission("Once")
    open_case(centre.node, said)
    refused(centre, lambda: open_case(centre.node, again(said, code=world.mint.code())), CodeConflict)
    reply = reply_to_citizen(centre.node, said.id, OFFICER, "An answer")
    refused(centre, lambda: open_case(centre.node, again(said, id=reply.id)), CodeConflict)


def test_the_slips_note_is_the_log_as_it_stood_when_the_case_was_filed(world: World, centre: Site) -> None:
    receipt = world.file(centre)
    world.file(centre)
    with centre.node.store.read() as db:
        own = logs.by_id(db, centre.node.journal.own_log)
        assert receipt.proof == compact_note(note_at(centre.node, db, own.id, receipt.index + 1))
    opened = centre.events()[receipt.index]
    assert isinstance(opened, ev.CaseOpened)
    assert (opened.id, opened.ref, opened.n) == (receipt.id, receipt.ref, 1)


LIMITS: list[tuple[str, dict[str, object], dict[str, object], type[Refusal]]] = [
    ("text", {"text": "x" * 4000}, {"text": "x" * 4001}, TextTooLong),
    ("text", {"text": " x "}, {"text": "  \n "}, TextMissing),
    ("rating", {"text": "", "rating": 1}, {"text": "", "rating": 0}, TextMissing),
    ("rating", {"rating": 4}, {"rating": 5}, UnknownChoice),
    ("rating", {"rating": 1}, {"rating": -1}, UnknownChoice),
    ("name", {"name": "n" * 120}, {"name": "n" * 121}, TextTooLong),
    ("phone", {"phone": "7" * 120}, {"phone": "7" * 121}, TextTooLong),
    ("email", {"email": "e" * 120}, {"email": "e" * 121}, TextTooLong),
    ("desk", {"desk": "D" * 6}, {"desk": "D" * 7}, UnknownChoice),
    ("desk", {"desk": "K7"}, {"desk": "7\0"}, UnknownChoice),
    ("consent", {"consent": "contact-about-case/9999"}, {"consent": "contact-about-case/10000"}, UnknownChoice),
    ("consent", {"consent": "contact-about-case"}, {"consent": "contact"}, UnknownChoice),
    ("occurred", {"occurred": ev.LAST_MOMENT}, {"occurred": ev.LAST_MOMENT + 1}, InvalidInput),
    ("occurred", {"occurred": 0}, {"occurred": -1}, InvalidInput),
    ("kind", {"kind": "compliment"}, {"kind": "report"}, UnknownChoice),
    ("channel", {"channel": "ussd"}, {"channel": "fax"}, UnknownChoice),
    ("lang", {"lang": "sw"}, {"lang": "xx"}, UnknownChoice),
    ("service", {"service": SERVICE}, {"service": "0"}, UnknownChoice),
    ("category", {"category": CATEGORY}, {"category": "?"}, UnknownChoice),
    ("centre", {"centre": "MSA"}, {"centre": "XXX"}, UnknownChoice),
    ("text", {"text": "\U0001f600" * 4000}, {"text": "a\0b"}, InvalidInput),
    ("name", {"name": "\u0416"}, {"name": "\ud800"}, InvalidInput),
]


def test_every_limit_holds_from_both_sides_and_a_refusal_leaves_the_log_as_it_was(world: World, centre: Site) -> None:
    for field, good, bad, why in LIMITS:
        refused(centre, lambda bad=bad: world.file(centre, **{"text": "words", **bad}), why)  # type: ignore[misc]
        receipt = world.file(centre, **{"text": "words", **good})  # type: ignore[arg-type]
        assert receipt.again is False, field
    assert centre.verify() == ""


@pytest.mark.parametrize("wrong", ["", "x" * 32, "0" * 31, "0" * 33, "A" * 32])
def test_an_id_that_is_none_is_refused(world: World, centre: Site, wrong: str) -> None:
    refused(centre, lambda: world.file(centre, id=wrong), InvalidInput)


def test_a_code_with_a_wrong_digit_is_refused(world: World, centre: Site) -> None:
    code = world.mint.code()
    wrong = code[:5] + str((int(code[5]) + 1) % 10) + code[6:]
    refused(centre, lambda: world.file(centre, code=wrong), CodeMistyped)
    refused(centre, lambda: world.file(centre, code=code[:-1]), CodeMistyped)
    spaced = f"{code[:4]} {code[4:8]}-{code[8:12]} {code[12:]}"
    assert world.file(centre, code=spaced).code == code


def test_nothing_a_citizen_wrote_stands_in_a_leaf_or_open_on_disk(world: World, centre: Site) -> None:
    receipt = world.file(centre, "Maneno ya siri kabisa", name="Wanjiku wa Siri", phone="+254711222333", email="siri@example.org")
    write_again(centre.node, receipt.code, world.mint.id(), "Neno lingine la siri", "kiosk")
    centre.node.store.truncate_wal()
    for secret in ("Maneno ya siri", "Wanjiku", "+254711222333", "siri@example.org", "Neno lingine", receipt.code):
        assert centre.holds_bytes(secret.encode()) == [], secret


def test_the_time_is_told_as_it_is_and_a_step_is_logged_before_what_follows_it(world: World, centre: Site) -> None:
    world.file(centre)
    world.watch.jump(-86_400)
    receipt = world.file(centre)
    step, opened = centre.events()[-2:]
    assert isinstance(step, ev.ClockStepped)
    assert step.to_ts - step.from_ts == -86_400
    assert (opened.id, opened.ts, opened.q) == (receipt.id, int(world.watch.now), "rtc")
    world.file(centre)
    assert sum(isinstance(one, ev.ClockStepped) for one in centre.events()) == 1


def test_a_clock_that_was_never_set_says_so_and_one_beyond_all_charters_is_held_at_their_end(world: World, centre: Site) -> None:
    world.watch.jump(-world.watch.now)
    world.file(centre)
    assert centre.events()[-1].q == "unset"
    world.watch.jump(10.0**11)
    world.file(centre)
    assert centre.events()[-1].ts == ev.LAST_MOMENT
    assert centre.verify() == ""


def test_headquarters_word_makes_the_time_better_for_a_week(world: World) -> None:
    centre = world.centre("NBI")
    world.file(centre)
    assert centre.events()[-1].q == "hq"
    world.watch.pass_time(8 * 86_400)
    world.file(centre)
    assert centre.events()[-1].q == "rtc"


# --- following ------------------------------------------------------------------------------------------------


def test_the_same_words_under_the_same_id_are_said_once(world: World, centre: Site) -> None:
    receipt, once = world.file(centre, "First"), world.mint.id()
    for _ in range(3):
        write_again(centre.node, receipt.code, once, "More", "kiosk")
    assert texts(centre, receipt.code) == ["First", "More"]


def test_other_words_under_an_id_that_was_used_are_refused_and_not_taken_for_said(world: World, centre: Site) -> None:
    one, other = world.file(centre, "First"), world.file(centre, "Second")
    once = world.mint.id()
    write_again(centre.node, one.code, once, "More", "kiosk")
    refused(centre, lambda: write_again(centre.node, one.code, once, "Other words", "kiosk"), InvalidInput)
    refused(centre, lambda: write_again(centre.node, other.code, once, "More", "kiosk"), InvalidInput)
    refused(centre, lambda: write_again(centre.node, one.code, one.id, "More", "kiosk"), InvalidInput)
    refused(centre, lambda: withdraw_case(centre.node, one.code, once, "kiosk"), InvalidInput)


def test_following_is_refused_without_a_trace(world: World, centre: Site) -> None:
    receipt, node, mint = world.file(centre), centre.node, world.mint
    refused(centre, lambda: write_again(node, mint.code(), mint.id(), "Words", "kiosk"), UnknownCode)
    refused(centre, lambda: write_again(node, "12", mint.id(), "Words", "kiosk"), CodeMistyped)
    refused(centre, lambda: write_again(node, receipt.code, "no id", "Words", "kiosk"), InvalidInput)
    refused(centre, lambda: write_again(node, receipt.code, mint.id(), " ", "kiosk"), TextMissing)
    refused(centre, lambda: write_again(node, receipt.code, mint.id(), "x" * 4001, "kiosk"), TextTooLong)
    refused(centre, lambda: answer_fixed(node, receipt.code, mint.id(), yes=True, channel="kiosk"), IllegalMove)
    withdraw_case(node, receipt.code, mint.id(), "kiosk")
    refused(centre, lambda: withdraw_case(node, receipt.code, mint.id(), "kiosk"), IllegalMove)


def test_not_fixed_opens_a_case_again_and_fixed_ends_it(world: World, centre: Site) -> None:
    receipt, node = world.file(centre), centre.node
    resolve_case(node, receipt.id, OFFICER, "done", "Done")
    assert answer_fixed(node, receipt.code, world.mint.id(), yes=False, channel="kiosk").row.state == "in_progress"
    resolve_case(node, receipt.id, OFFICER, "done", "Really done")
    once = world.mint.id()
    assert [answer_fixed(node, receipt.code, once, yes=True, channel="kiosk").row.state for _ in range(2)] == ["closed", "closed"]


def test_a_leaf_that_nobody_could_read_is_never_written(world: World, centre: Site) -> None:
    opened = centre.events()[0]
    before = sizes(centre)
    bad = ev.ClockStepped(id=world.mint.id(), ts=0, from_ts=-1, to_ts=0, source="step")
    with pytest.raises(ev.Unreadable):
        centre.node.perform(lambda tx: tx.append(bad))
    assert (sizes(centre), centre.events()[0]) == (before, opened)
