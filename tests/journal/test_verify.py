"""Verifying: whatever a curious hand changes is found, and named by its log and index."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from sync.note import Checkpoint

from appliance.domain import events as ev
from appliance.journal.journal import Tx
from appliance.journal.verify import CHUNK, verify_logs
from appliance.journal.verify_values import verify_boxes, verify_index
from tests.journal.rig import TIME, Rig, an_id, opened, origin_of

MANY = 2 * CHUNK + 345  # leaves: three chunks, the last one not full
ORIGIN, OTHER = origin_of("NBI"), origin_of("MSA")


@pytest.fixture
def full(lone: Rig) -> Rig:
    """Return a node with two logs, the second of several chunks, with values and an acknowledged note in the middle."""
    small, large = lone.add_log("MSA"), lone.add_log("NBI")
    lone.file(small, "alone", {"text": b"one"})

    def fill(first: int, last: int) -> str:
        def act(tx: Tx) -> str:
            for word in range(first, last):
                tx.append(opened(word), {"text": b"It rained"} if word % 100 == 7 else None, large)
            return str(tx.sign()[ORIGIN])

        return lone.journal.perform(act, TIME)

    acked = fill(0, 1500)
    fill(1500, MANY)
    lone.change("UPDATE log SET acked = 1500, ack_note = :note WHERE id = :log", note=acked, log=large)
    return lone


def _flip(rig: Rig, table: str, column: str, where: str) -> None:
    (value,) = rig.one(f"SELECT {column} FROM {table} WHERE {where}")
    changed = bytearray(value.encode() if isinstance(value, str) else value)
    changed[len(changed) // 2] ^= 1
    rig.change(f"UPDATE {table} SET {column} = :changed WHERE {where}", changed=changed.decode() if isinstance(value, str) else bytes(changed))


def test_a_node_as_it_should_be_has_nothing_wrong(full: Rig) -> None:
    assert full.wrong() == ""


@pytest.mark.parametrize("index", [0, 1, CHUNK - 1, CHUNK, 1499, 1500, MANY - 1])
class TestLeaves:
    """One leaf of thousands."""

    def test_a_flipped_byte_is_found(self, full: Rig, index: int) -> None:
        _flip(full, "entry", "leaf", f"log = 2 AND idx = {index}")
        assert full.wrong() == f"{ORIGIN} {index}: the leaf does not match its hash"

    def test_a_leaf_changed_with_its_hash_is_found_by_the_tree(self, full: Rig, index: int) -> None:
        from sync.merkle import leaf_hash  # noqa: PLC0415 - beside its only use

        leaf = ev.encode(opened("forged"))
        full.change(f"UPDATE entry SET leaf = :leaf, hash = :hash WHERE log = 2 AND idx = {index}", leaf=leaf, hash=leaf_hash(leaf))
        found = full.wrong()
        assert found.startswith(ORIGIN)
        if index < MANY - 1:
            assert f" {index & ~1}: tree node 1/{index >> 1}" in found

    def test_a_missing_one_is_found(self, full: Rig, index: int) -> None:
        full.change(f"DELETE FROM entry WHERE log = 2 AND idx = {index}")
        assert full.wrong() == f"{ORIGIN} {index}: the leaf is missing"


class TestTree:
    """What is reckoned from the leaves."""

    @pytest.mark.parametrize("verb", ["flipped", "missing"])
    @pytest.mark.parametrize(("level", "at"), [(1, 0), (1, 700), (5, 33), (10, 0), (11, 0)])
    def test_a_wrong_node_is_found(self, full: Rig, level: int, at: int, verb: str) -> None:
        where = f"log = 2 AND level = {level} AND idx = {at}"
        if verb == "flipped":
            _flip(full, "node", "hash", where)
        else:
            full.change(f"DELETE FROM node WHERE {where}")
        assert full.wrong() == f"{ORIGIN} {at << level}: tree node {level}/{at} is wrong or missing"

    def test_a_wrong_root_is_found(self, full: Rig) -> None:
        _flip(full, "log", "root", "id = 2")
        assert full.wrong() == f"{ORIGIN} {MANY}: the leaves do not hash to the recorded root"

    def test_a_log_made_shorter_is_found(self, full: Rig) -> None:
        full.change("UPDATE log SET size = size - 1 WHERE id = 2")
        assert full.wrong() == f"{ORIGIN} {MANY - 1}: a leaf lies behind the signed size"

    def test_one_made_shorter_with_its_leaf_is_found(self, full: Rig) -> None:
        full.change(
            "DELETE FROM entry WHERE log = 2 AND idx = (SELECT size - 1 FROM log WHERE id = 2)", "UPDATE log SET size = size - 1 WHERE id = 2"
        )
        assert full.wrong() == f"{ORIGIN} {MANY - 1}: the leaves do not hash to the recorded root"

    def test_the_first_wrong_log_is_named(self, full: Rig) -> None:
        _flip(full, "entry", "leaf", "log = 2 AND idx = 5")
        _flip(full, "entry", "leaf", "log = 1 AND idx = 0")
        assert full.wrong() == f"{OTHER} 0: the leaf does not match its hash"


class TestNotes:
    """What was signed."""

    @pytest.mark.parametrize(("column", "what"), [("note", "newest note"), ("ack_note", "acknowledged note")])
    @pytest.mark.parametrize("part", ["text", "signature"])
    def test_a_flipped_byte_is_found(self, full: Rig, column: str, what: str, part: str) -> None:
        (note,) = full.one(f"SELECT {column} FROM log WHERE id = 2")
        text, signature = note.split("\n\n", 1)
        at = len(text) - 3 if part == "text" else len(text) + 2 + len(signature) // 2
        changed = note[:at] + ("A" if note[at] != "A" else "B") + note[at + 1 :]
        full.change(f"UPDATE log SET {column} = :note WHERE id = 2", note=changed)
        assert full.wrong().startswith(f"{ORIGIN} {MANY}: {what}: ")

    @pytest.mark.parametrize("column", ["note", "ack_note"])
    def test_a_note_of_another_log_is_found(self, full: Rig, column: str) -> None:
        foreign = full.keyring.log_signer(OTHER).sign(Checkpoint(ORIGIN, MANY, bytes(32)).text())
        full.change(f"UPDATE log SET {column} = :note WHERE id = 2", note=foreign)
        assert full.wrong() != ""

    @pytest.mark.parametrize("column", ["note", "ack_note"])
    def test_a_note_of_our_key_over_another_tree_is_found(self, full: Rig, column: str) -> None:
        size = {"note": MANY, "ack_note": 1500}[column]
        forged = full.keyring.log_signer(ORIGIN).sign(Checkpoint(ORIGIN, size, bytes(32)).text())
        full.change(f"UPDATE log SET {column} = :note WHERE id = 2", note=forged)
        assert full.wrong().endswith("it does not lie on this tree")

    def test_a_note_of_a_size_that_is_not_held_is_found(self, full: Rig) -> None:
        forged = full.keyring.log_signer(ORIGIN).sign(Checkpoint(ORIGIN, MANY + 9, bytes(32)).text())
        full.change("UPDATE log SET acked = :size, ack_note = :note WHERE id = 2", note=forged, size=MANY + 9)
        assert full.wrong().endswith("it is of a size that is not held")


class TestValues:
    """What lies beside the leaves."""

    def test_a_flipped_box_is_found(self, full: Rig) -> None:
        _flip(full, "box", "box", "log = 2 AND idx = 107")
        assert full.wrong() == f"{ORIGIN} 107: the box of field text is not what the leaf committed to"

    def test_so_is_a_flipped_key(self, full: Rig) -> None:
        _flip(full, "box_key", "key", "log = 2 AND idx = 207")
        assert full.wrong().startswith(f"{ORIGIN} 207: the box of field text")

    def test_so_is_the_box_of_another_leaf_with_its_key(self, full: Rig) -> None:
        for table, column in (("box", "box"), ("box_key", "key")):
            full.change(f"UPDATE {table} SET {column} = (SELECT {column} FROM {table} WHERE log = 2 AND idx = 7) WHERE log = 2 AND idx = 307")
        assert full.wrong().startswith(f"{ORIGIN} 307: the box of field text")

    @pytest.mark.parametrize("table", ["box", "box_key"])
    def test_a_value_that_somebody_took_away_is_found(self, full: Rig, table: str) -> None:
        full.change(f"DELETE FROM {table} WHERE log = 2 AND idx = 1207")
        assert full.wrong() == f"{ORIGIN} 1207: the value of field text is gone without an erasure"

    @pytest.mark.parametrize("whole", ["", "whole case"])
    def test_one_that_was_erased_is_lawfully_gone(self, full: Rig, whole: str) -> None:
        case = an_id(1207)
        order = ev.Erased(
            id=an_id("order"), ts=TIME.ts, targets=() if whole else ((case, "text"),), case=case if whole else "", basis="dpa-s40", role="hq"
        )
        full.journal.perform(lambda tx: tx.append(order, log=2), TIME)
        assert full.all("SELECT 1 FROM box WHERE log = 2 AND idx = 1207") == []
        assert full.wrong() == ""

    def test_one_that_never_came_is_flagged_and_not_found_again(self, full: Rig) -> None:
        full.change("DELETE FROM box WHERE log = 2 AND idx = 1207", "INSERT INTO box_flag VALUES (2, 1207, 'text', 'withheld')")
        assert full.wrong() == ""


class TestIndex:
    """Where each event stands; a case's story is read by it."""

    def test_an_event_the_index_forgot_is_found(self, full: Rig) -> None:
        full.change("DELETE FROM event WHERE id = :id", id=an_id(1234))
        assert full.wrong() == f"{ORIGIN} 1234: the index does not know its event"

    def test_an_event_the_index_made_up_is_found(self, full: Rig) -> None:
        full.change("INSERT INTO event VALUES ('made-up', 2, 17, '', 0)")
        assert full.wrong() == f"{ORIGIN} {MANY}: the index knows events that its leaves do not tell of"

    @pytest.mark.parametrize("change", ["idx = idx + 1", "n = n + 1", "subject = 'x'"])
    def test_one_it_puts_elsewhere_is_found(self, full: Rig, change: str) -> None:
        full.change(f"UPDATE event SET {change} WHERE id = :id", id=an_id(2000))
        assert full.wrong().startswith(f"{ORIGIN} {MANY}: the index knows events")


