"""Accounts at a centre: a manager makes, re-keys, closes and opens them; nobody else does."""

from __future__ import annotations

import csv
import io

import pytest

from appliance.usecases import accounts
from tests.desk.colleague import PASSWORD, Colleague
from tests.factories import Site

NEW = {"name": "Baraka Otieno", "login": "baraka", "role": "officer", "password": "four plain words here", "screens": "sw"}


def test_a_manager_makes_an_account_that_can_log_in(centre: Site, manager: Colleague) -> None:
    page = manager.follow(manager.send("/desk/accounts", "/desk/accounts", **NEW))
    assert "The account is there." in page.text
    assert "Baraka Otieno" in page.text
    token = accounts.log_in(centre.node, "baraka", NEW["password"])
    made = accounts.account_of(centre.node, token)
    assert made is not None
    assert (made.role, made.lang) == ("officer", "sw")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Type your colleague's name."),
        ("login", "Ba raka!", "User name:"),
        ("login", "chebet", "There is an account of that name already."),
        ("password", "short", "Password:"),
        ("role", "", "Choose a role."),
        ("role", "administrator", "there is no choice administrator"),
    ],
)
def test_what_will_not_do_is_said_at_its_field_and_the_rest_is_kept(centre: Site, manager: Colleague, field: str, value: str, sentence: str) -> None:
    page = manager.send("/desk/accounts", "/desk/accounts", **{**NEW, field: value})
    assert page.status == 422
    assert sentence in page.text
    assert f'href="#{field}"' in page.answer.text
    if field != "name":
        assert page.form("/desk/accounts").fields["name"] == "Baraka Otieno"
    assert PASSWORD not in page.answer.text
    assert NEW["password"] not in page.answer.text
    assert centre.number("SELECT count(*) FROM ops_account") == 1


def test_a_new_password_ends_every_session(centre: Site, manager: Colleague, amina: Colleague) -> None:
    page = manager.send(f"/desk/accounts/{amina.account.id}", "/password", password="another long one")
    assert "The new password holds." in manager.follow(page).text
    assert amina.client.get("/desk").status_code == 302
    accounts.log_in(centre.node, "amina", "another long one")


def test_a_closed_account_is_logged_out_and_cannot_come_back_until_it_is_opened(centre: Site, manager: Colleague, amina: Colleague) -> None:
    path = f"/desk/accounts/{amina.account.id}"
    assert "The account is closed." in manager.follow(manager.send(path, "/state", do="close")).text
    assert amina.client.get("/desk").status_code == 302
    with pytest.raises(accounts.LoginFailed):
        accounts.log_in(centre.node, "amina", PASSWORD)
    manager.follow(manager.send(path, "/state", do="open"))
    accounts.log_in(centre.node, "amina", PASSWORD)


def test_nobody_closes_their_own_account(centre: Site, manager: Colleague, amina: Colleague) -> None:
    own = f"/desk/accounts/{manager.account.id}"
    assert not manager.read(own).has_form("/state")
    forged = manager.read(f"/desk/accounts/{amina.account.id}").form("/state")
    forged.action = f"{own}/state"
    assert manager.post(forged, do="close").status == 422
    assert manager.read("/desk").status == 200


def test_an_officer_sees_no_accounts_and_may_not_open_them(centre: Site, amina: Colleague, manager: Colleague) -> None:
    assert "/desk/accounts" not in amina.read("/desk").answer.text
    for path in ("/desk/accounts", "/desk/accounts.csv", f"/desk/accounts/{manager.account.id}"):
        assert amina.read(path).status == 403, path
    token = amina.read("/desk").form("/staff/logout")
    for path in ("/desk/accounts", f"/desk/accounts/{manager.account.id}/password", f"/desk/accounts/{manager.account.id}/state"):
        token.action = path
        assert amina.post(token, **NEW, do="close").status == 403, path


def test_the_accounts_are_a_file_without_a_hash(centre: Site, manager: Colleague, amina: Colleague) -> None:
    text = manager.read("/desk/accounts.csv").answer.text
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row[0] for row in rows[1:]] == ["amina", "chebet"]
    assert "argon2" not in text


def test_an_account_that_is_not_there_is_not_found(manager: Colleague) -> None:
    assert manager.read("/desk/accounts/nobody").status == 404
