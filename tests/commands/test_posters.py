"""Posters come as one file that any browser prints: A4, one a sheet, nothing loaded from anywhere."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import msgspec
import pytest

from appliance.commands import posters as command
from appliance.domain.catalogue import Desk
from appliance.usecases.node import Node
from appliance.web.posters import Poster, Printing
from appliance.web.qr import qr_svg
from appliance.wiring import create_app
from tests.commands.shell import NOWHERE, Shell
from tests.factories import PACK

ID_CARD, LOST_CARD = "40217", "40228"
URL = "https://maoni.example.go.ke"


@pytest.fixture
def ready(centre: Shell) -> Shell:
    centre.ask("init")
    return centre


@pytest.fixture
def file(ready: Shell) -> Path:
    return ready.folder / "posters.html"


def test_a_service_has_a_sheet_with_its_code_names_and_qr(ready: Shell, file: Path) -> None:
    said = ready.ask("posters", "--service", ID_CARD, "--service", LOST_CARD, "--url", URL, "--out", str(file))
    assert (said["posters"], said["file"], said["pdf"]) == (2, str(file), None)
    page = file.read_text(encoding="utf-8")
    assert page.count('<article class="poster">') == 2
    for code, english, swahili in ((ID_CARD, "National identity card: first application", "Kitambulisho cha taifa: ombi la kwanza"),):
        assert f">{code}</p>" in page
        assert f'lang="en">{english}' in page
        assert f'lang="sw">{swahili}' in page
        assert str(qr_svg(f"{URL}/?q={code}&centre=NBI", f"{URL}/?q={code}&centre=NBI")) in page
    assert "How was the service today?" in page
    assert "Huduma ilikuwaje leo?" in page


def test_the_file_needs_nothing_beside_it(ready: Shell, file: Path) -> None:
    ready.ask("posters", "--all", "--out", str(file))
    page = file.read_text(encoding="utf-8")
    assert re.findall(r"<(?:link|script|img|iframe|object|embed)\b|@import|url\(|\bsrc=|\bhref=", page) == []
    assert set(re.findall(r"https?://[^\s\"<&]+", page)) == {f"{NOWHERE}/?q={code}" for code in re.findall(r"\?q=(\d+)", page)}
    assert "size: A4 portrait" in page
    assert "--ink:" in page


def test_all_are_the_services_of_the_counters(ready: Shell, file: Path) -> None:
    with ready.node() as node:
        expected = [one.code for one in node.catalogue.counter_services()]
    assert ready.ask("posters", "--all", "--out", str(file))["posters"] == len(expected)
    shown = re.findall(r'<p class="poster__code[^"]*">([^<]+)</p>', file.read_text(encoding="utf-8"))
    assert shown == expected


def test_the_languages_are_those_asked_for_in_that_order(ready: Shell, file: Path) -> None:
    ready.ask("posters", "--service", ID_CARD, "--lang", "sw, en", "--out", str(file))
    assert re.findall(r'class="poster__question" lang="(\w+)"', file.read_text(encoding="utf-8")) == ["sw", "en"]
    ready.ask("posters", "--service", ID_CARD, "--lang", "sw", "--out", str(file))
    page = file.read_text(encoding="utf-8")
    assert "How was the service" not in page
    assert '<html lang="sw">' in page


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "Say of what"),
        (["--service", "40218"], "no desk or counter service 40218"),
        (["--service", "12"], "no desk or counter service 12"),
        (["--desk", "C9"], "no desk or counter service C9"),
        (["--all", "--lang", "en,xx"], "no language xx here. There are: en, sw"),
    ],
)
def test_what_is_not_there_is_refused_and_nothing_written(ready: Shell, file: Path, words: list[str], says: str) -> None:
    answer = ready.run("posters", *words, "--out", str(file), "--json")
    assert (answer.status, says in answer.json["error"]) == (1, True), answer
    assert not file.exists()


def test_without_a_portal_it_must_be_told_where_telephones_find_the_pages(ready: Shell, file: Path) -> None:
    ready.configure(hq_url="")
    assert "--url" in ready.ask("posters", "--all", "--out", str(file), status=1)["error"]
    ready.ask("posters", "--service", ID_CARD, "--url", "http://10.0.0.2:8080/", "--out", str(file))
    assert f"http://10.0.0.2:8080/?q={ID_CARD}&amp;centre=NBI" in file.read_text(encoding="utf-8")


def test_headquarters_prints_posters_of_services(hq: Shell) -> None:
    hq.ask("init", "--roots", str(hq.folder / "safe"))
    file = hq.folder / "posters.html"
    hq.ask("posters", "--service", ID_CARD, "--url", URL, "--out", str(file))
    assert f">{ID_CARD}</p>" in file.read_text(encoding="utf-8")


def test_numbers_of_the_country_are_on_it_as_telephones_take_them(ready: Shell, file: Path) -> None:
    ready.ask("posters", "--service", ID_CARD, "--out", str(file))
    assert 'poster__numbers"' not in file.read_text(encoding="utf-8")
    pack = ready.folder / "pack"
    shutil.copytree(PACK, pack)
    words = (pack / "country.toml").read_text(encoding="utf-8")
    for code, number in (("cfms-ussd", "*384*22#"), ("cfms-sms", "22384")):
        words = words.replace(f'code = "{code}"\nnumber = ""', f'code = "{code}"\nnumber = "{number}"')
    (pack / "country.toml").write_text(words, encoding="utf-8")
    ready.config.write_text(ready.config.read_text().replace('country = "ke"', 'country = "./pack"'))
    ready.ask("posters", "--service", ID_CARD, "--out", str(file))
    page = file.read_text(encoding="utf-8")
    assert f"*384*22*{ID_CARD}#" in page
    assert f"SMS 22384: MAONI {ID_CARD} …" in page


def test_without_chromium_it_says_what_to_open_and_print(ready: Shell, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_BROWSERS", ("no-such-browser",))
    answer = ready.run("posters", "--service", ID_CARD, "--pdf", "--out", str(file))
    assert answer.status == 0
    assert f"Open {file} in any browser and print it" in answer.err
    assert str(file) in answer.out


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium")
def test_chromium_makes_a_pdf_with_one_poster_a_page(ready: Shell, file: Path) -> None:
    said = ready.ask("posters", "--service", ID_CARD, "--service", LOST_CARD, "--pdf", "--out", str(file))
    pdf = Path(said["pdf"])
    assert pdf == file.with_suffix(".pdf")
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf.read_bytes())) == 2


def test_a_browser_that_fails_is_as_none(ready: Shell, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(command, "_BROWSERS", (str(broken),))
    answer = ready.run("posters", "--service", ID_CARD, "--pdf", "--out", str(file))
    assert answer.status == 0
    assert "print it" in answer.err


# --- desks ----------------------------------------------------------------------------------------------


def made(node: Node, *desks: Desk, all_of_it: bool = False) -> list[Poster]:
    node.catalogue = msgspec.structs.replace(node.catalogue, desks=desks)
    with create_app(node).test_request_context("/"):
        printing = Printing(node, ("en", "sw"), URL)
        return printing.everything() if all_of_it else printing.named([one.code for one in desks], ())


def test_a_desk_has_a_sheet_with_its_own_code_and_the_drawing_of_what_it_does(ready: Shell) -> None:
    counter = Desk(code="C4", centre="NBI", names={"en": "Counter 4", "sw": "Kaunta ya 4"}, services=(ID_CARD,))
    front = Desk(code="front", centre="NBI", names={"en": "Front desk"}, services=(ID_CARD, LOST_CARD))
    with ready.node() as node:
        one, other = made(node, counter, front)
    assert (one.code, one.url, one.picture) == ("C4", f"{URL}/?q=C4&centre=NBI", "id-card")
    assert [said.name for said in one.said] == ["Counter 4", "Kaunta ya 4"]
    assert (other.code, other.picture) == ("front", "desk")
    assert [said.name for said in other.said] == ["Front desk", "Front desk"]
    assert (one.dial, one.send) == ("", "")  # keypads send services' codes only


def test_all_of_a_centre_with_desks_are_they_and_their_services(ready: Shell) -> None:
    counter = Desk(code="C4", centre="NBI", names={"en": "Counter 4"}, services=(LOST_CARD, ID_CARD))
    elsewhere = Desk(code="C1", centre="KSM", names={"en": "Counter 1"}, services=("40250",))
    with ready.node() as node:
        assert [one.code for one in made(node, counter, elsewhere, all_of_it=True)] == ["C4", ID_CARD, LOST_CARD]


def test_a_desk_is_found_by_the_code_on_its_sheet(ready: Shell) -> None:
    counter = Desk(code="C4", centre="NBI", names={"en": "Counter 4"}, services=(ID_CARD,))
    with ready.node() as node:
        (poster,) = made(node, counter)
        page = create_app(node).test_client().get(poster.url.removeprefix(URL))
    assert page.status_code == 200
    assert "National identity card" in page.text
