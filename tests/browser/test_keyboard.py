"""A terminal's own keyboard: it types into every field, beside a real one, and never stands in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from appliance.wiring import create_app
from tests.browser.citizens import CARD, Citizen
from tests.browser.visits import Visit
from tests.factories import Site, World, world_in

if TYPE_CHECKING:
    from flask import Flask

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


def before_a_field(begin: Begin, site: str, step: str, lang: str = "en") -> Citizen:
    """Return somebody at a terminal, before the fields of *step*."""
    someone = Citizen(begin(site, size="kiosk", lang=lang), lang, look=False)
    someone.arrive()
    someone.choose("1")
    someone.choose("complaint")
    if step in {"message", "contact"}:
        someone.choose(CARD)
    if step == "contact":
        someone.go_on()
    return someone


def press(someone: Citizen, *keys: str) -> None:
    """Touch keys by what they are."""
    for key in keys:
        someone.page.locator(f".keyboard [data-key={key!r}]" if key != "'" else '.keyboard [data-key="\'"]').tap()


@pytest.mark.parametrize("lang", ["en", "sw"])
def test_letters_capitals_signs_and_corrections(visit: Begin, site: str, lang: str) -> None:
    # Given somebody before the field for their words
    someone = before_a_field(visit, site, "message", lang)
    text = someone.page.locator("#text")
    assert not someone.page.locator(".keyboard").is_visible()
    text.tap()
    assert text.get_attribute("inputmode") == "none"
    # When they type by touch, Then the sentence begins with a capital letter, and every key does what it says
    press(someone, *"habari", "space", *"yak", "ũ", "back", "o", "shift", "x", "back", ".", "enter", *"ndio")
    assert text.input_value() == "Habari yako.\nNdio"
    press(someone, "signs", "7", "letters", "'")
    assert text.input_value() == "Habari yako.\nNdio7'"
    # And the caret stays where the finger put it
    text.evaluate("(one) => one.setSelectionRange(0, 6)")
    press(someone, "back", "h")
    assert text.input_value() == "H yako.\nNdio7'"
    # And a real keyboard writes into the same field
    someone.page.keyboard.type("i")
    assert text.input_value() == "Hi yako.\nNdio7'"
    assert str(4000 - len(text.input_value())) in str(someone.page.locator("#text-left").text_content())


@pytest.mark.parametrize(("lang", "look"), [("en", ()), ("sw", ()), ("en", ("contrast",)), ("sw", ("contrast", "large"))])
def test_it_is_accessible_large_and_leaves_the_field_in_sight(visit: Begin, site: str, lang: str, look: tuple[str, ...]) -> None:
    someone = before_a_field(visit, site, "contact", lang)
    for part in look:
        someone.page.locator(f"header [data-look={part}]").click()
    someone.look = True
    for name in ("name", "phone", "email"):
        someone.page.locator(f"#{name}").tap()
        keyboard = someone.page.locator(".keyboard").bounding_box()
        field = someone.page.locator(f"#{name}").bounding_box()
        assert keyboard
        assert field
        assert keyboard["y"] + keyboard["height"] <= 1920
        assert keyboard["width"] <= 1080
        assert field["y"] + field["height"] <= keyboard["y"]
        someone.seen()
    assert someone.faults == []
    named = "(all) => all.filter((one) => !(one.getAttribute('aria-label') || one.innerText).trim()).length"
    assert someone.page.locator(".keyboard button").evaluate_all(named) == 0


def test_a_number_has_digits_and_an_address_has_its_sign(visit: Begin, site: str) -> None:
    someone = before_a_field(visit, site, "contact")
    someone.page.locator("#phone").tap()
    assert someone.page.locator(".keyboard [data-key=q]").count() == 0
    press(someone, "+", *"254712345678")
    someone.page.locator("#email").tap()
    press(someone, *"ab", ",", "c", ".", "k", "e")
    assert someone.page.locator("#phone").input_value() == "+254712345678"
    assert someone.page.locator("#email").input_value() == "ab@c.ke"


def test_enter_goes_the_forms_own_way_and_the_keyboard_leaves_with_its_field(visit: Begin, site: str) -> None:
    someone = before_a_field(visit, site, "service")
    someone.page.locator("#find").tap()
    press(someone, "signs", *"40217", "enter")
    someone.page.wait_for_function("() => document.title.startsWith('What happened?')")
    someone.page.locator(".keyboard").wait_for(state="hidden")


def test_it_hides_and_comes_again_and_a_touch_beside_it_is_not_lost(visit: Begin, site: str) -> None:
    someone = before_a_field(visit, site, "message")
    text, keyboard = someone.page.locator("#text"), someone.page.locator(".keyboard")
    text.tap()
    press(someone, "hide")
    assert not keyboard.is_visible()
    text.tap()
    assert keyboard.is_visible()
    # The way on lies where the keyboard's leaving moves it; the touch must reach it all the same
    press(someone, "a")
    someone.tap(someone.page.locator("main form > button.govuk-button").last)
    assert "May we reach you?" in someone.page.title()


def test_a_finger_resting_on_delete_goes_on_deleting(visit: Begin, site: str) -> None:
    someone = before_a_field(visit, site, "message")
    text = someone.page.locator("#text")
    text.fill("abcdefghij")
    text.focus()
    someone.page.locator(".keyboard [data-key=back]").hover()
    someone.page.mouse.down()
    someone.page.wait_for_function("() => document.getElementById('text').value.length < 8")
    someone.page.mouse.up()
    left = text.input_value()
    assert "abcdefghij".startswith(left)


def test_a_device_of_ones_own_has_its_own_keyboard(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="phone"), look=False)
    someone.arrive(terminal="")
    someone.choose("1")
    someone.choose("complaint")
    someone.page.locator("#find").tap()
    assert someone.page.locator(".keyboard").count() == 0
    assert someone.page.locator("#find").get_attribute("inputmode") is None


def test_the_code_of_a_case_is_typed_by_digits(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.arrive("/track")
    someone.page.get_by_label(someone.word("code")).tap()
    press(someone, *"12345")
    assert "12345" in someone.page.get_by_label(someone.word("code")).input_value().replace(" ", "")
