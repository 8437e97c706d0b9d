"""Whatever order two logs arrive in, every node sees the same; and what is made anew from the journal is what was there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from appliance.store.db import Db
from tests.journal.rig import Rig, an_id
from tests.projections.arrivals import Batch, arrive, erasure, follow_up, histories, opening, prepare, seen, tables

MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
History = tuple[list[Batch], list[list[Batch]]]


class _Undo(Exception):
    """The example is over; the database is as before."""


def _try(rig: Rig, act: Callable[[Db], Any]) -> Any:
    """Return what *act* finds in a transaction that is undone."""
    found: list[Any] = []

    def run(db: Db) -> None:
        prepare(db)
        found.append(act(db))
        raise _Undo

    with pytest.raises(_Undo):
        rig.store.write(run)
    return found[0]


def _after(rig: Rig, order: list[Batch]) -> Any:
    def act(db: Db) -> Any:
        arrive(db, rig.projections, order)
        return seen(db)

    return _try(rig, act)


def _crossing() -> History:
    """Return a history in which all that is hard comes at once: events before their opening, a crossed move, erasures first and last."""
    one = [(1, (opening(1, "a", 0), opening(1, "c", 2))), (1, (follow_up(1, "a", 2, 0, 1), follow_up(1, "a", 3, 8, 2), follow_up(1, "b", 2, 14, 3)))]
    two = [
        (2, (erasure("a", "receipt", 1), follow_up(2, "a", 2, 12, 4))),
        (2, (opening(2, "b", 1), erasure("b", "*", 2), follow_up(2, "b", 3, 15, 5))),
    ]
    return one + two, [two + one, [two[0], one[0], two[1], one[1]]]


@MANY
@given(histories())
@example(_crossing())
def test_every_order_of_arrival_shows_the_same(rig: Rig, history: History) -> None:
    first, orders = history
    expected = _after(rig, first)
    for order in orders:
        assert _after(rig, order) == expected


@MANY
@given(histories())
@example(_crossing())
def test_what_is_made_anew_is_what_was_there(rig: Rig, history: History) -> None:
    _, orders = history

    def act(db: Db) -> tuple[Any, Any]:
        arrive(db, rig.projections, orders[-1])
        live = tables(db)
        rig.projections.rebuild(db)
        return live, tables(db)

    live, anew = _try(rig, act)
    assert anew == live


def test_the_hard_history_holds_what_it_is_meant_to(rig: Rig) -> None:
    found = _after(rig, _crossing()[0])
    crossed = {event for word in "abc" for event, crossed in found[f"story of {word}"] if crossed}
    assert crossed, "a move that is illegal where it falls"
    assert [case for _, case in found["receipts"]] == [an_id("c")]
    assert {event for event, _ in found["values"]} & {an_id("b")} == set()
