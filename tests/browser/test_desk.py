"""The desk in a real browser: by keyboard alone, without script, at every size, and never a request off the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.usecases.accounts import Account, add_account
from appliance.usecases.read_case import find_by_code
from appliance.wiring import create_app
from tests.browser.visits import STAFF_TARGET, Visit
from tests.factories import Site, World, world_in

Begin = Callable[..., Visit]
PASSWORD = "a long enough password"
TEXT = "I came on three Mondays for my card."


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_in(Path(tmp_path_factory.mktemp("desk"))) as world:
        yield world


@pytest.fixture(scope="module")
def centre(world: World) -> Site:
    return world.centre("NBI")


@pytest.fixture(scope="module")
def manager(centre: Site) -> Account:
    return add_account(centre.node, "chebet", "Chebet Rono", "manager", PASSWORD)


@pytest.fixture(scope="module")
def site(serve: Callable[..., str], centre: Site, manager: Account) -> str:
    return serve(create_app(centre.node))


@pytest.fixture
def staff(visit: Begin, site: str) -> Begin:
    """Lend a function that begins a visit as the manager, who may do everything at a desk."""

    def begin(**how: object) -> Visit:
        made = visit(site, **how)
        page = made.open("/staff/login?next=/desk&lang=en")
        page.locator("#login").fill("chebet")
        page.locator("#password").fill(PASSWORD)
        page.locator("main button").click()
        page.wait_for_url("**/desk*")
        return made

    return begin


def tab_to(there: Visit, words: str, most: int = 80) -> None:
    """Press Tab until what has the focus says *words*."""
    for _ in range(most):
        there.page.keyboard.press("Tab")
        said = there.page.evaluate(
            "() => { const one = document.activeElement;"
            " return [one.innerText, one.value, one.labels && [...one.labels].map((l) => l.innerText).join()].filter(Boolean).join(' ') }"
        )
        if words in said:
            return
    pytest.fail(f"the Tab key never came to {words!r}")


@pytest.mark.parametrize("lang", ["en", "sw"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_every_page_is_accessible_large_enough_to_touch_and_no_wider_than_its_window(
    world: World, centre: Site, staff: Begin, lang: str, size: str
) -> None:
    receipt = world.file(centre, TEXT, name="Jane Akinyi", phone="0712345678", consent="contact-about-case")
    there = staff(size=size)
    case = f"/desk/cases/{receipt.id}"
    for path in ("/desk?view=open", "/desk?view=mine", "/desk?q=XXX", case, f"{case}/erase", "/desk/sync", "/desk/accounts", "/desk/posters"):
        there.open(f"{path}{'&' if '?' in path else '?'}lang={lang}")
        there.page.evaluate("() => { for (const one of document.querySelectorAll('details')) one.open = true; }")
        assert there.violations() == [], path
        assert there.small_targets(STAFF_TARGET) == [], path
        assert there.sideways() == 0, path


def test_a_case_is_opened_answered_and_resolved_by_the_keyboard_alone(world: World, centre: Site, staff: Begin) -> None:
    receipt = world.file(centre, TEXT)
    there = staff()
    keys = there.page.keyboard
    tab_to(there, "Find a case")
    keys.type(receipt.ref)
    keys.press("Enter")
    there.page.wait_for_url("**/desk/cases/*")
    tab_to(there, "Your words")
    keys.type("Which counter was it?")
    tab_to(there, "Send reply")
    keys.press("Enter")
    there.page.get_by_text("Sent. The citizen reads it").wait_for()
    tab_to(there, "Resolve")
    keys.press("Enter")
    tab_to(there, "The service was given")
    keys.press("ArrowDown")
    keys.press("ArrowUp")
    tab_to(there, "In words the citizen")
    keys.type("Your card is at counter 3.")
    tab_to(there, "Resolve")
    keys.press("Enter")
    there.page.get_by_text("Resolved. The citizen is asked").wait_for()
    told = find_by_code(centre.node, receipt.code)
    assert [line.text for line in told.lines] == [TEXT, "Which counter was it?", "Your card is at counter 3."]
    assert (told.row.state, told.lines[-1].detail) == ("resolved", "done")


def test_the_focus_is_seen_wherever_it_goes(world: World, centre: Site, staff: Begin) -> None:
    receipt = world.file(centre, TEXT)
    there = staff()
    for path in ("/desk?view=open", f"/desk/cases/{receipt.id}"):
        there.open(path)
        assert there.unseen_focus() == []


def test_everything_works_without_script(world: World, centre: Site, staff: Begin) -> None:
    receipt = world.file(centre, TEXT, name="Jane Akinyi", consent="contact-about-case")
    there = staff(script=False)
    page = there.open(f"/desk/cases/{receipt.id}")
    page.get_by_role("button", name="Take it").click()
    page.get_by_text("The case is yours.").wait_for()
    page.locator("summary", has_text="Show contact details").click()
    page.locator("#contact-reason").fill("to agree a day")
    page.get_by_role("button", name="Show them").click()
    page.get_by_text("Jane Akinyi").wait_for()
    page.locator("summary", has_text="Refer to another").click()
    page.locator("#refer-institution").select_option("KRA")
    page.locator("#refer-text").fill("They hold your file.")
    page.get_by_role("button", name="Refer", exact=True).click()
    page.get_by_text("Kenya Revenue Authority").first.wait_for()
    assert find_by_code(centre.node, receipt.code).row.state == "referred"


def test_two_officers_at_once_do_not_overwrite_each_other(world: World, centre: Site, staff: Begin) -> None:
    receipt = world.file(centre, TEXT)
    slow, quick = staff(), staff()
    for one in (slow, quick):
        one.open(f"/desk/cases/{receipt.id}").locator("#reply-text").fill("Mine, typed with care.")
    quick.page.get_by_role("button", name="Send reply").click()
    quick.page.get_by_text("Sent. The citizen reads it").wait_for()
    slow.page.get_by_role("button", name="Send reply").click()
    slow.page.get_by_text("Somebody else changed this case").wait_for()
    assert slow.violations() == []
    assert slow.page.locator("#reply-text").input_value() == "Mine, typed with care."


def test_what_is_missing_takes_the_focus_and_leads_to_its_field(world: World, centre: Site, staff: Begin) -> None:
    there = staff()
    page = there.open(f"/desk/cases/{world.file(centre, TEXT).id}")
    page.locator("summary", has_text="Reject").click()
    page.locator("form[action$='/reject'] button").click()
    page.locator(".govuk-error-summary").wait_for()
    assert there.violations() == []
    assert page.evaluate("() => document.activeElement.classList.contains('govuk-error-summary')")
    page.get_by_role("link", name="Choose a reason.").click()
    assert page.evaluate("() => document.activeElement.id") == "reject-reason"


def test_the_language_of_the_screens_is_changed_by_one_button(staff: Begin) -> None:
    there = staff()
    there.page.get_by_role("button", name="Kiswahili").click()
    there.page.get_by_role("heading", name="Kesi").wait_for()
    assert there.page.locator("html").get_attribute("lang") == "sw"
