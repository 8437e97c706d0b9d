"""Case events in a few words each, for tests of what a case's story becomes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from appliance.domain import events as ev
from appliance.domain.cases import Case, Story, fold

CASE = "c" * 32
START = 1_795_503_600  # unix seconds


def an_id(number: int) -> str:
    """Return the id of a test's event *number*, in the order of the numbers."""
    return f"{number:032x}"


def opened(kind: str = "complaint", **more: Any) -> ev.CaseOpened:
    """Return the opening of the test's case."""
    told: dict[str, Any] = {"ref": "NBI-26A-000001-R", "centre": "NBI", "channel": "kiosk", "lang": "en", "institution": "NRB"}
    return ev.CaseOpened(id=CASE, ts=START, case=CASE, n=1, kind=kind, **{**told, **more})


def made(event: type[ev.CaseEvent], n: int, *, id: int = 0, ts: int = 0, **more: Any) -> ev.CaseEvent:
    """Return an event of the test's case, a minute after the one before unless told otherwise."""
    return event(id=an_id(id or n), ts=ts or START + 60 * n, case=CASE, n=n, by="officer-1", **more)


def story(*events: ev.CaseEvent, kind: str = "complaint") -> Story:
    """Return the story of a case of *kind* with *events* after its opening."""
    told = fold([opened(kind), *events])
    assert told is not None
    return told


def told(kind: str, moves: Iterable[tuple[type[ev.CaseEvent], dict[str, Any]]]) -> Case:
    """Return the case after *moves*, one after another."""
    return story(*[made(event, 2 + at, **more) for at, (event, more) in enumerate(moves)], kind=kind).case
