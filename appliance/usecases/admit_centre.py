"""What an administrator decides about centres: whom headquarters hears, and whom no longer."""

from __future__ import annotations

from appliance.domain.people import Person, check_role
from appliance.usecases import enrol_centre
from appliance.usecases.checks import check_text
from appliance.usecases.node import Node

ADMITS = frozenset({"administrator"})


def invite(node: Node, person: Person, centre: str) -> str:
    """Return a one-time token for *centre*; it is shown once and stored only as a hash.

    Raises:
        NotAllowed, NotFound.
    """
    check_role(person, ADMITS)
    return enrol_centre.make_token(node, centre)


def approve(node: Node, person: Person, origin: str) -> None:
    """Let the waiting request of *origin* in.

    Raises:
        NotAllowed, NotFound.
    """
    check_role(person, ADMITS)
    enrol_centre.approve(node, origin)


def refuse(node: Node, person: Person, origin: str) -> None:
    """Refuse the waiting request of *origin*.

    Raises:
        NotAllowed.
    """
    check_role(person, ADMITS)
    enrol_centre.refuse(node, origin)


def revoke(node: Node, person: Person, origin: str, reason: str) -> None:
    """Take nothing more from *origin*, at once, for a stated reason that every centre can read.

    Raises:
        NotAllowed, NotFound, TextMissing, TextTooLong.
    """
    check_role(person, ADMITS)
    check_text(reason, 200, needed=True)
    enrol_centre.revoke(node, origin, reason.strip())
