"""Migrations: numbered, checksummed, forward only; nothing is left half done, and rows that were there stay."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.store.errors import MigrationChanged, NewerDatabase, StoreError
from appliance.store.migrate import FOLDER, load, migrate
from appliance.store.store import Store

PATIENCE = 60  # seconds


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two migrations; the second changes a table that may hold rows."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_pets.sql").write_text("CREATE TABLE pet (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL) STRICT;\n")
    (folder / "0002_legs.sql").write_text(
        "ALTER TABLE pet ADD COLUMN legs INTEGER NOT NULL DEFAULT 4;\nUPDATE pet SET legs = 2 WHERE name = 'duck';\n"
    )
    (folder / "notes.txt").write_text("not a migration")
    return folder


def _migrate(store: Store, folder: Path) -> list[str]:
    engine = "sqlite" if store.is_sqlite else "postgres"
    return store.write(lambda db: migrate(db, engine, folder))


def _tables(store: Store) -> set[str]:
    known = "SELECT name FROM sqlite_schema" if store.is_sqlite else "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    with store.read() as db:
        return {row[0] for row in db.all(known)}


class TestRunning:
    """One after the other, each once."""

    def test_each_runs_once_in_order(self, bare: Store, folder: Path) -> None:
        assert _migrate(bare, folder) == ["0001_pets", "0002_legs"]
        assert _migrate(bare, folder) == []

    def test_rows_that_were_there_are_carried_over(self, bare: Store, folder: Path) -> None:
        second = (folder / "0002_legs.sql").rename(folder / "later")
        _migrate(bare, folder)
        bare.write(lambda db: db.insert("pet", ("id", "name"), [(1, "duck"), (2, "cat")]))
        second.rename(folder / "0002_legs.sql")
        assert _migrate(bare, folder) == ["0002_legs"]
        with bare.read() as db:
            assert db.all("SELECT id, name, legs FROM pet ORDER BY id") == [(1, "duck", 2), (2, "cat", 4)]

    def test_only_the_engines_own_part_runs_beside_the_common_one(self, bare: Store, folder: Path) -> None:
        for engine in ("sqlite", "postgres"):
            (folder / f"0002_legs.{engine}.sql").write_text(f"CREATE TABLE only_{engine} (id INTEGER);")
        _migrate(bare, folder)
        assert {"only_sqlite", "only_postgres"} & _tables(bare) == {"only_sqlite" if bare.is_sqlite else "only_postgres"}

    def test_a_step_that_fails_leaves_nothing_of_any_step(self, bare: Store, folder: Path) -> None:
        (folder / "0003_broken.sql").write_text("CREATE TABLE half (id INTEGER);\nINSERT INTO nowhere VALUES (1);\n")
        with pytest.raises(StoreError):
            _migrate(bare, folder)
        assert not {"half", "pet", "migration"} & _tables(bare)
        (folder / "0003_broken.sql").unlink()
        assert _migrate(bare, folder) == ["0001_pets", "0002_legs"]

    def test_half_a_statement_at_the_end_is_refused_and_not_dropped(self, bare: Store, folder: Path) -> None:
        (folder / "0003_half.sql").write_text("CREATE TABLE whole (id INTEGER);\nCREATE TABLE half (id INTEGER,")
        with pytest.raises(StoreError):
            _migrate(bare, folder)
        assert "whole" not in _tables(bare)

    def test_comments_and_semicolons_inside_text_do_not_cut_a_statement(self, bare: Store, folder: Path) -> None:
        (folder / "0003_text.sql").write_text("-- one; two\nINSERT INTO pet (id, name) VALUES (9, 'a;b -- c'); -- the end; truly\n")
        _migrate(bare, folder)
        with bare.read() as db:
            assert db.one("SELECT name FROM pet") == ("a;b -- c",)


class TestRefusing:
    """What must not go on."""

    def test_a_newer_database_refuses_older_code_in_a_plain_sentence(self, bare: Store, folder: Path) -> None:
        _migrate(bare, folder)
        (folder / "0002_legs.sql").unlink()
        with pytest.raises(NewerDatabase, match=r"made by a newer version\. Install that version"):
            _migrate(bare, folder)

    @pytest.mark.parametrize("name", ["0001_pets.sql", "0001_pets.{engine}.sql"])
    def test_a_step_that_ran_and_was_edited_is_refused_by_name(self, bare: Store, folder: Path, name: str) -> None:
        _migrate(bare, folder)
        path = folder / name.format(engine="sqlite" if bare.is_sqlite else "postgres")
        path.write_text((path.read_text() if path.exists() else "") + "-- a word more\n")
        with pytest.raises(MigrationChanged, match="0001_pets"):
            _migrate(bare, folder)

    def test_two_steps_of_one_number_are_found_here_and_not_at_a_centre(self) -> None:
        numbers = [step.number for step in load(FOLDER, "sqlite")]
        assert numbers == list(range(1, len(numbers) + 1))


KILLED = """
import os, pathlib, signal, sys
from appliance.store.migrate import migrate
from appliance.store.store import Store
store = Store(sys.argv[1], pathlib.Path(sys.argv[2]))
def act(db):
    migrate(db, sys.argv[4], pathlib.Path(sys.argv[3]))
    os.kill(os.getpid(), signal.SIGKILL)
