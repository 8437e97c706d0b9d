"""A batch comes out as it went in, and what is not exactly a batch is refused early, whatever it claims."""

from __future__ import annotations

import io
import random
import tracemalloc
import zlib
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.batch import (
    MAX_BOX,
    MAX_COMPRESSED,
    MAX_LEAF,
    MAX_LEAVES,
    MAX_NOTE,
    MAX_OBJECT,
    MAX_PLAIN,
    Batch,
    BatchBuilder,
    BatchError,
    Box,
    Malformed,
    TooLarge,
    boxes_bytes,
    fits,
    objects_batch,
    read_batch,
    write_batch,
)

ORIGIN = "feedback.example.go.ke/log/NBI/7f3a9c21"
KID = "0123456789abcdef"


def make(leaves: list[bytes], boxes: list[Box], objects: list[bytes], *, start: int = 0, note: str = "note\n", held: str = "") -> Batch:
    """Return a batch of *leaves*, as a sender would make it."""
    return Batch(
        origin=ORIGIN,
        start=start,
        end=start + len(leaves),
        kid=KID if boxes else "-",
        note=note,
        held_note=held,
        leaves=leaves,
        boxes=boxes,
        boxes_bytes=boxes_bytes(boxes),
        sealed_keys=b"sealed" * len(boxes),
        objects=[(sha256(data).digest(), data) for data in objects],
    )


SAMPLE = make(
    [b"leaf one", b"", b"leaf three"],
    [Box(0, "phone", b"box"), Box(2, "phone", b"p"), Box(2, "text", b"")],
    [b"object", b""],
    start=41,
    held="held\n",
)


def u32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def sized(raw: bytes) -> bytes:
    return u32(len(raw)) + raw


@dataclass(frozen=True)
class Parts:
    """A batch in pieces, so that one of them can be wrong."""

    head: bytes = f"cfms-batch/v1\norigin {ORIGIN}\nstart 41\nend 44\nkid {KID}\n\n".encode()
    note: bytes = sized(b"note\n")
    held: bytes = sized(b"held\n")
    leaves: bytes = b"\x00\x08leaf one\x00\x00\x00\x0aleaf three"
    boxes: bytes = sized(b"\x00\x00\x05phone\x00\x00\x00\x03box" + b"\x00\x02\x05phone\x00\x00\x00\x01p" + b"\x00\x02\x04text\x00\x00\x00\x00")
    keys: bytes = sized(b"sealed" * 3)
    objects: bytes = u32(2) + sha256(b"object").digest() + sized(b"object") + sha256(b"").digest() + sized(b"")
    rest: bytes = b""

    @property
    def plain(self) -> bytes:
        return self.head + self.note + self.held + self.leaves + self.boxes + self.keys + self.objects + self.rest

    def head_with(self, old: str, new: str) -> Parts:
        assert old.encode() in self.head
        return replace(self, head=self.head.replace(old.encode(), new.encode()))


GOOD = Parts()


def read_plain(plain: bytes) -> Batch:
    return read_batch(zlib.compress(plain, 1))


# --- what goes in comes out -----------------------------------------------------------------------------


def test_a_batch_is_these_very_bytes() -> None:
    assert zlib.decompress(write_batch(SAMPLE)) == GOOD.plain
    assert read_plain(GOOD.plain) == SAMPLE


