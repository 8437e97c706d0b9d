"""A terminal forgets: it asks, gives more time without end, and wipes, whether the appliance answers or not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from appliance.wiring import create_app
from tests.browser.citizens import Citizen
from tests.browser.visits import Visit
from tests.factories import Site, World, world_in

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Dialog

Begin = Callable[..., Visit]
SECRET = "Wanjiru of Kibera"
START = re.compile(r"/\?kiosk=K1&reset=1$")


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


def writing(begin: Begin, site: str, lang: str = "en", *, look: bool = False) -> Citizen:
    """Return somebody who has told a secret on a terminal whose time the test turns."""
    visit = begin(site, size="kiosk", lang=lang)
    visit.page.clock.install()
    someone = Citizen(visit, lang, look=look)
    someone.arrive()
    someone.choose("1")
    someone.choose("complaint")
    someone.choose("else")
    someone.page.locator("#text").fill(SECRET)
    return someone


def forgotten(someone: Citizen) -> None:
    """Hold the page to knowing nothing of the last person."""
    page = someone.page
    page.wait_for_url(START)
    page.locator("main button[name=pick]").first.wait_for()
    assert SECRET not in page.content()
    assert page.evaluate("cfms.flow.state().answers.text || ''") == ""
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    assert page.evaluate("document.querySelectorAll('input:checked').length") == 0
    assert not {"contrast", "large"} & set(str(page.evaluate("document.documentElement.className")).split())


@pytest.mark.parametrize(("lang", "look"), [("en", ()), ("sw", ()), ("sw", ("contrast", "large"))])
def test_it_asks_and_then_wipes(visit: Begin, site: str, lang: str, look: tuple[str, ...]) -> None:
    # Given somebody who walks away in the middle of a sentence
    someone = writing(visit, site, lang, look=True)
    for part in look:
        someone.page.locator(f"header [data-look={part}]").click()
    page, history = someone.page, someone.page.evaluate("history.length")
    page.clock.run_for(44_000)
    assert not page.locator("dialog").is_visible()
    # When 45 seconds have gone by, Then it asks, the way to more time first, and says how long there is
    page.clock.run_for(2_000)
    assert page.locator("dialog").is_visible()
    assert page.locator("dialog [data-more]").evaluate("(one) => one === document.activeElement")
    assert int(page.locator("dialog [data-left]").inner_text()) in {13, 14, 15}
    assert re.search(r" 1[345]$", page.locator("dialog [aria-live=polite]").inner_text())
    someone.seen()
    # When nobody answers, Then all is gone, Back too, and the history is as long as it was
    page.clock.run_for(15_000)
    forgotten(someone)
    assert page.evaluate("history.length") == history
    page.go_back()
    assert SECRET not in page.content()
    assert someone.faults == []


def test_any_touch_gives_more_time_and_destroys_nothing(visit: Begin, site: str) -> None:
    # Given somebody who is asked
    someone = writing(visit, site)
    page = someone.page
    for way in ("button", "backdrop", "key", "escape"):
        page.clock.run_for(46_000)
        assert page.locator("dialog").is_visible(), way
        # When they touch the button, or beside the question, or a key, Then they have their time and every word
        if way == "button":
            page.locator("dialog [data-more]").tap()
        elif way == "backdrop":
            page.touchscreen.tap(20, 20)
        else:
            page.keyboard.press("a" if way == "key" else "Escape")
        page.locator("dialog").wait_for(state="detached")
        assert page.locator("#text").input_value() == SECRET
        page.clock.run_for(40_000)
        assert page.locator("#text").input_value() == SECRET
        page.locator("main h1").tap()  # so that every turn begins alike
    # And may go on as if nothing had been asked
    someone.go_on()
    assert "May we reach you?" in page.title()


def test_the_touch_that_finds_the_question_presses_nothing_under_it(visit: Begin, site: str) -> None:
    # Given a finger that is coming down on the way on when the question comes up
    someone = writing(visit, site)
    page = someone.page
    box = page.locator("main form > button.govuk-button").last.bounding_box()
    assert box
    page.clock.run_for(46_000)
    # When it touches there, Then only the question is gone
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator("dialog").wait_for(state="detached")
    assert "What happened?" in page.title()


def test_finish_wipes_at_once_but_not_by_accident(visit: Begin, site: str) -> None:
    someone = writing(visit, site)
    page = someone.page
    page.clock.run_for(46_000)
    page.locator("dialog [data-finish]").tap()  # the question has just come up under the finger
    if page.locator("dialog").is_visible():
        page.clock.run_for(1_000)
        page.locator("dialog [data-finish]").tap()
    forgotten(someone)


def test_it_wipes_with_the_appliance_away(visit: Begin, site: str) -> None:
    # Given a terminal whose appliance has gone
    someone = writing(visit, site)
    page = someone.page
    someone.visit.unplug()
    # When nobody answers, Then the first page stands there as it came, and works
    page.clock.run_for(62_000)
    forgotten(someone)
    someone.choose("2")
    assert "Thank you. It counts." in page.title()
    assert page.evaluate("cfms.outbox.waiting()") == 1
    someone.visit.plug_in()


def test_what_waits_in_the_page_alone_is_forgotten_by_the_screen_and_sent_all_the_same(visit: Begin, site: str, centre: Site) -> None:
    # Given a terminal that cannot keep anything on its disk, and an appliance that takes no message just now
    someone = Citizen(visit(site, size="kiosk"), look=False)
    page, someone.visit.away = someone.page, True
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    asked: list[str] = []

    def answer(question: Dialog) -> None:
        asked.append(question.type)
        question.dismiss()

    page.on("dialog", answer)
    someone.arrive()
    page.route("**/api/v1/feedback*", lambda route: route.abort())
    someone.to_review()
    someone.go_on()
    code = someone.code()
    # When the person goes, Then nothing of them is seen and nobody is asked; and the message goes by itself
    someone.tap(page.locator("main a.govuk-button").last)
    forgotten(someone)
    assert asked == []
    assert page.evaluate("cfms.outbox.waiting()") == 1
    assert code not in page.content()
    before = centre.number("SELECT count(*) FROM case_state")
    page.unroute("**/api/v1/feedback*")
    with page.expect_response("**/api/v1/feedback*") as heard:
        page.evaluate("window.dispatchEvent(new Event('online'))")
    assert heard.value.status == 201
    assert centre.number("SELECT count(*) FROM case_state") == before + 1


def test_elsewhere_it_rests_until_the_appliance_is_back(visit: Begin, site: str) -> None:
    # Given somebody who was looking at a case when the appliance went
    someone = Citizen(visit(site, size="kiosk"), look=False)
    page = someone.page
    page.clock.install()
    someone.arrive("/track")
    page.get_by_label(someone.word("code")).fill("1234")
    someone.visit.unplug()
    page.clock.run_for(62_000)
    page.locator(".resting").wait_for()
    assert "1234" not in page.content()
    # When it is back, Then so is the first page
    someone.visit.plug_in()
    page.clock.run_for(11_000)
    page.wait_for_url(START)


def test_the_first_page_untouched_asks_nobody_but_forgets_the_language(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="kiosk", lang="sw"), "sw", look=False)
    page = someone.page
    page.clock.install()
    someone.arrive()
    page.clock.run_for(50_000)
    assert page.locator("dialog").count() == 0
    page.clock.run_for(12_000)
    page.wait_for_url(START)
    someone.visit.open("/?kiosk=K1")
    page.evaluate("window.same = true")
    page.clock.run_for(200_000)
    assert page.evaluate("window.same")


def test_a_device_of_ones_own_is_left_alone(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="phone"), look=False)
    someone.page.clock.install()
    someone.arrive(terminal="")
    someone.choose("1")
    someone.page.clock.run_for(200_000)
    assert "Thank you. It counts." in someone.page.title()


def test_following_a_case_on_a_terminal_leaves_no_trail(visit: Begin, site: str) -> None:
    # Given somebody who filed a case and looks it up
    someone = Citizen(visit(site, size="kiosk"), look=False)
    page = someone.page
    someone.arrive()
    someone.choose("1")
    someone.choose("complaint")
    someone.choose("else")
    someone.chip()
    for _ in range(3):
        someone.go_on()
    code = someone.code()
    history = page.evaluate("history.length")
    someone.tap(page.locator("main a[href*='reset=1']"))
    page.wait_for_url(START)
    someone.tap(page.locator("main a[href^='/track']"))
    someone.follow(code)
    assert page.locator("main").get_by_text("NBI-").first.is_visible()
    # When they leave by any way, Then Back shows nothing of it
    assert page.evaluate("history.length") == history
    someone.tap(page.locator(".foot__link"))
    page.wait_for_url(re.compile(r"/\?.*kiosk=K1"))
    page.go_back()
    assert "NBI-" not in page.content()


def test_a_thank_you_makes_room_for_the_next_person(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.page.clock.install()
    someone.arrive()
    someone.choose("4")
    someone.tap(someone.page.locator("main button[name=go][value=finish]"))
    assert someone.page.locator("[data-bye]").is_visible()
    someone.page.clock.run_for(9_000)
    someone.page.wait_for_url(START)
