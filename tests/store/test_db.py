"""The seam, the same on both engines: what one sees, what waits, what a savepoint takes back, what is refused."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

import pytest

from appliance.store.db import Db
from appliance.store.errors import Duplicate, StoreError
from appliance.store.store import Store

LINE = ("id", "text", "raw")


class _Change(Exception):
    """The test changed its mind."""


def _line(db: Db, id: int, text: str = "x", raw: bytes = b"\0\xff") -> None:
    db.run("INSERT INTO line (id, text, raw) VALUES (:id, :text, :raw)", id=id, text=text, raw=raw)


def _ids(db: Db) -> list[int]:
    return [row[0] for row in db.all("SELECT id FROM line ORDER BY id")]


def _held(store: Store) -> list[int]:
    with store.read() as db:
        return _ids(db)


class TestStatements:
    """One statement at a time."""

    def test_values_come_back_as_they_went_in(self, store: Store) -> None:
        text, raw = "Siku njema — 100% :no 'quote' ::cast", bytes(range(256))
        store.write(lambda db: _line(db, 1, text, raw))
        with store.read() as db:
            row = db.one("SELECT text, raw FROM line WHERE id = :id", id=1)
        assert row is not None
        assert (row[0], bytes(row[1])) == (text, raw)

    def test_one_is_none_and_all_is_empty_where_nothing_is(self, store: Store) -> None:
        with store.read() as db:
            assert db.one("SELECT id FROM line") is None
            assert db.all("SELECT id FROM line") == []
            assert list(db.each("SELECT id FROM line")) == []

    def test_run_says_how_many_rows_it_touched(self, store: Store) -> None:
        store.write(lambda db: db.insert("line", LINE, [(at, "x", b"") for at in range(5)]))
        assert store.write(lambda db: db.run("UPDATE line SET text = 'y' WHERE id >= :low", low=2)) == 3

    def test_each_may_be_left_early_and_run_inside_another(self, store: Store) -> None:
        store.write(lambda db: db.insert("line", LINE, [(at, "x", b"") for at in range(2500)]))
        with store.read() as db:
            seen = []
            for (outer,) in db.each("SELECT id FROM line ORDER BY id"):
                seen.append((outer, sum(1 for _ in db.each("SELECT id FROM line WHERE id < :outer", outer=outer))))
                if outer == 3:
                    break
            assert seen == [(0, 0), (1, 1), (2, 2), (3, 3)]
            assert sum(1 for _ in db.each("SELECT id FROM line")) == 2500

    @pytest.mark.parametrize("count", [0, 1, 19, 20, 33, 700])
    def test_many_rows_are_inserted_at_once(self, store: Store, count: int) -> None:
        store.write(lambda db: db.insert("line", LINE, [(at, f"t{at}", b"\1") for at in range(count)]))
        assert _held(store) == list(range(count))

    @pytest.mark.parametrize("count", [2, 40])
    def test_with_ignore_only_the_new_rows_go_in(self, store: Store, count: int) -> None:
        store.write(lambda db: _line(db, 1, "first"))
        store.write(lambda db: db.insert("line", LINE, [(at, "second", b"") for at in range(count)], ignore=True))
        with store.read() as db:
            assert db.one("SELECT text FROM line WHERE id = 1") == ("first",)
            assert _ids(db) == list(range(count))

    @pytest.mark.parametrize("count", [2, 40])
    def test_without_ignore_a_key_that_is_there_is_a_duplicate_and_nothing_goes_in(self, store: Store, count: int) -> None:
        store.write(lambda db: _line(db, 1, "first"))
        with pytest.raises(Duplicate):
            store.write(lambda db: db.insert("line", LINE, [(at, "second", b"") for at in range(count)]))
        assert _held(store) == [1]

    def test_add_tells_whether_the_row_is_new(self, store: Store) -> None:
        assert store.write(lambda db: (db.add("line", LINE, (1, "a", b"")), db.add("line", LINE, (1, "b", b"")))) == (True, False)
        with store.read() as db:
            assert db.all("SELECT id, text FROM line") == [(1, "a")]

    def test_a_statement_the_database_cannot_read_is_a_store_error(self, store: Store) -> None:
        with pytest.raises(StoreError):
            store.write(lambda db: db.run("SELEC 1"))
        with pytest.raises(StoreError), store.read() as db:
            db.all("SELECT nothing FROM line")
        assert _held(store) == []  # the same connections go on

    def test_text_in_an_integer_column_is_refused(self, store: Store) -> None:
        with pytest.raises(StoreError):
            store.write(lambda db: db.run("INSERT INTO line (id, text, raw) VALUES (:id, 'x', :raw)", id="one", raw=b""))


ASK: dict[str, Callable[[Db], Any]] = {
    "one": lambda db: db.one("SELECT count(*) FROM line"),
    "all": lambda db: db.all("SELECT count(*) FROM line")[0],
    "each": lambda db: next(iter(list(db.each("SELECT count(*) FROM line")))),
}


class TestWhatWaits:
    """Rows and additions that are written late: nobody can tell."""

    @pytest.mark.parametrize("ask", ASK)
    def test_it_is_there_for_the_next_question(self, store: Store, ask: str) -> None:
        def act(db: Db) -> Any:
            db.later("line", LINE, (1, "a", b""))
            return ASK[ask](db)

        assert store.write(act) == (1,)

    def test_it_is_there_for_the_next_change_insert_and_script(self, store: Store) -> None:
        def act(db: Db) -> list[int]:
            db.later("line", LINE, (1, "a", b""))
            touched = db.run("UPDATE line SET text = 'b'")
            db.later("line", LINE, (2, "a", b""))
            db.insert("line", LINE, [(3, "c", b"")])
            db.later("line", LINE, (4, "a", b""))
            db.script("DELETE FROM line WHERE id = 4;")
            return [touched, *_ids(db)]

        assert store.write(act) == [1, 1, 2, 3]

    def test_it_is_there_at_commit(self, store: Store) -> None:
        store.write(lambda db: db.later("line", LINE, (1, "a", b"")))
        assert _held(store) == [1]

    def test_rows_of_one_key_may_wait_with_ignore(self, store: Store) -> None:
        def act(db: Db) -> None:
            db.later("line", LINE, (1, "a", b""), ignore=True)
            db.later("line", LINE, (1, "b", b""), ignore=True)

        store.write(act)
        with store.read() as db:
            assert db.all("SELECT text FROM line") == [("a",)]

    def test_additions_are_summed_and_added_to_what_is_there(self, store: Store) -> None:
        def act(db: Db) -> None:
            for stars in (1, 2, 3):
                db.count("counter", {"name": "NBI", "day": 1}, {"seen": 1, "stars": stars})
            db.count("counter", {"name": "MSA", "day": 1}, {"seen": 1, "stars": 0})
            db.count("counter", {"name": "KSM", "day": 1}, {"seen": 1, "stars": 0})
            db.count("counter", {"name": "KSM", "day": 1}, {"seen": -1, "stars": 0})

        store.write(act)
        store.write(act)
        store.write(lambda db: db.count("counter", {"name": "NBI", "day": 1}, {"seen": -6, "stars": -12}))
        with store.read() as db:
            assert db.all("SELECT name, seen, stars FROM counter ORDER BY name") == [("MSA", 2, 0), ("NBI", 0, 0)]

    def test_a_savepoint_that_is_undone_takes_back_what_waited_in_it_and_only_that(self, store: Store) -> None:
        def act(db: Db) -> None:
            db.later("line", LINE, (1, "a", b""))
            db.count("counter", {"name": "NBI", "day": 1}, {"seen": 1, "stars": 5})
            db.memo["NBI"] = 1
            with contextlib.suppress(_Change), db.savepoint():
                db.later("line", LINE, (2, "b", b""))
                db.count("counter", {"name": "NBI", "day": 1}, {"seen": 1, "stars": 5})
                db.memo["NBI"] = 2
                raise _Change
            assert db.memo == {"NBI": 1}

        store.write(act)
        with store.read() as db:
            assert _ids(db) == [1]
            assert db.all("SELECT seen, stars FROM counter") == [(1, 5)]

    @pytest.mark.parametrize("ask", ASK)
    def test_so_does_one_in_which_it_was_written_already(self, store: Store, ask: str) -> None:
        def act(db: Db) -> None:
            db.later("line", LINE, (1, "a", b""))
            db.count("counter", {"name": "NBI", "day": 1}, {"seen": 1, "stars": 5})
            with contextlib.suppress(_Change), db.savepoint():
                db.later("line", LINE, (2, "b", b""))
                assert ASK[ask](db) == (2,)
                db.later("line", LINE, (3, "b", b""))
                db.memo["NBI"] = 2
                raise _Change
            assert db.memo == {}

        store.write(act)
        with store.read() as db:
            assert _ids(db) == [1]
            assert db.all("SELECT seen FROM counter") == [(1,)]

    def test_a_transaction_begins_with_an_empty_memory(self, store: Store) -> None:
        store.write(lambda db: db.memo.update(NBI=1))
        assert store.write(lambda db: dict(db.memo)) == {}


class TestSavepoints:
    """What is undone, and what is not."""

    def test_the_inner_one_is_undone_and_the_outer_one_stands(self, store: Store) -> None:
        def act(db: Db) -> list[int]:
            _line(db, 1)
            with db.savepoint():
                _line(db, 2)
                with contextlib.suppress(_Change), db.savepoint():
                    _line(db, 3)
                    raise _Change
                _line(db, 4)
            return _ids(db)

        assert store.write(act) == [1, 2, 4] == _held(store)

    def test_the_outer_one_takes_the_inner_one_with_it(self, store: Store) -> None:
        def act(db: Db) -> None:
            with contextlib.suppress(_Change), db.savepoint():
                with db.savepoint():
                    _line(db, 1)
                with db.savepoint():
                    db.later("line", LINE, (2, "", b""))
                raise _Change
            _line(db, 5)

        store.write(act)
        assert _held(store) == [5]

    def test_after_a_refused_statement_the_transaction_goes_on(self, store: Store) -> None:
        def act(db: Db) -> None:
            _line(db, 1)
            with contextlib.suppress(Duplicate), db.savepoint():
                _line(db, 2)
                _line(db, 1)
            _line(db, 3)

        store.write(act)
        assert _held(store) == [1, 3]


class TestReaders:
    """Reading connections."""

    def test_a_reader_sees_one_state_throughout(self, store: Store) -> None:
        store.write(lambda db: _line(db, 1))
        with store.read() as db:
            assert _ids(db) == [1]
            store.write(lambda other: _line(other, 2))
            assert _ids(db) == [1]
        assert _held(store) == [1, 2]

    def test_a_reader_does_not_see_what_is_not_committed(self, store: Store) -> None:
        def act(db: Db) -> list[int]:
            _line(db, 1)
            assert _ids(db) == [1]
            return _held(store)

        assert store.write(act) == []

    @pytest.mark.parametrize("statement", ["INSERT INTO line (id, text, raw) VALUES (1, '', '')", "DELETE FROM line", "DROP TABLE line"])
    def test_a_reader_cannot_write(self, store: Store, statement: str) -> None:
        store.write(lambda db: _line(db, 7))
        with pytest.raises(StoreError), store.read() as db:
            db.run(statement)
        assert _held(store) == [7]

    def test_nor_what_waits_on_it(self, store: Store) -> None:
        with store.read() as db:
            db.later("line", LINE, (1, "", b""))
            with pytest.raises(StoreError):
                db.all("SELECT id FROM line")
        assert _held(store) == []

    def test_a_reader_that_failed_is_lent_again_in_good_order(self, store: Store) -> None:
        for _ in range(40):
            with contextlib.suppress(_Change), store.read() as db:
                db.all("SELECT id FROM line")
                raise _Change
        store.write(lambda db: _line(db, 1))
        assert _held(store) == [1]

    def test_a_half_read_answer_keeps_nobody_from_the_newest_state(self, store: Store) -> None:
        store.write(lambda db: db.insert("line", LINE, [(at, "", b"") for at in range(1500)]))
        with store.read() as db:
            rows = db.each("SELECT id FROM line")
            next(rows)
        rows.close()  # type: ignore[attr-defined]
        store.write(lambda db: db.run("DELETE FROM line"))
        assert _held(store) == []


def test_readers_that_a_restart_of_the_database_cut_off_are_replaced_unseen(postgres_url: str, tmp_path: Any) -> None:
    import psycopg  # noqa: PLC0415 - an optional driver

    store = Store(postgres_url, tmp_path)
    try:
        with contextlib.ExitStack() as open_at_once:
            for _ in range(5):
                open_at_once.enter_context(store.read())
        store.write(lambda db: db.run("SELECT 1"))
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            end = time.monotonic() + 30
            while admin.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()").fetchone() != (1,):
                assert time.monotonic() < end
        for _ in range(6):
            with store.read() as db:
                assert db.one("SELECT 1") == (1,)
        with contextlib.suppress(StoreError):
            store.write(lambda db: db.run("SELECT 1"))  # the group that finds the line dead is told so
        assert store.write(lambda db: db.one("SELECT 1")) == (1,)
    finally:
        store.close()
