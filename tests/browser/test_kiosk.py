"""Citizens' pages in a real browser: the main path by touch, by keyboard and without script, in both languages, with nothing from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from appliance.usecases import answer_case
from appliance.usecases.read_case import find_by_code
from appliance.wiring import create_app
from tests.browser.citizens import CARD, Citizen
from tests.browser.visits import Visit
from tests.factories import OFFICER, Site, World, world_in

if TYPE_CHECKING:
    from flask import Flask

Begin = Callable[..., Visit]
PHONE_TARGET = 44  # a thumb's, on a screen held in the hand


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_in(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="module")
def centre(world: World) -> Site:
    return world.centre("NBI")


@pytest.fixture(scope="module")
def site(centre: Site, serve: Callable[[Flask], str]) -> str:
    return serve(create_app(centre.node))


@pytest.fixture(scope="module")
def portal(world: World, centre: Site, serve: Callable[[Flask], str]) -> str:
    return serve(create_app(world.hq.node))


def _resolve(centre: Site, code: str) -> None:
    """Let an officer answer the case and call it resolved."""
    case = find_by_code(centre.node, code).row.id
    answer_case.assign_case(centre.node, case, OFFICER, OFFICER.id)
    answer_case.reply_to_citizen(centre.node, case, OFFICER, "It is at counter 7 since Thursday.")
    answer_case.resolve_case(centre.node, case, OFFICER, "done", "It was handed over.")


@pytest.mark.parametrize("lang", ["en", "sw"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_citizen_gives_feedback_and_hears_the_answer(visit: Begin, site: str, centre: Site, lang: str, script: bool) -> None:  # noqa: FBT001
    # Given a citizen at a terminal
    someone = Citizen(visit(site, size="kiosk", script=script, lang=lang), lang, look=script)
    someone.arrive()
    # When they touch a face and complain about a service they look for with a slip of the finger
    someone.choose("1")
    someone.choose("complaint")
    someone.look_for("kitambulsho")
    someone.choose(CARD)
    someone.page.locator("label.choice").first.click()
    someone.write("I came three Mondays for my card.")
    someone.page.get_by_label(someone.word("phone")).fill("0712 345 678")
    someone.go_on()
    someone.page.get_by_label(someone.word("agree")).check()
    someone.go_on()
    code = someone.send()
    # Then they hold a receipt, and show that they kept its code
    assert someone.word("registered") in someone.page.title()
    someone.page.get_by_label(someone.word("again")).fill(code[-4:])
    someone.touch("check")
    assert someone.word("kept") in someone.page.title()
    someone.tap(someone.page.locator("main").get_by_role("link", name=someone.word("finish")))
    assert "kiosk=K1" in someone.page.url
    # When an officer has answered and they come back with the code
    _resolve(centre, code)
    someone.go("follow")
    someone.follow(code)
    # Then they read the answer, and can say that it is not fixed
    assert someone.page.get_by_text("It is at counter 7 since Thursday.").is_visible()
    someone.pick(someone.word("not fixed"))
    assert find_by_code(centre.node, code).row.state == "in_progress"
    # And they can add something
    someone.page.get_by_label(someone.word("add")).fill("Counter 7 was shut.")
    someone.touch("reply")
    assert someone.page.get_by_text("Counter 7 was shut.").is_visible()
    assert code not in someone.page.url
    assert someone.faults == []


def test_without_script_back_and_another_language_keep_what_was_typed(visit: Begin, site: str) -> None:
    # Given a citizen in the middle of a sentence
    someone = Citizen(visit(site, size="kiosk", script=False), look=False)
    someone.arrive()
    someone.choose("1")
    someone.choose("complaint")
    someone.choose("else")
    someone.page.get_by_label(someone.word("words")).fill("In the middle of")
    # When they touch the other language, then back and forth
    someone.tap(someone.page.get_by_role("button", name="Kiswahili"))
    someone.lang = "sw"
    someone.tap(someone.page.get_by_role("button", name=someone.word("back")))
    someone.choose("else")
    # Then every word is there
    assert someone.page.get_by_label(someone.word("words")).input_value() == "In the middle of"


@pytest.mark.parametrize("size", ["phone", "narrow"])
def test_everything_fits_a_phone_held_in_the_hand(visit: Begin, site: str, size: str) -> None:
    someone = Citizen(visit(site, size=size), target=PHONE_TARGET)
    someone.arrive(terminal="")
    code = someone.file("A long word: " + "kitambulisho" * 12)
    someone.arrive("/track", terminal="")
    someone.follow(code)
    assert someone.faults == []


def test_without_script_a_second_touch_of_an_impatient_finger_registers_once(visit: Begin, site: str, centre: Site) -> None:
    someone = Citizen(visit(site, size="kiosk", script=False), look=False)
    someone.arrive()
    someone.to_review()
    before = centre.number("SELECT count(*) FROM case_state")
    someone.button("send").dblclick()
    someone.page.locator(".receipt .code").wait_for()
    someone.page.reload()
    assert someone.word("registered") in someone.page.title()
    assert centre.number("SELECT count(*) FROM case_state") == before + 1


def test_the_receipt_prints_as_a_plain_slip(visit: Begin, site: str) -> None:
    # Given a receipt
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.arrive()
    code = someone.file()
    someone.page.evaluate("window.print = () => { document.body.dataset.printed = 'yes'; }")
    # When it is printed
    someone.button("print").click()
    assert someone.page.locator("body").get_attribute("data-printed") == "yes"
    someone.page.emulate_media(media="print")
    # Then the paper has the code and the QR, and neither emblem nor subject
    slip = someone.page.locator(".slip")
    assert slip.is_visible()
    assert code[:4] in slip.inner_text()
    assert slip.locator("svg").is_visible()
    assert not someone.page.locator("header.top").is_visible()
    assert not someone.page.locator("main").is_visible()


def test_without_script_there_is_no_button_that_does_nothing(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="kiosk", script=False), look=False)
    someone.arrive()
    someone.file()
    assert not someone.button("print").is_visible()


def test_the_proof_and_the_question_before_withdrawing_are_accessible_too(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="kiosk"))
    someone.arrive(terminal="")  # a terminal leads away from no receipt; there the proof is a QR
    code = someone.file()
    proof = str(someone.page.locator("a[href^='/proof']").get_attribute("href"))
    for page in (proof, "/proof?p=nonsense", "/proof"):
        someone.visit.open(page)
        someone.seen()
    someone.arrive("/track")
    someone.follow(code[:-1])
    someone.follow(code)
    someone.tap(someone.page.get_by_role("button", name="Take my case back"))
    assert someone.page.get_by_role("button", name="Keep my case").is_visible()
    assert someone.faults == []


def test_without_script_the_internet_asks_for_county_and_centre_first(visit: Begin, portal: str) -> None:
    someone = Citizen(visit(portal, size="phone", script=False), look=False)
    someone.arrive("/feedback", terminal="")
    someone.pick("Nairobi")
    someone.pick("GPO")
    someone.choose("4")
    someone.choose("compliment")
    assert "Which service is it about?" in someone.page.title()
