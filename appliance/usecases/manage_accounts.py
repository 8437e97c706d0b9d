"""What a manager at a centre, or an administrator at headquarters, does with colleagues' accounts: rights first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from appliance.domain.errors import NotFound, Refusal, TextMissing, UnknownChoice
from appliance.domain.people import MANAGERS, Person, check_role
from appliance.store.db import Db
from appliance.usecases import accounts
from appliance.usecases.accounts import Account
from appliance.usecases.node import Node


class OwnAccount(Refusal):
    """You cannot close your own account: somebody must be left who can manage accounts."""


@dataclass(frozen=True, slots=True)
class AccountPage:
    """One page of the accounts, by login; ``after`` is the cursor of the next, '' at the end."""

    rows: tuple[Account, ...]
    after: str


def hire(node: Node, person: Person, login: str, name: str, role: str, password: str, *, institution: str = "", lang: str = "en") -> Account:
    """Make an account for a colleague.

    Raises:
        NotAllowed, TextMissing, InvalidInput, UnknownChoice, LoginTaken: no account was made.
    """
    check_role(person, MANAGERS)
    if not name.strip():
        raise TextMissing
    if role == "institution_officer" and node.catalogue.institution(institution) is None:
        raise UnknownChoice(field="institution", value=institution[:40])
    kept = institution if role == "institution_officer" else ""
    return accounts.add_account(node, login, name.strip(), role, password, institution=kept, lang=lang)


def give_password(node: Node, person: Person, id: str, password: str) -> None:
    """Give a colleague, or oneself, a new password; every session of that account ends.

    Raises:
        NotAllowed, NotFound, InvalidInput: the old one stands.
    """
    check_role(person, MANAGERS)
    accounts.set_password(node, account_for(node, person, id).login, password)


def set_disabled(node: Node, person: Person, id: str, *, disabled: bool) -> None:
    """Close a colleague's account, ending its sessions at once, or open it again.

    Raises:
        NotAllowed, NotFound, OwnAccount: nothing changed.
    """
    check_role(person, MANAGERS)
    if id == person.id:
        raise OwnAccount

    def act(db: Db) -> None:
        if db.run("UPDATE ops_account SET disabled = :disabled WHERE id = :id", disabled=int(disabled), id=id) != 1:
            raise NotFound
        if disabled:
            db.run("DELETE FROM ops_session WHERE account = :id", id=id)

    node.store.write(act)


def account_for(node: Node, person: Person, id: str) -> Account:
    """Return the account of *id* to somebody who manages accounts.

    Raises:
        NotAllowed, NotFound.
    """
    check_role(person, MANAGERS)
    with node.store.read() as db:
        found = accounts.by_id(db, id)
    if found is None:
        raise NotFound
    return found


def page(node: Node, person: Person, *, after: str = "", size: int = 50) -> AccountPage:
    """Return the accounts after login *after*.

    Raises:
        NotAllowed.
    """
    check_role(person, MANAGERS)
    with node.store.read() as db:
        found = accounts.after(db, after, size + 1)
    return AccountPage(tuple(found[:size]), found[size - 1].login if len(found) > size else "")


def colleagues(db: Db) -> list[Account]:
    """Return those who answer citizens here, by name: whom a case or a compliment may be given to."""
    answering = [one for one in accounts.accounts(db) if not one.disabled and one.person.may_answer]
    return sorted(answering, key=lambda one: (one.name.lower(), one.login))


def names(db: Db, ids: Iterable[str]) -> dict[str, str]:
    """Return the names of those of *ids* that are accounts here, in one question."""
    asked = {f"i{number}": one for number, one in enumerate(sorted({one for one in ids if one})[:400])}
    if not asked:
        return {}
    marks = ", ".join(f":{mark}" for mark in asked)
    return dict(db.all(f"SELECT id, name FROM ops_account WHERE id IN ({marks})", **asked))
