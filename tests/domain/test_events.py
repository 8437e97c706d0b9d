"""Leaves: every event comes back byte for byte, and what is not an event is refused without a crash."""

from __future__ import annotations

import json
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import events as ev
from appliance.domain.events import Unreadable, decode, encode
from tests.domain.stories import an_id

KINDS: tuple[type[ev.Event], ...] = get_args(ev.AnyEvent)
HASH = "A" * 43 + "="
CHUNK = "ab" * 32


def whole(kind: type[ev.Event]) -> ev.Event:
    """Return an event of *kind* with something in every field."""
    told: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        told[field.name] = _sample(field.name)
    return kind(**told)


def _sample(name: str) -> Any:
    known: dict[str, Any] = {
        "id": an_id(1), "case": an_id(2), "q": "ntp", "c": {"text": HASH, "phone": HASH}, "targets": ((an_id(3), "phone"),),
        "fields": ("phone",), "files": (ev.Attachment(media="image/jpeg", size=9, field="file-1", chunks=(CHUNK,)),), "chunks": (CHUNK, CHUNK),
        "ask": True, "yes": True, "quick": True, "ticketed": True, "rating": 4, "rated": an_id(4), "leaf": '{"t":"withdrawn"}',
    }  # fmt: skip
    numbers = {"ts", "n", "v", "size", "index", "prev_size", "hq_time", "from_ts", "to_ts", "ack_due", "due", "occurred", "version"}
    return 1_795_503_600 if name in numbers else known.get(name, "a-word")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
class TestEveryKind:
    def test_its_leaf_comes_back_byte_for_byte(self, kind: type[ev.Event]) -> None:
        event = whole(kind)
        leaf = encode(event)
        assert decode(leaf) == event
        assert encode(decode(leaf)) == leaf

    def test_its_leaf_is_compact_json_that_begins_with_its_type(self, kind: type[ev.Event]) -> None:
        leaf = encode(whole(kind))
        assert leaf.startswith(b'{"t":"' + str(kind.__struct_config__.tag).encode())
        assert json.loads(leaf)["id"] == an_id(1)
        assert b" " not in leaf.replace(b"a-word", b"")

    def test_it_cannot_be_changed_once_made(self, kind: type[ev.Event]) -> None:
        with pytest.raises(AttributeError):
            whole(kind).id = an_id(9)  # type: ignore[misc]

    def test_it_says_in_a_sentence_what_it_is(self, kind: type[ev.Event]) -> None:
        assert kind.__doc__
        assert kind.__doc__.strip().splitlines()[0].endswith(".")

    def test_a_missing_field_is_refused(self, kind: type[ev.Event]) -> None:
        full = json.loads(encode(whole(kind)))
        for needed in ("id", "ts"):
            with pytest.raises(Unreadable):
                decode(json.dumps({name: value for name, value in full.items() if name != needed}))

    def test_a_field_of_another_sort_is_refused(self, kind: type[ev.Event]) -> None:
        full = json.loads(encode(whole(kind)))
        for name in full.keys() - {"v"}:
            with pytest.raises(Unreadable):
                decode(json.dumps({**full, name: None}))

    def test_huge_numbers_are_refused_in_every_field_that_counts(self, kind: type[ev.Event]) -> None:
        full = json.loads(encode(whole(kind)))
        for name in (name for name, value in full.items() if type(value) is int):
            for huge in (2**53 + 1, 2**63, 10**40, -1, 1.5):
                with pytest.raises(Unreadable):
                    decode(json.dumps({**full, name: huge}))

    def test_huge_texts_are_refused_in_every_field_of_words(self, kind: type[ev.Event]) -> None:
        full = json.loads(encode(whole(kind)))
        for name in (name for name, value in full.items() if isinstance(value, str) and name != "leaf"):
            with pytest.raises(Unreadable):
                decode(json.dumps({**full, name: "x" * 5000}))


def test_the_types_are_each_named_once() -> None:
    tags = [kind.__struct_config__.tag for kind in KINDS]
    assert len(set(tags)) == len(tags)


def test_a_field_that_a_later_version_added_is_passed_over() -> None:
    leaf = encode(ev.Beacon(id=an_id(1), ts=5, hq_time=5, hq_head=""))
    assert decode(leaf[:-1] + b',"later":"unknown"}') == decode(leaf)


@pytest.mark.parametrize(
    "leaf",
    [
        b"", b"\xff\xfe", b"null", b"[]", b"{}", b'"text"', b'{"t":"nothing-we-know","id":"' + b"1" * 32 + b'","ts":1}',
        b"[" * 5000, b'{"t":' * 3000, b'{"t":"beacon"', b"\x00" * 10, b"NaN", '{"t":"beacon","id":"é"}'.encode("latin-1"),
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused(leaf: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(leaf)


@pytest.mark.parametrize("where", ["ref", "desk", "lang", "consent"])
def test_a_zero_character_is_refused_wherever_it_stands(where: str) -> None:
    event = msgspec.structs.replace(whole(ev.CaseOpened), **{where: "a\0b"})
    with pytest.raises(Unreadable, match="zero"):
        decode(encode(event))


@pytest.mark.parametrize(("name", "value"), [("rating", 101), ("rating", 2**53), ("occurred", 7_258_118_401), ("due", 2**40)])
def test_numbers_that_counters_and_clocks_cannot_bear_are_refused(name: str, value: int) -> None:
    with pytest.raises(Unreadable):
        decode(encode(msgspec.structs.replace(whole(ev.CaseOpened), **{name: value})))


@pytest.mark.parametrize("commitments", [{"text": "short"}, {"x" * 41: HASH}, {f"f{n}": HASH for n in range(41)}, {"text": 5}])
def test_commitments_of_another_shape_are_refused(commitments: dict[str, Any]) -> None:
    leaf = json.loads(encode(whole(ev.CaseOpened)))
    with pytest.raises(Unreadable):
        decode(json.dumps({**leaf, "c": commitments}))


@given(st.binary(max_size=400))
def test_any_bytes_at_all_are_an_event_or_refused(leaf: bytes) -> None:
    try:
        decode(leaf)
    except Unreadable:
        return


@given(st.data())
def test_a_leaf_changed_anywhere_is_an_event_or_refused(data: st.DataObject) -> None:
    leaf = bytearray(encode(whole(data.draw(st.sampled_from(KINDS)))))
    for _ in range(data.draw(st.integers(1, 4))):
        leaf[data.draw(st.integers(0, len(leaf) - 1))] = data.draw(st.integers(0, 255))
    try:
        event = decode(bytes(leaf))
    except Unreadable:
        return
    assert decode(encode(event)) == event
