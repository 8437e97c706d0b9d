"""Following a case by its code: the story in plain words, what a citizen can do about it, and nobody's name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance.domain import events as ev
from appliance.journal.journal import Tx
from appliance.projections import cases
from appliance.usecases import answer_case
from appliance.usecases.node import new_id
from appliance.usecases.read_case import find_by_code, open_with_reason
from tests.factories import HQ_OFFICER, OFFICER, Mint, Site, World
from tests.kiosk_ui.citizen import Citizen

Before = Callable[..., Citizen]
SECRET_ID = "account-of-amina"


def _case(site: Site, code: str) -> str:
    return find_by_code(site.node, code).row.id


def _happens(site: Site, case: str, make: type[ev.CaseEvent], text: str = "", **facts: object) -> None:
    """Append an event of *case*, whether or not the desk has a screen for it."""

    def act(tx: Tx) -> None:
        row = cases.get(tx.db, case)
        assert row is not None
        event = make(id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, case=case, n=row.n + 1, **facts)  # type: ignore[arg-type]
        tx.append(event, {"text": text.encode()} if text else None)

    site.node.perform(act)


def _count(site: Site, case: str) -> int:
    with site.node.store.read() as db:
        row = cases.get(db, case)
    assert row is not None
    return row.n


@pytest.mark.parametrize("code", ["", "1234", "4812 0973 5661 2045 7984"])
def test_a_code_that_cannot_be_right_is_asked_again_and_kept(citizen: Before, code: str) -> None:
    someone = citizen()
    page = someone.follow(code)
    assert someone.status == 422
    assert page.title.startswith("Error:")
    assert page.forms["track"].fields["code"] == code


def test_a_wrong_digit_and_a_code_nobody_has_are_told_apart(citizen: Before) -> None:
    someone = citizen()
    good = Mint(99).code()
    wrong = ("1" if good[0] != "1" else "2") + good[1:]
    assert "wrong digit" in someone.follow(wrong).text
    page = someone.follow(good)
    assert someone.status == 404
    assert "no case under that code" in page.text
    assert page.forms["track"].fields["code"] == good


def test_spaces_and_dashes_in_a_code_are_forgiven(citizen: Before) -> None:
    someone = citizen()
    code = someone.file()
    someone.follow("-".join(code[at : at + 4] for at in range(0, 20, 4)))
    assert someone.status == 200


EVENTS: list[tuple[str, type[ev.CaseEvent], dict[str, object], str, str]] = [
    ("complaint", ev.CaseAcknowledged, {}, "An officer has read it", "Afisa ameusoma"),
    ("complaint", ev.CaseAssigned, {"officer": SECRET_ID}, "An officer answers for it now", "afisa anayewajibika"),
    ("complaint", ev.CaseStarted, {}, "Work on it began", "Kazi ilianza"),
    ("complaint", ev.ReplySent, {"text": "It is at counter 7"}, "Answer Officer", "Jibu Afisa"),
    ("complaint", ev.ReplySent, {"text": "From above", "role": "hq"}, "Answer Headquarters", "Jibu Makao makuu"),
    ("complaint", ev.ReplySent, {"text": "Which counter?", "ask": True}, "We ask you", "Tunakuuliza"),
    ("complaint", ev.CaseReferred, {"institution": "KRA"}, "Passed to the office that must act: Kenya Revenue Authority", "Imepelekwa kwa ofisi"),
    ("complaint", ev.CaseResolved, {"reason": "done", "text": "Done"}, "We believe it is fixed: The service was given", "Tunaamini tatizo"),
    ("complaint", ev.CaseRejected, {"reason": "duplicate", "text": "Twice"}, "We could not take it up: It was sent twice", "Hatukuweza"),
    ("complaint", ev.CaseEscalated, {"to": "manager"}, "so it went higher up: Centre manager", "ngazi ya juu: Meneja wa kituo"),
    ("compliment", ev.ComplimentVerified, {}, "We have checked your praise", "Tumethibitisha"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "make", "facts", "english", "kiswahili"), EVENTS)
def test_every_event_is_told_in_both_languages_and_never_who_did_it(
    citizen: Before, centre: Site, kind: str, make: type[ev.CaseEvent], facts: dict[str, object], english: str, kiswahili: str
) -> None:
    someone = citizen()
    code = someone.file(kind=kind)
    by = "clock" if make is ev.CaseEscalated else SECRET_ID
    said = dict(facts)
    text = str(said.pop("text", ""))
    _happens(centre, _case(centre, code), make, text, by=by, **said)
    page = someone.follow(code)
    assert english in page.text.replace(" · ", " ")
    assert text in page.text
    assert SECRET_ID not in someone.answers[-1].text
    other = citizen("sw").follow(code)
    assert kiswahili in other.text.replace(" · ", " ")


def test_the_end_of_a_story_is_told_too(citizen: Before, centre: Site) -> None:
    someone = citizen()
    code = someone.file(kind="compliment")
    case = _case(centre, code)
    _happens(centre, case, ev.ComplimentVerified, by=SECRET_ID)
    _happens(centre, case, ev.ComplimentPassed, by=SECRET_ID, to=SECRET_ID)
    page = someone.follow(code)
    assert "Your praise was passed on" in page.text
    assert SECRET_ID not in someone.answers[-1].text
    assert "reply" not in page.forms
    code = someone.file()
    case = _case(centre, code)
    _happens(centre, case, ev.CaseResolved, by=SECRET_ID, reason="done")
    _happens(centre, case, ev.CaseClosed, by="clock", reason="silence")
    page = someone.follow(code)
    assert "Closed, since nobody said that it is not fixed" in page.text
    assert any(("do", "not-fixed") in form.buttons for form in page.forms.values())


def test_days_are_told_and_times_are_not(citizen: Before) -> None:
    someone = citizen()
    someone.follow(someone.file())
    assert "24 Nov" in someone.page.text or "Nov 24" in someone.page.text
    assert "10:0" not in someone.page.text


def test_the_date_is_told_as_it_stands(citizen: Before, world: World, centre: Site) -> None:
    someone = citizen()
    code = someone.file()
    assert "You have an answer by" in someone.follow(code).text
    _happens(centre, _case(centre, code), ev.ReplySent, "Which counter?", ask=True, by=SECRET_ID)
    assert "paused" in someone.follow(code).text
    late = someone.file()
    row = find_by_code(centre.node, late).row
    before = world.watch.now
    try:
        world.watch.pass_time(row.due - before + 3 * 86_400)
        page = someone.follow(late)
        assert "An answer was promised by" in page.text
        assert "3 days late" in page.text
    finally:
        world.watch.pass_time(before - world.watch.now)


def test_a_reply_sent_twice_is_one_and_is_told(citizen: Before, centre: Site) -> None:
    someone = citizen()
    code = someone.file()
    someone.follow(code)
    assert "Your words were added" in someone.send("reply", text="One more thing").text
    count = _count(centre, _case(centre, code))
    page = someone.again()
    assert page.text.count("One more thing") == 1
    assert _count(centre, _case(centre, code)) == count


def test_an_empty_reply_and_one_too_long_are_asked_again(citizen: Before, centre: Site) -> None:
    someone = citizen()
    someone.follow(someone.file())
    assert "Write a few words first" in someone.send("reply", text=" ").text
    assert someone.status == 422
    long = "x" * (centre.node.settings.limits.text_chars + 1)
    page = someone.send("reply", text=long)
    assert someone.status == 422
    assert "too long" in page.text
    assert page.forms["reply"].fields["text"] == long


def test_yes_it_is_fixed_closes_and_no_gives_it_to_somebody_else(citizen: Before, centre: Site) -> None:
    for act, words, state in (("fixed", "Your case is closed", "closed"), ("not-fixed", "Another officer will look", "in_progress")):
        someone = citizen()
        code = someone.file()
        case = _case(centre, code)
        answer_case.assign_case(centre.node, case, OFFICER, OFFICER.id)
        answer_case.resolve_case(centre.node, case, OFFICER, "done", "It is at counter 7")
        page = someone.follow(code)
        form = next(name for name, one in page.forms.items() if ("do", act) in one.buttons)
        assert words in someone.send(form, ("do", act)).text
        someone.again()
        assert find_by_code(centre.node, code).row.state == state


def test_taking_a_case_back_asks_once(citizen: Before, centre: Site) -> None:
    someone = citizen()
    code = someone.file()
    page = someone.follow(code)
    form = next(name for name, one in page.forms.items() if ("do", "ask-withdraw") in one.buttons)
    page = someone.send(form, ("do", "ask-withdraw"))
    assert find_by_code(centre.node, code).row.state == "received"
    sure = next(name for name, one in page.forms.items() if ("do", "withdraw") in one.buttons)
    page = someone.send(sure, ("do", "withdraw"))
    assert "Your case was taken back" in page.text
    assert find_by_code(centre.node, code).row.state == "withdrawn"
    assert "reply" not in page.forms


def test_what_came_too_late_is_told_and_not_lost(citizen: Before, centre: Site) -> None:
    someone = citizen()
    code = someone.file()
    someone.follow(code)
    answer_case.reject_case(centre.node, _case(centre, code), OFFICER, "duplicate", "Sent twice")
    page = someone.send("reply", text="But there is more")
    assert someone.status == 409
    assert "moved on meanwhile" in page.text
    assert "But there is more" in page.text
    assert "Sent twice" in page.text


def test_another_language_keeps_the_reply_being_written(citizen: Before) -> None:
    someone = citizen()
    someone.follow(someone.file())
    page = someone.switch("sw", "reply")
    assert "Ulituambia" in page.text
    someone.follow(page.forms["reply"].fields["code"])
    page = someone.send("reply", ("lang", "sw"), text="half a sent")
    assert page.forms["reply"].fields["text"] == "half a sent"


def test_headquarters_answer_reaches_the_citizen_at_the_centre_and_at_home(citizen: Before, portal: Citizen, world: World, centre: Site) -> None:
    someone = citizen()
    code = someone.file(text="Please look at this")
    case = _case(centre, code)
    world.sync(centre)
    assert "Please look at this" in portal.follow(code).text
    _read_at_hq(world, case)
    answer_case.reply_to_citizen(world.hq.node, case, HQ_OFFICER, "We have asked the bureau")
    assert "We have asked the bureau" in portal.follow(code).text
    world.sync(centre)
    page = someone.follow(code)
    assert "We have asked the bureau" in page.text
    assert "Answer Headquarters" in page.text.replace(" · ", " ")
    assert HQ_OFFICER.id not in someone.answers[-1].text


def _read_at_hq(world: World, case: str) -> None:
    open_with_reason(world.hq.node, case, HQ_OFFICER, "to answer")
