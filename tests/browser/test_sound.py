"""The speaker in a real browser: a page is read in its order and marked word by word, the next page reads itself, and silence is never an error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from appliance.wiring import create_app
from docs import sounds
from tests.browser.visits import KIOSK_TARGET, PATIENCE, Visit
from tests.factories import world_in

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Page, Route

Begin = Callable[..., Visit]
SPEAKER = "button[data-speaker]"
# Notes what is played and what was marked meanwhile, and lets sixteen seconds pass in one.
EAR = """() => {
  window.heard = [];
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    const file = this.src.split('/').pop().split('?')[0];
    this.playbackRate = window.pace || 16;
    this.addEventListener('playing', () => heard.push(['said', file, document.querySelector('.saying')?.innerText.trim()]), { once: true });
    this.addEventListener('ended', () => heard.push(['ended', file]), { once: true });
    return play.call(this);
  };
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Flask], str]) -> Iterator[str]:
    with world_in(tmp_path_factory.mktemp("world")) as world:
        yield serve(create_app(world.centre("NBI").node))


@pytest.fixture
def arrive(visit: Begin, site: str) -> Callable[..., Page]:
    """Lend a function that opens a path with an ear for what is played."""

    def opened(path: str, lang: str = "sw", pace: int = 16, size: str = "kiosk") -> Page:
        someone = visit(site, size=size, lang=lang)
        someone.page.add_init_script(f"window.pace = {pace}; ({EAR})()")
        return someone.open(f"{path}?lang={lang}&kiosk=K1" if size == "kiosk" else f"{path}?lang={lang}")

    return opened


def file_of(lang: str, text: str) -> str:
    return sounds.name_of(lang, text)


def said(page: Page) -> list[list[Any]]:
    return [one for one in page.evaluate("heard") if one[0] == "said"]


