"""Threads of a server and a command in another process append to one log at once: gapless, each note true, nobody refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from appliance.journal.journal import Tx
from tests.journal.conftest import Open
from tests.journal.rig import TIME, Rig, an_id, opened
from tests.store.waits import PATIENCE, Caller, wait_until

ROOT = Path(__file__).parents[2]
THREADS, EACH, OTHERS = 32, 6, 120
COMMAND = """
import pathlib, sys
from tests.journal.rig import Rig
from tests.journal.test_many_writers import file_in_both
rig = Rig(pathlib.Path(sys.argv[1]), sys.argv[2])
for turn in range(int(sys.argv[3])):
    file_in_both(rig, f"other {turn}", turn)
rig.close()
"""


def file_in_both(rig: Rig, word: str, turn: int) -> None:
    """File a case in log 1 or 2, or one in each, in either order; check the notes that are shown for it."""
    logs = ((1,), (2,), (1, 2), (2, 1))[turn % 4]

    def act(tx: Tx) -> dict[str, str]:
        for log in logs:
            tx.append(opened(f"{word} in {log}"), {"text": b"said"}, log)
        return tx.sign()

    notes = rig.journal.perform(act, TIME, [an_id(f"{word} in {log}") for log in logs])
    for log, note in zip(logs, notes.values(), strict=True):
        assert rig.is_signed(log, note)
        assert rig.mark(log) >= int(note.split("\n")[1])


def _expected(word: str, turn: int) -> set[str]:
    return {an_id(f"{word} in {log}") for log in ((1,), (2,), (1, 2), (2, 1))[turn % 4]}


def test_threads_and_another_process_append_at_once(open_rig: Open, url: str, tmp_path: Path) -> None:
    rig = open_rig()
    rig.add_log("NBI")
    rig.add_log("MSA")
    command = [sys.executable, "-c", COMMAND, str(tmp_path), url, str(OTHERS)]
    other = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: rig.size(1) > 0 or other.poll() is not None)

        def work(thread: int) -> None:
            for step in range(EACH):
                file_in_both(rig, f"thread {thread} {step}", thread + step)

        callers = [Caller(lambda thread=thread: work(thread)) for thread in range(THREADS)]  # type: ignore[misc]
        assert [caller.answer() for caller in callers] == [None] * THREADS
        _, errors = other.communicate(timeout=PATIENCE)
        assert (other.returncode, errors) == (0, "")
    finally:
        if other.poll() is None:
            other.kill()
            other.communicate()
    written = {one for thread in range(THREADS) for step in range(EACH) for one in _expected(f"thread {thread} {step}", thread + step)}
    written |= {one for turn in range(OTHERS) for one in _expected(f"other {turn}", turn)}
    assert set(rig.words(1)) | set(rig.words(2)) == written
    assert rig.size(1) + rig.size(2) == len(written)
    assert rig.wrong() == ""
    assert rig.one("SELECT CAST(sum(cases) AS INTEGER) FROM tally") == (len(written),)


@pytest.mark.parametrize("many", [16])
def test_one_case_sent_by_many_at_once_is_one_case(rig: Rig, many: int) -> None:
    from appliance.journal.journal import DuplicateEvent  # noqa: PLC0415 - beside its only use

    log = rig.add_log()
    callers = [Caller(lambda: rig.file(log, "a")) for _ in range(many)]
    answers = [caller.answer() for caller in callers]
    assert sum(isinstance(answer, tuple) for answer in answers) == 1
    assert sum(isinstance(answer, DuplicateEvent) for answer in answers) == many - 1
    assert (rig.words(log), rig.wrong()) == ([an_id("a")], "")
