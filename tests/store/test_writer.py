"""The writer: many acts, one commit, each act for itself; and nobody is told "done" before it is."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from appliance.store import writer
from appliance.store.db import Db
from appliance.store.errors import Duplicate, NestedWrite, StoreError, StoreFull, StoreUnavailable, WriterClosed
from appliance.store.store import Store
from appliance.store.writer import NoHooks
from tests.store.waits import PATIENCE, Caller, ask_together, held_up, wait_until

DEFERRED = """
CREATE TABLE parent (id INTEGER NOT NULL PRIMARY KEY);
CREATE TABLE child (id INTEGER NOT NULL PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
"""


class _No(Exception):
    """The act refuses."""


def _add(id: int, text: str = "") -> Any:
    return lambda db: db.run("INSERT INTO line (id, text, raw) VALUES (:id, :text, :raw)", id=id, text=text, raw=b"")


def _later(id: int) -> Any:
    return lambda db: db.later("line", ("id", "text", "raw"), (id, "", b""))


def _refuse(db: Db) -> None:
    _add(99)(db)
    raise _No


def _count(db: Db) -> int:
    row = db.one("SELECT count(*) FROM line")
    assert row is not None
    return int(row[0])


def _ids(store: Store) -> list[int]:
    with store.read() as db:
        return [row[0] for row in db.all("SELECT id FROM line ORDER BY id")]


def _seen_from_outside(url: str) -> list[int]:
    """Read with a connection of its own, by the driver itself."""
    if url.startswith("postgresql"):
        import psycopg  # noqa: PLC0415 - an optional driver

        with psycopg.connect(url) as other:
            return [row[0] for row in other.execute("SELECT id FROM line ORDER BY id").fetchall()]
    connection = sqlite3.connect(url)
    try:
        return [row[0] for row in connection.execute("SELECT id FROM line ORDER BY id")]
    finally:
        connection.close()


class TestGroups:
    """What acts that wait together share, and what they do not."""

    def test_acts_that_wait_together_share_one_commit(self, store: Store) -> None:
        before = store.writer.statistics.commits
        assert ask_together(store, *[_add(at) for at in range(40)]) == [1] * 40
        statistics = store.writer.statistics
        assert (statistics.commits - before, statistics.largest) == (2, 40)  # one of them is of the act that held the writer up
        assert _ids(store) == list(range(40))

    def test_more_than_a_group_holds_are_written_in_several(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(writer, "MOST", 4)
        ask_together(store, *[_add(at) for at in range(10)])
        assert store.writer.statistics.largest == 4
        assert _ids(store) == list(range(10))

    def test_a_refused_act_does_not_undo_its_neighbours(self, store: Store) -> None:
        first, refused, duplicate, last = ask_together(store, _add(1), _refuse, _add(1), _add(2))
        assert (first, last) == (1, 1)
        assert isinstance(refused, _No)
        assert isinstance(duplicate, Duplicate)
        assert _ids(store) == [1, 2]

    def test_nor_what_its_neighbours_let_wait(self, store: Store) -> None:
        def refuse(db: Db) -> None:
            assert db.all("SELECT id FROM line") == [(1,)]  # the neighbour's row is written here, inside the savepoint that will be undone
            raise _No

        ask_together(store, _later(1), refuse, _later(2), _refuse)
        assert _ids(store) == [1, 2]

    def test_each_act_sees_what_those_before_it_did(self, store: Store) -> None:
        answers = ask_together(store, _add(1), _count, _refuse, _count, _later(2), _count)
        assert [answers[1], answers[3], answers[5]] == [1, 1, 2]

    @pytest.mark.parametrize("waits", ["", "waits"])
    def test_a_commit_that_fails_is_told_to_every_caller_and_the_writer_goes_on(self, store: Store, waits: str) -> None:
        store.write(lambda db: db.script(DEFERRED))
        orphan = lambda db: db.run("INSERT INTO child (id, parent) VALUES (1, 5)")  # noqa: E731 - refused only at COMMIT
        answers = ask_together(store, _later(1) if waits else _add(1), orphan, _add(2))
        assert [isinstance(answer, StoreError) for answer in answers] == [True] * 3
        assert _ids(store) == []
        store.write(_add(3))
        assert _ids(store) == [3]

    def test_rows_that_meet_in_one_key_when_they_are_written_do_not_take_the_group_with_them(self, store: Store) -> None:
        answers = ask_together(store, _add(1), _later(5), _later(5), _add(2))
        assert [isinstance(answer, StoreError) for answer in answers] == [False, False, True, False]
        assert _ids(store) == [1, 2, 5]

    def test_a_database_that_undoes_the_whole_transaction_by_itself_is_told_to_all(self, store: Store) -> None:
        """SQLite does so when its medium is full or fails; whoever went on would commit its part alone."""
        if not store.is_sqlite:
            pytest.skip("PostgreSQL undoes the statement only")
        pages = store.write(lambda db: db.all("PRAGMA page_count"))[0][0]
        store.write(lambda db: db.one(f"PRAGMA max_page_count = {pages + 4}"))
        answers = ask_together(store, _add(1), _add(2, "x" * 100_000), _add(3), _later(4))
        assert [type(answer) for answer in answers] == [StoreFull] * 4
        assert _ids(store) == []
        store.write(lambda db: db.one("PRAGMA max_page_count = 1000000"))
        store.write(_add(5))
        assert _ids(store) == [5]


class TestTheMomentOfReturning:
    """What is true when ``write`` comes back."""

    def test_the_row_is_there_for_everybody(self, store: Store, url: str) -> None:
        for at in range(20):
            store.write(_later(at) if at % 2 else _add(at))
            assert _seen_from_outside(url) == list(range(at + 1))

    def test_nothing_is_there_before_the_callers_are_released(self, store: Store, url: str) -> None:
        seen: list[tuple[str, list[int]]] = []

        class Watch(NoHooks):
            def finish(self, db: Db) -> None:
                seen.append(("before COMMIT", _seen_from_outside(url)))

            def committed(self) -> None:
                seen.append(("after COMMIT", _seen_from_outside(url)))
                assert callers[1].is_alive()
                assert callers[2].is_alive()

        callers: dict[int, Caller] = {}
        with held_up(store):
            callers |= {at: Caller(lambda at=at: store.write(_add(at))) for at in (1, 2)}  # type: ignore[misc]
            wait_until(lambda: len(store.writer._queue) == 2)
            store.follow(Watch())
        assert [caller.answer() for caller in callers.values()] == [1, 1]
        assert seen[-2:] == [("before COMMIT", []), ("after COMMIT", [1, 2])]

    def test_a_follower_that_fails_after_commit_is_told_to_the_callers_though_the_rows_stand(self, store: Store) -> None:
        class Full(NoHooks):
            def committed(self) -> None:
                raise StoreFull

        store.follow(Full())
        with pytest.raises(StoreFull):
            store.write(_add(1))
        store.follow(NoHooks())
        store.write(_add(2))
        assert _ids(store) == [1, 2]

    @pytest.mark.parametrize("step", ["begin", "finish"])
    def test_a_follower_that_fails_before_commit_undoes_the_group(self, store: Store, step: str) -> None:
        told: list[str] = []

        class Broken(NoHooks):
            def begin(self, db: Db, ids: Sequence[str] = ()) -> None:
                if step == "begin":
                    raise _No

            def finish(self, db: Db) -> None:
                raise _No

            def rolled_back(self) -> None:
                told.append("rolled back")

        store.follow(Broken())
        with pytest.raises(_No):
            store.write(_add(1))
        store.follow(NoHooks())
        assert (told, _ids(store)) == (["rolled back"], [])


class TestCallers:
    """How one may ask, and how not."""

    def test_a_write_inside_a_write_is_a_mistake_and_not_a_deadlock(self, store: Store) -> None:
        with pytest.raises(NestedWrite, match="the transaction's own database"):
            store.write(lambda _: store.write(_add(1)))

    def test_closing_finishes_what_is_queued_and_then_takes_nothing(self, store: Store) -> None:
        callers = []
        with held_up(store):
            callers = [Caller(lambda at=at: store.write(_add(at))) for at in range(5)]  # type: ignore[misc]
            wait_until(lambda: len(store.writer._queue) == 5)
            closing = Caller(store.close)
            wait_until(lambda: store.writer._closing)
            with pytest.raises(WriterClosed):
                store.write(_add(9))
        closing.answer()
        assert [caller.answer() for caller in callers] == [1] * 5

    def test_the_writer_waits_for_those_who_were_there_just_now(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        ask_together(store, _add(1), _add(2), _add(3))
        monkeypatch.setattr(writer, "GATHER", float(PATIENCE))
        before = store.writer.statistics.commits
        quick = [Caller(lambda at=at: store.write(_add(at))) for at in (4, 5)]  # type: ignore[misc]
        wait_until(lambda: store.writer.waiting == 2)
        assert store.writer.statistics.commits == before
        assert Caller(lambda: store.write(_add(6))).answer() == 1
        assert [caller.answer() for caller in quick] == [1, 1]
        assert store.writer.statistics.commits == before + 1

    def test_it_waits_for_them_once_and_a_moment_only(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        ask_together(store, _add(1), _add(2), _add(3))
        assert Caller(lambda: store.write(_add(4))).answer() == 1
        monkeypatch.setattr(writer, "GATHER", 100.0 * PATIENCE)
        assert Caller(lambda: store.write(_add(5))).answer() == 1

    def test_a_step_between_groups_runs_outside_any_transaction(self, store: Store) -> None:
        assert store.writer.between(lambda db: db.in_transaction) is False
        assert store.write(lambda db: db.in_transaction) is True  # type: ignore[attr-defined]


def test_the_lock_file_and_database_are_for_their_owner_alone(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "data" / "cfms.db"), tmp_path / "data")
    store.migrate()
    store.close()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "data" / "writer.lock").stat().st_mode & 0o777 == 0o600


def test_a_process_that_holds_the_lock_and_stands_still_holds_nobody_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "LOCK_SECONDS", 0.05)
    store = Store(str(tmp_path / "cfms.db"), tmp_path)
    try:
        store.migrate()
        with (tmp_path / "writer.lock").open("r+b") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            with pytest.raises(StoreUnavailable, match="another process"):
                store.write(lambda db: db.one("SELECT 1"))
        assert store.write(lambda db: db.one("SELECT 1")) == (1,)
    finally:
        store.close()
