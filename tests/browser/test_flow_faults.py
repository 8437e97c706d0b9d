"""The way to a receipt when something goes wrong: mistakes, refusals, an appliance that is away, a reload; nothing typed is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from appliance.domain.codes import check_receipt_code
from appliance.domain.errors import PhotoBroken
from appliance.usecases.read_case import find_by_code
from appliance.web.words import say
from appliance.wiring import create_app
from tests.browser.citizens import CARD, Citizen
from tests.browser.visits import Visit
from tests.factories import Site, World, world_in

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser, Dialog, Route

Begin = Callable[..., Visit]


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


def cases(centre: Site) -> int:
    return centre.number("SELECT count(*) FROM case_state")


# --- what goes wrong --------------------------------------------------------------------------------------


def test_a_mistake_is_told_where_the_eyes_and_the_reader_are(visit: Begin, site: str) -> None:
    # Given somebody who mistyped their number and their address, and ticked nothing
    someone = Citizen(visit(site, size="kiosk"))
    someone.arrive()
    someone.choose("1")
    someone.choose("complaint")
    someone.choose(CARD)
    someone.go_on()
    someone.page.locator("#phone").fill("12")
    someone.page.locator("#email").fill("amina@")
    # When they go on
    someone.go_on()
    # Then the summary has the focus, leads to the fields, and all is still there
    assert someone.page.evaluate("document.activeElement.className").startswith("govuk-error-summary")
    assert someone.page.title().startswith("Error:")
    assert someone.page.locator(".govuk-error-summary li").count() == 3
    someone.page.get_by_role("link", name="That is not a telephone number").click()
    assert someone.page.evaluate("document.activeElement.id") == "phone"
    assert someone.page.locator("#phone").input_value() == "12"
    assert "That is not a telephone number" in str(
        someone.page.locator("#phone").evaluate(
            "(one) => one.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).innerText).join()"
        )
    )
    someone.page.locator("#phone").fill("0712 345 678")
    someone.page.locator("#email").fill("")
    someone.page.locator("#consent").check()
    someone.go_on()
    assert "Is this right?" in someone.page.title()
    assert someone.faults == []


def test_a_text_that_is_too_long_is_counted_and_kept(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.arrive()
    someone.choose("")
    someone.choose("suggestion")
    someone.choose("else")
    long = "é\U0001f600 " * 1400 + "\u202eabc"
    someone.page.locator("#text").fill(long)
    someone.go_on()
    assert "4000" in someone.page.locator(".govuk-error-summary").inner_text()
    assert someone.page.locator("#text").input_value() == long
    someone.page.locator("#text").fill(long[:3000])
    for _ in range(3):
        someone.go_on()
    assert "Your message is registered" in someone.page.title()


def test_an_empty_form_is_asked_again(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.arrive()
    someone.choose("")
    someone.choose("complaint")
    someone.choose("else")
    someone.go_on()
    assert "Touch what it is about, or write a few words." in someone.page.locator(".govuk-error-summary").inner_text()


def test_what_the_appliance_refuses_stands_where_it_can_be_put_right(visit: Begin, site: str) -> None:
    # Given an appliance that refuses what this page found good
    someone = Citizen(visit(site, size="kiosk"))
    someone.arrive()
    someone.to_review()
    said = {"error": "InvalidInput", "message": "not so", "details": {"field": "text", "reason": "no"}}
    someone.page.route("**/api/v1/feedback*", lambda route: route.fulfill(status=422, json=said))
    # When it is sent, Then the question it is about is asked again, the answers in it
    someone.go_on()
    assert someone.page.locator("main .govuk-error-summary").is_visible()
    assert someone.page.locator("main label.choice input").first.is_checked()
    # And once the appliance is of another mind, it goes
    someone.page.unroute("**/api/v1/feedback*")
    for _ in range(3):
        someone.go_on()
    assert "Your message is registered" in someone.page.title()
    assert someone.faults == []


def test_an_impatient_finger_sends_once(visit: Begin, site: str, centre: Site) -> None:
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.arrive()
    someone.to_review()
    before = cases(centre)
    someone.page.locator("main form > button.govuk-button").last.dblclick()
    someone.page.locator(".receipt .code").wait_for()
    assert cases(centre) == before + 1


def test_two_tabs_are_two_people(visit: Begin, site: str, centre: Site) -> None:
    first = visit(site, size="phone")
    someone = Citizen(first, look=False)
    someone.arrive(terminal="")
    other = first.another("/?lang=en")
    before = cases(centre)
    ids = [page.evaluate("cfms.flow.state().answers.id") for page in (someone.page, other)]
    assert len(set(ids)) == 2
    someone.to_review()
    someone.go_on()
    assert cases(centre) == before + 1


# --- while the appliance is away --------------------------------------------------------------------------


def test_away_it_says_honestly_that_it_is_kept_and_gives_the_receipt_when_it_comes(visit: Begin, site: str, centre: Site) -> None:
    # Given a terminal whose appliance goes away in mid-flow
    someone = Citizen(visit(site, size="kiosk"))
    someone.arrive()
    someone.to_review()
    before = cases(centre)
    someone.visit.unplug()
    # When the message is sent, Then it is kept: a code, no reference, no proof
    someone.go_on()
    assert "Kept on this machine, not yet registered" in someone.page.title()
    code = someone.code()
    assert check_receipt_code(code) == code
    assert "NBI-" not in someone.page.locator("main").inner_text()
    assert someone.page.locator("main svg[role=img], main .qr").count() == 0
    assert cases(centre) == before
    # When the appliance is back, Then the receipt takes its place by itself, with the same code
    someone.visit.plug_in()
    someone.page.locator("main .receipt >> text=NBI-").wait_for()
    assert someone.code() == code
    assert (cases(centre), find_by_code(centre.node, code).row.kind) == (before + 1, "complaint")
    assert someone.faults == []


def test_a_receipt_whose_page_cannot_be_fetched_still_has_code_and_reference(visit: Begin, site: str, centre: Site) -> None:
    someone = Citizen(visit(site, size="kiosk"))
    someone.arrive()
    someone.to_review()
    someone.visit.away = True
    someone.page.route("**/feedback", lambda route: route.abort())
    someone.go_on()
    code = someone.code()
    assert str(find_by_code(centre.node, code).row.ref) in someone.page.locator("main .receipt").inner_text()
    assert someone.faults == []


def test_without_https_the_page_itself_keeps_the_message_and_says_so(wifi: Browser, site: str, centre: Site) -> None:
    # Given a phone on the centre's Wi-Fi, where a browser neither seals nor lends its microphone
    someone = Citizen(Visit(wifi, site.replace("127.0.0.1", "huduma.lan"), size="phone"), look=False)
    someone.arrive(terminal="")
    assert someone.page.evaluate("isSecureContext") is False
    someone.choose("1")
    someone.choose("complaint")
    someone.choose(CARD)
    assert someone.page.locator("#voice").is_visible()  # its own recorder, by the plain field
    someone.chip()
    someone.go_on()
    someone.go_on()
    before = cases(centre)
    # When the appliance is away, Then the page must stay open; and it sends by itself
    someone.visit.unplug()
    someone.go_on()
    assert someone.page.locator("[data-when=memory]").is_visible()
    someone.visit.plug_in()
    someone.page.locator("main .receipt >> text=NBI-").wait_for()
    assert cases(centre) == before + 1
    assert [one for one in someone.visit.wrong if "Cross-Origin-Opener-Policy" not in one] == []  # ignored there, says Chromium
    someone.visit.close()


@pytest.mark.parametrize("shelf", ["sealed", "memory"])
def test_what_is_refused_after_it_was_kept_is_said_and_can_be_written_again(visit: Begin, site: str, centre: Site, shelf: str) -> None:
    # Given somebody whose message was kept while the appliance was away
    someone = Citizen(visit(site, size="kiosk"))
    if shelf == "memory":
        someone.page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    someone.arrive()
    someone.to_review()
    before = cases(centre)
    someone.visit.unplug()
    someone.go_on()
    code = someone.code()
    # When it is refused for good, Then the page that promised to send it says so, and why
    why = "PhotoBroken"
    said = {"error": "EnvelopeRefused", "message": "", "details": {"why": why}} if shelf == "sealed" else {"error": why, "message": "", "details": {}}
    door = "**/api/v1/sealed*" if shelf == "sealed" else "**/api/v1/feedback*"
    someone.page.route(door, lambda route: route.fulfill(status=422, json=said))
    someone.visit.plug_in()
    someone.page.get_by_role("heading", name="Your message could not be registered").wait_for()
    words = someone.page.locator("main").inner_text()
    assert str(say(PhotoBroken())) in words
    assert "tell a member of staff" in words
    assert someone.page.locator("main .code").count() == 0
    someone.seen()
    # In another language too
    someone.page.locator("a.tool[lang=sw]").click()
    someone.page.wait_for_function("() => document.documentElement.lang === 'sw'")
    assert someone.page.locator("main [data-sentence]").inner_text()
    someone.page.unroute(door)
    # And written again it is one message, under the code they were given
    someone.tap(someone.page.locator("main button[value=review]"))
    someone.go_on()
    assert someone.code() == code
    assert cases(centre) == before + 1
    someone.page.wait_for_function("async () => await cfms.outbox.aside() === 0")
    assert someone.faults == []


def test_a_message_that_is_no_message_is_refused_in_words_for_people(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.arrive()
    someone.to_review()
    someone.page.evaluate("cfms.flow.state().answers.id = 7")
    someone.go_on()
    words = someone.page.locator("main [role=alert]").first.inner_text()
    assert "could not be read" in words
    assert "JSON" not in words


# --- reload and leaving -----------------------------------------------------------------------------------


def test_a_phone_keeps_the_harmless_answers_over_a_reload(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="phone"), look=False)
    someone.arrive(terminal="")
    someone.choose("1")
    someone.choose("complaint")
    someone.choose(CARD)
    someone.chip()
    someone.page.locator("#text").fill("Half a sent")
    someone.go_on()
    someone.page.locator("#name").fill("Wanjiru")
    kept = json.loads(str(someone.page.evaluate("sessionStorage.getItem('cfms-draft')")))
    assert {"name", "phone", "email", "code", "id", "consent"}.isdisjoint(kept)
    assert "Wanjiru" not in json.dumps(kept)
    someone.page.reload()
    assert "May we reach you?" in someone.page.title()
    assert someone.page.locator("#name").input_value() == ""
    someone.go_on()
    assert "Half a sent" in someone.page.locator("main dl").inner_text()
    someone.go_on()
    assert someone.page.evaluate("sessionStorage.getItem('cfms-draft')") is None


@pytest.mark.parametrize("way", ["reload", "finish"])
def test_a_phone_asks_before_it_loses_the_only_page_with_the_code(visit: Begin, site: str, way: str) -> None:
    someone = Citizen(visit(site, size="phone"), look=False)
    asked: list[str] = []

    def answer(question: Dialog) -> None:
        asked.append(question.type)
        question.accept()

    someone.page.on("dialog", answer)
    someone.arrive(terminal="")
    someone.choose("1")
    someone.choose("complaint")
    someone.choose(CARD)
    someone.chip()
    for _ in range(3):
        someone.go_on()
    someone.page.locator("main .code").wait_for()
    assert asked == []
    if way == "reload":
        someone.page.reload()
    else:
        someone.page.locator("main a.govuk-button").last.tap()
    someone.page.wait_for_function("() => !document.querySelector('main .code')")
    assert asked == (["beforeunload"] if way == "reload" else [])


def test_a_phone_asks_before_a_message_on_its_way_is_written_again(visit: Begin, site: str, centre: Site) -> None:
    someone = Citizen(visit(site, size="phone"), look=False)
    someone.arrive(terminal="")
    someone.to_review()
    before = cases(centre)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    someone.page.route("**/api/v1/feedback*", hold)
    with someone.page.expect_request("**/api/v1/feedback*"):
        someone.page.locator("main form > button.govuk-button").last.tap()
    with someone.page.expect_event("dialog") as asked:
        someone.page.on("dialog", lambda question: question.dismiss())
        someone.page.evaluate("setTimeout(() => location.reload())")
    assert asked.value.type == "beforeunload"
    held[0].continue_()
    someone.page.locator("main .code").wait_for()
    assert cases(centre) == before + 1


def test_who_begins_again_on_a_phone_begins_with_nothing(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="phone"), look=False)
    someone.arrive(terminal="")
    someone.choose("1")
    someone.choose("complaint")
    someone.tap(someone.page.locator(".foot__link"))
    someone.page.reload()
    assert "Home" in someone.page.title()
    assert someone.page.evaluate("sessionStorage.getItem('cfms-draft')") is None


def test_a_terminal_keeps_nothing_over_a_reload(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.arrive()
    someone.choose("1")
    someone.choose("complaint")
    someone.page.reload()
    assert "Home" in someone.page.title()
    assert someone.page.evaluate("Object.keys(sessionStorage)") == ["cfms-pressed"]
