"""Files in chunks: what goes in comes out, bound to its place, within bounds on both sides."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.batch import MAX_OBJECT, objects_batch, read_batch, write_batch
from sync.files import CHUNK, MAX_CHUNKS, MAX_FILE, FileError, chunks_of, field_of, is_field, open_file, seal_file

KEY, NONCE = bytes(range(32)), bytes(range(12))
PLACE = ("x/log/NBI/00000001", "e" * 32, "file-0")
EDGES = (1, CHUNK - 29, CHUNK - 28, CHUNK - 27, 2 * CHUNK - 28, MAX_FILE)


@pytest.mark.parametrize("size", EDGES)
def test_a_file_comes_back_from_its_chunks_each_of_which_is_an_object(size: int) -> None:
    data = b"x" * size
    chunks = seal_file(KEY, NONCE, data, *PLACE)
    assert len(chunks) == chunks_of(size) <= MAX_CHUNKS
    assert {len(chunk) for chunk in chunks[:-1]} <= {MAX_OBJECT}
    assert 0 < len(chunks[-1]) <= MAX_OBJECT
    assert open_file(KEY, chunks, size, *PLACE) == data


def test_three_of_the_largest_chunks_fit_a_batch() -> None:
    packed = [(hashlib.sha256(one).digest(), one) for one in seal_file(KEY, NONCE, b"x" * MAX_FILE, *PLACE)[:3]]
    assert read_batch(write_batch(objects_batch(PLACE[0], 0, packed))).objects == packed


@pytest.mark.parametrize("size", [0, MAX_FILE + 1])
def test_an_empty_file_and_one_that_is_too_large_are_not_sealed(size: int) -> None:
    with pytest.raises(ValueError, match="4 MiB"):
        seal_file(KEY, NONCE, b"x" * size, *PLACE)


@pytest.mark.parametrize("other", [("y", *PLACE[1:]), (PLACE[0], "f" * 32, PLACE[2]), (*PLACE[:2], "file-1")])
def test_it_opens_only_where_it_belongs(other: tuple[str, str, str]) -> None:
    chunks = seal_file(KEY, NONCE, b"a photo", *PLACE)
    with pytest.raises(FileError):
        open_file(KEY, chunks, 7, *other)


def test_chunks_that_lack_or_stand_in_another_order_do_not_open() -> None:
    size = 3 * CHUNK - 28
    one, two, three = seal_file(KEY, NONCE, b"x" * size, *PLACE)
    for chunks, said in (([one, three, two], size), ([one, two], size), ([one, two], 2 * CHUNK - 28), ([one, two, three], size - 1), ([], 0)):
        with pytest.raises(FileError):
            open_file(KEY, chunks, said, *PLACE)
    with pytest.raises(FileError):
        open_file(KEY[:31], [one, two, three], size, *PLACE)


@given(st.integers(0, 34), st.integers(1, 255))
def test_a_bit_changed_anywhere_is_noticed(at: int, change: int) -> None:
    (chunk,) = seal_file(KEY, NONCE, b"a photo", *PLACE)
    changed = bytearray(chunk)
    changed[at] ^= change
    with pytest.raises(FileError):
        open_file(KEY, [bytes(changed)], 7, *PLACE)


def test_fields_of_files_are_told_from_others() -> None:
    assert [field_of(at) for at in (0, 9)] == ["file-0", "file-9"]
    assert [is_field(name) for name in ("file-0", "file-9", "text", "receipt")] == [True, True, False, False]
