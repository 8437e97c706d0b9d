"""Erasure where it counts, in the files: box and key are gone from the rows, the database, its write-ahead log and all else."""

from __future__ import annotations

import pytest

from appliance.domain import events as ev
from appliance.journal import boxes
from appliance.journal.journal import Tx
from tests.journal.rig import TIME, Rig, an_id, origin_of

VALUES = {"text": b"They asked for money. " * 400, "phone": b"+254700123456", "receipt": b"r" * 32}


def _bytes_of(rig: Rig, where: str) -> list[bytes]:
    """Return the bytes of boxes and keys, the long ones by their parts, for a page may cut them."""
    whole = [
        bytes(row[0]) for table, column in (("box", "box"), ("box_key", "key")) for row in rig.all(f"SELECT {column} FROM {table} WHERE {where}")
    ]
    return [one[at : at + 32] for one in whole for at in range(0, max(1, len(one) - 31), 512)]


def _files_with(rig: Rig, wanted: list[bytes]) -> set[str]:
    found = set()
    for path in rig.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            found |= {path.name for one in wanted if one in data}
    return found


def _erase(rig: Rig, log: int, word: str, what: str) -> None:
    targets = () if what == "*" else ((an_id(word), what),)
    order = ev.Erased(
        id=an_id(f"erase {word} {what}"), ts=TIME.ts, targets=targets, case=an_id(word) if what == "*" else "", basis="dpa-s40", role="hq"
    )
    rig.journal.perform(lambda tx: tx.append(order, log=log), TIME)


@pytest.fixture
def log(lone: Rig) -> int:
    """Return a log with two cases and a reply, the second case to be left alone."""
    log = lone.add_log()
    for word in ("a", "b"):
        lone.file(log, word, {name: value + word.encode() for name, value in VALUES.items()})
    reply = ev.ReplySent(id=an_id("reply"), ts=TIME.ts, case=an_id("a"), n=2, by="officer-1")
    lone.journal.perform(lambda tx: tx.append(reply, {"text": b"Come on Monday. " * 50}, log), TIME)
    return log


@pytest.mark.parametrize("what", [*VALUES, "*"])
def test_what_is_erased_stands_in_no_file(lone: Rig, log: int, what: str) -> None:
    where = "idx IN (0, 2)" if what == "*" else f"idx = 0 AND field = '{what}'"
    gone, kept = _bytes_of(lone, where), _bytes_of(lone, "idx = 1")
    assert _files_with(lone, gone)
    _erase(lone, log, "a", what)
    assert lone.all(f"SELECT 1 FROM box WHERE {where} UNION ALL SELECT 1 FROM box_key WHERE {where}") == []
    assert lone.store.truncate_wal()
    assert _files_with(lone, gone) == set()
    assert all(_files_with(lone, [one]) for one in kept)
    with lone.store.read() as db:
        assert set(boxes.read(db, log, 1, origin_of("NBI"), an_id("b"))) == set(VALUES)
    assert lone.wrong() == ""


def test_while_somebody_reads_it_is_said_not_to_be_clean_and_then_it_is(lone: Rig, log: int) -> None:
    gone = _bytes_of(lone, "idx = 0")
    with lone.store.read() as db:
        assert db.one("SELECT count(*) FROM box") == (7,)
        _erase(lone, log, "a", "*")
        assert not lone.store.truncate_wal()
        assert _files_with(lone, gone)
    assert lone.store.truncate_wal()
    assert _files_with(lone, gone) == set()


def test_an_erasure_that_was_undone_erased_nothing(lone: Rig, log: int) -> None:
    def act(tx: Tx) -> None:
        order = ev.Erased(id=an_id("never"), ts=TIME.ts, targets=(), case=an_id("a"), basis="dpa-s40", role="hq")
        tx.append(order, log=log)
        assert tx.db.one("SELECT count(*) FROM box WHERE idx = 0") == (0,)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        lone.journal.perform(act, TIME)
    assert lone.one("SELECT count(*) FROM box WHERE idx = 0") == (3,)
    assert lone.all("SELECT 1 FROM tombstone") == []


def test_the_same_erasure_twice_is_no_error(lone: Rig, log: int) -> None:
    for what in ("text", "*"):
        _erase(lone, log, "a", what)
    assert lone.all("SELECT field FROM tombstone ORDER BY field") == [("*",), ("text",)]
    assert lone.wrong() == ""


def test_an_order_may_come_before_what_it_erases(lone: Rig, log: int) -> None:
    _erase(lone, log, "later", "text")
    assert lone.all("SELECT event, field FROM tombstone") == [(an_id("later"), "text")]
    lone.file(log, "c", {"text": b"stays"})
    assert lone.one("SELECT count(*) FROM box WHERE idx = :idx", idx=lone.size(log) - 1) == (1,)
