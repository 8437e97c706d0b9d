"""Headquarters' pages in a real browser: accessible in both languages, and a centre let in by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.usecases.accounts import add_account
from appliance.usecases.read_case import find_by_code
from appliance.wiring import create_app
from tests.browser.visits import STAFF_TARGET, Visit
from tests.factories import Site, World, world_in

Begin = Callable[..., Visit]
PASSWORD = "a long enough password"
TEXT = "I came on three Mondays for my card."


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_in(Path(tmp_path_factory.mktemp("hq"))) as world:
        yield world


@pytest.fixture(scope="module")
def centre(world: World) -> Site:
    return world.centre("NBI")


@pytest.fixture(scope="module")
def site(serve: Callable[..., str], world: World, centre: Site) -> str:
    for login, name, role in (("esther", "Esther Njeri", "administrator"), ("daudi", "Daudi Otieno", "case_officer")):
        add_account(world.hq.node, login, name, role, PASSWORD)
    return serve(create_app(world.hq.node))


@pytest.fixture
def staff(visit: Begin, site: str) -> Begin:
    """Lend a function that begins a visit as somebody of headquarters."""

    def begin(login: str, **how: object) -> Visit:
        made = visit(site, **how)
        page = made.open("/staff/login?next=/hq&lang=en")
        page.locator("#login").fill(login)
        page.locator("#password").fill(PASSWORD)
        page.locator("main button").click()
        page.wait_for_url("**/hq*")
        return made

    return begin


@pytest.mark.parametrize("lang", ["en", "sw"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_every_page_is_accessible_large_enough_to_touch_and_no_wider_than_its_window(
    world: World, centre: Site, staff: Begin, lang: str, size: str
) -> None:
    receipt = world.file(centre, TEXT)
    world.sync(centre)
    there = staff("esther", size=size)
    paths = (
        "/hq", "/hq/cases", "/hq/cases?view=overdue&centre=NBI", f"/hq/cases/{receipt.id}", "/hq/centres", "/hq/centres/NBI",
        f"/hq/centres/NBI/revoke?origin={centre.origin}", "/hq/status", "/hq/accounts",
    )  # fmt: skip
    for path in paths:
        there.open(f"{path}{'&' if '?' in path else '?'}lang={lang}")
        assert there.violations() == [], path
        assert there.small_targets(STAFF_TARGET) == [], path
        assert there.sideways() == 0, path


def test_a_centres_case_is_opened_for_a_reason_answered_and_reaches_the_citizen(world: World, centre: Site, staff: Begin) -> None:
    receipt = world.file(centre, TEXT)
    world.sync(centre)
    there = staff("daudi")
    page = there.open("/hq/cases")
    page.get_by_role("link", name=receipt.ref).click()
    page.locator("#reason").fill("the citizen telephoned us")
    page.keyboard.press("Enter")
    page.get_by_text(TEXT).wait_for()
    page.locator("#reply-text").fill("The bureau has printed it.")
    page.get_by_role("button", name="Send reply").click()
    page.get_by_text("Sent. The citizen reads it").wait_for()
    world.sync(centre)
    assert find_by_code(centre.node, receipt.code).lines[-1].text == "The bureau has printed it."


def test_a_centre_is_let_in_by_a_token_and_an_approval(world: World, site: str, staff: Begin) -> None:
    there = staff("esther")
    page = there.open("/hq/centres")
    page.locator("summary", has_text="Let a new centre in").click()
    page.locator("#centre").select_option("KSM")
    page.get_by_role("button", name="Make a token").click()
    shown = page.locator(".token").inner_text()
    assert re.fullmatch(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){7}", shown)
    assert page.get_by_role("img", name="QR code of the token").is_visible()
    assert there.violations() == []
    kisumu = world.centre("KSM", enrolled=False)
    world.ask(kisumu, shown)
    there.open("/hq/centres").get_by_role("button", name="Let in").click()
    page.get_by_text("The centre is let in.").wait_for()
    world.sync(kisumu)
    there.open("/hq/centres/KSM").get_by_text("Up to date").wait_for()
