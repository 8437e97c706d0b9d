"""The figures open to everybody: of thirty days up to yesterday, true, in both languages, and without a number in which one could be seen."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.usecases.answer_case import resolve_case
from appliance.usecases.rate import Rating, rate
from tests.factories import OFFICER, Site, World, client_of, world_in

DAY = 86_400


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path) as made:
        yield made


@pytest.fixture
def centre(world: World) -> Site:
    return world.centre("NBI")


def rated(world: World, site: Site, *faces: int, centre: str = "", tickets: int = 0, quick: int = 0) -> None:
    """Give *faces*, the first *tickets* of them with a ticket and the last *quick* in haste."""
    for at, face in enumerate(faces):
        hasty = at >= len(faces) - quick
        tap = Rating(id=world.mint.id(), rating=face, centre=centre, ticket="B-1" if at < tickets else "", quick=hasty)
        rate(site.node, tap)


def table(site: Site) -> list[dict[str, str]]:
    """Return the rows of the file."""
    answer = client_of(site).get("/figures.csv?lang=en")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def numbers(row: dict[str, str]) -> list[str]:
    return list(row.values())[2:]


def words(site: Site, lang: str = "en") -> str:
    """Return what the page says, without its marks."""
    html = client_of(site).get(f"/figures?lang={lang}").text
    main = html.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_a_centre_shows_its_own_figures_of_the_days_before(world: World, centre: Site) -> None:
    rated(world, centre, *[1] * 6, *[4] * 14, tickets=12, quick=5)
    assert numbers(table(centre)[0]) == ["0"] * 9, "the running day is left out"
    world.watch.pass_time(DAY)
    (row,) = table(centre)
    assert (row["Code"], numbers(row)) == ("NBI", ["6", "0", "0", "14", "20", "8", "5", "0", "0"])
    page = words(centre)
    assert "Ratings 20 Without a ticket 8 Quickly after another 5" in page
    assert "30%" in page
    world.watch.pass_time(30 * DAY)
    assert numbers(table(centre)[0]) == ["0"] * 9, "what is older is left out"


def test_small_numbers_and_what_would_give_them_away_are_not_shown(world: World, centre: Site) -> None:
    rated(world, centre, *[1] * 3, *[2] * 8, *[4] * 14, tickets=12, quick=2)
    world.watch.pass_time(DAY)
    (row,) = table(centre)
    assert numbers(row) == ["", "", "0", "14", "25", "13", "", "0", "0"]
    page = words(centre)
    assert "A number below 5 is not shown" in page
    assert client_of(centre).get("/figures?lang=en").text.count(">not shown<") == 3
    assert "%" not in page, "a share would tell the number"
    assert '<svg class="facebar__bar"' not in client_of(centre).get("/figures").text, "so would the bar"


def test_promises_that_fell_due_and_were_kept_are_counted(world: World, centre: Site) -> None:
    cases = [world.file(centre) for _ in range(13)]
    for receipt in cases[:6]:
        resolve_case(centre.node, receipt.id, OFFICER, "done", "It was repaired")
    assert numbers(table(centre)[0])[-2:] == ["0", "0"]
    world.watch.now = cases[0].due + DAY
    for receipt in cases[6:8]:
        resolve_case(centre.node, receipt.id, OFFICER, "done", "Too late")
    assert numbers(table(centre)[0])[-2:] == ["13", "6"]
    assert "Answers promised 13 Answered by then 6" in words(centre)


def test_headquarters_shows_the_nation_and_each_centre_and_no_sum_gives_a_small_one_away(world: World) -> None:
    for code, faces in (("NBI", [1] * 3 + [4] * 20), ("MSA", [1] * 9 + [4] * 30), ("KSM", [1] * 50 + [4] * 60)):
        rated(world, world.hq, *faces, centre=code)
    rated(world, world.hq, *[4] * 40)  # about no centre
    world.watch.pass_time(DAY)
    nation, *centres = table(world.hq)
    assert (nation["Code"], nation["Centre"]) == ("", "The whole country")
    assert numbers(nation)[:5] == ["62", "0", "0", "150", "212"]
    assert [(one["Code"], *numbers(one)[:5]) for one in centres] == [
        ("KSM", "50", "0", "0", "60", "110"), ("MSA", "", "0", "0", "", "39"), ("NBI", "", "0", "0", "", "23"),
    ]  # fmt: skip
    page = words(world.hq)
    assert "The faces, centre by centre" in page
    assert "Nairobi" in page


@pytest.mark.parametrize("lang", ["en", "sw"])
def test_the_page_is_whole_in_each_language_and_asks_for_nothing(world: World, centre: Site, lang: str) -> None:
    rated(world, centre, *[3] * 9)
    world.watch.pass_time(DAY)
    answer = client_of(centre).get(f"/figures?lang={lang}")
    assert f'<html lang="{lang}"' in answer.text
    assert answer.text.count("<table") == 1
    assert "Set-Cookie" not in answer.headers
    assert "style=" not in answer.text
    assert ("Figures" in answer.text) == (lang == "en")


def test_a_terminal_offers_no_file(centre: Site) -> None:
    client = client_of(centre)
    assert "/figures.csv" in client.get("/figures?lang=en").text
    assert "/figures.csv" not in client.get("/figures?lang=en&kiosk=K1").text


def test_an_empty_centre_says_so(centre: Site) -> None:
    assert "Nobody has answered yet." in words(centre)