def until(page: Page, script: str, arg: object = None) -> None:
    """Wait until *script* says yes; the page's policy lets no tool wait inside of it."""
    for _ in range(PATIENCE // 50):
        if page.evaluate(script, arg):
            return
        page.wait_for_timeout(50)
    raise AssertionError(script, arg, page.evaluate("heard"))


def hear(page: Page, count: int) -> list[list[Any]]:
    """Wait until *count* recordings began, and return them."""
    until(page, "(count) => heard.filter((one) => one[0] === 'said').length >= count", count)
    return said(page)


def silence(page: Page) -> None:
    """Wait until nothing is said any more."""
    page.locator(f"{SPEAKER}[aria-pressed=false]").wait_for()


@pytest.mark.parametrize(
    ("lang", "heading", "choice"), [("sw", "Huduma ilikuwaje leo?", "Mbaya sana"), ("en", "How was the service today?", "Very bad")]
)
def test_a_touch_reads_the_page_in_its_order_and_marks_what_is_said(arrive: Callable[..., Page], lang: str, heading: str, choice: str) -> None:
    page = arrive("/", lang)
    page.locator(SPEAKER).click()
    hear(page, 5)
    silence(page)
    files = [one[1] for one in said(page)]
    assert files[0] == file_of(lang, heading)
    assert files.index(file_of(lang, choice)) > 0
    assert [one[1] for one in page.evaluate("heard") if one[0] == "ended"] == files
    assert said(page)[0][2] == heading
    assert all(file_of(lang, " ".join(one[2].split())) == one[1] for one in said(page))
    assert page.locator(".saying").count() == 0


def test_nothing_is_fetched_or_said_before_somebody_touches_the_speaker(arrive: Callable[..., Page]) -> None:
    page = arrive("/")
    page.locator(SPEAKER).wait_for()
    assert page.evaluate("performance.getEntriesByType('resource').filter((one) => one.name.includes('/sounds/')).length") == 0
    assert page.evaluate("heard") == []


def test_the_next_page_reads_itself_and_a_touch_while_it_speaks_ends_it(arrive: Callable[..., Page]) -> None:
    page = arrive("/", pace=1)
    page.locator(SPEAKER).click()
    hear(page, 1)
    page.locator(".choices--faces .choice").nth(1).click()
    until(page, "(file) => heard.some((one) => one[1] === file)", file_of("sw", "Lalamiko"))
    page.locator(SPEAKER).click()
    silence(page)
    count = len(said(page))
    page.locator("main .choice").first.click()
    page.locator("#find").wait_for()
    assert len(said(page)) == count
    assert page.locator(".say-one").count() == 0


def test_a_choice_has_a_speaker_of_its_own_that_says_it_and_does_not_choose_it(arrive: Callable[..., Page]) -> None:
    page = arrive("/")
    assert page.locator(".say-one").count() == 0
    page.locator(SPEAKER).click()
    small = page.locator(".choices--faces li", has_text="Nzuri sana").locator(".say-one")
    small.click()
    until(page, "(file) => heard.some((one) => one[0] === 'ended' && one[1] === file)", file_of("sw", "Nzuri sana"))
    assert small.get_attribute("aria-label") == "Nisomee: Nzuri sana"
    assert "Huduma ilikuwaje leo?" in page.locator("h1").inner_text()
    box = small.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= KIOSK_TARGET


def test_whoever_goes_on_is_not_read_to_the_end_and_a_wipe_ends_it_all(arrive: Callable[..., Page]) -> None:
    page = arrive("/", pace=1)
    page.locator(SPEAKER).click()
    hear(page, 1)
    page.locator("main h1").click()
    silence(page)
    assert page.locator(".saying").count() == 0
    assert page.locator(".say-one").count() > 0  # sound is still on
    page.evaluate("document.dispatchEvent(new Event('cfms:wipe'))")
    assert page.locator(".say-one").count() == 0
    count = len(said(page))
    page.evaluate("document.body.dispatchEvent(new Event('cfms:page', { bubbles: true }))")
    page.locator(SPEAKER).click()
    assert hear(page, count + 1)[count][1] == file_of("sw", "Huduma ilikuwaje leo?")  # the first since the wipe: silent until touched


def test_what_was_heard_once_can_be_heard_while_the_server_is_away(visit: Begin, site: str) -> None:
    someone = visit(site, size="phone", lang="sw", worker=True)
    page = someone.page
    page.add_init_script(f"window.pace = 16; ({EAR})()")
    someone.open("/?lang=sw")
    until(page, "Boolean(navigator.serviceWorker.controller)")
    page.locator(SPEAKER).click()
    hear(page, 3)
    silence(page)
    someone.unplug()
    someone.open("/?lang=sw")
    page.locator(SPEAKER).click()
    assert hear(page, 1)[0][1] == file_of("sw", "Huduma ilikuwaje leo?")
    silence(page)


def test_a_paragraph_is_read_sentence_by_sentence_and_line_by_line(arrive: Callable[..., Page]) -> None:
    page = arrive("/")
    kept = "Asante. Kesi yako imefungwa."  # recorded whole
    page.locator("main").evaluate(
        "(main, kept) => { main.innerHTML = `<p class=lead>${kept} Rejea NBI-1. Maliza</p><p class=lead>Tuma<br>Rudi</p>`; }", kept
    )
    page.locator(SPEAKER).click()
    hear(page, 4)
    silence(page)
    assert [one[1] for one in said(page)] == [file_of("sw", words) for words in (kept, "Maliza", "Tuma", "Rudi")]


def test_a_word_without_a_recording_is_passed_over(arrive: Callable[..., Page], visit: Begin, site: str) -> None:
    someone = visit(site, size="kiosk", lang="sw")
    page = someone.page
    page.add_init_script(f"window.pace = 16; ({EAR})()")

    def without_the_heading(route: Route) -> None:
        known = json.loads((sounds.FOLDER / "sw.json").read_text(encoding="utf-8"))
        known.pop("Huduma ilikuwaje leo?")
        route.fulfill(json=known)

    page.route("**/sounds/sw.json*", without_the_heading)
    someone.open("/?lang=sw&kiosk=K1")
    page.locator(SPEAKER).click()
    assert hear(page, 1)[0][1] != file_of("sw", "Huduma ilikuwaje leo?")


def test_a_recording_that_does_not_come_is_no_error(visit: Begin, site: str) -> None:
    someone = visit(site, size="phone", lang="sw")
    someone.page.route("**/*.opus*", lambda route: route.fulfill(status=404))
    someone.open("/?lang=sw")
    someone.page.locator(SPEAKER).click()
    someone.page.locator(".say-one").first.wait_for()
    silence(someone.page)


@pytest.mark.parametrize(
    ("size", "target", "look"),
    [("kiosk", KIOSK_TARGET, ""), ("kiosk", KIOSK_TARGET, "contrast"), ("kiosk", KIOSK_TARGET, "large"), ("phone", 44, "contrast-large")],
)
def test_pages_with_the_small_speakers_keep_to_the_rules(visit: Begin, site: str, size: str, target: float, look: str) -> None:
    someone = visit(site, size=size, lang="sw")
    someone.page.add_init_script(f"window.pace = 1; ({EAR})()")
    someone.open(f"/feedback?lang=sw&look={look}" + ("&kiosk=K1" if size == "kiosk" else ""))
    someone.page.locator(SPEAKER).click()
    someone.page.locator(".say-one").first.wait_for()
    assert someone.violations() == []
    assert someone.small_targets(target) == []
    assert someone.sideways() == 0
