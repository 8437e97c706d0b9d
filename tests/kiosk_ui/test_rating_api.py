"""One tap by a program: counted once, its ticket added later, haste marked, and slowed like messages but never at their cost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from appliance.settings import Limits as Settings
from appliance.web.limits import DAY, Limits
from appliance.web.presses import APART, MOST, Presses
from appliance.wiring import create_app
from tests.factories import Mint, Site, World
from tests.kiosk_ui.test_limits import Steady

PATH = "/api/v1/rating"
MINT = Mint(31)


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def hurried(centre: Site, steady: Steady) -> FlaskClient:
    """Lend a client whose presses are timed by *steady*."""
    app = create_app(centre.node)
    app.extensions["cfms-presses"] = Presses(steady)
    return app.test_client()


def _body(**more: object) -> dict[str, object]:
    return {"id": MINT.id(), "rating": 2, **more}


def _quick(centre: Site, rated: object) -> bool:
    return bool(centre.number("SELECT quick FROM rating WHERE id = :id", id=rated))


def test_a_tap_is_counted_once_however_often_it_is_sent(client: FlaskClient, centre: Site) -> None:
    body = _body(service="40217", lang="sw", channel="phone", desk="C4")
    first, second = (client.post(PATH, json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == {"id": body["id"], "ticketed": False, "again": False}
    assert second.json == {"id": body["id"], "ticketed": False, "again": True}
    assert first.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in first.headers
    assert centre.number("SELECT count(*) FROM rating WHERE id = :id", id=body["id"]) == 1


def test_a_ticket_told_later_is_added(client: FlaskClient, centre: Site) -> None:
    body = _body()
    client.post(PATH, json=body)
    answer = client.post(PATH, json={**body, "ticket": "B-417"})
    assert answer.json == {"id": body["id"], "ticketed": True, "again": True}
    assert centre.number("SELECT ticketed FROM rating WHERE id = :id", id=body["id"]) == 1


@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"rating": 0}, "UnknownChoice"), ({"rating": 5}, "UnknownChoice"), ({"id": "7"}, "InvalidInput"), ({"ticket": "x" * 21}, "InvalidInput")],
)
def test_what_cannot_be_counted_is_refused_by_name(client: FlaskClient, wrong: dict[str, object], error: str) -> None:
    answer = client.post(PATH, json=_body(**wrong))
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["error"] == error


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"id": 7}', b'{"id": "a", "rating": "2"}', b"\xff\xfe"])
def test_what_is_no_json_of_ours_says_so_and_quotes_nothing(client: FlaskClient, raw: bytes) -> None:
    answer = client.post(PATH, data=raw, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["error"] == "Malformed"


def test_another_tap_within_three_seconds_at_one_terminal_is_marked_and_counted(hurried: FlaskClient, centre: Site, steady: Steady) -> None:
    marks = []
    for wait in (0, APART - 0.1, APART - 0.1, APART):
        steady.now += wait
        body = _body()
        assert hurried.post(f"{PATH}?kiosk=K1", json=body).status_code == 201
        marks.append(_quick(centre, body["id"]))
    assert marks == [False, True, True, False]


def test_two_terminals_or_devices_behind_one_address_do_not_hurry_each_other(hurried: FlaskClient, centre: Site) -> None:
    for asked in ({"query_string": "kiosk=K1"}, {"query_string": "kiosk=K2"}, {"headers": {"User-Agent": "a"}}, {"headers": {"User-Agent": "b"}}):
        body = _body()
        hurried.post(PATH, json=body, **asked)
        assert not _quick(centre, body["id"])


def test_a_tap_sent_again_is_no_other_tap(hurried: FlaskClient, centre: Site, steady: Steady) -> None:
    body = _body()
    for _ in range(3):
        hurried.post(PATH, json=body)
        steady.now += 1
    other = _body()
    hurried.post(PATH, json=other)
    assert [_quick(centre, one["id"]) for one in (body, other)] == [False, False]


def test_what_a_terminal_says_of_its_haste_stands(hurried: FlaskClient, centre: Site) -> None:
    body = _body(quick=True)
    hurried.post(PATH, json=body)
    assert _quick(centre, body["id"])


def test_presses_are_forgotten_and_bounded(steady: Steady) -> None:
    presses = Presses(steady)
    for number in range(2 * MOST + 10):
        presses.quick(f"device {number}", "a")
    assert len(presses._young) + len(presses._old) <= 2 * MOST  # what it may hold of memory
    steady.now += DAY
    assert not presses.quick("device 1", "b")
    assert (len(presses._young), len(presses._old)) == (1, 0)  # nobody of before is left


class TestLimits:
    """Slowed in the measure of messages, and beside them."""

    @pytest.fixture
    def limited(self, centre: Site, steady: Steady) -> FlaskClient:
        app = create_app(centre.node)
        app.extensions["cfms-limits"] = Limits(replace(Settings(), submissions_per_hour=3), steady)
        return app.test_client()

    def test_a_tap_too_many_waits_and_then_gets_through(self, limited: FlaskClient, steady: Steady) -> None:
        assert [limited.post(PATH, json=_body()).status_code for _ in range(4)] == [201, 201, 201, 429]
        body = _body()
        refused = limited.post(PATH, json=body)
        assert refused.json is not None
        assert refused.json["error"] == "TooMany"
        steady.now += int(refused.headers["Retry-After"])
        assert limited.post(PATH, json=body).status_code == 201

    def test_taps_take_nothing_from_messages(self, steady: Steady) -> None:
        limits = Limits(replace(Settings(), submissions_per_hour=3), steady)
        for _ in range(3):
            limits.check_rating("192.168.8.20")
            limits.check_submission("192.168.8.20")

    def test_thirty_trainees_behind_one_address_get_through(self, client: FlaskClient, world: World) -> None:
        assert {client.post(PATH, json=_body()).status_code for _ in range(30 * 5)} == {201}
