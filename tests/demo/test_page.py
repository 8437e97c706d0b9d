"""The page with the switch: what it shows of both nodes, and who may throw the switch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import flask.testing
import pytest

from appliance.demo.cable import Cable
from appliance.demo.page import create_page
from appliance.demo.people import PASSWORD
from appliance.demo.place import Place
from appliance.demo.prepare import opened
from appliance.demo.stories import STORIES
from appliance.demo.watching import Watcher
from appliance.domain.codes import group_receipt_code
from appliance.wiring import create_app


@pytest.fixture(scope="module")
def watcher(prepared: Place) -> Iterator[Watcher]:
    """Lend a watcher of both nodes, the cable leading nowhere."""
    with (
        closing(Cable(9)) as cable,
        opened(prepared.settings("hq", hq_port=9)) as hq,
        opened(prepared.settings("centre", hq_port=9)) as centre,
    ):
        yield Watcher(centre, hq, cable)


@pytest.fixture
def page(watcher: Watcher, prepared: Place) -> flask.testing.FlaskClient:
    """Return a browser before the page, the cable whole."""
    watcher.cable.join()
    return create_page(watcher, prepared.ports, watcher.centre.country).test_client()


def token(page: flask.testing.FlaskClient) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', page.get("/").text)
    assert found
    return found[1]


def test_it_shows_both_nodes_who_may_log_in_and_what_to_look_at(page: flask.testing.FlaskClient) -> None:
    text = page.get("/").text
    for cases in (len(STORIES) - 1, len(STORIES)):  # one is the whole country's, which the centre need not know
        assert text.count(f'<dd class="govuk-summary-list__value">{cases}</dd>') == 1
    assert PASSWORD in text
    assert all(group_receipt_code(one.code) in text for one in STORIES if one.shows)
    assert "http://127.0.0.1:8080/desk" in text
    assert "http://127.0.0.1:8080/?kiosk=K1" in text  # as a terminal, not as a phone
    assert "Nothing waits" in text


def test_it_speaks_kiswahili(page: flask.testing.FlaskClient) -> None:
    text = page.get("/?lang=sw").text
    assert "Kituo, makao makuu, na kebo kati yao" in text
    assert not re.search(r"Cut the cable|Receipt code|acknowledged", text)


def test_the_switch_cuts_and_joins_and_keeps_language_and_refreshing(page: flask.testing.FlaskClient, watcher: Watcher) -> None:
    answer = page.post("/cable", data={"token": token(page), "do": "cut", "lang": "sw", "live": "yes"})
    assert (answer.status_code, answer.location, watcher.cable.whole) == (303, "/?lang=sw&live=yes", False)
    assert "Imekatwa" in page.get(answer.location).text
    page.post("/cable", data={"token": token(page), "do": "join"})
    assert watcher.cable.whole


@pytest.mark.parametrize("sent", ["", "0" * 32])
def test_no_other_page_can_throw_the_switch(page: flask.testing.FlaskClient, watcher: Watcher, sent: str) -> None:
    answer = page.post("/cable", data={"token": sent, "do": "cut"})
    assert answer.status_code == 403
    assert watcher.cable.whole


def test_it_looks_again_by_itself_only_when_asked_to(page: flask.testing.FlaskClient) -> None:
    assert "http-equiv" not in page.get("/").text
    assert '<meta http-equiv="refresh" content="3">' in page.get("/?live=yes").text


def test_it_allows_nothing_from_elsewhere_and_needs_no_script(page: flask.testing.FlaskClient) -> None:
    answer = page.get("/")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    assert not re.search(r"<script(?! src)|style=|\son\w+=", answer.text)


def test_an_address_it_does_not_know_is_a_plain_page(page: flask.testing.FlaskClient) -> None:
    assert page.get("/nowhere").status_code == 404


def test_the_style_guide_is_a_link_away(page: flask.testing.FlaskClient) -> None:
    assert 'href="/styleguide/?lang=en"' in page.get("/").text
    kiosk, desk = page.get("/styleguide/"), page.get("/styleguide/desk")
    assert (kiosk.status_code, desk.status_code) == (200, 200)
    assert "kiosk.css" in kiosk.text
    assert "desk.css" in desk.text
    assert page.get("/no-such-page").status_code == 404


def test_no_server_of_a_node_has_the_style_guide(watcher: Watcher) -> None:
    for node in (watcher.centre, watcher.hq):
        assert create_app(node).test_client().get("/styleguide/").status_code == 404
