"""How staff log in and out, and what nobody learns from trying."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Blueprint, Flask, redirect, render_template_string, request
from flask.testing import FlaskClient

from appliance.usecases import accounts
from appliance.usecases.accounts import FREE_GUESSES, IDLE_SECONDS, SESSION_SECONDS, LoginFailed, LoginSlowed, add_account, set_password
from appliance.web.context import Face
from appliance.web.faces import add_face
from tests.factories import Site, world_in
from tests.web.world import PASSWORD, SampleAccounts, sample_app

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def people() -> SampleAccounts:
    """Lend the accounts that the application asks."""
    return SampleAccounts()


@pytest.fixture
def app(people: SampleAccounts) -> Flask:
    """Lend an application with one page of staff's, which takes a text."""
    made = sample_app(people, https=True)
    desk = Blueprint("desk_sample", __name__, url_prefix="/desk")
    page = '{% extends "layout_staff.html" %}{% block main %}{{ lang() }}{% endblock %}'
    desk.add_url_rule(
        "", view_func=lambda: redirect("/desk") if request.form else render_template_string(page), methods=["GET", "POST"], endpoint="page"
    )
    add_face(made, desk, Face.STAFF)
    return made


def token_of(client: FlaskClient, path: str = "/staff/login") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path, base_url="https://x").text)
    assert found
    return found[1]


def log_in(client: FlaskClient, login: str = "amina", password: str = PASSWORD, **more: str) -> tuple[int, str, str]:
    data = {"csrf_token": token_of(client), "login": login, "password": password, **more}
    answer = client.post("/staff/login", data=data, base_url="https://x")
    return answer.status_code, answer.headers.get("Location", ""), answer.text


def get(client: FlaskClient, path: str) -> tuple[int, str]:
    answer = client.get(path, base_url="https://x")
    return answer.status_code, answer.text


def test_who_logs_in_is_led_where_they_wanted_to_go(app: Flask) -> None:
    client = app.test_client()
    assert log_in(client, next="/desk?case=7")[:2] == (302, "/desk?case=7")
    assert get(client, "/desk")[0] == 200


@pytest.mark.parametrize("goal", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "/a\nb", ""])
def test_and_never_to_another_site(app: Flask, goal: str) -> None:
    assert log_in(app.test_client(), next=goal)[1] == "/desk"


def test_the_cookie_tells_no_script_and_no_other_site(app: Flask) -> None:
    client = app.test_client()
    data = {"csrf_token": token_of(client), "login": "amina", "password": PASSWORD}
    cookies = client.post("/staff/login", data=data, base_url="https://x").headers.getlist("Set-Cookie")
    assert len(cookies) == 2  # the session, and the mark of a known device
    assert all("Secure; HttpOnly" in one and "SameSite=Strict" in one for one in cookies)


def test_an_unknown_name_and_a_wrong_password_are_told_in_the_same_words(app: Flask) -> None:
    unknown, wrong = log_in(app.test_client(), "nobody"), log_in(app.test_client(), password="not the password")
    assert unknown[0] == wrong[0] == 422

    def bare(text: str) -> str:
        return re.sub(r'value="[^"]*"', "", text)

    assert bare(unknown[2]) == bare(wrong[2])
    assert "not the password" not in wrong[2]


def test_what_was_being_written_when_the_session_ended_is_kept(app: Flask, people: SampleAccounts) -> None:
    client = app.test_client()
    log_in(client)
    people.live.clear()  # the session is over
    page = client.post("/desk", data={"text": "We have found your card.", "csrf_token": "old"}, base_url="https://x", headers=OURS)
    assert page.status_code == 401
    assert 'name="kept-text" value="We have found your card."' in page.text
    status, _, shown = log_in(client, next="/desk", **{"kept-text": "We have found your card."})
    assert status == 200
    assert 'action="/desk"' in shown
    assert 'name="text" value="We have found your card."' in shown


def test_a_foreign_sites_form_is_not_kept_for_sending(app: Flask) -> None:
    page = app.test_client().post("/desk", data={"text": "Close case 7"}, base_url="https://x", headers={"Sec-Fetch-Site": "cross-site"})
    assert page.status_code == 302
    assert "Close case 7" not in page.text


