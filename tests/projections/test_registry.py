"""Read models as a whole: dropped and made anew at will, the same as what lived, whatever was written in between."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from appliance.domain import events as ev
from appliance.domain.codes import format_reference
from appliance.journal.entries import Entry
from appliance.journal.journal import Tx
from appliance.projections import receipts, series, tally
from appliance.projections.registry import CHUNK, COMPARED, MODULES
from appliance.store.db import Db
from appliance.store.store import Store
from tests.journal.rig import NOW, TIME, Rig, an_id, opened
from tests.projections.arrivals import MOVES, arrive, follow_up, opening, prepare, tables


def _take_and_file(rig: Rig, log: int, word: str, rating: int, *, refuse: bool = False) -> None:
    """File a case as a node does: a reference taken, a receipt tagged."""

    def act(tx: Tx) -> None:
        ref = format_reference("NBI", 2026, "A", series.take(tx.db, "NBI-26A"))
        event = opened(word, ref=ref, rating=rating)
        entry = tx.append(event, {"receipt": word.encode().ljust(32), "text": b"said"}, log)
        tx.entries[-1] = Entry(entry.log, entry.index, entry.origin, tx.entries[-1].event, own=True, rid=word.encode().ljust(32))
        if refuse:
            raise InterruptedError

    rig.journal.perform(act, TIME, [an_id(word)])


def _live_a_while(rig: Rig, log: int, draw: random.Random) -> None:
    """Let officers, citizens and HQ do what comes into their heads."""
    for turn in range(60):
        word = f"case {draw.randrange(12)}"
        known = rig.all("SELECT 1 FROM event WHERE id = :id", id=an_id(word))
        if not known:
            _take_and_file(rig, log, word, draw.randrange(5))
        elif draw.random() < 0.15:
            targets = ((an_id(word), draw.choice(("receipt", "text"))),)
            order = ev.Erased(id=an_id(f"order {turn}"), ts=NOW, targets=targets, basis="dpa-s40", role="hq")
            rig.journal.perform(lambda tx, order=order: tx.append(order, log=log), TIME)  # type: ignore[misc]
        else:
            kind, fields = draw.choice(MOVES)
            event = kind(id=an_id(f"turn {turn}"), ts=NOW + 60 * turn, case=an_id(word), n=2 + draw.randrange(9), by="officer-1", **fields)
            rig.journal.perform(lambda tx, event=event: tx.append(event, {"text": b"more"}, log), TIME)  # type: ignore[misc]
        if draw.random() < 0.1:
            with pytest.raises(InterruptedError):
                _take_and_file(rig, log, f"never {turn}", 1, refuse=True)


@pytest.mark.parametrize("seed", range(4))
def test_made_anew_they_are_what_lived(rig: Rig, seed: int) -> None:
    log = rig.add_log()
    _live_a_while(rig, log, random.Random(seed))
    live = rig.store.write(tables)
    assert len(live["case_state"]) > 5
    rig.store.write(rig.projections.rebuild)
    assert rig.store.write(tables) == live


@pytest.mark.parametrize("table", COMPARED)
def test_each_can_be_dropped_and_is_there_again(rig: Rig, table: str) -> None:
    log = rig.add_log()
    _take_and_file(rig, log, "a", 3)
    live = rig.store.write(tables)
    rig.store.write(lambda db: db.script(f"DROP TABLE {table};"))
    rig.store.write(rig.projections.rebuild)
    assert rig.store.write(tables) == live


@pytest.mark.parametrize("name", MODULES)
def test_one_of_another_version_is_found_out(rig: Rig, name: str) -> None:
    assert not rig.store.write(rig.projections.outdated)
    rig.store.write(lambda db: db.run("UPDATE projection SET version = version - 1 WHERE name = :name", name=name))
    assert rig.store.write(rig.projections.outdated)
    rig.store.write(rig.projections.rebuild)
    assert not rig.store.write(rig.projections.outdated)


def test_a_rebuild_that_fails_leaves_the_old_ones(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    log = rig.add_log()
    _take_and_file(rig, log, "a", 3)
    live = rig.store.write(tables)
    monkeypatch.setattr(receipts, "apply", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        rig.store.write(rig.projections.rebuild)
    assert rig.store.write(tables) == live


def test_a_copy_beside_is_made_from_the_journal_of_the_living_one(rig: Rig, tmp_path: Path) -> None:
    log = rig.add_log()
    _live_a_while(rig, log, random.Random(9))
    live = rig.store.write(tables)
    told: list[tuple[int, int]] = []
    scratch = Store(str(tmp_path / "scratch.db"), tmp_path / "scratch")
    try:
        with rig.store.read() as db:
            scratch.write(lambda copy: rig.projections.rebuild(copy, db, lambda done, total: told.append((done, total))))
        assert scratch.write(tables) == live
    finally:
        scratch.close()
    assert told[-1] == (rig.size(log), rig.size(log))


def test_a_rebuild_goes_by_chunks_and_over_all_of_them(rig: Rig) -> None:
    log = rig.add_log()
    rig.journal.perform(lambda tx: [tx.append(opened(word), log=log) for word in range(2 * CHUNK + 3)], TIME)
    told: list[int] = []
    assert rig.store.write(lambda db: rig.projections.rebuild(db, progress=lambda done, _: told.append(done))) == 2 * CHUNK + 3
    assert told == [CHUNK, 2 * CHUNK, 2 * CHUNK + 3]
    assert rig.one("SELECT count(*) FROM case_state") == (2 * CHUNK + 3,)


def test_an_event_that_stands_in_two_logs_counts_once(rig: Rig) -> None:
    """A log set aside and the same log fetched again from HQ hold the same leaves."""

    def act(db: Db) -> None:
        prepare(db)
        one = opening(1, "a", 0)
        two = follow_up(1, "a", 2, 0, 1)
        arrive(db, rig.projections, [(1, (one, two)), (2, (one, two))])

    rig.store.write(act)
    live = rig.store.write(tables)
    assert (len(live["case_state"]), live["tally"][0][4]) == (1, 1)
    rig.store.write(rig.projections.rebuild)
    assert rig.store.write(tables) == live


class TestCounters:
    """They subtract what a case was and add what it has become."""

    def _counts(self, rig: Rig) -> list[tuple[object, ...]]:
        with rig.store.read() as db:
            return [(c.kind, c.state, c.cases) for c in tally.counts(db)]

    def test_a_case_that_moves_is_counted_in_one_place(self, rig: Rig) -> None:
        log = rig.add_log()
        _take_and_file(rig, log, "a", 4)
        _take_and_file(rig, log, "b", 0)
        assert self._counts(rig) == [("complaint", "received", 2)]
        moves = [(ev.CaseAcknowledged, {}), (ev.CaseStarted, {}), (ev.CaseResolved, {"reason": "done"}), (ev.FixAnswered, {"yes": True})]
        for n, (kind, fields) in enumerate(moves, start=2):
            event = kind(id=an_id(n), ts=NOW + n, case=an_id("a"), n=n, by="officer-1", **fields)  # type: ignore[arg-type]
            rig.journal.perform(lambda tx, event=event: tx.append(event, log=log), TIME)  # type: ignore[misc]
            counts = self._counts(rig)
            assert sum(int(str(row[2])) for row in counts) == 2
        assert counts == [("complaint", "closed", 1), ("complaint", "received", 1)]

    def test_a_refused_act_counts_nothing(self, rig: Rig) -> None:
        log = rig.add_log()
        with pytest.raises(InterruptedError):
            _take_and_file(rig, log, "a", 4, refuse=True)
        assert self._counts(rig) == []
        _take_and_file(rig, log, "b", 1)
        assert rig.all("SELECT ref FROM case_state") == [(format_reference("NBI", 2026, "A", 1),)]
