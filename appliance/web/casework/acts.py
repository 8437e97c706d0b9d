"""What staff can do with a case, one line of a table each: when it is offered, how its form is read, which use case it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.domain import events as ev
from appliance.domain.cases import Case, move
from appliance.domain.people import Person
from appliance.usecases import answer_case
from appliance.usecases.node import Node
from appliance.web.forms import Form
from appliance.web.texts import _, _l

_BLANK: dict[str, Any] = {"id": "0" * 32, "ts": 0, "case": "0" * 32, "n": 0}  # of an event that is never written, to ask whether its move is legal


@dataclass(frozen=True, slots=True)
class Deed:
    """One filled-in form of an act.

    Attributes:
        name: of the act; its fields' names begin with it.
    """

    node: Node
    case: str
    person: Person
    form: Form
    name: str

    def text(self) -> str:
        """Return the words for the citizen."""
        needed = _("Write to the citizen what they should know.")
        return self.form.text(f"{self.name}-text", needed=needed, limit=self.node.settings.limits.text_chars)

    def choice(self, field: str, needed: str) -> str:
        """Return what was picked in *field*; whether it may be is the use case's to say."""
        value = self.form.value(f"{self.name}-{field}")
        if not value:
            self.form.refuse(f"{self.name}-{field}", needed)
        return value

    @property
    def id(self) -> str:
        """Return the id of the event, which the form brought with it: sent twice, it is one event."""
        return self.form.value("id")

    @property
    def seen(self) -> int:
        """Return how far the story went on the page the form stood on."""
        return self.form.number("seen", most=2**53)


def _acknowledge(deed: Deed) -> None:
    answer_case.acknowledge_case(deed.node, deed.case, deed.person, seen=deed.seen, id=deed.id)


def _take(deed: Deed) -> None:
    answer_case.assign_case(deed.node, deed.case, deed.person, deed.person.id, seen=deed.seen, id=deed.id)


def _assign(deed: Deed) -> None:
    officer = deed.choice("officer", _("Choose a colleague."))
    if not deed.form.errors:
        answer_case.assign_case(deed.node, deed.case, deed.person, officer, seen=deed.seen, id=deed.id)


def _start(deed: Deed) -> None:
    answer_case.start_case(deed.node, deed.case, deed.person, seen=deed.seen, id=deed.id)


def _reply(deed: Deed) -> None:
    text = deed.text()
    if not deed.form.errors:
        ask = deed.form.value("ask") == "yes"
        answer_case.reply_to_citizen(deed.node, deed.case, deed.person, text, ask=ask, seen=deed.seen, id=deed.id)


def _refer(deed: Deed) -> None:
    institution, text = deed.choice("institution", _("Choose an institution.")), deed.text()
    if not deed.form.errors:
        answer_case.refer_case(deed.node, deed.case, deed.person, institution, text, seen=deed.seen, id=deed.id)


def _resolve(deed: Deed) -> None:
    reason, text = deed.choice("reason", _("Choose what was done.")), deed.text()
    if not deed.form.errors:
        answer_case.resolve_case(deed.node, deed.case, deed.person, reason, text, seen=deed.seen, id=deed.id)


def _reject(deed: Deed) -> None:
    reason, text = deed.choice("reason", _("Choose a reason.")), deed.text()
    if not deed.form.errors:
        answer_case.reject_case(deed.node, deed.case, deed.person, reason, text, seen=deed.seen, id=deed.id)


def _verify(deed: Deed) -> None:
    answer_case.verify_compliment(deed.node, deed.case, deed.person, seen=deed.seen, id=deed.id)


def _pass_on(deed: Deed) -> None:
    to = deed.choice("to", _("Choose whom it praises."))
    if not deed.form.errors:
        answer_case.pass_compliment(deed.node, deed.case, deed.person, to, seen=deed.seen, id=deed.id)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing staff can do.

    Attributes:
        event: what it would write; decides whether it is offered.
        do: reads the form and, when nothing is wrong with it, acts.
        done: what is said when it was done.
    """

    event: Callable[[Person], ev.CaseEvent]
    do: Callable[[Deed], None]
    done: object


ACTS: Mapping[str, Act] = {
    "acknowledge": Act(lambda _who: ev.CaseAcknowledged(**_BLANK), _acknowledge, _l("The citizen can see that the case is in hand.")),
    "take": Act(lambda who: ev.CaseAssigned(officer=who.id, **_BLANK), _take, _l("The case is yours.")),
    "assign": Act(lambda _who: ev.CaseAssigned(officer="-", **_BLANK), _assign, _l("The case was given to your colleague.")),
    "start": Act(lambda _who: ev.CaseStarted(**_BLANK), _start, _l("Work has begun.")),
    "reply": Act(lambda _who: ev.ReplySent(**_BLANK), _reply, _l("Sent. The citizen reads it with their code.")),
    "ask": Act(lambda _who: ev.ReplySent(ask=True, **_BLANK), _reply, _l("Asked. The clock stands still until the citizen answers.")),
    "resolve": Act(
        lambda _who: ev.CaseResolved(reason="done", **_BLANK),
        _resolve,
        _l("Resolved. The citizen is asked whether it is fixed."),
    ),
    "refer": Act(lambda _who: ev.CaseReferred(institution="-", **_BLANK), _refer, _l("Referred. The case stays open here until they answer.")),
    "reject": Act(lambda _who: ev.CaseRejected(reason="-", **_BLANK), _reject, _l("Rejected. The citizen can read why.")),
    "verify": Act(lambda _who: ev.ComplimentVerified(**_BLANK), _verify, _l("Verified. Now pass it on.")),
    "pass": Act(lambda _who: ev.ComplimentPassed(to="-", **_BLANK), _pass_on, _l("Passed on.")),
}


def offered(case: Case, person: Person) -> frozenset[str]:
    """Return the names of the acts that *person* may do with *case* as it stands; an illegal move is never offered."""
    if not person.may_answer:
        return frozenset()
    found = {name for name, act in ACTS.items() if move(case, act.event(person)) is not None}
    if case.officer == person.id:
        found.discard("take")
    if person.role not in answer_case.GIVERS:
        found.discard("assign")
    return frozenset(found)
