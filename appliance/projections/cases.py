"""Cases as lists and pages see them: one row a case, always the fold of its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter

from appliance.domain import events as ev
from appliance.domain.cases import Case, Story, begin, fold
from appliance.domain.clocks import WorkingTime
from appliance.journal.entries import Entry, unwrap
from appliance.store.db import Db

VERSION = 2
TABLES = """
CREATE TABLE case_state (
    id TEXT NOT NULL PRIMARY KEY,
    ref TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    centre TEXT NOT NULL,
    service TEXT NOT NULL,
    institution TEXT NOT NULL,
    desk TEXT NOT NULL,
    category TEXT NOT NULL,
    cls TEXT NOT NULL,
    channel TEXT NOT NULL,
    lang TEXT NOT NULL,
    rating INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    ack_due INTEGER NOT NULL,
    due INTEGER NOT NULL,
    acknowledged_at INTEGER NOT NULL,
    resolved_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    waiting_since INTEGER NOT NULL,
    officer TEXT NOT NULL,
    escalated TEXT NOT NULL,
    reopened INTEGER NOT NULL,
    fixed INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    n INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    log INTEGER NOT NULL,
    idx INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX case_state_queue ON case_state (centre, state, due, id);
CREATE INDEX case_state_ref ON case_state (ref);
CREATE INDEX case_state_newest ON case_state (opened_at, id);
"""
DROP = "DROP TABLE IF EXISTS case_state;"


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case as a list shows it; times are unix seconds, 0 for "not yet"."""

    id: str
    ref: str
    kind: str
    state: str
    centre: str
    service: str
    institution: str
    desk: str
    category: str
    cls: str
    channel: str
    lang: str
    rating: int
    opened_at: int
    ack_due: int
    due: int
    acknowledged_at: int
    resolved_at: int
    ended_at: int
    waiting_since: int
    officer: str
    escalated: str
    reopened: int
    fixed: int
    answered: int
    n: int
    changed_at: int
    log: int
    idx: int


COLUMNS = tuple(f.name for f in fields(CaseRow))
_values = attrgetter(*COLUMNS)
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM case_state"
_UPSERT = (
    f"INSERT INTO case_state ({', '.join(COLUMNS)}) VALUES ({', '.join(':' + c for c in COLUMNS)})"
    f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in COLUMNS if c != 'id')}"
)


@dataclass(frozen=True, slots=True)
class Change:
    """A case before and after some entries were applied; ``before`` is None for a new one."""

    before: CaseRow | None
    after: CaseRow


def apply(db: Db, entries: Sequence[Entry], calendar: WorkingTime) -> list[Change]:
    """Bring the rows of every case that *entries* touch up to date; return what changed, in order of case."""
    opened = {e.event.case: e for e in entries if isinstance(e.event, ev.CaseOpened)}
    followed = {e.event.case for e in entries if isinstance(e.event, ev.CaseEvent) and e.event.n > 1}
    followed |= _already_followed(db, [case for case, e in opened.items() if not e.own and case not in followed])
    new = [_new_row(e) for case, e in opened.items() if case not in followed]
    for row in new:
        db.later("case_state", COLUMNS, _values(row))
    changes = [Change(None, row) for row in new]
    changes += [change for case in sorted(followed) if (change := _refold(db, case, calendar)) is not None]
    return changes


def _already_followed(db: Db, cases: Sequence[str]) -> set[str]:
    """Return those of *cases* whose later events came before their opening."""
    found: set[str] = set()
    for start in range(0, len(cases), 500):
        part = {f"c{i}": case for i, case in enumerate(cases[start : start + 500])}
        names = ", ".join(f":{name}" for name in part)
        found.update(row[0] for row in db.all(f"SELECT DISTINCT subject FROM event WHERE n > 1 AND subject IN ({names})", **part))
    return found


def _refold(db: Db, case: str, calendar: WorkingTime) -> Change | None:
    entries = case_entries(db, case)
    story = fold(e.event for e in entries if isinstance(e.event, ev.CaseEvent))
    if story is None:
        return None
    opening = next(e for e in entries if isinstance(e.event, ev.CaseOpened))
    before = get(db, case)
    after = _row(story.case, opening.log, opening.index, calendar)
    db.run(_UPSERT, **dict(zip(COLUMNS, _values(after), strict=True)))
    return Change(before, after)


def _new_row(entry: Entry) -> CaseRow:
    assert isinstance(entry.event, ev.CaseOpened)
    return _row(begin(entry.event), entry.log, entry.index, None)


def _row(case: Case, log: int, index: int, calendar: WorkingTime | None) -> CaseRow:
    o = case.opened
    due = _extended(o.due, case.pauses, calendar) if calendar and case.pauses and o.due else o.due
    return CaseRow(
        o.case, o.ref, o.kind, case.state, o.centre, o.service, case.institution, o.desk, o.category, o.cls, o.channel, o.lang,
        o.rating, o.ts, o.ack_due, due, case.acknowledged_at, case.resolved_at, case.ended_at, case.waiting_since, case.officer,
        case.escalated, case.reopened, case.fixed, int(case.answered), case.n, case.changed_at, log, index,
    )  # fmt: skip


def _extended(due: int, pauses: Sequence[tuple[int, int]], calendar: WorkingTime) -> int:
    """Return *due* moved on by the working time spent waiting for the citizen."""
    return calendar.add(due, sum(max(0, calendar.working_seconds_between(a, b)) for a, b in pauses))


# --- questions ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Placed:
    """An event of a case, and where its leaf lies."""

    entry: Entry
    crossed: bool


def case_entries(db: Db, case: str) -> list[Entry]:
    """Return every event this node holds of *case*, in no promised order."""
    rows = db.all(
        "SELECT e.log, e.idx, t.leaf, l.bound FROM event e JOIN entry t ON t.log = e.log AND t.idx = e.idx"
        " JOIN log l ON l.id = e.log WHERE e.id = :case"
        " UNION ALL SELECT e.log, e.idx, t.leaf, l.bound FROM event e JOIN entry t ON t.log = e.log AND t.idx = e.idx"
        " JOIN log l ON l.id = e.log WHERE e.subject = :case AND e.n > 1",
        case=case,
    )
    entries = []
    for log, idx, leaf, log_origin in rows:
        event, origin = unwrap(ev.decode(bytes(leaf)), log_origin)
        entries.append(Entry(log, idx, origin, event))
    return entries


def story_of(db: Db, case: str) -> tuple[Story, list[Placed]] | None:
    """Return the story of *case* with the place of each event's leaf, in the story's order."""
    entries = {e.event.id: e for e in case_entries(db, case)}
    story = fold(e.event for e in entries.values() if isinstance(e.event, ev.CaseEvent))
    if story is None:
        return None
    return story, [Placed(entries[told.event.id], told.crossed) for told in story.told]


def get(db: Db, case: str) -> CaseRow | None:
    """Return the row of *case*."""
    row = db.one(f"{_SELECT} WHERE id = :id", id=case)
    return CaseRow(*row) if row else None


def by_reference(db: Db, ref: str) -> CaseRow | None:
    """Return the case of reference *ref*."""
    row = db.one(f"{_SELECT} WHERE ref = :ref ORDER BY id LIMIT 1", ref=ref)
    return CaseRow(*row) if row else None
