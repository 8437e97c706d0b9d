"""The style guide in a real browser: every part in every look is accessible, at every size, without script and without a network."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal

import pytest

from tests.browser.guide import DESK, KIOSK, guide_app
from tests.browser.visits import KIOSK_TARGET, STAFF_TARGET, Visit

Begin = Callable[..., Visit]
SOAK = os.environ.get("CFMS_SOAK") == "1"
LOOKS = ["", "contrast", "large", "contrast-large"]
# Every look once; each in both languages, and the phone beside the narrowest screen, with --soak.
TERMINALS = [(look, lang) for look in LOOKS for lang in ("en", "sw") if SOAK or (lang == "sw") == ("large" in look) or not look]
NARROW = ["narrow", "phone"] if SOAK else ["narrow"]


@pytest.fixture(scope="module")
def site(serve: Callable[..., str]) -> str:
    return serve(guide_app())


@pytest.mark.parametrize(("look", "lang"), TERMINALS)
def test_at_a_terminal_every_part_is_accessible_and_large_enough_to_touch(visit: Begin, site: str, look: str, lang: str) -> None:
    there = visit(site, size="kiosk", lang=lang)
    there.open(f"{KIOSK}?look={look}")
    assert there.page.locator("html").get_attribute("class") == f"govuk-template {look.replace('-', ' ')}".strip()
    assert there.violations() == []
    assert there.small_targets(KIOSK_TARGET) == []
    assert there.sideways() == 0
    assert there.crowded() == []


@pytest.mark.parametrize("lang", ["en", "sw"])
def test_at_a_desk_every_part_is_accessible_and_large_enough_to_touch(visit: Begin, site: str, lang: str) -> None:
    there = visit(site, size="desk", lang=lang)
    there.open(DESK)
    assert there.violations() == []
    assert there.small_targets(STAFF_TARGET) == []
    assert there.sideways() == 0
    assert there.crowded() == []


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("size", NARROW)
def test_nothing_is_cut_off_or_must_be_scrolled_sideways_on_a_narrow_screen(visit: Begin, site: str, size: str, look: str) -> None:
    there = visit(site, size=size)
    there.open(f"{KIOSK}?look={look}")
    assert there.sideways() == 0
    assert there.crowded() == []
    assert there.violations() == []


def test_the_desk_fits_a_narrow_screen_and_a_page_zoomed_twice(visit: Begin, site: str) -> None:
    for how in ({"size": "narrow"}, {"size": "desk", "zoom": 2}):
        there = visit(site, **how)
        there.open(DESK)
        assert there.sideways() == 0
        assert there.violations() == []


def test_text_enlarged_twice_by_the_browser_still_fits(visit: Begin, site: str) -> None:
    there = visit(site, size="phone")
    there.open(KIOSK)
    there.enlarge_text()
    assert there.sideways() == 0


@pytest.mark.parametrize("where", [KIOSK, f"{KIOSK}?look=contrast", DESK])
def test_the_focus_is_seen_wherever_it_goes(visit: Begin, site: str, where: str) -> None:
    there = visit(site, size="kiosk" if where.startswith(KIOSK + "?") or where == KIOSK else "desk")
    there.open(where)
    assert there.unseen_focus(most=260) == []


def test_larger_text_is_larger_everywhere_but_on_keys(visit: Begin, site: str) -> None:
    sizes = """() => Object.fromEntries(['h1', '.lead', '.choice__label', '.govuk-input', '.govuk-button', '.tag', '.key'].map(
        (it) => [it, parseFloat(getComputedStyle(document.querySelector('main ' + it)).fontSize)]))"""
    there = visit(site, size="kiosk")
    there.open(KIOSK)
    before = there.page.evaluate(sizes)
    there.open(f"{KIOSK}?look=large")
    after = there.page.evaluate(sizes)
    assert after.pop(".key") == pytest.approx(before.pop(".key"))
    assert after == {name: pytest.approx(size * 1.35, rel=0.02) for name, size in before.items()}


def test_at_a_terminal_no_text_is_smaller_than_24_pixels(visit: Begin, site: str) -> None:
    there = visit(site, size="kiosk")
    there.open(KIOSK)
    small = """() => { const found = new Set(); const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) { const one = walk.currentNode.parentElement;
        if (!walk.currentNode.data.trim() || !one.checkVisibility()) continue;
        if (one.closest('.govuk-visually-hidden, template, script, code, svg, .type--s')) continue;
        const size = parseFloat(getComputedStyle(one).fontSize); if (size < 24) found.add(`${size} ${one.outerHTML.slice(0, 70)}`); }
      return [...found]; }"""
    assert there.page.evaluate(small) == []


@pytest.mark.parametrize(("asked", "value"), [("contrast", "more"), ("forced_colors", "active")])
def test_what_the_device_asks_for_is_heard(visit: Begin, site: str, asked: Literal["contrast", "forced_colors"], value: str) -> None:
    there = visit(site, size="kiosk")
    there.page.emulate_media(**{asked: value})  # type: ignore[arg-type]
    there.open(KIOSK)
    assert there.violations() == []
    chosen, other = (there.page.locator(f".choice:{how}(input:checked)").first for how in ("has", "not(:has(*:checked)):has"))
    look = "(one) => { const it = getComputedStyle(one); return [it.backgroundColor, it.outlineStyle, it.outlineWidth].join(); }"
    assert chosen.evaluate(look) != other.evaluate(look) if other.count() else True


def test_the_device_and_the_switch_show_the_same_strong_colours(visit: Begin, site: str) -> None:
    read = "() => ['--ink', '--card', '--sun', '--line'].map((it) => getComputedStyle(document.documentElement).getPropertyValue(it).trim())"
    there = visit(site, size="phone")
    there.open(KIOSK)
    normal = there.page.evaluate(read)
    there.open(f"{KIOSK}?look=contrast")
    switched = there.page.evaluate(read)
    there.page.emulate_media(contrast="more")
    there.open(KIOSK)
    assert there.page.evaluate(read) == switched != normal


def test_nothing_moves_for_whoever_asks_for_less_motion(visit: Begin, site: str) -> None:
    moving = "() => document.getAnimations().filter((one) => one.effect.getComputedTiming().duration > 0).length"
    there = visit(site, size="phone")
    there.open(KIOSK)
    assert there.page.evaluate(moving) == 0
    there.page.emulate_media(reduced_motion="no-preference")
    assert there.page.evaluate(moving) > 0


def test_a_language_from_the_right_turns_the_page_round(visit: Begin, site: str) -> None:
    there = visit(site, size="phone")
    there.open(KIOSK)
    there.page.evaluate("() => document.documentElement.setAttribute('dir', 'rtl')")
    assert there.sideways() == 0
    assert there.crowded() == []
    row = there.page.locator("main .choices:not([class*=--]) .choice").first
    picture, words = (row.locator(part).bounding_box() for part in (".choice__picture", ".choice__words"))
    assert picture is not None and words is not None  # noqa: PT018
    assert picture["x"] > words["x"]


def test_it_is_there_without_script(visit: Begin, site: str) -> None:
    page = visit(site, size="phone", script=False).open(KIOSK)
    assert page.locator(".choice").count() > 20


def test_it_speaks_the_readers_language(visit: Begin, site: str) -> None:
    page = visit(site, size="phone", lang="sw").open(KIOSK)
    assert page.locator("html").get_attribute("lang") == "sw"
    assert page.get_by_role("link", name="Anza upya").count() >= 1


def test_what_is_wrong_with_a_page_is_found(visit: Begin, site: str) -> None:
    there = visit(site, size="kiosk")
    page = there.open(KIOSK)
    assert there.small_targets(2000)
    assert there.crowded() == []
    page.evaluate("""() => { document.querySelector('main').insertAdjacentHTML('beforeend', '<img src="/static/web/mark.svg"><button></button>');
        document.querySelector('h1').style.width = '3000px'; document.querySelector('.lead').style.marginTop = '-60px'; }""")
    assert {one.split(":")[0] for one in there.violations()} >= {"image-alt", "button-name"}
    assert there.sideways() > 0
    assert there.crowded()


def test_a_page_that_reaches_outside_is_found_out(visit: Begin, site: str) -> None:
    there = visit(site)
    there.open(KIOSK)
    there.page.evaluate("() => { new Image().src = 'http://outside.example/x.png'; }")
    there.page.wait_for_timeout(200)
    assert there.wrong
    there.wrong.clear()
