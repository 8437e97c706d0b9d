"""Accounts of staff: made, checked, slowed when guessed at; sessions that can be ended."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from appliance.domain.errors import InvalidInput, NotFound, Refusal, UnknownChoice
from appliance.domain.people import CENTRE_ROLES, HQ_ROLES, Person
from appliance.journal.entropy import random_bytes
from appliance.store.db import Db, Row
from appliance.store.errors import Duplicate
from appliance.usecases.node import Node

# OWASP's floor for argon2id (19 MiB, t=2, p=1): 31 ms on the machine of spec ui §7, bearable on a small box.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODY = _HASHER.hash("nobody")  # checked when the login is unknown, so that both take the same time
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
FREE_GUESSES, SLOWEST = 5, 300  # failures before slowing begins; seconds at most between tries
SESSION_SECONDS, IDLE_SECONDS = 12 * 3600, 1800


class LoginFailed(Refusal):
    """That name and password do not belong together."""


class LoginSlowed(Refusal):
    """Too many wrong passwords for this account. Wait {seconds} seconds, then try again."""


class LoginTaken(Refusal):
    """There is an account of that name already."""


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff who may log in."""

    id: str
    login: str
    name: str
    role: str
    institution: str
    lang: str
    disabled: bool

    @property
    def person(self) -> Person:
        """Return the person as use cases see them."""
        return Person(self.id, self.name, self.role, self.institution)


_SELECT = "SELECT id, login, name, role, institution, lang, disabled FROM ops_account"


def _account(row: Row) -> Account:
    id_, login, name, role, institution, lang, disabled = row
    return Account(id_, login, name, role, institution, lang, bool(disabled))


def add_account(node: Node, login: str, name: str, role: str, password: str, *, institution: str = "", lang: str = "en") -> Account:
    """Make an account.

    Raises:
        InvalidInput: a login or password that will not do. UnknownChoice: no such role here. LoginTaken.
    """
    if not _LOGIN.fullmatch(login):
        raise InvalidInput(field="login", reason="2 to 40 small letters, digits, dots or dashes are needed")
    if role not in (HQ_ROLES if node.is_hq else CENTRE_ROLES):
        raise UnknownChoice(field="role", value=role[:40])
    check_password(password)
    row = {
        "id": random_bytes(8).hex(), "login": login, "name": name[:80], "role": role, "institution": institution, "lang": lang,
        "password": _HASHER.hash(password), "disabled": 0, "made_at": node.clock.read().ts,
    }  # fmt: skip
    names = ", ".join(row)
    try:
        node.store.write(lambda db: db.run(f"INSERT INTO ops_account ({names}) VALUES ({', '.join(':' + n for n in row)})", **row))
    except Duplicate:
        raise LoginTaken from None
    with node.store.read() as db:
        found = by_id(db, str(row["id"]))
    assert found is not None
    return found


def check_password(password: str) -> None:
    """Check that a password is long enough (NIST SP 800-63B: length, not classes of characters).

    Raises:
        InvalidInput: it is not.
    """
    if not 10 <= len(password) <= 200:
        raise InvalidInput(field="password", reason="10 to 200 characters are needed")


def set_password(node: Node, login: str, password: str) -> None:
    """Set a new password and end every session of the account.

    Raises:
        NotFound, InvalidInput.
    """
    check_password(password)
    hashed = _HASHER.hash(password)

    def act(db: Db) -> None:
        row = db.one("SELECT id FROM ops_account WHERE login = :login", login=login)
        if row is None:
            raise NotFound
        db.run("UPDATE ops_account SET password = :password WHERE id = :id", password=hashed, id=row[0])
        db.run("DELETE FROM ops_session WHERE account = :id", id=row[0])
        db.run("DELETE FROM ops_guess WHERE account = :id OR substr(account, 1, 17) = :id || '/'", id=row[0])

    node.store.write(act)


def by_id(db: Db, id: str) -> Account | None:
    """Return the account of *id*."""
    row = db.one(f"{_SELECT} WHERE id = :id", id=id)
    return _account(row) if row else None


