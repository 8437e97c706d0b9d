"""Many threads and another real process write at once: nobody meets a locked database, nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.store.db import Db
from appliance.store.store import Store
from tests.store.waits import PATIENCE, Caller, wait_until

ROOT = Path(__file__).parents[2]
THREADS, EACH = 32, 12
FIRST_OF_OTHER = 100_000
OTHER = """
import pathlib, sys
from appliance.store.store import Store
from tests.store.test_processes import act
store = Store(sys.argv[1], pathlib.Path(sys.argv[2]))
for id in range(int(sys.argv[3]), int(sys.argv[3]) + int(sys.argv[4])):
    store.write(act(id))
    with store.read() as db:
        assert db.one("SELECT count(*) FROM line")[0] > 0
store.close()
"""


def act(id: int):  # type: ignore[no-untyped-def]  # noqa: ANN201 - shared with the other process
    """Return an act that reads a number, reckons and writes it back, as a case's row is: lost where two do so at once."""

    def run(db: Db) -> None:
        row = db.one("SELECT seen FROM counter WHERE name = 'all' AND day = 0")
        seen = row[0] if row else 0
        db.run(
            "INSERT INTO counter (name, day, seen, stars) VALUES ('all', 0, :seen, 0) ON CONFLICT (name, day) DO UPDATE SET seen = excluded.seen",
            seen=seen + 1,
        )
        db.later("line", ("id", "text", "raw"), (id, "", b""))
        db.count("counter", {"name": "counted", "day": id % 7}, {"seen": 1, "stars": 0})

    return run


@pytest.fixture
def other(store: Store, url: str, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a second process that writes as many rows as all threads here together."""
    command = [sys.executable, "-c", OTHER, url, str(tmp_path), str(FIRST_OF_OTHER), str(THREADS * EACH)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _held(store: Store, low: int) -> int:
    with store.read() as db:
        row = db.one("SELECT count(*) FROM line WHERE id >= :low", low=low)
    assert row is not None
    return int(row[0])


def test_thirty_two_threads_and_a_second_process_write_at_once(store: Store, other: subprocess.Popen[str]) -> None:
    wait_until(lambda: _held(store, FIRST_OF_OTHER) > 0 or other.poll() is not None)

    def work(turn: int) -> None:
        for step in range(EACH):
            store.write(act(turn * EACH + step))
            with store.read() as db:
                db.all("SELECT id FROM line ORDER BY id DESC LIMIT 10")

    callers = [Caller(lambda turn=turn: work(turn)) for turn in range(THREADS)]  # type: ignore[misc]
    assert [caller.answer() for caller in callers] == [None] * THREADS
    _, errors = other.communicate(timeout=PATIENCE)
    assert (other.returncode, errors) == (0, "")
    with store.read() as db:
        ids = [row[0] for row in db.all("SELECT id FROM line ORDER BY id")]
        assert ids == [*range(THREADS * EACH), *range(FIRST_OF_OTHER, FIRST_OF_OTHER + THREADS * EACH)]
        assert db.one("SELECT seen FROM counter WHERE name = 'all'") == (2 * THREADS * EACH,)
        assert db.one("SELECT CAST(sum(seen) AS INTEGER) FROM counter WHERE name = 'counted'") == (2 * THREADS * EACH,)


def test_a_process_that_is_killed_in_its_turn_lets_the_others_go_on(store: Store, url: str, tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal, sys; from appliance.store.store import Store; from tests.store.test_processes import act\n"
        "store = Store(sys.argv[1], pathlib.Path(sys.argv[2]))\n"
        "store.write(lambda db: (act(1)(db), db.all('SELECT id FROM line'), os.kill(os.getpid(), signal.SIGKILL)))"
    )
    subprocess.run([sys.executable, "-c", program, url, str(tmp_path)], cwd=ROOT, timeout=PATIENCE, check=False)
    assert Caller(lambda: store.write(act(2))).answer() is None
    with store.read() as db:
        assert db.all("SELECT id FROM line") == [(2,)]


def test_stores_are_opened_and_closed_while_others_write(store: Store, url: str, tmp_path: Path) -> None:
    """The last one that closes a SQLite database tidies up; whoever opens it at that moment must not be refused."""

    def come_and_go(turn: int) -> None:
        for step in range(8):
            mine = Store(url, tmp_path)
            try:
                mine.write(act(turn * 8 + step))
                with mine.read() as db:
                    db.all("SELECT id FROM line")
            finally:
                mine.close()

    store.close()
    callers = [Caller(lambda turn=turn: come_and_go(turn)) for turn in range(6)]  # type: ignore[misc]
    assert [caller.answer() for caller in callers] == [None] * 6
    again = Store(url, tmp_path)
    try:
        with again.read() as db:
            assert db.one("SELECT seen FROM counter WHERE name = 'all'") == (48,)
    finally:
        again.close()
