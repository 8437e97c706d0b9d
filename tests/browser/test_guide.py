"""The style guide in a real browser: every macro in both layouts is accessible, at every size, without script and without a network."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.guide import CITIZENS_PAGES, STAFF_PAGES, guide_app
from tests.browser.visits import KIOSK_TARGET, STAFF_TARGET, Visit
from tests.web.world import PASSWORD

Begin = Callable[..., Visit]


@pytest.fixture(scope="module")
def site(serve: Callable[..., str]) -> str:
    return serve(guide_app())


@pytest.fixture
def staff(visit: Begin, site: str) -> Begin:
    """Lend a function that begins a visit as a member of staff."""

    def begin(**how: object) -> Visit:
        made = visit(site, **how)
        page = made.open("/staff/login")
        page.get_by_label("User name").fill("amina")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/desk*")
        made.wrong.clear()  # the guide has no first page of staff's: a 404
        return made

    return begin


@pytest.mark.parametrize("wrong", ["", "?wrong=1"])
def test_citizens_pages_are_accessible_and_large_enough_to_touch(visit: Begin, site: str, wrong: str) -> None:
    there = visit(site, size="kiosk")
    for page in CITIZENS_PAGES:
        there.open(f"/guide/{page}{wrong}")
        assert there.violations() == [], page
        assert there.small_targets(KIOSK_TARGET) == [], page
        assert there.sideways() == 0, page


@pytest.mark.parametrize("wrong", ["", "?wrong=1"])
def test_staffs_pages_are_accessible_and_large_enough_to_touch(staff: Begin, wrong: str) -> None:
    there = staff(size="desk")
    for page in STAFF_PAGES:
        there.open(f"/desk/guide/{page}{wrong}")
        assert there.violations() == [], page
        assert there.small_targets(STAFF_TARGET) == [], page
        assert there.sideways() == 0, page


def test_the_focus_is_seen_wherever_it_goes(visit: Begin, staff: Begin, site: str) -> None:
    there = visit(site, size="kiosk")
    for page in CITIZENS_PAGES:
        there.open(f"/guide/{page}")
        assert there.unseen_focus() == [], page
    desk = staff(size="desk")
    for page in STAFF_PAGES:
        desk.open(f"/desk/guide/{page}")
        assert desk.unseen_focus() == [], page


@pytest.mark.parametrize("size", ["narrow", "phone"])
def test_nothing_must_be_scrolled_sideways_on_a_narrow_screen(visit: Begin, staff: Begin, site: str, size: str) -> None:
    there, desk = visit(site, size=size), staff(size=size)
    for page in CITIZENS_PAGES:
        there.open(f"/guide/{page}?wrong=1")
        assert there.sideways() == 0, page
    for page in STAFF_PAGES:
        desk.open(f"/desk/guide/{page}?wrong=1")
        assert desk.sideways() == 0, page


def test_pages_can_be_zoomed_and_their_text_enlarged_twice(visit: Begin, staff: Begin, site: str) -> None:
    there, desk = visit(site, size="phone"), staff(size="desk", zoom=2)
    for page in CITIZENS_PAGES:
        there.open(f"/guide/{page}")
        there.enlarge_text()
        assert there.sideways() == 0, page
    for page in STAFF_PAGES:
        desk.open(f"/desk/guide/{page}")
        assert desk.sideways() == 0, page
        assert desk.violations() == [], page


def test_citizens_can_go_on_without_script(visit: Begin, site: str) -> None:
    page = visit(site, size="phone", script=False).open("/guide/message")
    page.get_by_label("What happened?").fill("The lift is broken.")
    page.get_by_role("button", name="Continue").click()
    assert page.locator("body").inner_text() == "taken"


def test_it_speaks_the_readers_language(visit: Begin, site: str) -> None:
    page = visit(site, size="phone", lang="sw").open("/guide/track")
    assert page.locator("html").get_attribute("lang") == "sw"
    assert page.get_by_role("link", name="Anza upya").count() >= 1


def test_what_is_wrong_with_a_page_is_found(visit: Begin, site: str) -> None:
    there = visit(site, size="kiosk")
    page = there.open("/guide/home")
    assert there.small_targets(2000)
    page.evaluate("""() => { document.querySelector('main').insertAdjacentHTML('beforeend', '<img src="/static/web/mark.svg"><button></button>');
        document.querySelector('h1').style.width = '3000px'; }""")
    assert {one.split(":")[0] for one in there.violations()} >= {"image-alt", "button-name"}
    assert there.sideways() > 0


def test_a_page_that_reaches_outside_is_found_out(visit: Begin, site: str) -> None:
    there = visit(site)
    there.open("/guide/home")
    there.page.evaluate("() => { new Image().src = 'http://outside.example/x.png'; }")
    there.page.wait_for_timeout(200)
    assert there.wrong
    there.wrong.clear()