store.write(act)
"""


def test_a_process_killed_in_the_middle_leaves_the_database_as_it_was(bare: Store, url: str, folder: Path, tmp_path: Path) -> None:
    (folder / "0002_legs.sql").rename(folder / "later")
    _migrate(bare, folder)
    bare.write(lambda db: db.insert("pet", ("id", "name"), [(1, "duck")]))
    (folder / "later").rename(folder / "0002_legs.sql")
    engine = "sqlite" if bare.is_sqlite else "postgres"
    command = [sys.executable, "-c", KILLED, url, str(tmp_path), str(folder), engine]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], timeout=PATIENCE, check=False)
    assert done.returncode == -signal.SIGKILL
    with bare.read() as db:
        assert db.all("SELECT number FROM migration") == [(1,)]
        assert db.all("SELECT * FROM pet") == [(1, "duck")]
    assert _migrate(bare, folder) == ["0002_legs"]


def test_two_processes_that_start_at_once_on_an_empty_database_both_come_up(url: str, tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from appliance.store.store import Store; s = Store(sys.argv[1], pathlib.Path(sys.argv[2])); s.migrate(); s.close()"
    )
    command = [sys.executable, "-c", program, url, str(tmp_path)]
    running = [subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.PIPE) for _ in range(4)]
    assert [(one.communicate(timeout=PATIENCE)[1], one.returncode) for one in running] == [(b"", 0)] * 4


# --- the shipped steps, each from a database that holds rows --------------------------------------------

ROWS: dict[int, tuple[str, ...]] = {
    1: (
        "INSERT INTO log VALUES (1, 'o', 'o', 'NBI', 1, 'open', 'v', 'A', 1, '\\x00', 'n', 0, '')",
        "INSERT INTO entry VALUES (1, 0, '\\x01', '\\x02')",
        "INSERT INTO event VALUES ('e', 1, 0, '', 0)",
        "INSERT INTO tombstone VALUES ('e', 'text', 1, 0)",
        "INSERT INTO object (hash, seen_at, claimed, bytes) VALUES ('\\x03', 5, 1, '\\x04')",
    ),
    2: ("INSERT INTO ops_fact VALUES ('name', 'value')", "INSERT INTO ops_lease VALUES ('job', 'me', 5)"),
    4: ("INSERT INTO chunk VALUES (1, 0, 'file-0', 0, '\\x03', 0)",),
}


def _shipped(tmp_path: Path, upto: int) -> Path:
    folder = tmp_path / f"upto-{upto}"
    folder.mkdir()
    for path in FOLDER.glob("*.sql"):
        if int(path.name[:4]) <= upto:
            shutil.copy(path, folder)
    return folder


def _blob(sql: str, *, sqlite: bool) -> str:
    return sql.replace("'\\x", "x'") if sqlite else sql


@pytest.mark.parametrize("step", [step.number for step in load(FOLDER, "sqlite")])
def test_each_shipped_step_keeps_the_rows_of_those_before_it(bare: Store, tmp_path: Path, step: int) -> None:
    _migrate(bare, _shipped(tmp_path, step - 1))
    loaded = [_blob(sql, sqlite=bare.is_sqlite) for number in range(1, step) for sql in ROWS.get(number, ())]
    bare.write(lambda db: [db.run(sql) for sql in loaded])
    tables = [sql.split()[2] for sql in loaded]
    with bare.read() as db:
        before = {table: db.all(f"SELECT * FROM {table}") for table in tables}
    ran = _migrate(bare, _shipped(tmp_path, step))
    assert [int(name[:4]) for name in ran] == [step]
    with bare.read() as db:
        for table, rows in before.items():
            assert [row[: len(rows[0])] for row in db.all(f"SELECT * FROM {table}")] == rows


@pytest.mark.parametrize("table", ["entry", "node", "tombstone"])
def test_the_journals_tables_refuse_to_be_changed_and_say_so_apart_from_duplicates(bare: Store, table: str) -> None:
    from appliance.store.errors import AppendOnly, Duplicate  # noqa: PLC0415 - beside their only use

    bare.migrate()
    add = {
        "entry": "INSERT INTO entry VALUES (1, 0, :raw, :raw)",
        "node": "INSERT INTO node VALUES (1, 1, 0, :raw)",
        "tombstone": "INSERT INTO tombstone VALUES ('e', 'text', 1, 0)",
    }[table]
    params = {"raw": b"x"} if table != "tombstone" else {}
    bare.write(lambda db: db.run(add, **params))
    with pytest.raises(Duplicate):
        bare.write(lambda db: db.run(add, **params))
    with pytest.raises(AppendOnly):
        bare.write(lambda db: db.run(f"DELETE FROM {table}"))
    if table != "tombstone":
        with pytest.raises(AppendOnly):
            bare.write(lambda db: db.run(f"UPDATE {table} SET log = 2"))
    if bare.is_sqlite:
        with pytest.raises(AppendOnly):
            bare.write(lambda db: db.run(add.replace("INSERT", "INSERT OR REPLACE"), **params))
    with bare.read() as db:
        assert db.one(f"SELECT count(*) FROM {table} WHERE log = 1") == (1,)
