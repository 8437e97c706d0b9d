"""The service worker's file, the manifest, and the search for programs: each says what it must, and changes when it must."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import msgspec
import pytest
from flask.testing import FlaskClient

from appliance.journal.intake_keys import IntakeKeys
from kiosk_ui import base, worker
from tests.factories import Site, World, client_of


def _kept(client: FlaskClient) -> dict[str, object]:
    answer = client.get("/sw.js")
    found = re.match(r"const KEPT = (\{.*\});\n", answer.text)
    assert found is not None
    kept: dict[str, object] = json.loads(found[1])
    return kept


def test_the_worker_is_asked_for_each_time_and_may_reach_this_site_alone(client: FlaskClient) -> None:
    answer = client.get("/sw.js?kiosk=K1")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers.getlist("Content-Security-Policy") == ["default-src 'none'; connect-src 'self'"]


def test_it_keeps_pages_of_every_language_that_are_there(client: FlaskClient) -> None:
    kept = _kept(client)
    assert kept["languages"] == ["en", "sw"]
    for path in (*worker.SHELLS, worker.AWAY):
        for lang in ("en", "sw"):
            page = client.get(f"{path}?lang={lang}&kiosk=K1")
            assert page.status_code == 200
            assert f'<html lang="{lang}"' in page.text
    assert kept["shells"] == list(worker.SHELLS)


def test_nothing_of_anybody_stands_in_what_is_kept(client: FlaskClient) -> None:
    first, second = (client.get("/feedback?lang=en&kiosk=K1").text for _ in range(2))
    steps = [text.split("<template", 1)[1] for text in (first, second)]
    assert steps[0] == steps[1]


def test_another_key_or_catalogue_is_another_version(world: World) -> None:
    site = world.centre("ELD", enrolled=False)
    client = client_of(site)
    versions = [_kept(client)["version"], _kept(client)["version"]]
    IntakeKeys(site.node.keyring).renew(int(site.watch.now))
    versions.append(_kept(client)["version"])
    site.node.catalogue = msgspec.structs.replace(site.node.catalogue, version=99)
    versions.append(_kept(client)["version"])
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3


def test_another_word_in_any_file_is_another_version(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "page.html").write_text("one")
    before = worker.hash_of(tmp_path / "a")
    (tmp_path / "a" / "page.html").write_text("two")
    assert worker.hash_of(tmp_path / "a") != before


def test_the_manifest_names_icons_of_the_size_they_have(client: FlaskClient) -> None:
    page = client.get("/?lang=sw").text
    found = re.search(r'<link rel="manifest" href="([^"]+)"', page)
    assert found is not None
    manifest = client.get(found[1].replace("&amp;", "&")).json
    assert manifest is not None
    assert (manifest["lang"], manifest["start_url"], manifest["scope"]) == ("sw", "/?lang=sw", "/")
    assert {(one["sizes"], one["purpose"]) for one in manifest["icons"]} == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    for one in manifest["icons"]:
        with client.get(one["src"]) as answer:
            data = answer.data
        assert data.startswith(b"\x89PNG")
        assert "x".join(str(size) for size in struct.unpack(">II", data[16:24])) == one["sizes"]


def test_the_colours_of_the_manifest_are_those_of_the_pages() -> None:
    tokens = (Path(base.HERE).parent / "appliance" / "web" / "sass" / "_tokens.scss").read_text()
    assert f"--green: {worker.GREEN};" in tokens
    assert f"--paper: {worker.PAPER};" in tokens


@pytest.mark.parametrize(
    ("find", "code"),
    [("kitambulsho", "40239"), ("identitty card", "40217"), ("40217", "40217"), ("4 0217", "40217")],
)
def test_a_program_finds_a_service_as_a_person_does(client: FlaskClient, find: str, code: str) -> None:
    answer = client.get("/api/v1/services", query_string={"find": find, "lang": "sw"})
    assert answer.json is not None
    assert code in [one["code"] for one in answer.json["services"]]


def test_the_search_gives_a_few_and_in_the_language_asked_for(client: FlaskClient) -> None:
    for find in ("", "a", "x" * 10_000, "kitambulisho cheti leseni pasi kodi ardhi"):
        found = client.get("/api/v1/services", query_string={"find": find}).json
        assert found is not None
        assert len(found["services"]) <= 12
    sw, en = (client.get("/api/v1/services", query_string={"find": "40217", "lang": lang}).json for lang in ("sw", "en"))
    assert sw is not None
    assert en is not None
    assert sw["services"][0]["name"].startswith("Kitambulisho")
    assert en["services"][0]["name"].startswith("National identity")


def test_the_internet_portal_has_a_worker_of_its_own(portals_client: FlaskClient, centre: Site) -> None:
    assert _kept(portals_client)["version"] != _kept(client_of(centre))["version"]
