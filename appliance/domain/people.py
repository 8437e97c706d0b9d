"""Who may do what: roles and their rights, checked in the use cases and not only on screens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.domain.errors import NotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterable

CENTRE_ROLES = ("officer", "supervisor", "manager", "auditor", "trainee")
HQ_ROLES = ("case_officer", "analyst", "operator", "institution_officer", "publisher", "administrator", "auditor")

_ANSWER = frozenset({"officer", "supervisor", "manager", "case_officer"})
_OPEN = _ANSWER | {"auditor", "administrator"}
MANAGERS = frozenset({"manager", "administrator"})


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff, as the use cases see one.

    Attributes:
        id: account id; stands in events as ``by``.
        institution: for an institution's officer at HQ, its code.
    """

    id: str
    name: str
    role: str
    institution: str = ""

    @property
    def may_answer(self) -> bool:
        """Tell whether this role answers citizens."""
        return self.role in _ANSWER

    @property
    def may_open(self) -> bool:
        """Tell whether this role opens cases at all."""
        return self.role in _OPEN

    @property
    def may_manage(self) -> bool:
        """Tell whether this role manages accounts, centres and erasure."""
        return self.role in MANAGERS

    def may_read_at_hq(self, *, escalated: str, institution: str, filed_here: bool) -> bool:
        """Tell whether an HQ reader needs no reason: escalated, referred, or HQ's own cases (spec keys §4)."""
        return self.may_open and (filed_here or escalated in ("hq", "caj") or (bool(self.institution) and institution == self.institution))


def check_role(person: Person, roles: Iterable[str]) -> None:
    """Check that *person* has one of *roles*.

    Raises:
        NotAllowed: they have not.
    """
    if person.role not in roles:
        raise NotAllowed


def check_answers(person: Person) -> None:
    """Check that *person* may answer citizens.

    Raises:
        NotAllowed: their role does not.
    """
    if not person.may_answer:
        raise NotAllowed
