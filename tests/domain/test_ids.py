"""Ids: made of a time and random bytes, sortable, and read forgivingly."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.ids import IdRefused, check_id, is_id, milliseconds_of, uuid4, uuid7

times = st.integers(0, (1 << 48) - 1)
ten = st.binary(min_size=10, max_size=10)
sixteen = st.binary(min_size=16, max_size=16)


@given(times, ten)
def test_it_makes_a_uuid_of_version_seven(milliseconds: int, random: bytes) -> None:
    made = uuid.UUID(uuid7(milliseconds, random))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert milliseconds_of(made.hex) == milliseconds


@given(sixteen)
def test_it_makes_a_uuid_of_version_four_that_tells_no_time(random: bytes) -> None:
    made = uuid.UUID(uuid4(random))
    assert (made.version, made.variant) == (4, uuid.RFC_4122)
    assert milliseconds_of(made.hex) is None


@given(times, times, ten, ten)
def test_its_ids_sort_by_time(first: int, second: int, one: bytes, other: bytes) -> None:
    if first < second:
        assert uuid7(first, one) < uuid7(second, other)


@given(ten, ten)
def test_it_keeps_all_seventy_four_random_bits(one: bytes, other: bytes) -> None:
    mask = (1 << 74) - 1
    same = int.from_bytes(one, "big") & mask == int.from_bytes(other, "big") & mask
    assert (uuid7(0, one) == uuid7(0, other)) == same


@given(times, ten)
def test_it_reads_the_usual_form_with_dashes_and_capitals(milliseconds: int, random: bytes) -> None:
    made = uuid7(milliseconds, random)
    assert check_id(str(uuid.UUID(made)).upper()) == made


@pytest.mark.parametrize("text", ["", "x" * 32, "a" * 31, "a" * 33, "a" * 32 + "\n", "é" * 32, "a" * 1000])
def test_it_refuses_what_is_no_id(text: str) -> None:
    assert not is_id(text)
    with pytest.raises(IdRefused):
        check_id(text)


@pytest.mark.parametrize(("milliseconds", "size"), [(-1, 10), (1 << 48, 10), (0, 9), (0, 11)])
def test_it_makes_no_id_of_a_time_or_bytes_of_the_wrong_size(milliseconds: int, size: int) -> None:
    with pytest.raises(ValueError, match="uuid7"):
        uuid7(milliseconds, bytes(size))
    with pytest.raises(ValueError, match="uuid4"):
        uuid4(bytes(size))
