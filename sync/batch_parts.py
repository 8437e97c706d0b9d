"""What a batch is made of, the limits of each part, and how one is filled (docs/protocol.md)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sync.commitments import KEY_SIZE, MAX_VALUE, OVERHEAD

MAX_LEAVES = 1000
MAX_PLAIN = 1024 * 1024  # bytes, decompressed
MAX_COMPRESSED = MAX_PLAIN + 4096  # what does not compress grows a little
MAX_LEAF = 65_535  # C2SP entry bundles carry a leaf's length in 16 bits
MAX_BOX = MAX_VALUE + OVERHEAD
MAX_OBJECT = 256 * 1024
MAX_OBJECTS = 1000
MAX_NOTE = 64 * 1024
_ROOM = 48 * 1024  # bytes kept for header, notes and framing when a batch is filled
BOX_HEAD, U16, U32 = struct.Struct(">HB"), struct.Struct(">H"), struct.Struct(">I")


class BatchError(ValueError):
    """The bytes are not a batch."""


class Malformed(BatchError):
    """The bytes break the batch format."""


class TooLarge(BatchError):
    """The batch is over a limit."""


class Box(NamedTuple):
    """An encrypted value of the leaf at *offset* in the batch."""

    offset: int
    field: str
    box: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: leaves start to end-1 with what travels beside them.

    Attributes:
        kid: whom the key list is sealed to, 16 hex digits; ``-`` for nobody.
        note: the checkpoint of size *end*, signed by the log; '' when only objects travel.
        held_note: the newest note of this log that the receiver cosigned, as the sender holds it; '' for none.
        boxes_bytes: the boxes as they stand in the batch; the key list is bound to these bytes.
        objects: (SHA-256, bytes) of each side object.
    """

    origin: str
    start: int
    end: int
    kid: str
    note: str
    held_note: str
    leaves: list[bytes]
    boxes: list[Box]
    boxes_bytes: bytes
    sealed_keys: bytes
    objects: list[tuple[bytes, bytes]]

    @property
    def only_objects(self) -> bool:
        """Tell whether nothing of the log itself travels: no leaf, no checkpoint."""
        return self.start == self.end and not self.note

    def with_note(self, note: str) -> Batch:
        """Return this batch under checkpoint *note*."""
        return replace(self, note=note)


def boxes_bytes(boxes: Sequence[Box]) -> bytes:
    """Return *boxes* as they stand in a batch; the key list is bound to these bytes."""
    parts: list[bytes] = []
    for offset, field, box in boxes:
        name = field.encode()
        parts += (BOX_HEAD.pack(offset, len(name)), name, U32.pack(len(box)), box)
    return b"".join(parts)


def weigh(leaf: bytes, boxes: Sequence[tuple[str, bytes]]) -> int:
    """Return how many bytes of a batch *leaf* takes with its *boxes* (field, box) and their keys."""
    return 2 + len(leaf) + sum(7 + KEY_SIZE + len(name.encode()) + len(box) for name, box in boxes)


def fits(leaf: bytes, boxes: Sequence[tuple[str, bytes]]) -> bool:
    """Tell whether *leaf* with its *boxes* can travel at all; a journal must not take one that cannot."""
    return len(leaf) <= MAX_LEAF and all(len(box) <= MAX_BOX for _, box in boxes) and _ROOM + weigh(leaf, boxes) <= MAX_PLAIN


class BatchBuilder:
    """Fills a batch up to its limits."""

    def __init__(self) -> None:
        """Start empty."""
        self.leaves: list[bytes] = []
        self.boxes: list[Box] = []
        self._size = _ROOM

    def take(self, leaf: bytes, boxes: Sequence[tuple[str, bytes]]) -> bool:
        """Add *leaf* with its *boxes* (field, box); False, and nothing added, when the batch is full.

        Raises:
            ValueError: the fields are not in order, each once.
            TooLarge: the leaf does not fit even an empty batch; ``fits`` would have said so.
        """
        names = [name for name, _ in boxes]
        if names != sorted(set(names)):
            raise ValueError("boxes go in the order of their fields, each once")
        size = weigh(leaf, boxes)
        if self.leaves and (len(self.leaves) >= MAX_LEAVES or self._size + size > MAX_PLAIN):
            return False
        if not self.leaves and not fits(leaf, boxes):
            raise TooLarge("one leaf with its boxes is over a batch's limit")
        self.boxes += [Box(len(self.leaves), name, box) for name, box in boxes]
        self.leaves.append(leaf)
        self._size += size
        return True


def objects_batch(origin: str, size: int, objects: Sequence[tuple[bytes, bytes]]) -> Batch:
    """Return a batch without leaves, carrying *objects* (SHA-256, bytes); three of the largest fit."""
    return Batch(origin, size, size, "-", "", "", [], [], b"", b"", list(objects))
