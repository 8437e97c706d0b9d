"""A case: its states, the moves between them, and the fold that turns its events into what it is now.

Two logs may write one case, so a case is never "updated": it is the fold of its events sorted by
``(n, event id)`` (design §5). Whatever order batches arrive in, every node folds the same story. A move
that is illegal where it falls stays in the story, marked *crossed*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from appliance.domain import events as ev

RECEIVED, ACKNOWLEDGED, IN_PROGRESS = "received", "acknowledged", "in_progress"
WAITING, REFERRED, RESOLVED = "waiting", "referred", "resolved"
CLOSED, WITHDRAWN, REJECTED = "closed", "withdrawn", "rejected"
VERIFIED, PASSED = "verified", "passed"

OPEN = frozenset({RECEIVED, ACKNOWLEDGED, IN_PROGRESS, WAITING, REFERRED})
ENDED = frozenset({CLOSED, WITHDRAWN, REJECTED, PASSED})
STATES = (RECEIVED, ACKNOWLEDGED, IN_PROGRESS, WAITING, REFERRED, RESOLVED, CLOSED, WITHDRAWN, REJECTED, VERIFIED, PASSED)
KINDS = ("complaint", "concern", "suggestion", "compliment")


@dataclass(frozen=True, slots=True)
class Case:
    """What a case is after its events so far.

    Times are unix seconds; 0 means "not yet". ``pauses`` are the closed spans spent waiting for the
    citizen, ``waiting_since`` the open one; the charter's clock does not run in them.
    """

    opened: ev.CaseOpened
    state: str
    n: int
    changed_at: int
    officer: str = ""
    institution: str = ""
    acknowledged_at: int = 0
    resolved_at: int = 0
    ended_at: int = 0
    waiting_since: int = 0
    pauses: tuple[tuple[int, int], ...] = ()
    escalated: str = ""
    reopened: int = 0
    past_officers: tuple[str, ...] = ()
    answered: bool = False
    fixed: int = 0  # 1 yes, -1 no, 0 not asked or not answered


@dataclass(frozen=True, slots=True)
class Told:
    """One event where it falls in the story."""

    event: ev.CaseEvent
    crossed: bool


@dataclass(frozen=True, slots=True)
class Story:
    """A case and how it came to be."""

    case: Case
    told: tuple[Told, ...]


def order(event: ev.CaseEvent) -> tuple[int, str]:
    """Return the place of *event* in its case's story, the same on every node."""
    return event.n, event.id


def fold(events: Iterable[ev.CaseEvent]) -> Story | None:
    """Return the story of one case, or None while its opening event has not arrived.

    Args:
        events: the case's events in any order, each once.
    """
    ordered = sorted(events, key=order)
    opening = next((e for e in ordered if isinstance(e, ev.CaseOpened)), None)
    if opening is None:
        return None
    case = begin(opening)
    told: list[Told] = [Told(opening, crossed=False)]
    for event in ordered:
        if event is opening:
            continue
        moved = move(case, event)
        told.append(Told(event, crossed=moved is None))
        case = replace(moved or case, n=max(case.n, event.n), changed_at=max(case.changed_at, event.ts))
    return Story(case, tuple(told))


def begin(opening: ev.CaseOpened) -> Case:
    """Return the case just after *opening*."""
    return Case(opened=opening, state=RECEIVED, n=opening.n, changed_at=opening.ts, institution=opening.institution)


def move(case: Case, event: ev.CaseEvent) -> Case | None:
    """Return *case* after *event*, or None where that move is illegal in its present state."""
    rule = _MOVES.get(type(event))
    return rule(case, event) if rule else None


def _acknowledge(case: Case, event: ev.CaseEvent) -> Case | None:
    if case.state != RECEIVED or case.opened.kind == "compliment":
        return None
    return replace(case, state=ACKNOWLEDGED, acknowledged_at=event.ts)


def _assign(case: Case, event: ev.CaseEvent) -> Case | None:
    if not isinstance(event, ev.CaseAssigned) or case.state in ENDED:
        return None
    # After "no, not fixed" the case goes to a different officer (design §5).
    return None if event.officer in case.past_officers else replace(case, officer=event.officer)


def _taken_up(case: Case, ts: int) -> Case:
    return replace(case, acknowledged_at=case.acknowledged_at or ts)


def _start(case: Case, event: ev.CaseEvent) -> Case | None:
    if case.state not in {RECEIVED, ACKNOWLEDGED, REFERRED} or case.opened.kind == "compliment":
        return None
    return replace(_taken_up(case, event.ts), state=IN_PROGRESS)


