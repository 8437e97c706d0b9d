"""SQLite's file and its write-ahead log: emptied without holding anybody up, copied while it is written."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.store.errors import StoreError
from appliance.store.store import Store
from tests.store.conftest import TABLES
from tests.store.waits import PATIENCE, Caller, wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    """Lend a store on SQLite."""
    store = Store(str(tmp_path / "cfms.db"), tmp_path)
    store.write(lambda db: db.script(TABLES))
    try:
        yield store
    finally:
        store.close()


def _add(store: Store, id: int, raw: bytes = b"") -> None:
    store.write(lambda db: db.run("INSERT INTO line (id, text, raw) VALUES (:id, '', :raw)", id=id, raw=raw))


def _wal(folder: Path) -> int:
    return (folder / "cfms.db-wal").stat().st_size


def test_deleted_bytes_stand_in_no_file_once_the_log_is_emptied(kept: Store, tmp_path: Path) -> None:
    secret = b"Wanjiru said " * 3000  # with overflow pages of its own
    _add(kept, 1, secret)
    _add(kept, 2, b"short Wanjiru")
    kept.write(lambda db: db.run("DELETE FROM line"))
    assert kept.truncate_wal()
    assert _wal(tmp_path) == 0
    assert [path.name for path in tmp_path.iterdir() if path.is_file() and b"Wanjiru" in path.read_bytes()] == []


def test_a_reader_in_the_way_is_told_and_holds_up_no_writer(kept: Store, tmp_path: Path) -> None:
    _add(kept, 1, b"Wanjiru")
    with kept.read() as db:
        assert db.one("SELECT count(*) FROM line") == (1,)
        kept.write(lambda other: other.run("DELETE FROM line"))
        emptying = Caller(kept.truncate_wal)
        written = Caller(lambda: _add(kept, 2))
        wait_until(lambda: not emptying.is_alive() and not written.is_alive())
        assert (emptying.answer(), written.answer()) == (False, None)
        assert b"Wanjiru" in (tmp_path / "cfms.db-wal").read_bytes() + (tmp_path / "cfms.db").read_bytes()
    assert kept.truncate_wal()
    assert b"Wanjiru" not in (tmp_path / "cfms.db").read_bytes()
    assert kept.write(lambda db: db.one("PRAGMA busy_timeout")) == (PATIENCE * 1000,)


def test_idle_readers_are_not_in_the_way(kept: Store) -> None:
    for at in range(3):
        _add(kept, at)
        with kept.read() as db:
            db.all("SELECT id FROM line")
    assert kept.truncate_wal()


def test_a_copy_taken_under_a_busy_writer_comes_to_an_end_and_is_whole(kept: Store, tmp_path: Path) -> None:
    for at in range(40):
        _add(kept, at, bytes(1_000_000))
    done: list[tuple[int, int]] = []

    def write_meanwhile(copied: int, total: int) -> None:
        done.append((copied, total))
        assert len(done) < 200, "it begins anew with every write"
        _add(kept, 100 + len(done), bytes(10_000))

    kept.backup_to(tmp_path / "copy.db", write_meanwhile)
    assert [copied for copied, _ in done] == sorted(copied for copied, _ in done), "it began anew"
    assert len(done) > 3
    copy = sqlite3.connect(tmp_path / "copy.db")
    try:
        assert copy.execute("SELECT count(*), sum(length(raw)) FROM line").fetchone() == (40, 40_000_000)
    finally:
        copy.close()


def test_a_damaged_copy_is_not_taken_for_good(kept: Store, tmp_path: Path) -> None:
    for at in range(50):
        _add(kept, at, bytes(5000))
    assert kept.truncate_wal()
    path = tmp_path / "cfms.db"
    data = bytearray(path.read_bytes())
    data[3 * 4096 : 4 * 4096] = b"\xff" * 4096
    kept.close()
    path.write_bytes(bytes(data))
    damaged = Store(str(path), tmp_path)
    try:
        with pytest.raises(StoreError):
            damaged.backup_to(tmp_path / "copy.db")
    finally:
        damaged.close()


COUNTED = """
import pathlib, sys, threading
from appliance.store.store import Store
from tests.store.waits import held_up, wait_until, Caller
store = Store(sys.argv[1], pathlib.Path(sys.argv[1]).parent)
store.write(lambda db: db.script("CREATE TABLE line (id INTEGER NOT NULL PRIMARY KEY) STRICT;"))
groups, size = int(sys.argv[2]), int(sys.argv[3])
add = lambda id: store.write(lambda db: db.run("INSERT INTO line (id) VALUES (:id)", id=id))
before = store.writer.statistics.commits
for group in range(groups):
    with held_up(store):
        callers = [Caller(lambda id=id: add(id)) for at in range(group * size, group * size + size)]
        wait_until(lambda: len(store.writer._queue) == size)
    for caller in callers:
        caller.answer()
print(store.writer.statistics.commits - before)
store.close()
"""


def _syncs(folder: Path, groups: int, size: int) -> int:
    folder.mkdir()
    trace = folder / "trace"
    command = [
        "strace",
        "-f",
        "-e",
        "trace=fsync,fdatasync",
        "-o",
        str(trace),
        sys.executable,
        "-c",
        COUNTED,
        str(folder / "cfms.db"),
        str(groups),
        str(size),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if "ptrace" in done.stderr:
        pytest.skip("processes may not be traced here")
    assert (done.returncode, done.stdout) == (0, f"{2 * groups}\n"), done.stderr
    return sum("sync(" in line for line in trace.read_text("utf-8").splitlines())


def test_a_group_costs_one_sync_however_many_acts_are_in_it(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed here")
    base, of_one, of_sixteen = _syncs(tmp_path / "a", 0, 1), _syncs(tmp_path / "b", 10, 1), _syncs(tmp_path / "c", 10, 16)
    assert of_one == of_sixteen
    assert of_one - base <= 10 + 2  # one a group; the act that holds the writer up writes nothing; the log's first frames cost one or two more
