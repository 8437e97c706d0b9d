"""A language that is written from right to left, put there as a country would: every page turns round, and none is wider than its screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from appliance.wiring import create_app
from tests.browser.visits import Visit
from tests.translations.speaking import SIX, catalogue, centre_speaking, pack_in

if TYPE_CHECKING:
    from flask import Flask

Begin = Callable[..., Visit]
WORDS = {
    "How was the service today?": "كيف كانت الخدمة اليوم؟", "How were you served?": "كيف تمت خدمتك؟", "Very bad": "سيئة جدا", "Bad": "سيئة",
    "Good": "جيدة", "Very good": "جيدة جدا", "Complaint": "شكوى", "Concern": "قلق", "Suggestion": "اقتراح", "Compliment": "إشادة",
    "Back": "رجوع", "Continue": "متابعة", "Start again": "البدء من جديد", "Follow your case": "متابعة قضيتك",
    "Free of charge. You need not give your name.": "مجانا. لا حاجة إلى ذكر اسمك.",
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Flask], str]) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("arabic")
    pack = pack_in(folder, names={"ar": "العربية"}, ar=catalogue("ar", WORDS, SIX))
    with centre_speaking(folder, "ar", pack) as node:
        yield serve(create_app(node))


@pytest.mark.parametrize("size", ["phone", "narrow", "kiosk"])
@pytest.mark.parametrize("path", ["/", "/feedback", "/track", "/report"])
def test_a_page_turns_round_and_fits_its_screen(visit: Begin, site: str, size: str, path: str) -> None:
    someone = visit(site, size=size)
    page = someone.open(f"{path}?lang=ar" + ("&kiosk=K1" if size == "kiosk" else ""))
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert someone.sideways() == 0
    left, right = page.locator(".brand").evaluate("(it) => [it.getBoundingClientRect().left, innerWidth - it.getBoundingClientRect().right]")
    assert left > right  # the name stands where reading begins


def test_the_questions_fit_from_step_to_step(visit: Begin, site: str) -> None:
    someone = visit(site, size="phone")
    page = someone.open("/feedback?lang=ar")
    for choose in (".choices--faces .choice", "main .choice", ".choices--tiles .choice"):
        heading = page.locator("main h1").inner_text()
        page.locator(choose).first.click()
        page.locator("main h1").filter(has_not_text=heading).wait_for()
        assert someone.sideways() == 0
