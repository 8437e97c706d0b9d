"""``cfms user``: accounts of staff, their passwords never among the words of a command."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from appliance.usecases.accounts import LoginFailed, log_in
from tests.commands.shell import Answer, Shell

PASSWORD = "a long enough password"
Add = Callable[..., Answer]


@pytest.fixture
def add(centre: Shell, monkeypatch: pytest.MonkeyPatch) -> Add:
    """Return a way to make an account, its password coming from standard input."""

    def add(login: str, *words: str, password: str = PASSWORD, do: str = "add") -> Answer:
        monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
        return centre.run("user", do, login, *words, "--json")

    return add


def logs_in(shell: Shell, login: str, password: str) -> bool:
    with shell.node() as node:
        try:
            return bool(log_in(node, login, password))
        except LoginFailed:
            return False


def test_a_new_account_takes_its_password_from_standard_input(add: Add, centre: Shell) -> None:
    answer = add("amina", "--name", "Amina Wanjiru", "--role", "manager")
    assert answer.json == {"login": "amina", "role": "manager"}
    assert logs_in(centre, "amina", PASSWORD)
    assert not logs_in(centre, "amina", PASSWORD + "\n")
    assert centre.holds(PASSWORD.encode()) == []


def test_the_list_shows_who_and_nothing_secret(add: Add, centre: Shell) -> None:
    add("baraka")
    add("amina", "--name", "Amina Wanjiru", "--role", "supervisor")
    assert centre.ask("user", "list")["accounts"] == [
        {"login": "amina", "role": "supervisor", "name": "Amina Wanjiru"},
        {"login": "baraka", "role": "officer", "name": "baraka"},
    ]
    said = centre.run("user", "list").out
    assert "Amina Wanjiru" in said
    assert "argon2" not in said


def test_a_new_password_ends_the_old_one(add: Add, centre: Shell) -> None:
    add("amina")
    assert add("amina", do="password", password="quite another password").status == 0
    assert not logs_in(centre, "amina", PASSWORD)
    assert logs_in(centre, "amina", "quite another password")


@pytest.mark.parametrize(
    ("login", "words", "password", "says"),
    [
        ("amina", [], "short", "10 to 200 characters"),
        ("amina", [], "", "10 to 200 characters"),
        ("Amina W", [], PASSWORD, "small letters"),
        ("amina", ["--role", "case_officer"], PASSWORD, "no choice case_officer"),
    ],
    ids=["short password", "no password", "login", "a role of headquarters"],
)
def test_an_account_that_will_not_do_is_refused(add: Add, centre: Shell, login: str, words: list[str], password: str, says: str) -> None:
    answer = add(login, *words, password=password)
    assert (answer.status, says in answer.json["error"]) == (1, True)
    assert centre.ask("user", "list")["accounts"] == []


def test_a_name_is_taken_once(add: Add) -> None:
    add("amina")
    assert add("amina").json["error"] == "There is an account of that name already."


def test_nobody_has_no_password(add: Add) -> None:
    assert add("nobody", do="password").json["error"] == "There is nothing under that name."
