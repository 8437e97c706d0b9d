"""The batch: the same bytes on the wire and on a stick, with limits that hold while decompressing (docs/protocol.md)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from typing import BinaryIO

from sync.batch_parts import (
    BOX_HEAD,
    MAX_BOX,
    MAX_COMPRESSED,
    MAX_LEAF,
    MAX_LEAVES,
    MAX_NOTE,
    MAX_OBJECT,
    MAX_OBJECTS,
    MAX_PLAIN,
    U16,
    U32,
    Batch,
    BatchBuilder,
    BatchError,
    Box,
    Malformed,
    TooLarge,
    boxes_bytes,
    fits,
    objects_batch,
)
from sync.signers import NoteError, check_name

__all__ = [
    "MAX_BOX",
    "MAX_COMPRESSED",
    "MAX_LEAF",
    "MAX_LEAVES",
    "MAX_NOTE",
    "MAX_OBJECT",
    "MAX_OBJECTS",
    "MAX_PLAIN",
    "Batch",
    "BatchBuilder",
    "BatchError",
    "Box",
    "Malformed",
    "TooLarge",
    "boxes_bytes",
    "fits",
    "objects_batch",
    "read_batch",
    "write_batch",
]

_MAX_LINE = 600  # bytes of a header line
_CHUNK = 64 * 1024  # bytes read from a stream at a time
_NUMBER = re.compile("0|[1-9][0-9]{0,15}")
_KID = re.compile("-|[0-9a-f]{16}")
_CONTROL = re.compile("[\u0000-\u001f\u007f]")


def write_batch(batch: Batch) -> bytes:
    """Return *batch* as it travels, compressed.

    Raises:
        TooLarge: it is over a limit, so that no receiver would take it.
    """
    _check_limits(batch)
    parts = [f"cfms-batch/v1\norigin {batch.origin}\nstart {batch.start}\nend {batch.end}\nkid {batch.kid}\n\n".encode()]
    for text in (batch.note.encode(), batch.held_note.encode()):
        parts += (U32.pack(len(text)), text)
    for leaf in batch.leaves:
        parts += (U16.pack(len(leaf)), leaf)
    for block in (batch.boxes_bytes, batch.sealed_keys):
        parts += (U32.pack(len(block)), block)
    parts.append(U32.pack(len(batch.objects)))
    for hashed, data in batch.objects:
        parts += (hashed, U32.pack(len(data)), data)
    plain = b"".join(parts)
    if len(plain) > MAX_PLAIN:
        raise TooLarge("the batch is over 1 MiB")
    return zlib.compress(plain, 1)


def _check_limits(batch: Batch) -> None:
    if batch.end - batch.start != len(batch.leaves):
        raise ValueError("start and end do not count the leaves")
    if len(batch.leaves) > MAX_LEAVES or any(len(leaf) > MAX_LEAF for leaf in batch.leaves):
        raise TooLarge("too many leaves, or one of them too large")
    if len(batch.objects) > MAX_OBJECTS or any(len(data) > MAX_OBJECT for _, data in batch.objects):
        raise TooLarge("too many objects, or one of them too large")


# --- reading --------------------------------------------------------------------------------------------


def read_batch(source: bytes | BinaryIO) -> Batch:
    """Return the batch in *source*; at most one limit's worth of it is ever in memory.

    Its form is then certain: every length, order and object hash is right, and no byte is left over. What it says is
    not: signatures, tree and boxes are for ``sync.mirror`` and the receiver to judge.

    Raises:
        TooLarge: over a limit. Malformed: not a batch.
    """
    reader = _Reader(_inflate(source))
    origin, start, end, kid = reader.header()
    note, held_note = reader.text(MAX_NOTE), reader.text(MAX_NOTE)
    leaves = reader.leaves(end - start)
    raw, sealed = reader.block(MAX_PLAIN), reader.block(MAX_PLAIN)
    boxes = _split_boxes(raw, len(leaves))
    if bool(boxes) != bool(sealed) or (boxes and kid == "-"):
        raise Malformed("boxes and key list do not go together")
    objects = reader.objects()
    reader.finish()
    return Batch(origin, start, end, kid, note, held_note, leaves, boxes, raw, sealed, objects)


def _chunks(source: bytes | BinaryIO) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    while chunk := source.read(_CHUNK):
        yield chunk


def _inflate(source: bytes | BinaryIO) -> bytes:
    """Return the decompressed bytes; a bomb is refused after at most one limit's worth of output."""
    inflater = zlib.decompressobj()
    plain, taken = bytearray(), 0
    for chunk in _chunks(source):
        taken += len(chunk)
        if taken > MAX_COMPRESSED:
            raise TooLarge("the batch is over 1 MiB")
        if inflater.eof:
            raise Malformed("bytes after the end")
        try:
            plain += inflater.decompress(chunk, MAX_PLAIN + 1 - len(plain))
        except zlib.error:
            raise Malformed("not compressed as a batch is") from None
        if len(plain) > MAX_PLAIN or inflater.unconsumed_tail:
            raise TooLarge("the batch is over 1 MiB decompressed")
        if inflater.unused_data:
            raise Malformed("bytes after the end")
    if not inflater.eof:
        raise Malformed("the batch is cut short")
    return bytes(plain)