def accounts(db: Db) -> list[Account]:
    """Return every account, by login."""
    return [_account(row) for row in db.all(f"{_SELECT} ORDER BY login LIMIT 1000")]


def after(db: Db, login: str, most: int) -> list[Account]:
    """Return at most *most* accounts that come after *login*, by login."""
    return [_account(row) for row in db.all(f"{_SELECT} WHERE login > :login ORDER BY login LIMIT {int(most)}", login=login)]


def log_in(node: Node, login: str, password: str, *, device: str = "") -> str:
    """Check a password and begin a session; return the token for its cookie, which is stored only as a hash.

    Args:
        device: id of the asking device where this account has logged in on it before. Guesses on such a device are counted by
            themselves, so that guesses made elsewhere slow strangers and never the account's owner.

    Raises:
        LoginFailed: the same words for an unknown name and a wrong password. LoginSlowed: this account was guessed at.
    """
    now = node.clock.read().ts
    with node.store.read() as db:
        row = db.one("SELECT id, password, disabled FROM ops_account WHERE login = :login", login=login[:40])
        wait = _wait(db, _guessed(str(row[0]), device), now) if row else 0
    if wait > 0:
        raise LoginSlowed(seconds=wait)
    good = _verify(str(row[1]) if row else _NOBODY, password)
    if row is None or not good or row[2]:
        if row is not None:
            guessed = _guessed(str(row[0]), device)
            node.store.write(lambda db: _count_failure(db, guessed, now))
        raise LoginFailed
    token, account = random_bytes(32).hex(), str(row[0])

    def act(db: Db) -> None:
        db.run("DELETE FROM ops_guess WHERE account = :account", account=_guessed(account, device))
        db.run("DELETE FROM ops_session WHERE seen_at < :old", old=now - SESSION_SECONDS)
        db.run(
            "INSERT INTO ops_session (id, account, made_at, seen_at) VALUES (:id, :account, :now, :now)",
            id=_hash(token), account=account, now=now,
        )  # fmt: skip

    node.store.write(act)
    return token


def _verify(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password[:200])
    except (VerificationError, InvalidHashError):
        return False


def _guessed(account: str, device: str) -> str:
    """Return under what failed log-ins are counted: the account, or the account on one device it is known on."""
    return f"{account}/{device}" if device else account


def _wait(db: Db, account: str, now: int) -> int:
    row = db.one("SELECT failures, last_at FROM ops_guess WHERE account = :account", account=account)
    if row is None or row[0] < FREE_GUESSES:
        return 0
    return int(row[1] + min(SLOWEST, 2 ** (row[0] - FREE_GUESSES + 1)) - now)


def _count_failure(db: Db, account: str, now: int) -> None:
    db.run(
        "INSERT INTO ops_guess (account, failures, last_at) VALUES (:account, 1, :now) ON CONFLICT (account)"
        " DO UPDATE SET failures = ops_guess.failures + 1, last_at = excluded.last_at",
        account=account, now=now,
    )  # fmt: skip


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def account_of(node: Node, token: str) -> Account | None:
    """Return the account whose live session *token* belongs to; idle half an hour, or half a day old, it is over."""
    now = node.clock.read().ts
    with node.store.read() as db:
        row = db.one("SELECT account, made_at, seen_at FROM ops_session WHERE id = :id", id=_hash(token))
        found = by_id(db, row[0]) if row else None
    if row is None or found is None or found.disabled or now - row[1] > SESSION_SECONDS or now - row[2] > IDLE_SECONDS:
        return None
    if now - row[2] > 60:  # not a write for every page
        node.store.write(lambda db: db.run("UPDATE ops_session SET seen_at = :now WHERE id = :id", now=now, id=_hash(token)))
    return found


def log_out(node: Node, token: str) -> None:
    """End the session of *token*."""
    node.store.write(lambda db: db.run("DELETE FROM ops_session WHERE id = :id", id=_hash(token)))
