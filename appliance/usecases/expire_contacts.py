"""Contact details go by themselves when their time is over: what a citizen was told on leaving them (docs/privacy.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from appliance.domain import events as ev
from appliance.domain.consent import code_for
from appliance.domain.errors import NotFound
from appliance.journal.journal import Tx
from appliance.projections import contacts
from appliance.projections.contacts import Over
from appliance.store.db import Db
from appliance.usecases import facts
from appliance.usecases.erase_values import SCRUB, scrub
from appliance.usecases.node import CLOCK_DOUBT, Node, new_id
from appliance.usecases.relay_case import relay

BASIS = "contact-expired"  # of the tombstone; the days they were kept follow it
STEP = 100  # events one transaction empties
MOST = 20  # transactions a turn: after weeks without power the backlog goes out bit by bit, not in one night's storm
GRACE_DAYS = 7  # for centres to erase what is theirs, before headquarters does it for one that is silent


def consent(node: Node) -> tuple[str, int]:
    """Return the code of what a citizen agrees to now on leaving contact details, and the days they are told."""
    days = node.settings.erasure.contact_days
    return code_for(days), days


def expire_contacts(node: Node) -> bool:
    """Erase the contact details whose time is over; return True when none is left, False when more waits for the next turn.

    A centre does it for the cases about itself and for its own taps; headquarters, a week later, for whatever is left. Nothing is
    erased while the clock is doubted: what is gone too early cannot be brought back.
    """
    if _doubted(node):
        return False
    after, found = "", list[Over]()
    for _ in range(MOST):
        with node.store.read() as db:
            found = _over(node, db, after)
            groups = _by_promise(node, db, found)
        for (log, days), events in sorted(groups.items()):
            node.perform(lambda tx, log=log, days=days, events=events: _erase(node, tx, log, days, events))  # type: ignore[misc]
        if len(found) < STEP:
            break
        after = found[-1].id
    if found or after:
        scrub(node)
    return len(found) < STEP


def _doubted(node: Node) -> bool:
    if node.clock.read().quality == "unset" or node.clock.step is not None:
        return True
    with node.store.read() as db:
        return facts.get(db, CLOCK_DOUBT) == "1"


def _over(node: Node, db: Db, after: str) -> list[Over]:
    return contacts.over(
        db, node.clock.read().ts, node.settings.erasure.contact_days, centre=node.settings.centre, grace=GRACE_DAYS if node.is_hq else 0,
        after=after, limit=STEP,
    )  # fmt: skip


def _by_promise(node: Node, db: Db, found: Sequence[Over]) -> dict[tuple[int, int], list[str]]:
    """Return the events by the log their tombstone belongs in, and by the days that were promised."""
    groups: dict[tuple[int, int], list[str]] = defaultdict(list)
    for one in found:
        groups[_log(node, db, one.log), one.days].append(one.id)
    return groups


def _erase(node: Node, tx: Tx, log: int, days: int, events: Sequence[str]) -> None:
    """Append one tombstone for all *events*; each side that holds their values deletes them on reading it."""
    targets = tuple((one, field) for one in events for field in contacts.fields_of(tx.db, one))
    if targets:  # else another process did it meanwhile
        event = ev.Erased(id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, targets=targets, basis=f"{BASIS}/{days}", role="clock")
        relay(node, tx, [tx.append(event, log=log)])
        facts.put(tx.db, SCRUB, "1")


def _log(node: Node, db: Db, opened_in: int) -> int:
    try:
        return node.log_for(db, opened_in)
    except NotFound:  # the centre's enrolment was revoked: headquarters erases what it holds itself
        return node.journal.own_log
