"""The high-water file: what it says after a power cut, a restart, another process, a full or lost medium."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.merkle import leaf_hash
from sync.note import Checkpoint, Signer, Verifier

from appliance.journal.highwater import SLOT, HighWater

ORIGIN = "example.org/log/NBI/00000001"
SIGNER = Signer.from_seed(ORIGIN, bytes(32))
VERIFIER = Verifier.parse(SIGNER.vkey)


def _note(size: int) -> str:
    return SIGNER.sign(Checkpoint(ORIGIN, size, leaf_hash(b"%d" % size)).text())


def _verifier() -> Verifier:
    return VERIFIER


def _write(mark: HighWater, *sizes: int) -> None:
    for size in sizes:
        mark.write(_note(size), _verifier)


def _size(mark: HighWater) -> int:
    found = mark.read(VERIFIER)
    return found.size if found else -1


@pytest.fixture
def mark(tmp_path: Path) -> HighWater:
    """Return the mark of a log that has none yet."""
    return HighWater(tmp_path / "marks", ORIGIN)


def _again(mark: HighWater) -> HighWater:
    """Return the same mark as another process has it."""
    return HighWater(mark.path.parent, ORIGIN)


def test_it_says_what_was_written_last(mark: HighWater) -> None:
    assert mark.read(VERIFIER) is None
    for size in (1, 2, 3, 250):
        _write(mark, size)
        assert (_size(mark), _size(_again(mark))) == (size, size)
    mark.close()


def test_the_file_and_its_folder_are_for_their_owner_alone_and_of_a_fixed_length(mark: HighWater) -> None:
    _write(mark, 1, 2, 3)
    mark.close()
    assert (mark.path.stat().st_mode & 0o777, mark.path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert mark.path.stat().st_size == 2 * SLOT


def _tear(mark: HighWater, before: bytes, torn: int) -> None:
    """Put the file as a power cut leaves it when only the first *torn* bytes of the newest slot reached the medium."""
    data = bytearray(mark.path.read_bytes())
    slot = next(at for at in (0, SLOT) if data[at : at + SLOT] != before[at : at + SLOT])
    data[slot + torn : slot + SLOT] = before[slot + torn : slot + SLOT]
    mark.path.write_bytes(bytes(data))


@pytest.mark.parametrize("torn", [0, 1, 30, 60, 100, 200, 511])
@pytest.mark.parametrize("restart", ["", "restarted", "by another process"])
def test_a_torn_slot_leaves_the_mark_before_it(mark: HighWater, torn: int, restart: str) -> None:
    for last in (3, 4):  # with the newest mark in either slot
        _write(mark, *range(1, last + 1))
        if restart == "by another process":
            _write(_again(mark), last + 10)
        newest = _size(mark)
        before = mark.path.read_bytes()
        writer = mark if restart != "restarted" else _again(mark)
        _write(writer, 100)
        _tear(mark, before, torn)
        assert _size(mark) in {newest, 100}
        assert torn > 300 or _size(mark) == newest
        _write(mark, 200)
        assert _size(mark) == 200
        before = mark.path.read_bytes()
        _write(writer, 201)
        _tear(mark, before, 40)
        assert _size(mark) == 200, "the torn slot was taken for the newest and the good one written over"
        mark.path.unlink()
        mark.close()


def test_two_processes_in_turn_never_write_over_the_newest(mark: HighWater) -> None:
    other = _again(mark)
    for size, writer in enumerate((mark, other, other, mark, mark, mark, other, mark, other, other), start=1):
        before = mark.path.read_bytes() if mark.path.exists() else b""
        _write(writer, size)
        if before:
            _tear(mark, before, 50)
            assert _size(mark) == size - 1
            _write(writer, size)
        assert _size(mark) == size
    mark.close()
    other.close()


def test_a_mark_of_another_key_or_none_at_all_counts_for_nothing(mark: HighWater) -> None:
    _write(mark, 5)
    other = Verifier.parse(Signer.from_seed(ORIGIN, bytes([1] * 32)).vkey)
    assert mark.read(other) is None
    mark.path.write_bytes(os.urandom(2 * SLOT))
    assert mark.read(VERIFIER) is None
    mark.path.write_bytes(b"")
    assert mark.read(VERIFIER) is None
    mark.close()


def test_a_file_cut_short_keeps_the_mark_that_is_left(mark: HighWater) -> None:
    _write(mark, 1, 2)
    mark.close()
    first = mark.path.read_bytes()[:SLOT]
    mark.path.write_bytes(first)
    left = _size(mark)
    assert left in {1, 2}
    before = left
    _write(mark, 3)
    data = bytearray(mark.path.read_bytes())
    data[SLOT:] = bytes(SLOT) if data[:SLOT] == first else data[SLOT:]
    if data[:SLOT] == first:
        mark.path.write_bytes(bytes(data))
        assert _size(mark) == before
    mark.close()


def _full(whole: Callable[..., int], failing: int) -> Callable[..., int]:
    turn = iter(range(1000))

    def act(*arguments: object) -> int:
        if next(turn) == failing:
            raise OSError(errno.ENOSPC, "no space")
        return whole(*arguments)

    return act


@pytest.mark.parametrize("call", ["pwrite", "fdatasync"])
@pytest.mark.parametrize("last", [1, 2])
def test_a_medium_that_takes_nothing_says_so_and_keeps_the_mark_before(
    mark: HighWater, monkeypatch: pytest.MonkeyPatch, call: str, last: int
) -> None:
    _write(mark, *range(1, last + 1))
    with monkeypatch.context() as patch:
        patch.setattr(os, call, _full(getattr(os, call), 0))
        with pytest.raises(OSError, match="no space"):
            _write(mark, 10)
    assert _size(mark) >= last
    _write(mark, 11)
    assert _size(mark) == 11
    before = mark.path.read_bytes()
    _write(mark, 12)
    _tear(mark, before, 50)
    assert _size(mark) == 11
    mark.close()


def test_a_medium_that_takes_only_a_part_is_full(mark: HighWater, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(mark, 1)
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", lambda handle, data, at, whole=os.pwrite: whole(handle, data[: len(data) // 2], at))
        with pytest.raises(OSError, match=r"(?i)no space"):
            _write(mark, 2)
    _write(mark, 3)
    assert _size(mark) == 3
    mark.close()


def test_it_is_on_the_medium_when_write_returns(mark: HighWater, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(mark, 1)
    calls: list[str] = []

    def noted(name: str, whole: Callable[..., int]) -> Callable[..., int]:
        def act(*arguments: object) -> int:
            calls.append(name)
            return whole(*arguments)

        return act

    for name in ("pwrite", "fdatasync"):
        monkeypatch.setattr(os, name, noted(name, getattr(os, name)))
    _write(mark, 2)
    assert calls == ["pwrite", "fdatasync"]
    mark.close()


def test_room_is_made_before_a_log_begins_or_nothing_is_left(mark: HighWater, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", _full(os.pwrite, 0))
        with pytest.raises(OSError, match="no space"):
            mark.reserve()
    assert not mark.path.exists()
    mark.reserve()
    assert mark.path.stat().st_size == 2 * SLOT
    assert mark.read(VERIFIER) is None