def test_logging_out_ends_the_session_in_the_store_and_empties_the_cache(app: Flask, people: SampleAccounts) -> None:
    client = app.test_client()
    log_in(client)
    answer = client.post("/staff/logout", data={"csrf_token": token_of(client, "/desk")}, base_url="https://x")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert people.live == {}
    assert get(client, "/desk")[0] == 302


def test_the_language_is_chosen_for_the_session(app: Flask) -> None:
    client = app.test_client()
    log_in(client)
    client.post("/staff/language", data={"csrf_token": token_of(client, "/desk"), "lang": "sw", "next": "/desk"}, base_url="https://x")
    assert '<html lang="sw"' in get(client, "/desk")[1]


def test_a_device_on_which_somebody_logged_in_is_known_to_be_theirs_alone(app: Flask, people: SampleAccounts) -> None:
    client = app.test_client()
    log_in(client)
    people.live.clear()
    log_in(client, "baraka")
    log_in(client)
    assert [bool(device) for device in people.devices] == [False, False, True]


class TestANodesAccounts:
    @pytest.fixture
    def site(self, tmp_path: Path) -> Iterator[Site]:
        """Lend headquarters with one account."""
        with world_in(tmp_path) as world:
            add_account(world.hq.node, "amina", "Amina Wanjiru", "case_officer", PASSWORD)
            yield world.hq

    def guess(self, site: Site, times: int, device: str = "") -> None:
        for _ in range(times):
            with pytest.raises((LoginFailed, LoginSlowed)):
                accounts.log_in(site.node, "amina", "a wrong guess", device=device)

    @pytest.mark.parametrize(("login", "password"), [("nobody", PASSWORD), ("amina", "a wrong guess")])
    def test_both_failures_cost_one_check_of_a_hash(self, site: Site, login: str, password: str, monkeypatch: pytest.MonkeyPatch) -> None:
        checked: list[str] = []
        real = accounts._verify

        def count(hashed: str, typed: str) -> bool:
            checked.append(hashed)
            return real(hashed, typed)

        monkeypatch.setattr(accounts, "_verify", count)
        with pytest.raises(LoginFailed):
            accounts.log_in(site.node, login, password)
        assert len(checked) == 1
        assert checked[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")

    def test_guesses_slow_strangers_and_never_the_owner_on_their_own_device(self, site: Site) -> None:
        self.guess(site, FREE_GUESSES + 1)
        with pytest.raises(LoginSlowed):
            accounts.log_in(site.node, "amina", PASSWORD)
        assert accounts.log_in(site.node, "amina", PASSWORD, device="d" * 16)

    def test_whoever_waits_may_try_again(self, site: Site) -> None:
        self.guess(site, FREE_GUESSES)
        with pytest.raises(LoginSlowed) as slowed:
            accounts.log_in(site.node, "amina", PASSWORD)
        site.watch.pass_time(int(str(slowed.value.details["seconds"])))
        assert accounts.log_in(site.node, "amina", PASSWORD)

    @pytest.mark.parametrize("seconds", [IDLE_SECONDS + 1, SESSION_SECONDS + 1])
    def test_a_session_ends_by_itself(self, site: Site, seconds: int) -> None:
        token = accounts.log_in(site.node, "amina", PASSWORD)
        site.watch.pass_time(seconds)
        assert accounts.account_of(site.node, token) is None

    def test_one_in_use_lasts_no_longer_than_half_a_day(self, site: Site) -> None:
        token, step = accounts.log_in(site.node, "amina", PASSWORD), IDLE_SECONDS - 60
        for _ in range(SESSION_SECONDS // step):
            site.watch.pass_time(step)
            assert accounts.account_of(site.node, token) is not None
        site.watch.pass_time(step)
        assert accounts.account_of(site.node, token) is None

    def test_a_new_password_ends_every_session(self, site: Site) -> None:
        token = accounts.log_in(site.node, "amina", PASSWORD)
        set_password(site.node, "amina", "another long password")
        assert accounts.account_of(site.node, token) is None

    def test_neither_token_nor_password_stands_in_any_file(self, site: Site) -> None:
        token = accounts.log_in(site.node, "amina", PASSWORD)
        assert site.holds_bytes(token.encode()) == site.holds_bytes(PASSWORD.encode()) == []
