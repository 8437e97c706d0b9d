"""The batch: the same bytes on the wire and on a stick, with limits that hold while decompressing (docs/protocol.md)."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import BinaryIO

MAX_LEAVES = 1000
MAX_PLAIN = 1024 * 1024  # bytes, decompressed
MAX_COMPRESSED = MAX_PLAIN + 4096
MAX_LEAF = 65_535
MAX_BOX = 64 * 1024 + 60
MAX_OBJECT = 256 * 1024
MAX_NOTE = 64 * 1024
_ROOM = 48 * 1024  # kept for header, notes and framing when a batch is filled
_NUMBER = re.compile(rb"0|[1-9][0-9]{0,15}")


class BatchError(ValueError):
    """The bytes are not a batch."""


class Malformed(BatchError):
    """The bytes break the batch format."""


class TooLarge(BatchError):
    """The batch is over a limit."""


@dataclass(frozen=True, slots=True)
class Box:
    """An encrypted value of the leaf at *offset* in the batch."""

    offset: int
    field: str
    box: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: leaves start to end-1 with what travels beside them."""

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

    def with_note(self, note: str) -> Batch:
        """Return this batch under checkpoint *note*."""
        return replace(self, note=note)


def boxes_bytes(boxes: Sequence[Box]) -> bytes:
    """Return *boxes* as they stand in a batch; the key list is bound to these bytes."""
    parts: list[bytes] = []
    for one in boxes:
        name = one.field.encode()
        parts += (struct.pack(">HB", one.offset, len(name)), name, struct.pack(">I", len(one.box)), one.box)
    return b"".join(parts)


class BatchBuilder:
    """Fills a batch up to its limits."""

    def __init__(self) -> None:
        """Start empty."""
        self.leaves: list[bytes] = []
        self.boxes: list[Box] = []
        self._size = _ROOM

    def take(self, leaf: bytes, boxes: Sequence[tuple[str, bytes]]) -> bool:
        """Add *leaf* with its *boxes* (field, box); False when it does not fit any more. The first always fits."""
        size = 2 + len(leaf) + sum(7 + 32 + len(name) + len(box) for name, box in boxes)
        if self.leaves and (len(self.leaves) >= MAX_LEAVES or self._size + size > MAX_PLAIN):
            return False
        self.boxes += [Box(len(self.leaves), name, box) for name, box in boxes]
        self.leaves.append(leaf)
        self._size += size
        return True


def objects_batch(origin: str, size: int, objects: Sequence[tuple[bytes, bytes]]) -> Batch:
    """Return a batch without leaves, carrying *objects* (hash, bytes)."""
    return Batch(origin, size, size, "-", "", "", [], [], b"", b"", list(objects))


def write_batch(batch: Batch) -> bytes:
    """Return *batch* as it travels, compressed."""
    head = f"cfms-batch/v1\norigin {batch.origin}\nstart {batch.start}\nend {batch.end}\nkid {batch.kid}\n\n".encode()
    parts = [head]
    for text in (batch.note.encode(), batch.held_note.encode()):
        parts += (struct.pack(">I", len(text)), text)
    for leaf in batch.leaves:
        parts += (struct.pack(">H", len(leaf)), leaf)
    for block in (batch.boxes_bytes, batch.sealed_keys):
        parts += (struct.pack(">I", len(block)), block)
    parts.append(struct.pack(">I", len(batch.objects)))
    for hashed, data in batch.objects:
        parts += (hashed, struct.pack(">I", len(data)), data)
    return zlib.compress(b"".join(parts), 1)


def read_batch(source: bytes | BinaryIO) -> Batch:
    """Return the batch in *source*, every limit enforced while it is decompressed.

    Raises:
        TooLarge: over a limit. Malformed: not a batch.
    """
    return _Reader(_inflate(io.BytesIO(source) if isinstance(source, bytes) else source)).batch()


