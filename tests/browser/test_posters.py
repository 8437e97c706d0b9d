"""Posters as a printer gets them: each fits its sheet, and its QR is, module for module, the code of its address."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
import segno
from PIL import Image

from appliance.web.posters import Printing, whole_page
from appliance.web.qr import QUIET
from appliance.wiring import create_app
from tests.factories import world_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

URL = "https://maoni.huduma.example.go.ke"


@pytest.fixture(scope="module", params=[True, False], ids=["with numbers", "without"])
def sheets(request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Lend a page that shows every poster of a centre."""
    folder: Path = tmp_path_factory.mktemp("posters")
    with world_in(folder) as world:
        node = world.centre("NBI", enrolled=False).node
        if request.param:
            numbers = {"cfms-ussd": "*384*22#", "cfms-sms": "22384"}
            for code, number in numbers.items():
                node.country.numbers[code] = msgspec.structs.replace(node.country.numbers[code], number=number)
        with create_app(node).test_request_context("/"):
            (folder / "posters.html").write_text(whole_page(Printing(node, ("en", "sw"), URL).everything()), encoding="utf-8")
    page = browser.new_page(viewport={"width": 900, "height": 1200})
    page.goto((folder / "posters.html").as_uri())
    yield page
    page.close()


def test_every_poster_fits_its_sheet(sheets: Page) -> None:
    found = sheets.evaluate(
        "() => [...document.querySelectorAll('.poster')].map(one => [one.scrollHeight, one.clientHeight, one.scrollWidth, one.clientWidth])"
    )
    assert len(found) > 50
    assert [one for one in found if one[0] > one[1] or one[2] > one[3]] == []


def test_nothing_but_the_sheet_itself_is_behind_the_words(sheets: Page) -> None:
    """Names of services stay whole beside the drawing, and codes on one line."""
    narrow = sheets.evaluate(
        "() => [...document.querySelectorAll('.poster p')].filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
    )
    assert narrow == []


def test_the_qr_is_the_code_of_the_address(sheets: Page) -> None:
    square = sheets.locator(".poster .qr").first
    url = square.get_attribute("aria-label") or ""
    assert url.startswith(f"{URL}/?q=")
    matrix = [bytes(row) for row in segno.make_qr(url, error="m", boost_error=False).matrix]
    picture = Image.open(io.BytesIO(square.screenshot())).convert("L")
    module = picture.width / (len(matrix) + 2 * QUIET)
    centres = [int((at + QUIET + 0.5) * module) for at in range(len(matrix))]
    light = picture.tobytes()
    assert [bytes(light[y * picture.width + x] < 128 for x in centres) for y in centres] == matrix
