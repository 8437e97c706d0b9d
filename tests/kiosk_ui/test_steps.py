"""The steps in the shell: every one as an inert template, in the very words of the pages, with nothing of anybody in it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from appliance.domain import errors
from appliance.web.words import KINDS
from kiosk_ui.problems import REFUSALS
from kiosk_ui.questions import way
from kiosk_ui.shell import ENDS
from tests.factories import Site, World
from tests.kiosk_ui.citizen import Citizen, Reader

Before = Callable[..., Citizen]
ONCE = re.compile(r"[0-9a-f]{32}|[0-9]{20}")  # ids and codes
ANSWERS = ("National identity card", "Kitambulisho cha taifa", "Delay or long queue", "Kuchelewa", "Complaint", "Lalamiko", "Bad", "Mbaya")


def _templates(html: str) -> dict[str, str]:
    return dict(re.findall(r'<template data-step="([a-z]+)">(.*?)</template>', html, re.DOTALL))


def _words(html: str) -> set[str]:
    """Return what each piece of text says."""
    return {" ".join(piece.split()) for piece in Reader(html).words if piece.strip()}


@pytest.mark.parametrize("path", ["/?kiosk=K1", "/", "/feedback"])
def test_the_document_carries_every_step_and_every_end(client: FlaskClient, centre: Site, path: str) -> None:
    assert list(_templates(client.get(path).text)) == [one.name for one in way(centre.node)] + list(ENDS)


def test_headquarters_has_the_centre_first_and_all_of_them(world: World, portals_client: FlaskClient) -> None:
    steps = _templates(portals_client.get("/").text)
    assert next(iter(steps)) == "centre"
    assert len(re.findall(r'data-county="[0-9]+"', steps["centre"])) == len(world.hq.node.catalogue.centres)


@pytest.mark.parametrize("lang", ["en", "sw"])
def test_a_step_says_what_its_page_says(citizen: Before, client: FlaskClient, lang: str) -> None:
    steps = _templates(client.get(f"/?kiosk=K1&lang={lang}").text)
    someone = citizen(lang)
    someone.open("/feedback")
    goes = (("rating", "2"), ("kind", "complaint"), ("service", "40217"), ("message", ""), ("contact", ""), ("review", ""))
    for name, touched in goes:
        page = someone.answers[-1].text.split("<main")[1].split("</main>")[0].partition(">")[2]
        missing = {words for words in _words(page) - _words(steps[name]) if not words.startswith(ANSWERS)}
        assert not missing, name
        assert len(_words(page)) > 4, name
        _ = someone.pick(touched) if touched else someone.send(**({"category": "delay"} if name == "message" else {}))


def test_the_message_has_the_chips_of_every_kind(client: FlaskClient, centre: Site) -> None:
    message = _templates(client.get("/").text)["message"]
    marked = {
        code: kinds.split() for kinds, code in re.findall(r'data-kinds="([a-z ]+)"[^>]*><label class="choice"><input[^>]*value="([^"]+)"', message)
    }
    for kind in KINDS:
        assert {code for code, kinds in marked.items() if kind in kinds} == {one.code for one in centre.node.catalogue.categories_of(kind)}


def test_the_service_has_all_of_the_counters_and_shows_a_few(client: FlaskClient, centre: Site) -> None:
    every = re.findall(r'<li([^>]*)><button[^>]*value="(\d+)"', _templates(client.get("/").text)["service"])
    rest = [code for marks, code in every if " hidden" in marks and "data-rest" in marks]
    first = [code for marks, code in every if "hidden" not in marks]
    assert len(first) == 11
    assert {*first, *rest} == {one.code for one in centre.node.catalogue.counter_services()}


def test_nothing_in_it_is_anybodys(client: FlaskClient) -> None:
    one, other = (client.get("/?kiosk=K1").text for _ in range(2))
    assert _templates(one) == _templates(other)
    for name, inside in _templates(one).items():
        assert not ONCE.search(re.sub(r"<svg.*?</svg>", "", inside, flags=re.DOTALL)), name
        assert 'type="hidden"' not in inside, name


@pytest.mark.parametrize("lang", ["en", "sw"])
def test_every_refusal_has_its_sentence_with_the_details_still_to_be_filled_in(client: FlaskClient, lang: str) -> None:
    said = dict(re.findall(r'<p data-problem="(\w+)">(.*?)</p>', client.get(f"/?lang={lang}").text))
    assert {kind.__name__ for kind in REFUSALS} | {"away", "empty", "phone", "email", "consent", "StoreUnavailable"} <= set(said)
    assert all(said.values())
    assert "{seconds}" in said["TooMany"]


def test_whatever_a_photo_or_voice_note_is_refused_for_is_among_them() -> None:
    media = {name for name in vars(errors) if name.startswith(("Photo", "Voice"))}
    assert len(media) > 5
    assert media <= {kind.__name__ for kind in REFUSALS}


def test_what_the_program_door_refuses_is_among_them(client: FlaskClient) -> None:
    known = set(re.findall(r'<p data-problem="(\w+)">', client.get("/").text))
    said = client.post("/api/v1/feedback", json={"id": "0" * 32, "code": "1" * 20, "kind": "complaint"}).json
    assert said is not None
    assert said["error"] in known


def test_the_receipt_and_later_pages_carry_no_steps(citizen: Before) -> None:
    someone = citizen()
    someone.file()
    assert not _templates(someone.answers[-1].text)
    someone.open("/track")
    assert not _templates(someone.answers[-1].text)


def test_it_stays_small(client: FlaskClient) -> None:
    assert len(gzip.compress(client.get("/?kiosk=K1").data, 6)) < 20_000
