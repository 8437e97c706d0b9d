"""Lists of cases as staff work through them: by the clock that runs out first, or newest first, a page at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from appliance.domain.cases import KINDS, OPEN, STATES, VERIFIED, WAITING
from appliance.projections.cases import COLUMNS, CaseRow
from appliance.store.db import Db
from appliance.store.store import Store

UNFINISHED = tuple(state for state in STATES if state in OPEN or state == VERIFIED)
NEVER, PAUSED = 9_000_000_000, 1_000_000_000  # seconds: after every date; and what puts a clock that stands still behind all that run
_CURSOR = re.compile(r"([0-9]{1,11})-([0-9a-f]{32})")
_STATES = ", ".join(f"'{state}'" for state in UNFINISHED)
# The clock that runs out next: until it is acknowledged that one, then the date of the resolution.
CLOCK = (
    f"CASE WHEN state = '{WAITING}' THEN due + {PAUSED} WHEN acknowledged_at = 0 AND ack_due > 0 THEN ack_due WHEN due > 0 THEN due ELSE {NEVER} END"
)
# Every centre there is a case of, found by hopping along the index of the queue: with it, what is unfinished in the whole country is
# found among a million cases by asking each centre, and not by reading them all.
_EVERYWHERE = (
    "centre IN (WITH RECURSIVE hop (centre) AS (SELECT min(centre) FROM case_state UNION ALL"
    " SELECT (SELECT min(s.centre) FROM case_state s WHERE s.centre > hop.centre) FROM hop WHERE hop.centre IS NOT NULL)"
    " SELECT centre FROM hop WHERE centre IS NOT NULL)"
)
VIEWS = {
    "mine": f"officer = :me AND state IN ({_STATES})",
    "unassigned": f"officer = '' AND state IN ({_STATES})",
    "open": f"state IN ({_STATES})",
    "overdue": f"state IN ({_STATES}) AND {CLOCK} < :now",
    "waiting": f"state = '{WAITING}'",
    "hq": f"(escalated IN ('hq', 'caj') OR log IN (SELECT id FROM log WHERE own = 1)) AND state IN ({_STATES})",
    "resolved": "state = 'resolved'",
    "all": "",
}
NEWEST = frozenset({"resolved", "all"})  # lists without a running clock


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list shows; an empty field asks nothing.

    Attributes:
        view: one of ``VIEWS``.
        me: account id of who asks.
        now: the device's time.
        newest: newest first, also where clocks run.
    """

    view: str
    me: str
    now: int
    centre: str = ""
    kind: str = ""
    state: str = ""
    newest: bool = False

    @property
    def by_time(self) -> bool:
        """Tell whether the list runs from the newest case to the oldest."""
        return self.newest or self.view in NEWEST


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    Attributes:
        rows: at most the size asked for.
        after: cursor of the next page, or '' at the end.
    """

    rows: tuple[CaseRow, ...]
    after: str


def page(db: Db, asked: Asked, *, after: str = "", size: int = 25) -> Page:
    """Return one page of the list; a cursor that is none begins at the beginning.

    Args:
        after: the cursor of the page before, or ''.
        size: rows a page, at most 200.
    """
    where, params = _where(asked)
    key, way, than = ("opened_at", "DESC", "<") if asked.by_time else (CLOCK, "ASC", ">")
    if at := _CURSOR.fullmatch(after):
        where.append(f"({key} {than} :value OR ({key} = :value AND id {than} :id))")
        params |= {"value": int(at[1]), "id": at[2]}
    size = max(1, min(size, 200))
    text = f" WHERE {' AND '.join(where)}" if where else ""
    sql = f"SELECT {', '.join(COLUMNS)}, {key} FROM case_state{text} ORDER BY {key} {way}, id {way} LIMIT {size + 1}"
    found = db.all(sql, **params)
    rows = tuple(CaseRow(*row[:-1]) for row in found[:size])
    return Page(rows, f"{found[size - 1][-1]}-{rows[-1].id}" if len(found) > size else "")


def _where(asked: Asked) -> tuple[list[str], dict[str, object]]:
    said = VIEWS[asked.view]
    where = [said] if said else []
    params: dict[str, object] = {}
    if ":me" in said:
        params["me"] = asked.me
    if ":now" in said:
        params["now"] = asked.now
    for name in ("centre", "kind", "state"):
        if value := getattr(asked, name):
            where.append(f"{name} = :{name}")
            params[name] = value
    if not asked.centre and asked.view not in NEWEST:
        where.append(_EVERYWHERE)
    return where, params


def every(store: Store, asked: Asked) -> Iterator[CaseRow]:
    """Yield the whole list, two hundred rows at a time: no reader stays long enough to be in the writer's way."""
    after = ""
    while True:
        with store.read() as db:
            found = page(db, asked, after=after, size=200)
        yield from found.rows
        after = found.after
        if not after:
            return


@dataclass(frozen=True, slots=True)
class Counts:
    """How many unfinished cases each view of a queue holds."""

    open: int
    mine: int
    unassigned: int
    overdue: int
    waiting: int


def counts(db: Db, asked: Asked) -> Counts:
    """Count the unfinished cases that *asked*'s centre has, in one question whatever their number."""
    centre = "centre = :centre" if asked.centre else _EVERYWHERE
    row = db.one(
        "SELECT count(*), count(*) FILTER (WHERE officer = :me), count(*) FILTER (WHERE officer = ''),"
        f" count(*) FILTER (WHERE {CLOCK} < :now), count(*) FILTER (WHERE state = '{WAITING}')"
        f" FROM case_state WHERE {centre} AND state IN ({_STATES})",
        me=asked.me, now=asked.now, **({"centre": asked.centre} if asked.centre else {}),
    )  # fmt: skip
    assert row is not None
    return Counts(*(int(value) for value in row))


def asked_of(view: str, default: str, me: str, now: int, **more: str) -> Asked:
    """Return what is asked for by words from an address; those that mean nothing ask nothing."""
    kind, state = more.get("kind", ""), more.get("state", "")
    asked = Asked(view if view in VIEWS else default, me, now, centre=more.get("centre", ""))
    return replace(asked, kind=kind if kind in KINDS else "", state=state if state in STATES else "", newest=more.get("order") == "newest")