def _inflate(stream: BinaryIO) -> bytes:
    """Return the decompressed bytes; a bomb is refused after at most one limit's worth of output."""
    inflater = zlib.decompressobj()
    plain, read = bytearray(), 0
    while chunk := stream.read(64 * 1024):
        read += len(chunk)
        if read > MAX_COMPRESSED:
            raise TooLarge("the batch is over 1 MiB")
        if inflater.eof:
            raise Malformed("bytes after the end")
        try:
            plain += inflater.decompress(chunk, MAX_PLAIN + 1 - len(plain))
        except zlib.error:
            raise Malformed("not compressed as a batch is") from None
        if len(plain) > MAX_PLAIN or (inflater.unconsumed_tail and len(plain) >= MAX_PLAIN):
            raise TooLarge("the batch is over 1 MiB decompressed")
        if inflater.unused_data:
            raise Malformed("bytes after the end")
    if not inflater.eof:
        raise Malformed("the batch is cut short")
    return bytes(plain)


class _Reader:
    """Reads a decompressed batch front to back."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise Malformed("the batch is cut short")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def _block(self, limit: int) -> bytes:
        (length,) = struct.unpack(">I", self._take(4))
        if length > limit:
            raise TooLarge("a part is over its limit")
        return self._take(length)

    def _line(self, word: str) -> bytes:
        end = self._data.find(b"\n", self._at, self._at + 600)
        if end < 0:
            raise Malformed("a header line is missing")
        line = self._data[self._at : end]
        self._at = end + 1
        if not line.startswith(word.encode()):
            raise Malformed(f"header line {word.strip() or 'blank'} is missing")
        return line[len(word) :]

    def _number(self, word: str) -> int:
        text = self._line(word)
        if not _NUMBER.fullmatch(text):
            raise Malformed("a number is not canonical")
        return int(text)

    def batch(self) -> Batch:
        if self._line("cfms-batch/v1") or self._at > 14:
            raise Malformed("not a batch of version 1")
        origin = _text(self._line("origin "))
        start, end = self._number("start "), self._number("end ")
        kid = _text(self._line("kid "))
        if self._line("") or not (kid == "-" or re.fullmatch("[0-9a-f]{16}", kid)):
            raise Malformed("the header is not as it must be")
        if end < start:
            raise Malformed("it ends before it starts")
        if end - start > MAX_LEAVES:
            raise TooLarge(f"more than {MAX_LEAVES} leaves")
        note, held = _text(self._block(MAX_NOTE)), _text(self._block(MAX_NOTE))
        leaves = [self._take(struct.unpack(">H", self._take(2))[0]) for _ in range(end - start)]
        raw = self._block(MAX_PLAIN)
        sealed = self._block(MAX_PLAIN)
        objects = self._objects()
        if self._at != len(self._data):
            raise Malformed("bytes after the end")
        boxes = _boxes(raw, len(leaves))
        if bool(boxes) != bool(sealed) or (boxes and kid == "-"):
            raise Malformed("boxes and key list do not go together")
        return Batch(origin, start, end, kid, note, held, leaves, boxes, raw, sealed, objects)

    def _objects(self) -> list[tuple[bytes, bytes]]:
        (count,) = struct.unpack(">I", self._take(4))
        if count > MAX_LEAVES:
            raise TooLarge("too many objects")
        found = []
        for _ in range(count):
            hashed, data = self._take(32), self._block(MAX_OBJECT)
            if sha256(data).digest() != hashed:
                raise Malformed("an object does not match its hash")
            found.append((hashed, data))
        return found


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None


def _boxes(raw: bytes, leaves: int) -> list[Box]:
    boxes: list[Box] = []
    at, last = 0, (-1, "")
    while at < len(raw):
        if at + 3 > len(raw):
            raise Malformed("a box is cut short")
        offset, length = struct.unpack_from(">HB", raw, at)
        name = raw[at + 3 : at + 3 + length]
        at += 3 + length
        if at + 4 > len(raw) or not length:
            raise Malformed("a box is cut short")
        (size,) = struct.unpack_from(">I", raw, at)
        if size > MAX_BOX:
            raise TooLarge("a box is over its limit")
        box = raw[at + 4 : at + 4 + size]
        at += 4 + size
        here = (offset, _text(name))
        if len(box) != size or offset >= leaves or here <= last:
            raise Malformed("boxes are cut short or out of order")
        boxes.append(Box(offset, here[1], box))
        last = here
    return boxes