class TestOnTheWay:
    """What it says and what it takes."""

    @pytest.mark.parametrize("verify", [verify_logs, verify_index])
    def test_progress_goes_from_chunk_to_chunk_to_the_end(self, full: Rig, verify: Callable[..., object]) -> None:
        told: list[tuple[str, int, int]] = []
        with full.store.read() as db:
            assert verify(db, lambda name, done, total: told.append((name.removeprefix("index of "), done, total))) is None
        assert told == [(OTHER, 1, 1), (ORIGIN, CHUNK, MANY), (ORIGIN, 2 * CHUNK, MANY), (ORIGIN, MANY, MANY)]

    @pytest.mark.parametrize("verify", [verify_logs, verify_index, verify_boxes])
    def test_memory_does_not_grow_with_the_log(self, lone: Rig, verify: Callable[..., object]) -> None:
        log = lone.add_log()

        def most() -> int:
            with lone.store.read() as db:
                verify(db)
                tracemalloc.start()
                try:
                    assert verify(db) is None
                    return tracemalloc.get_traced_memory()[1]
                finally:
                    tracemalloc.stop()

        def fill(first: int, last: int) -> None:
            for start in range(first, last, CHUNK):
                lone.journal.perform(
                    lambda tx, start=start: [
                        tx.append(opened(word), {"text": b"x"} if word % 20 == 0 else None, log) for word in range(start, start + CHUNK)
                    ],  # type: ignore[misc]
                    TIME,
                )

        fill(0, 2 * CHUNK)
        small = most()
        fill(2 * CHUNK, 10 * CHUNK)
        assert most() < small * 1.25
