"""The way to a receipt in one document: the same answers, checks and ends as the server's pages, nothing kept, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from appliance.domain.codes import check_receipt_code, receipt_code_from
from appliance.domain.ids import uuid7
from appliance.usecases.read_case import find_by_code
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


@pytest.fixture(scope="module")
def portal(world: World, centre: Site, serve: Callable[[Flask], str]) -> str:
    return serve(create_app(world.hq.node))


def cases(centre: Site) -> int:
    return centre.number("SELECT count(*) FROM case_state")


def ratings(centre: Site, where: str = "tapped = 1") -> int:
    return centre.number(f"SELECT count(*) FROM rating WHERE {where}")


def loads(someone: Citizen) -> list[str]:
    """Return the documents that are asked for from now on."""
    asked: list[str] = []
    someone.page.on("request", lambda request: asked.append(request.url) if request.is_navigation_request() else None)
    return asked


# --- ids, codes, numbers ----------------------------------------------------------------------------------


def test_ids_and_codes_are_made_as_the_appliance_makes_them(visit: Begin, site: str) -> None:
    page = visit(site, size="kiosk").open("/?kiosk=K1")
    draws = [
        bytes(8),
        b"\xff" * 8,
        bytes(range(8)),
        b"\xf9\xcc\xd8\xa1\xc5\x07\xff\xff",
        b"\xf9\xcc\xd8\xa1\xc5\x08\x00\x00",
        b"\x0d\xe0\xb6\xb3\xa7\x63\xff\xff",
    ]
    made = page.evaluate("(all) => all.map((one) => cfms.answers.codeFrom(Uint8Array.from(one)))", [list(one) for one in draws])
    assert made == [receipt_code_from(one) for one in draws]
    assert None in made
    for ms, ten in ((0, bytes(10)), (1_795_000_000_123, b"\xff" * 10), ((1 << 48) - 1, bytes(range(10)))):
        assert page.evaluate("([ms, ten]) => cfms.answers.mintId(ms, Uint8Array.from(ten))", [ms, list(ten)]) == uuid7(ms, ten)
    codes = page.evaluate("Array.from({ length: 200 }, () => cfms.answers.mintCode())")
    assert [check_receipt_code(one) for one in codes] == codes
    assert len(set(codes)) == 200


@pytest.mark.parametrize(
    "typed", ["", " ", "0712 345 678", "+254712345678", "00254 712-345-678", "254712345678", "12", "07123456789", "0712 345 67x"]
)
def test_a_number_is_read_as_the_appliance_reads_it(visit: Begin, site: str, centre: Site, typed: str) -> None:
    from kiosk_ui.answers import phone_number  # noqa: PLC0415 - beside its only use

    page = visit(site, size="kiosk").open("/?kiosk=K1")
    assert page.evaluate("(typed) => cfms.answers.phoneNumber(typed, cfms.flow.rules())", typed) == phone_number(centre.node, typed)


# --- the way ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "sw"])
@pytest.mark.parametrize(("size", "terminal", "target"), [("kiosk", "K1", 72), ("phone", "", 44)], ids=["kiosk", "phone"])
def test_a_complaint_takes_nine_taps_and_one_document(
    visit: Begin, site: str, centre: Site, lang: str, size: str, terminal: str, target: int
) -> None:
    # Given somebody before the first page
    someone = Citizen(visit(site, size=size, lang=lang), lang, target)
    someone.arrive(terminal=terminal)
    history, asked = someone.page.evaluate("history.length"), loads(someone)
    # When they complain without typing a letter
    someone.to_review()
    someone.go_on()
    # Then they hold the receipt of a case, after nine taps at most
    code = someone.code()
    assert someone.taps <= 9
    case = find_by_code(centre.node, code).row
    assert (case.kind, case.service, case.rating, case.channel, case.lang) == ("complaint", CARD, 1, size, lang)
    assert someone.word("registered") in someone.page.title()
    assert ratings(centre, f"id = '{case.id}' AND rated IN (SELECT id FROM rating WHERE tapped = 1)") == 1
    # And nothing of it is in the address, the history, or kept
    assert asked == []
    assert someone.page.evaluate("history.length") == history
    assert code not in someone.page.url
    assert someone.page.evaluate("Object.keys(sessionStorage).filter((name) => name !== 'cfms-pressed')") == []
    assert someone.faults == []


def test_a_face_is_one_tap_and_counts_even_if_nothing_follows(visit: Begin, site: str, centre: Site) -> None:
    someone = Citizen(visit(site, size="kiosk"), look=False)
    before = ratings(centre)
    someone.arrive()
    with someone.page.expect_response("**/api/v1/rating*"):
        someone.choose("4")
    assert (someone.taps, ratings(centre)) == (1, before + 1)
    assert someone.page.locator("main h1").evaluate("(one) => one === document.activeElement")


def test_a_ticket_is_added_to_the_face_that_was_touched(visit: Begin, site: str, centre: Site) -> None:
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.arrive()
    with someone.page.expect_response("**/api/v1/rating*"):
        someone.choose("3")
    before, ticketed = ratings(centre), ratings(centre, "ticketed = 1")
    someone.page.locator("summary").click()
    someone.page.locator("#ticket").fill("B-017")
    with someone.page.expect_response("**/api/v1/rating*"):
        someone.tap(someone.page.locator("main button[name=go][value=finish]"))
    assert (ratings(centre), ratings(centre, "ticketed = 1")) == (before, ticketed + 1)
    assert someone.page.locator("[data-bye]").is_visible()


@pytest.mark.parametrize(("ago", "quick"), [(2900, True), (3100, False), (None, False)])
def test_presses_within_three_seconds_are_marked(visit: Begin, site: str, ago: int | None, quick: bool) -> None:  # noqa: FBT001 - what is marked
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.arrive(terminal="K7")
    someone.page.clock.set_fixed_time("2026-11-25T10:00:00Z")
    if ago is not None:
        someone.page.evaluate("(ago) => sessionStorage.setItem('cfms-pressed', Date.now() - ago)", ago)
    with someone.page.expect_request("**/api/v1/rating*") as asked:
        someone.choose("1")
    assert json.loads(asked.value.post_data or "")["quick"] is quick


def test_back_and_change_keep_every_answer(visit: Begin, site: str) -> None:
    # Given somebody at the review
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.arrive()
    someone.choose("2")
    someone.choose("concern")
    someone.choose("else")
    someone.chip()
    someone.page.locator("#text").fill("Smoke in the hall")
    someone.go_on()
    someone.page.locator("#name").fill("Amina")
    someone.page.locator("#consent").check()
    someone.go_on()
    told = someone.page.locator("main dl").inner_text()
    for words in ("Bad", "Concern", "Something else", "Smoke in the hall", "Amina"):
        assert words in told
    # When they change the kind, then go back and forth
    someone.tap(someone.page.locator("button[name=change][value=kind]"))
    someone.choose("complaint")
    assert "Complaint" in someone.page.locator("main dl").inner_text()
    for _ in range(2):
        someone.tap(someone.page.get_by_role("button", name="Back"))
    # Then everything typed is there
    assert someone.page.locator("#text").input_value() == "Smoke in the hall"
    someone.go_on()
    assert someone.page.locator("#name").input_value() == "Amina"
    assert someone.page.locator("#consent").is_checked()


def test_another_language_keeps_what_was_typed(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.arrive()
    asked = loads(someone)
    someone.choose("1")
    someone.choose("complaint")
    someone.choose("else")
    someone.page.locator("#text").fill("In the middle of")
    someone.tap(someone.page.locator("header [lang=sw]"))
    assert someone.page.evaluate("document.documentElement.lang") == "sw"
    assert someone.heading == "Ni nini kilitokea?"
    assert someone.page.locator("#text").input_value() == "In the middle of"
    someone.go_on()
    someone.go_on()
    someone.go_on()
    assert "Ujumbe wako umesajiliwa" in someone.page.title()
    code = someone.code()
    someone.tap(someone.page.locator("header [lang=en]"))
    assert "Your message is registered" in someone.page.title()
    assert someone.code() == code
    assert asked == []


def test_more_contrast_and_larger_text_come_at_once_and_stay(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.arrive()
    asked = loads(someone)
    for part in ("contrast", "large"):
        someone.page.locator(f"header [data-look={part}]").click()
    someone.to_review()
    someone.go_on()
    assert {"contrast", "large"} <= set(str(someone.page.evaluate("document.documentElement.className")).split())
    assert asked == []
    someone.page.locator("header [data-look=large]").click()
    assert "large" not in str(someone.page.evaluate("document.documentElement.className"))


# --- the service ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["kitambulsho", "identiti card", "ID"])
def test_a_service_is_found_while_typing_in_either_language(visit: Begin, site: str, typed: str) -> None:
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.arrive()
    someone.choose("1")
    someone.choose("complaint")
    someone.page.locator("#find").press_sequentially(typed)
    someone.page.locator(f"main button[value='{CARD}']").click(trial=True)
    assert someone.page.locator("main button[name=pick]:visible", has_text="Birth certificate").count() == 0


def test_every_service_of_the_counters_can_be_shown_and_nothing_found_is_said(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.arrive()
    someone.choose("1")
    someone.choose("complaint")
    choices = someone.page.locator("main button[name=pick]:visible")
    few = choices.count()
    someone.page.locator("#find").fill("xyzzyq")
    assert choices.count() == 1
    assert someone.page.locator("[data-when=none-found]").is_visible()
    someone.page.locator("#find").fill("")
    assert choices.count() == few
    someone.page.locator("button[name=go][value=all]").click()
    assert choices.count() > few


def test_the_number_on_a_poster_is_taken_at_its_word(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="kiosk"), look=False)
    someone.arrive()
    someone.choose("1")
    someone.choose("complaint")
    someone.page.locator("#find").fill("40 217")
    someone.tap(someone.page.locator("main [role=search] button"))
    assert "What happened?" in someone.page.title()


def test_on_the_internet_the_county_and_the_centre_are_chosen_first(visit: Begin, portal: str) -> None:
    someone = Citizen(visit(portal, size="phone"), target=44)
    someone.arrive("/feedback", terminal="")
    asked = loads(someone)
    someone.pick("Nairobi")
    someone.pick("GPO")
    someone.choose("1")
    someone.choose("compliment")
    someone.choose("else")
    someone.chip()
    someone.go_on()
    someone.go_on()
    assert "GPO" in someone.page.locator("main dl").inner_text()
    someone.go_on()
    assert "Your message is registered" in someone.page.title()
    assert asked == []
    assert someone.faults == []


def test_on_the_internet_a_posters_address_leads_to_the_faces_of_its_centre(visit: Begin, portal: str) -> None:
    someone = Citizen(visit(portal, size="phone"), target=44)
    someone.visit.open("/?q=40217&centre=NBI&lang=en")
    someone.choose("1")
    someone.choose("compliment")
    someone.chip()
    someone.go_on()
    someone.go_on()
    said = someone.page.locator("main dl").inner_text()
    assert "GPO" in said
    assert "National identity card" in said
    assert someone.faults == []


def test_the_way_is_gone_by_keyboard_alone(visit: Begin, site: str) -> None:
    someone = Citizen(visit(site, size="desk"), look=False)
    someone.arrive(terminal="")
    keys = someone.page.keyboard

    def tab_to(what: str) -> None:
        for _ in range(60):
            keys.press("Tab")
            if someone.page.evaluate("(what) => document.activeElement.matches(what)", what):
                return
        raise AssertionError(what)

    def go(what: str, title: str) -> None:
        tab_to(what)
        keys.press("Enter")
        someone.page.wait_for_function("(title) => document.title.startsWith(title)", arg=title)

    go("[name=pick][value='1']", "Thank you. It counts.")
    go("[name=pick][value=complaint]", "Which service")
    tab_to("#find")
    keys.type("40217")
    keys.press("Enter")
    someone.page.wait_for_function("() => document.title.startsWith('What happened?')")
    tab_to("[name=category]")
    keys.press("Space")
    tab_to("#text")
    keys.type("The lift is broken")
    go("main form > button", "May we reach you?")
    tab_to("#name")
    keys.press("Enter")
    someone.page.wait_for_function("() => document.title.startsWith('Is this right?')")
    go("main form > button.govuk-button:not([name])", "Your message is registered")


def test_scripts_are_small(visit: Begin, site: str) -> None:
    page = visit(site, size="kiosk").open("/?kiosk=K1")
    sizes: list[int] = page.evaluate(
        "performance.getEntriesByType('resource').filter((one) => new URL(one.name).pathname.endsWith('.js')).map((one) => one.decodedBodySize)"
    )
    assert 0 < sum(sizes) < 100_000


def test_a_service_of_no_counter_here_is_found_by_the_appliance(visit: Begin, site: str) -> None:
    # Given a service of the whole catalogue that this page does not offer
    someone = Citizen(visit(site, size="kiosk"))
    known = {"code": "bees-1", "name": "Licence to keep bees", "hint": "Ministry of Agriculture", "picture": "farm"}
    someone.page.route("**/api/v1/services?*", lambda route: route.fulfill(json={"services": [known]}))
    someone.arrive()
    someone.choose("1")
    someone.choose("complaint")
    # When it is looked for, Then it can be chosen, and the review calls it by its name, after a change of mind too
    someone.look_for("bees")
    someone.page.locator("main button[value='bees-1']").wait_for()
    someone.seen()
    someone.choose("bees-1")
    someone.chip()
    someone.go_on()
    someone.go_on()
    assert "Licence to keep bees" in someone.page.locator("main dl").inner_text()
    assert someone.faults == []
