"""Who may log in: what the web layer asks of accounts, and the node's own answer to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from appliance.domain.people import Person
from appliance.usecases import accounts as node_accounts
from appliance.usecases.node import Node


class Account(Protocol):
    """A member of staff."""

    @property
    def id(self) -> str:
        """Return the account's id; stands in events as ``by``."""

    @property
    def login(self) -> str:
        """Return the name typed to log in."""

    @property
    def name(self) -> str:
        """Return the name shown to colleagues."""

    @property
    def role(self) -> str:
        """Return the role, one of ``people.CENTRE_ROLES`` or ``HQ_ROLES``."""

    @property
    def lang(self) -> str:
        """Return the language of their screens."""

    @property
    def person(self) -> Person:
        """Return the person as use cases see them."""


class Accounts(Protocol):
    """Checks passwords and keeps sessions, which it can end.

    Guesses at one account slow that account on devices it has not logged in from; a device that has (``device``) is slowed only
    by guesses made on that device, so that nobody can lock a colleague out.
    """

    def log_in(self, login: str, password: str, device: str) -> str:
        """Return the token of a new session.

        Args:
            login: as typed.
            password: as typed.
            device: id of this device where the account has logged in on it before, else ''.

        Raises:
            Refusal: the sentence to show; the same for an unknown name and a wrong password.
        """

    def account_of(self, token: str) -> Account | None:
        """Return whose live session *token* is; None when it ended, or was idle too long."""

    def log_out(self, token: str) -> None:
        """End the session of *token*."""


@dataclass(frozen=True, slots=True)
class NodeAccounts:
    """The accounts of a node."""

    node: Node

    def log_in(self, login: str, password: str, device: str) -> str:
        """Return the token of a new session."""
        return node_accounts.log_in(self.node, login.strip().lower(), password, device=device)

    def account_of(self, token: str) -> Account | None:
        """Return whose live session *token* is."""
        return node_accounts.account_of(self.node, token)

    def log_out(self, token: str) -> None:
        """End the session of *token*."""
        node_accounts.log_out(self.node, token)