names = st.text(st.characters(min_codepoint=0x20, exclude_characters="\x7f", codec="utf-8"), min_size=1, max_size=30)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Draw any batch whatever, some with no leaf at all."""
    leaves = draw(st.lists(st.binary(max_size=60), max_size=12))
    spots = st.tuples(st.integers(0, max(0, len(leaves) - 1)), names)
    places = sorted(draw(st.sets(spots, max_size=12))) if leaves else []
    boxes = [Box(offset, name, draw(st.binary(max_size=80))) for offset, name in places]
    notes = st.text(max_size=60)
    objects = draw(st.lists(st.binary(max_size=60), max_size=3))
    return make(leaves, boxes, objects, start=draw(st.integers(0, 10**15)), note=draw(notes), held=draw(notes))


@given(batches())
def test_a_batch_reads_back_as_it_was_written(batch: Batch) -> None:
    raw = write_batch(batch)
    assert read_batch(raw) == batch
    assert read_batch(io.BytesIO(raw)) == batch


class Trickle(io.RawIOBase):
    """A line that gives a few bytes at a time, and counts them."""

    def __init__(self, raw: bytes, portion: int) -> None:
        super().__init__()
        self.raw, self.portion, self.given = raw, portion, 0

    def read(self, size: int = -1, /) -> bytes:
        given = self.raw[self.given : self.given + min(self.portion, size if size >= 0 else self.portion)]
        self.given += len(given)
        return given


def trickle(raw: bytes, portion: int) -> tuple[Trickle, BinaryIO]:
    line = Trickle(raw, portion)
    return line, line  # type: ignore[return-value]


@pytest.mark.parametrize("portion", [1, 7, 1000])
def test_it_reads_a_line_that_trickles(portion: int) -> None:
    assert read_batch(trickle(write_batch(SAMPLE), portion)[1]) == SAMPLE


def test_a_batch_of_objects_only_says_so() -> None:
    chunk = bytes(range(256)) * 1024
    batch = objects_batch(ORIGIN, 7, [(sha256(chunk).digest(), chunk)] * 3)
    assert batch.only_objects
    assert read_batch(write_batch(batch)) == batch
    assert not SAMPLE.only_objects
    assert not batch.with_note("note\n").only_objects


# --- filling --------------------------------------------------------------------------------------------


def fill(leaf: bytes, boxes: list[tuple[str, bytes]], at_most: int = 5000) -> BatchBuilder:
    builder = BatchBuilder()
    for _ in range(at_most):
        if not builder.take(leaf, boxes):
            break
    return builder


def test_it_takes_a_thousand_leaves_and_no_more() -> None:
    builder = fill(b"leaf", [("phone", b"box")])
    assert len(builder.leaves) == len(builder.boxes) == MAX_LEAVES
    assert not builder.take(b"leaf", [])
    assert len(builder.leaves) == MAX_LEAVES
    assert builder.boxes[-1] == Box(999, "phone", b"box")


@given(st.lists(st.tuples(st.integers(0, MAX_LEAF), st.lists(st.integers(0, MAX_BOX), max_size=3)), min_size=1, max_size=40), st.integers())
@settings(max_examples=25)
def test_whatever_it_takes_a_receiver_takes(shapes: list[tuple[int, list[int]]], seed: int) -> None:
    builder, chance = BatchBuilder(), random.Random(seed)
    for leaf, boxes in shapes:
        before = len(builder.leaves), len(builder.boxes)
        taken = builder.take(chance.randbytes(leaf), [(f"field{n}", chance.randbytes(size)) for n, size in enumerate(boxes)])
        assert (len(builder.leaves), len(builder.boxes)) == (before if not taken else (before[0] + 1, before[1] + len(boxes)))
    batch = replace(make(builder.leaves, builder.boxes, []), sealed_keys=chance.randbytes(32 * len(builder.boxes) + 48) if builder.boxes else b"")
    raw = write_batch(batch.with_note("n" * 8000))
    assert len(raw) <= MAX_COMPRESSED
    assert read_batch(raw).leaves == builder.leaves


def test_the_largest_leaf_with_the_largest_box_fits() -> None:
    leaf, box = random.randbytes(MAX_LEAF), random.randbytes(MAX_BOX)
    assert fits(leaf, [("text", box)])
    builder = fill(leaf, [("text", box)])
    assert len(builder.leaves) == 7
    assert len(write_batch(make(builder.leaves, builder.boxes, []))) <= MAX_COMPRESSED


@pytest.mark.parametrize(
    ("leaf", "boxes"),
    [(bytes(MAX_LEAF + 1), []), (b"", [("text", bytes(MAX_BOX + 1))]), (b"", [(f"f{n:02}", bytes(MAX_BOX)) for n in range(16)])],
)
def test_a_leaf_that_can_never_travel_is_refused_aloud(leaf: bytes, boxes: list[tuple[str, bytes]]) -> None:
    assert not fits(leaf, boxes)
    with pytest.raises(TooLarge):
        BatchBuilder().take(leaf, boxes)


@pytest.mark.parametrize("boxes", [[("b", b""), ("a", b"")], [("a", b""), ("a", b"")], [("text", b""), ("phone", b"")]])
def test_boxes_out_of_order_are_refused_before_they_are_sent(boxes: list[tuple[str, bytes]]) -> None:
    with pytest.raises(ValueError, match="order of their fields"):
        BatchBuilder().take(b"leaf", boxes)


@pytest.mark.parametrize(
    "batch",
    [
        make([b""] * (MAX_LEAVES + 1), [], []),
        make([bytes(MAX_LEAF + 1)], [], []),
        make([bytes(MAX_LEAF)] * 17, [], []),
        make([], [], [bytes(MAX_OBJECT + 1)]),
        make([], [], [bytes(MAX_OBJECT)] * 4),
        make([], [], [b""] * 1001),
    ],
)
def test_it_does_not_write_what_nobody_would_take(batch: Batch) -> None:
    with pytest.raises(TooLarge):
        write_batch(batch)


def test_it_does_not_write_a_batch_that_miscounts() -> None:
    with pytest.raises(ValueError, match="count the leaves"):
        write_batch(replace(SAMPLE, end=SAMPLE.end + 1))


# --- limits hold while decompressing --------------------------------------------------------------------


def bomb(plain_mib: int) -> bytes:
    squeezer = zlib.compressobj(9)
    return b"".join([squeezer.compress(bytes(1024 * 1024)) for _ in range(plain_mib)]) + squeezer.flush()


@pytest.mark.parametrize("as_stream", [True, False])
def test_a_bomb_is_refused_before_it_goes_off(as_stream: bool) -> None:  # noqa: FBT001 - a parameter of the table
    raw = bomb(256)
    assert len(raw) < MAX_COMPRESSED
    tracemalloc.start()
    with pytest.raises(TooLarge):
        read_batch(io.BytesIO(raw) if as_stream else raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * MAX_PLAIN


def test_no_more_of_a_bomb_is_read_than_gives_one_limit() -> None:
    line, stream = trickle(bomb(256), 64)
    with pytest.raises(TooLarge):
        read_batch(stream)
    assert line.given < 4096


def test_no_more_is_read_than_a_batch_may_have() -> None:
    noise = zlib.compress(random.randbytes(MAX_PLAIN * 2), 0)
    for raw in (noise, noise * 2, b"\x78\x01" + b"\x00\x00\x00\xff\xff" * MAX_PLAIN):
        line, stream = trickle(raw, 64 * 1024)
        with pytest.raises(TooLarge):
            read_batch(stream)
        assert line.given <= MAX_COMPRESSED + 64 * 1024
        with pytest.raises(TooLarge):
            read_batch(raw)


def test_a_batch_of_exactly_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    room = MAX_PLAIN - len(zlib.decompress(write_batch(make([], [], [b""] * 5))))
    sizes = [MAX_OBJECT, MAX_OBJECT, MAX_OBJECT, room - 3 * MAX_OBJECT - 1, 1]
    raw = write_batch(make([], [], [random.randbytes(size) for size in sizes]))
    assert len(zlib.decompress(raw)) == MAX_PLAIN
    assert len(read_batch(raw).objects) == 5
    with pytest.raises(TooLarge):
        read_plain(zlib.decompress(raw) + b"x")
    with pytest.raises(TooLarge):
        write_batch(make([], [], [bytes(size) for size in [*sizes[:4], 2]]))


def test_a_declared_length_is_held_against_what_is_there() -> None:
    for huge in (2**32 - 1, 2**31, MAX_PLAIN + 1):
        for wrong in (replace(GOOD, note=u32(huge)), replace(GOOD, boxes=u32(huge)), replace(GOOD, keys=u32(huge)), replace(GOOD, objects=u32(huge))):
            with pytest.raises(BatchError):
                read_plain(wrong.plain)


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        (GOOD.head_with("end 44", "end 1042"), TooLarge),
        (GOOD.head_with("end 44", "end 1041"), Malformed),
        (GOOD.head_with("end 44", "end 9999999999999999"), TooLarge),
        (replace(GOOD, note=sized(bytes(MAX_NOTE + 1))), TooLarge),
        (replace(GOOD, held=sized(bytes(MAX_NOTE + 1))), TooLarge),
        (replace(GOOD, boxes=sized(b"\x00\x00\x01a" + sized(bytes(MAX_BOX + 1)))), TooLarge),
        (replace(GOOD, objects=u32(1001)), TooLarge),
        (replace(GOOD, objects=u32(1) + sha256(bytes(MAX_OBJECT + 1)).digest() + sized(bytes(MAX_OBJECT + 1))), TooLarge),
    ],
)
def test_each_part_has_its_limit(parts: Parts, error: type[BatchError]) -> None:
    with pytest.raises(error):
        read_plain(parts.plain)


# --- what is not a batch --------------------------------------------------------------------------------

BOX = b"\x00\x00\x05phone\x00\x00\x00\x01p"


@pytest.mark.parametrize(
    "parts",
    [
        GOOD.head_with("v1", "v2"),
        GOOD.head_with("v1\n", "v1 \n"),
        GOOD.head_with("cfms-batch/v1\n", ""),
        GOOD.head_with("cfms-batch/v1\n", "\ncfms-batch/v1\n"),
        GOOD.head_with("\n", "\r\n"),
        GOOD.head_with(f"origin {ORIGIN}\n", ""),
        GOOD.head_with(ORIGIN, ""),
        GOOD.head_with(ORIGIN, ORIGIN + " x"),
        GOOD.head_with(ORIGIN, ORIGIN + "+x"),
        GOOD.head_with(ORIGIN, ORIGIN + "\u00a0"),
        GOOD.head_with(ORIGIN, ORIGIN + "\0"),
        GOOD.head_with(ORIGIN, "x" * 601),
        replace(GOOD, head=GOOD.head.replace(b"example", b"ex\xffmple")),
        GOOD.head_with("start 41", "start 041"),
        GOOD.head_with("start 41", "start +41"),
        GOOD.head_with("start 41", "start -1"),
        GOOD.head_with("start 41", "start 41 "),
        GOOD.head_with("start 41", "start  41"),
        GOOD.head_with("start 41", "start 4_1"),
        GOOD.head_with("start 41", "start \u0664\u0661"),
        GOOD.head_with("start 41", "start "),
        GOOD.head_with("start 41", "start 0x29"),
        GOOD.head_with("start 41", "start " + "9" * 17),
        GOOD.head_with("start 41\nend 44", "end 44\nstart 41"),
        GOOD.head_with("start 41", "start 45"),
        GOOD.head_with("end 44", "end 43"),
        GOOD.head_with("end 44", "end 45"),
        GOOD.head_with(KID, "-"),
        GOOD.head_with(KID, KID.upper()),
        GOOD.head_with(KID, KID[:-1]),
        GOOD.head_with(KID, KID + "0"),
        GOOD.head_with(KID, ""),
        GOOD.head_with("\n\n", "\nmore x\n\n"),
        replace(GOOD, note=sized(b"\xff")),
        replace(GOOD, held=sized(b"\xc0\x80")),
        replace(GOOD, leaves=GOOD.leaves[:-1]),
        replace(GOOD, leaves=GOOD.leaves + b"\0"),
        replace(GOOD, boxes=sized(b"")),
        replace(GOOD, keys=sized(b"")),
        replace(GOOD, boxes=sized(BOX[:-1])),
        replace(GOOD, boxes=sized(BOX + b"\0")),
        replace(GOOD, boxes=sized(BOX + b"\0\0\1")),
        replace(GOOD, boxes=sized(BOX + b"\0\2\0\0\0\0\0")),
        replace(GOOD, boxes=sized(BOX + BOX)),
        replace(GOOD, boxes=sized(BOX + BOX.replace(b"phone", b"cards"))),
        replace(GOOD, boxes=sized(b"\x00\x02" + BOX[2:] + BOX)),
        replace(GOOD, boxes=sized(b"\x00\x03" + BOX[2:])),
        replace(GOOD, boxes=sized(b"\xff\xff" + BOX[2:])),
        replace(GOOD, boxes=sized(BOX.replace(b"phone", b"ph\0ne"))),
        replace(GOOD, boxes=sized(BOX.replace(b"phone", b"ph\nne"))),
        replace(GOOD, boxes=sized(BOX.replace(b"phone", b"ph\x7fne"))),
        replace(GOOD, boxes=sized(BOX.replace(b"phone", b"ph\xffne"))),
        replace(GOOD, objects=u32(3) + GOOD.objects[4:]),
        replace(GOOD, objects=u32(1) + GOOD.objects[4:]),
        replace(GOOD, objects=GOOD.objects.replace(b"object", b"obiect")),
        replace(GOOD, objects=b"\0"),
        replace(GOOD, rest=b"\0"),
        replace(GOOD, rest=GOOD.plain),
    ],
)
def test_it_refuses_what_is_not_a_batch(parts: Parts) -> None:
    assert parts.plain != GOOD.plain
    with pytest.raises(BatchError):
        read_plain(parts.plain)


def test_it_refuses_anything_after_the_compressed_end() -> None:
    raw = write_batch(SAMPLE)
    for wrong in (raw + b"\0", raw + raw, raw + zlib.compress(b""), raw + b"\0" * 70_000):
        for source in (wrong, io.BytesIO(wrong), trickle(wrong, len(raw))[1]):
            with pytest.raises(Malformed):
                read_batch(source)


def test_it_refuses_a_batch_cut_anywhere() -> None:
    raw = write_batch(SAMPLE)
    for length in range(len(raw)):
        with pytest.raises(Malformed):
            read_batch(raw[:length])
    for length in range(len(GOOD.plain)):
        with pytest.raises(Malformed):
            read_plain(GOOD.plain[:length])


def test_it_refuses_other_compressions() -> None:
    squeezer = zlib.compressobj(wbits=31)
    for wrong in (GOOD.plain, b"", squeezer.compress(GOOD.plain) + squeezer.flush(), zlib.compress(GOOD.plain)[2:]):
        with pytest.raises(Malformed):
            read_batch(wrong)


# --- anything at all ------------------------------------------------------------------------------------


def mutate(raw: bytes, chance: random.Random) -> bytes:
    """Return *raw* with a few bytes changed, cut out, doubled, or moved about."""
    changed = bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        at, other = sorted(chance.randrange(len(changed) + 1) for _ in range(2))
        match chance.randrange(5):
            case 0 if at < len(changed):
                changed[at] ^= 1 << chance.randrange(8)
            case 1:
                del changed[at:other]
            case 2:
                changed[at:at] = changed[at:other]
            case 3:
                changed[at:at] = chance.randbytes(chance.randint(1, 8))
            case _ if at < len(changed):
                changed[at] = chance.choice((0, 1, 0x0A, 0x20, 0x30, 0x7F, 0xFF))
    return bytes(changed)


def test_two_thousand_mutations_are_read_or_refused_and_never_anything_else() -> None:
    chance, raw, taken = random.Random(20261101), write_batch(SAMPLE), 0
    for turn in range(2000):
        wrong = zlib.compress(mutate(GOOD.plain, chance), 1) if turn % 4 else mutate(raw, chance)
        try:
            batch = read_batch(wrong)
        except BatchError:
            continue
        assert read_batch(write_batch(batch)) == batch
        taken += 1
    assert taken < 700  # most are refused; the others say something else, and it is for the mirror to find that out


@given(st.binary(max_size=400))
def test_nothing_but_a_batch_error_comes_of_reading_anything(raw: bytes) -> None:
    for wrong in (raw, zlib.compress(raw), zlib.compress(GOOD.head + raw), zlib.compress(GOOD.plain[: len(raw)] + raw)):
        with pytest.raises(BatchError):
            read_batch(wrong)
