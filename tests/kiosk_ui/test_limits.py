"""Too much from one device is slowed by the seconds it takes, never shut out; nothing typed is lost and no address is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from appliance.domain.errors import TooMany
from appliance.settings import Limits as Settings
from appliance.web.limits import DAY, HOUR, MOST, Limits, Pace
from appliance.wiring import create_app
from tests.factories import Mint, Site, World, client_of
from tests.kiosk_ui.citizen import Citizen

HERE, THERE = "192.168.8.20", "192.168.8.21"


class Steady:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def steady() -> Steady:
    return Steady()


def _limits(steady: Steady, submissions: int = 7, wrong: int = 5) -> Limits:
    return Limits(Settings(submissions_per_hour=submissions, wrong_codes_per_hour=wrong), steady)


def _send(limits: Limits, times: int, address: str = HERE, terminal: str = "") -> int:
    """Send *times* at once; return how many got through."""
    through = 0
    for _ in range(times):
        try:
            limits.check_submission(address, terminal)
        except TooMany:
            continue
        through += 1
    return through


# --- the limit itself -----------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [1, 7, 60, 600])
def test_as_many_as_the_limit_get_through_at_once_and_not_one_more(steady: Steady, most: int) -> None:
    assert _send(_limits(steady, most), most + 5) == most


def test_who_is_slowed_gets_on_after_the_seconds_they_were_told(steady: Steady) -> None:
    limits = _limits(steady, 60)
    _send(limits, 60)
    with pytest.raises(TooMany) as refused:
        limits.check_submission(HERE)
    assert refused.value.details["seconds"] == 60
    steady.now += 59
    assert _send(limits, 1) == 0
    steady.now += 1
    assert _send(limits, 2) == 1


def test_asking_while_slowed_does_not_lengthen_the_wait(steady: Steady) -> None:
    limits = _limits(steady, 60)
    _send(limits, 500)
    steady.now += 60
    assert _send(limits, 1) == 1


def test_after_an_hour_of_quiet_all_is_as_at_first(steady: Steady) -> None:
    limits = _limits(steady, 7)
    _send(limits, 50)
    steady.now += HOUR
    assert _send(limits, 50) == 7


def test_one_device_does_not_slow_another(steady: Steady) -> None:
    limits = _limits(steady)
    _send(limits, 50)
    assert _send(limits, 1, THERE) == 1
    assert _send(limits, 1, HERE, "K1") == 1


def test_terminals_behind_one_address_each_have_their_own(steady: Steady) -> None:
    limits = _limits(steady)
    assert _send(limits, 9, HERE, "K1") == 7
    assert _send(limits, 9, HERE, "K2") == 7


def test_names_made_up_do_not_lift_the_limit(steady: Steady) -> None:
    assert sum(_send(limits, 1, HERE, f"K{number}") for limits in [_limits(steady)] for number in range(500)) == 7 * 8


def test_an_ipv6_subscriber_is_one_device_however_many_addresses_it_has(steady: Steady) -> None:
    limits = _limits(steady)
    assert sum(_send(limits, 1, f"2001:db8:1:2::{number:x}") for number in range(50)) == 7
    assert _send(limits, 1, "2001:db8:1:3::1") == 1
    assert _send(limits, 1, "not:an:address") == 1


def test_no_limit_is_none(steady: Steady) -> None:
    assert _send(_limits(steady, 0), 5000) == 5000


def test_wrong_codes_are_counted_apart_and_right_ones_not_at_all(steady: Steady) -> None:
    limits = _limits(steady, wrong=5)
    for _ in range(20):
        limits.check_guess(HERE)
    for _ in range(5):
        limits.check_guess(HERE)
        limits.count_wrong_code(HERE)
    with pytest.raises(TooMany):
        limits.check_guess(HERE)
    assert _send(limits, 1) == 1


def test_no_address_is_kept_and_the_key_changes_daily(steady: Steady) -> None:
    limits = _limits(steady)
    _send(limits, 3)
    held = set(limits._submissions._young)
    assert all(len(name) == 16 and HERE.encode() not in name for name in held)
    steady.now += DAY
    _send(limits, 1)
    assert not held & set(limits._submissions._young)
    assert len(limits._submissions._young) == 1


def test_memory_is_bounded_and_who_is_active_stays_slowed() -> None:
    pace, now = Pace(10), 5000.0
    for _ in range(10):
        pace.spend(b"busy", now)
    for number in range(3 * MOST):
        pace.spend(number.to_bytes(4, "big"), now)
        if number % (MOST // 2) == 0:
            assert pace.wait(b"busy", now) > 0
            pace.spend(b"busy", now)
    assert len(pace._young) + len(pace._old) <= 2 * MOST


# --- on pages and the API -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tight(world: World) -> Site:
    """Lend a centre with small limits."""
    site = world.centre("KSM")
    small = replace(site.node.settings.limits, submissions_per_hour=3, wrong_codes_per_hour=2)
    site.node.settings = replace(site.node.settings, limits=small)
    return site


@pytest.fixture
def limited(tight: Site, steady: Steady) -> FlaskClient:
    """Lend a client of fresh limits whose clock is *steady*."""
    app = create_app(tight.node)
    app.extensions["cfms-limits"].steady = steady
    app.extensions["cfms-limits"]._until = steady.now + DAY
    return app.test_client()


def test_a_person_who_is_slowed_keeps_every_word_and_gets_on_later(limited: FlaskClient, steady: Steady) -> None:
    for _ in range(3):
        Citizen(limited).file()
    someone = Citizen(limited)
    someone.to_review(rating="", text="Nobody shall lose this")
    page = someone.send()
    assert someone.status == 429
    seconds = int(someone.answers[-1].headers["Retry-After"])
    assert f"Wait {seconds} seconds" in page.text
    assert "Nobody shall lose this" in page.text
    steady.now += seconds
    someone.send()
    assert someone.status == 200


def test_answering_questions_and_looking_costs_nothing(limited: FlaskClient) -> None:
    code = Citizen(limited).file()
    for _ in range(6):
        someone = Citizen(limited)
        someone.to_review(rating="", name="Wanjiku")  # refused: no tick
        assert someone.follow(code).title.startswith("Your case")


def test_a_reply_is_a_message_too_and_waits_without_losing_a_word(limited: FlaskClient, steady: Steady) -> None:
    someone = Citizen(limited)
    code = someone.file()
    someone.follow(code)
    for _ in range(2):
        assert "Your words were added" in someone.send("reply", text="And again").text
    page = someone.send("reply", text="Nobody shall lose this")
    assert someone.status == 429
    assert page.forms["track"].fields["text"] == "Nobody shall lose this"
    steady.now += int(someone.answers[-1].headers["Retry-After"])
    assert "Your words were added" in someone.send("track").text


def test_guessing_codes_is_slowed_on_pages_and_a_right_one_waits_too(limited: FlaskClient, steady: Steady) -> None:
    code = Citizen(limited).file()
    someone, mint = Citizen(limited), Mint(5)
    for _ in range(2):
        someone.follow(mint.code())
        assert someone.status == 404
    page = someone.follow(code)
    assert someone.status == 429
    assert page.forms["track"].fields["code"] == code
    steady.now += int(someone.answers[-1].headers["Retry-After"])
    assert someone.follow(code).title.startswith("Your case")


def _body(mint: Mint) -> dict[str, object]:
    return {"id": mint.id(), "code": mint.code(), "kind": "complaint", "text": "By a program"}


def test_a_program_is_slowed_in_the_same_measure(limited: FlaskClient, steady: Steady) -> None:
    mint = Mint(11)
    assert [limited.post("/api/v1/feedback", json=_body(mint)).status_code for _ in range(4)] == [201, 201, 201, 429]
    body = _body(mint)
    refused = limited.post("/api/v1/feedback", json=body)
    assert refused.json is not None
    assert refused.json["error"] == "TooMany"
    assert refused.json["details"]["seconds"] == refused.headers["Retry-After"]
    steady.now += int(refused.headers["Retry-After"])
    assert limited.post("/api/v1/feedback", json=body).status_code == 201


def test_a_programs_terminal_has_its_own_measure(limited: FlaskClient) -> None:
    mint = Mint(12)
    for _ in range(4):
        limited.post("/api/v1/feedback", json=_body(mint))
    assert limited.post("/api/v1/feedback?kiosk=K7", json=_body(mint)).status_code == 201
    assert limited.post("/api/v1/feedback?kiosk=../..", json=_body(mint)).status_code == 429  # no terminal's name


def test_guessing_codes_is_slowed_for_programs_too(limited: FlaskClient) -> None:
    mint = Mint(13)
    answers = [limited.post("/api/v1/track", json={"code": mint.code()}) for _ in range(3)]
    assert [one.status_code for one in answers] == [404, 404, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_thirty_trainees_behind_one_address_get_through(world: World, centre: Site) -> None:
    client, mint = client_of(centre), Mint(14)
    assert {client.post("/api/v1/feedback", json=_body(mint)).status_code for _ in range(30 * 5)} == {201}


def test_the_same_message_again_after_being_slowed_is_still_one(limited: FlaskClient, tight: Site, steady: Steady) -> None:
    mint = Mint(15)
    body = _body(mint)
    assert limited.post("/api/v1/feedback", json=body).status_code == 201
    assert limited.post("/api/v1/feedback", json=body).status_code == 200
    assert tight.number("SELECT count(*) FROM case_state WHERE id = :id", id=body["id"]) == 1