class _Reader:
    """Reads a decompressed batch front to back; a declared length is held against what is left before it is used."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise Malformed("the batch is cut short")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def _count(self) -> int:
        return int.from_bytes(self._take(4), "big")

    def _line(self, word: str) -> str:
        end = self._data.find(b"\n", self._at, self._at + _MAX_LINE)
        line = _text(self._data[self._at : max(end, 0)])
        if end < 0 or not line.startswith(word):
            raise Malformed(f"the header line '{word.strip()}' is missing")
        self._at = end + 1
        return line.removeprefix(word)

    def _number(self, word: str) -> int:
        text = self._line(word)
        if not _NUMBER.fullmatch(text):
            raise Malformed("a number is not canonical")
        return int(text)

    def header(self) -> tuple[str, int, int, str]:
        """Return origin, start, end and kid."""
        if self._line("cfms-batch/v1"):
            raise Malformed("not a batch of version 1")
        origin, start, end, kid = self._line("origin "), self._number("start "), self._number("end "), self._line("kid ")
        if self._line("") or not _KID.fullmatch(kid):
            raise Malformed("the header is not as it must be")
        if end < start:
            raise Malformed("it ends before it starts")
        if end - start > MAX_LEAVES:
            raise TooLarge(f"more than {MAX_LEAVES} leaves")
        try:
            return check_name(origin), start, end, kid
        except NoteError:
            raise Malformed("the origin may not name a log") from None

    def block(self, limit: int) -> bytes:
        """Return the next block of a declared length."""
        length = self._count()
        if length > limit:
            raise TooLarge("a part is over its limit")
        return self._take(length)

    def text(self, limit: int) -> str:
        """Return the next block as text."""
        return _text(self.block(limit))

    def leaves(self, count: int) -> list[bytes]:
        """Return the entry bundle of *count* leaves."""
        data, at, found = self._data, self._at, []
        for _ in range(count):
            if at + 2 > len(data):
                raise Malformed("the batch is cut short")
            end = at + 2 + (data[at] << 8 | data[at + 1])
            found.append(data[at + 2 : end])
            at = end
        if at > len(data):
            raise Malformed("the batch is cut short")
        self._at = at
        return found

    def objects(self) -> list[tuple[bytes, bytes]]:
        """Return the side objects, each checked against its hash."""
        count = self._count()
        if count > MAX_OBJECTS:
            raise TooLarge("too many objects")
        found = []
        for _ in range(count):
            hashed, data = self._take(32), self.block(MAX_OBJECT)
            if sha256(data).digest() != hashed:
                raise Malformed("an object does not match its hash")
            found.append((hashed, data))
        return found

    def finish(self) -> None:
        """Check that nothing is left over."""
        if self._at != len(self._data):
            raise Malformed("bytes after the end")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None


def _split_boxes(raw: bytes, leaves: int) -> list[Box]:
    """Return the boxes in *raw*, strictly in the order of leaf and field, none past the last leaf."""
    boxes: list[Box] = []
    at, size, last = 0, len(raw), (-1, "")
    while at < size:
        if at + 3 > size:
            raise Malformed("a box is cut short")
        offset, length = BOX_HEAD.unpack_from(raw, at)
        start = at + 3 + length + 4
        if start > size:
            raise Malformed("a box is cut short")
        field, (count,) = _field(raw[at + 3 : at + 3 + length]), U32.unpack_from(raw, start - 4)
        if count > MAX_BOX:
            raise TooLarge("a box is over its limit")
        at = start + count
        if at > size or offset >= leaves or (offset, field) <= last:
            raise Malformed("boxes are cut short or out of order")
        last = (offset, field)
        boxes.append(Box(offset, field, raw[start:at]))
    return boxes


@lru_cache(maxsize=256)  # a batch has few fields, thousands of times
def _field(raw: bytes) -> str:
    name = _text(raw)
    if not name or _CONTROL.search(name):
        raise Malformed("not the name of a field")
    return name
