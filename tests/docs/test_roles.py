"""The pages for people speak of what there is: every role, addresses that exist, and words that stand on the screens."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from appliance.domain.people import CENTRE_ROLES, HQ_ROLES
from appliance.web.words import ROLES
from appliance.wiring import create_app
from docs.translate import PACKAGES, translations, words
from tests.docs.tree import ROOT
from tests.factories import world_in

PAGES = sorted([*(ROOT / "docs" / "roles").glob("*.md"), *(ROOT / "docs").glob("for-*.md")])
_ADDRESS = re.compile(r"`(/[a-z][^`\s]*)`")
_ON_SCREEN = re.compile(r"\*\*([^*]+)\*\*")


def read(page: Path) -> str:
    """Return the text of *page*."""
    return page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return every address that a centre or headquarters answers."""
    with world_in(tmp_path_factory.mktemp("nodes")) as world:
        nodes = (world.hq.node, world.centre("NBI").node)
        return {rule.rule for node in nodes for rule in create_app(node).url_map.iter_rules()}


@cache
def on_screen(lang: str) -> frozenset[str]:
    """Return every text that pages show in *lang*."""
    if lang == "en":
        return frozenset(text for package in PACKAGES for word in words(package) for text in _texts(word.id))
    return frozenset(text for package in PACKAGES for message in translations(package, lang) if message.id for text in _texts(message.string))


def _texts(text: object) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, (tuple, list)) else (str(text),)


@pytest.mark.parametrize("role", sorted({*CENTRE_ROLES, *HQ_ROLES}))
def test_every_role_has_a_page_that_calls_it_by_its_name(role: str) -> None:
    name = str(ROLES[role]).lower()
    assert [page for page in PAGES if name in read(page).lower()], f"no page for people speaks of the {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_address_it_names_exists(page: Path, addresses: set[str]) -> None:
    assert [one for one in _ADDRESS.findall(read(page)) if one not in addresses] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_bold_word_stands_on_a_screen(page: Path) -> None:
    lang = "sw" if page.name.endswith(".sw.md") else "en"
    assert set(_ON_SCREEN.findall(read(page))) - on_screen(lang) - {"Bold", "mazito"} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_it_says_what_is_kept_and_what_to_do_when_something_goes_wrong(page: Path) -> None:
    wanted = ("kinacho", "likienda vibaya") if page.name.endswith(".sw.md") else ("is recorded|is written|is kept", "goes? wrong")
    assert all(re.search(one, read(page), re.IGNORECASE) for one in wanted)


def test_the_index_leads_to_every_page() -> None:
    index = read(ROOT / "docs" / "README.md")
    assert [page.name for page in PAGES if f"({page.relative_to(ROOT / 'docs')})" not in index] == []
