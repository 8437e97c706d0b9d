"""Every citizens' page in every look: with more contrast, with larger text, with both; at a terminal and on the narrowest phone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from appliance.wiring import create_app
from tests.browser.citizens import CARD, Citizen
from tests.browser.visits import KIOSK_TARGET, Visit
from tests.factories import Site, World, world_in

if TYPE_CHECKING:
    from flask import Flask

Begin = Callable[..., Visit]
# Every look at a terminal, and on a narrow screen the hardest of them; the others are long, say little more, and run with --soak.
PLACES = [("kiosk", "contrast"), ("kiosk", "large"), ("narrow", "contrast-large")]
if os.environ.get("CFMS_SOAK") == "1":
    PLACES += [("kiosk", "contrast-large"), ("narrow", "contrast"), ("narrow", "large")]
LARGE = 24 * 1.35  # pixels: what is read on a terminal is 24 px
# How large the words of the page are, smallest first; what a drawing, a sign or a key shows is no text.
_SIZES = """() => { const sizes = []; const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) { const one = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !one.checkVisibility() || one.closest('.govuk-visually-hidden, template, svg, .slip-preview')) continue;
    sizes.push(parseFloat(getComputedStyle(one).fontSize)); }
  return sizes.sort((a, b) => a - b); }"""


@dataclass
class Looker(Citizen):
    """A citizen who also sees whether words are cut off, lie over one another, or are smaller than they asked for."""

    smallest: float = 0

    def seen(self) -> None:
        super().seen()
        self.faults += [f"{self.page.title()}: {one}" for one in self.visit.crowded()]
        found = self.page.evaluate(_SIZES)
        if found and found[0] < self.smallest - 0.5:
            self.faults.append(f"{self.page.title()}: {found[0]} px")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_in(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="module")
def site(world: World, serve: Callable[[Flask], str]) -> str:
    centre: Site = world.centre("NBI")
    return serve(create_app(centre.node))


@pytest.mark.parametrize("lang", ["en", "sw"])
@pytest.mark.parametrize(("size", "look"), PLACES)
def test_every_page_can_be_used(visit: Begin, site: str, size: str, look: str, lang: str) -> None:
    kiosk = size == "kiosk"
    smallest = (LARGE if "large" in look else 24) if kiosk else (16 * 1.35 if "large" in look else 16)
    someone = Looker(visit(site, size=size, lang=lang), lang, target=KIOSK_TARGET if kiosk else 44, smallest=smallest)
    query = f"lang={lang}&look={look}" + ("&kiosk=K1" if kiosk else "")

    def open_page(path: str) -> None:
        someone.visit.open(f"{path}?{query}")
        someone.seen()

    for path in ("/report", "/figures", "/feedback", "/track"):
        open_page(path)
    someone.page.locator("main input[name=code]").fill("1234")
    someone.touch("show")
    assert someone.page.locator(".govuk-error-summary").count() == 1
    open_page("/")
    someone.choose("1")
    someone.choose("complaint")
    someone.choose(CARD)
    someone.write("The queue did not move.")
    someone.page.get_by_label(someone.word("phone")).fill("0712")
    someone.go_on()
    someone.page.get_by_label(someone.word("phone")).fill("")
    someone.go_on()
    code = someone.send()
    assert look.replace("-", " ") in someone.page.locator("html").get_attribute("class")  # type: ignore[operator]
    open_page("/track")
    someone.follow(code)
    assert someone.page.locator(".story").count() == 1
    assert someone.faults == []