def _reply(case: Case, event: ev.CaseEvent) -> Case | None:
    if not isinstance(event, ev.ReplySent) or case.state in {WITHDRAWN, REJECTED}:
        return None
    if case.opened.kind == "compliment":
        return None if event.ask else replace(case, answered=True)
    if event.ask:
        return _ask(case, event)
    state = IN_PROGRESS if case.state in {RECEIVED, ACKNOWLEDGED} else case.state
    return replace(_taken_up(case, event.ts), state=state, answered=True)


def _ask(case: Case, event: ev.CaseEvent) -> Case | None:
    if case.state not in OPEN or case.state == WAITING:
        return None
    return replace(_taken_up(case, event.ts), state=WAITING, waiting_since=event.ts, answered=True)


def _citizen(case: Case, event: ev.CaseEvent) -> Case | None:
    if case.state in ENDED:
        return None
    return replace(_resume(case, event.ts), state=IN_PROGRESS) if case.state == WAITING else case


def _resume(case: Case, ts: int) -> Case:
    if not case.waiting_since:
        return case
    pause = (case.waiting_since, max(ts, case.waiting_since))
    return replace(case, waiting_since=0, pauses=(*case.pauses, pause))


def _refer(case: Case, event: ev.CaseEvent) -> Case | None:
    if not isinstance(event, ev.CaseReferred) or case.state not in OPEN or case.opened.kind == "compliment":
        return None
    return replace(_resume(_taken_up(case, event.ts), event.ts), state=REFERRED, institution=event.institution)


def _resolve(case: Case, event: ev.CaseEvent) -> Case | None:
    if case.state not in OPEN or case.opened.kind == "compliment":
        return None
    done = _resume(_taken_up(case, event.ts), event.ts)
    return replace(done, state=RESOLVED, resolved_at=event.ts, answered=True)


def _fixed(case: Case, event: ev.CaseEvent) -> Case | None:
    if not isinstance(event, ev.FixAnswered) or case.state not in {RESOLVED, CLOSED}:
        return None
    if event.yes:
        return None if case.state == CLOSED else replace(case, state=CLOSED, ended_at=event.ts, fixed=1)
    past = (*case.past_officers, case.officer) if case.officer else case.past_officers
    return replace(case, state=IN_PROGRESS, resolved_at=0, ended_at=0, fixed=-1, officer="", past_officers=past, reopened=case.reopened + 1)


def _close(case: Case, event: ev.CaseEvent) -> Case | None:
    return replace(case, state=CLOSED, ended_at=event.ts) if case.state == RESOLVED else None


def _withdraw(case: Case, event: ev.CaseEvent) -> Case | None:
    if case.state in ENDED:
        return None
    return replace(_resume(case, event.ts), state=WITHDRAWN, ended_at=event.ts)


def _reject(case: Case, event: ev.CaseEvent) -> Case | None:
    if case.state not in OPEN and case.state != VERIFIED:
        return None
    return replace(_resume(_taken_up(case, event.ts), event.ts), state=REJECTED, ended_at=event.ts, answered=True)


def _escalate(case: Case, event: ev.CaseEvent) -> Case | None:
    if not isinstance(event, ev.CaseEscalated) or case.state not in OPEN or case.opened.kind == "compliment":
        return None
    return replace(case, escalated=event.to)


def _verify(case: Case, event: ev.CaseEvent) -> Case | None:
    if case.opened.kind != "compliment" or case.state != RECEIVED:
        return None
    return replace(_taken_up(case, event.ts), state=VERIFIED)


def _pass_on(case: Case, event: ev.CaseEvent) -> Case | None:
    return replace(case, state=PASSED, ended_at=event.ts) if case.state == VERIFIED else None


_MOVES: Mapping[type, Callable[[Case, ev.CaseEvent], Case | None]] = {
    ev.CaseAcknowledged: _acknowledge,
    ev.CaseAssigned: _assign,
    ev.CaseStarted: _start,
    ev.ReplySent: _reply,
    ev.CitizenWrote: _citizen,
    ev.CaseReferred: _refer,
    ev.CaseResolved: _resolve,
    ev.FixAnswered: _fixed,
    ev.CaseClosed: _close,
    ev.CaseWithdrawn: _withdraw,
    ev.CaseRejected: _reject,
    ev.CaseEscalated: _escalate,
    ev.ComplimentVerified: _verify,
    ev.ComplimentPassed: _pass_on,
}
