"""What staff do with a case: each act is one event, refused when the case has moved on meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from appliance.domain import events as ev
from appliance.domain.cases import move
from appliance.domain.errors import CaseChanged, IllegalMove, InvalidInput, NotFound, UnknownChoice
from appliance.domain.ids import is_id
from appliance.domain.people import MANAGERS, Person, check_answers, check_role
from appliance.journal import boxes
from appliance.journal.entries import Entry
from appliance.journal.journal import DuplicateEvent, Tx
from appliance.projections import cases
from appliance.store.db import Db
from appliance.usecases import accounts
from appliance.usecases.checks import check_text
from appliance.usecases.node import Node, new_id
from appliance.usecases.relay_case import relay

RESOLUTIONS = ("done", "explained", "corrected", "apology", "cannot")
REJECTIONS = ("not-feedback", "duplicate", "abusive", "before-court")
TEAM = "team"  # whom a compliment reaches that praises nobody in particular
GIVERS = MANAGERS | {"supervisor"}  # who may give a case to a colleague
Make = Callable[[dict[str, object]], ev.CaseEvent]


def act_on_case(node: Node, case: str, person: Person, make: Make, *, text: str | None = None, seen: int | None = None, id: str = "") -> ev.CaseEvent:
    """Append one staff event to *case* and return it.

    Args:
        make: builds the event from its common fields.
        text: free text for the citizen; None when the act has none.
        seen: the highest ``n`` on the page the person was looking at.
        id: the event's id where the form minted one, so that sending twice is sending once.

    Raises:
        NotAllowed, NotFound, IllegalMove, CaseChanged, TextMissing, TextTooLong, InvalidInput: nothing was written.
    """
    check_answers(person)
    if text is not None:
        check_text(text, node.settings.limits.text_chars, needed=True)
    if id and not is_id(id):
        raise InvalidInput(field="id", reason="32 hexadecimal digits of a UUIDv7 are needed")

    def act(tx: Tx) -> ev.CaseEvent:
        found = cases.story_of(tx.db, case)
        if found is None:
            raise NotFound
        now = found[0].case
        common = {"id": id or new_id(tx.time), "ts": tx.time.ts, "q": tx.time.quality, "case": case, "n": now.n + 1, "by": person.id}
        event = make(common)
        again = next((place.entry for place in found[1] if place.entry.event.id == id), None)
        if again is not None and same_act(tx.db, again, event, text):
            return event  # one form, sent twice: it is in the story already
        if seen is not None and now.n != seen:
            raise CaseChanged
        if move(now, event) is None:
            raise IllegalMove(state=now.state, move=event.__struct_config__.tag)
        log = node.log_for(tx.db, found[1][0].entry.log)
        relay(node, tx, [tx.append(event, {"text": text.strip().encode()} if text else None, log)])
        return event

    try:
        event = node.perform(act)
    except DuplicateEvent:
        raise InvalidInput(field="id", reason="it was used for something else; open the case again") from None
    node.on_filed()
    return event


def same_act(db: Db, written: Entry, event: ev.CaseEvent, text: str | None) -> bool:
    """Tell whether *written* says what *event* with *text* would say again, but for its time and place."""
    old = written.event
    if not isinstance(old, ev.CaseEvent):
        return False
    kept: dict[str, object] = {"n": old.n, "ts": old.ts, "q": old.q, "c": old.c}
    if isinstance(old, ev.CitizenWrote) and isinstance(event, ev.CitizenWrote):
        kept["files"] = old.files  # their names are drawn anew each time
    if msgspec.structs.replace(event, **kept) != old:
        return False
    held = boxes.read(db, written.log, written.index, written.origin, old.id).get("text")
    return held is None or held == (text or "").strip().encode()


def acknowledge_case(node: Node, case: str, person: Person, *, seen: int | None = None, id: str = "") -> ev.CaseEvent:
    """Tell the citizen that the case is in hand."""
    return act_on_case(node, case, person, lambda c: ev.CaseAcknowledged(**c), seen=seen, id=id)  # type: ignore[arg-type]


def assign_case(node: Node, case: str, person: Person, officer: str, *, seen: int | None = None, id: str = "") -> ev.CaseEvent:
    """Make *officer* (an account id) answer for the case; giving it to somebody else is for supervisors and managers.

    Raises:
        NotAllowed: the person may only take it themselves. UnknownChoice: no such colleague answers citizens here.
    """
    if officer != person.id:
        check_role(person, GIVERS)
        with node.store.read() as db:
            colleague = accounts.by_id(db, officer)
        if colleague is None or colleague.disabled or not colleague.person.may_answer:
            raise UnknownChoice(field="officer", value=officer[:40])
    return act_on_case(node, case, person, lambda c: ev.CaseAssigned(officer=officer, **c), seen=seen, id=id)  # type: ignore[arg-type]


def start_case(node: Node, case: str, person: Person, *, seen: int | None = None, id: str = "") -> ev.CaseEvent:
    """Begin to work on the case."""
    return act_on_case(node, case, person, lambda c: ev.CaseStarted(**c), seen=seen, id=id)  # type: ignore[arg-type]


def reply_to_citizen(node: Node, case: str, person: Person, text: str, *, ask: bool = False, seen: int | None = None, id: str = "") -> ev.CaseEvent:
    """Write to the citizen; with *ask* it is a question, and the clock waits for the answer."""
    role = "hq" if node.is_hq else "officer"
    make: Make = lambda c: ev.ReplySent(ask=ask, role=role, **c)  # type: ignore[arg-type]  # noqa: E731
    return act_on_case(node, case, person, make, text=text, seen=seen, id=id)


def refer_case(node: Node, case: str, person: Person, institution: str, text: str, *, seen: int | None = None, id: str = "") -> ev.CaseEvent:
    """Refer the case to another institution; it stays open here until they answer."""
    if node.catalogue.institution(institution) is None:
        raise UnknownChoice(field="institution", value=institution[:40])
    make: Make = lambda c: ev.CaseReferred(institution=institution, **c)  # type: ignore[arg-type]  # noqa: E731
    return act_on_case(node, case, person, make, text=text, seen=seen, id=id)


def resolve_case(node: Node, case: str, person: Person, reason: str, text: str, *, seen: int | None = None, id: str = "") -> ev.CaseEvent:
    """Say what was done; the citizen is asked whether it is fixed."""
    if reason not in RESOLUTIONS:
        raise UnknownChoice(field="reason", value=reason[:40])
    make: Make = lambda c: ev.CaseResolved(reason=reason, **c)  # type: ignore[arg-type]  # noqa: E731
    return act_on_case(node, case, person, make, text=text, seen=seen, id=id)


def reject_case(node: Node, case: str, person: Person, reason: str, text: str, *, seen: int | None = None, id: str = "") -> ev.CaseEvent:
    """Refuse the case, with a reason the citizen sees."""
    if reason not in REJECTIONS:
        raise UnknownChoice(field="reason", value=reason[:40])
    make: Make = lambda c: ev.CaseRejected(reason=reason, **c)  # type: ignore[arg-type]  # noqa: E731
    return act_on_case(node, case, person, make, text=text, seen=seen, id=id)


def verify_compliment(node: Node, case: str, person: Person, *, seen: int | None = None, id: str = "") -> ev.CaseEvent:
    """Find a compliment genuine."""
    return act_on_case(node, case, person, lambda c: ev.ComplimentVerified(**c), seen=seen, id=id)  # type: ignore[arg-type]


def pass_compliment(node: Node, case: str, person: Person, to: str, *, seen: int | None = None, id: str = "") -> ev.CaseEvent:
    """Pass a compliment on to the colleague (an account id) or the ``team`` it praises; a name would be personal data in a leaf.

    Raises:
        UnknownChoice: there is no such colleague here.
    """
    if to != TEAM:
        with node.store.read() as db:
            if accounts.by_id(db, to) is None:
                raise UnknownChoice(field="to", value=to[:40])
    return act_on_case(node, case, person, lambda c: ev.ComplimentPassed(to=to, **c), seen=seen, id=id)  # type: ignore[arg-type]
