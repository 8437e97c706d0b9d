"""Ogg Opus files, read strictly and written afresh (RFC 3533, RFC 7845)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from appliance.domain.opus import BadRecording, Recording, read_head, samples_of, write_head

MAGIC = b"OggS"
_PAGE = struct.Struct("<4sBBqIIIB")
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_TAGS = b"OpusTags" + struct.pack("<I4sI", 4, b"CFMS", 0)
_SERIAL = 1  # one stream a file: its number says nothing, and is always the same
_A_PAGE = 50  # packets: a second of speech


class _Page(NamedTuple):
    flags: int
    serial: int
    number: int
    lacing: bytes
    body: bytes


def read_ogg(data: bytes) -> Recording:
    """Return the recording in *data*; of one that was cut short, the packets that are whole.

    Raises:
        BadRecording: it is not one Opus stream, or is damaged.
    """
    packets = _packets(_pages(data))
    channels, pre_skip = read_head(next(packets, b""))
    if not next(packets, b"OpusTags").startswith(b"OpusTags"):
        raise BadRecording("no comment header")
    return Recording(channels, pre_skip, tuple(packets))


def _pages(data: bytes) -> Iterator[_Page]:
    """Yield the whole pages of the one stream in *data*."""
    at, number, serial, ended = 0, 0, -1, False
    while at + _PAGE.size <= len(data):
        magic, version, flags, _granule, stream, turn, crc, count = _PAGE.unpack_from(data, at)
        body = at + _PAGE.size + count
        lacing = data[at + _PAGE.size : body]
        end = body + sum(lacing)
        if magic != MAGIC or version or ended:
            raise BadRecording("not a page of an Ogg stream")
        if len(lacing) < count or end > len(data):
            return  # it was cut short here
        if _crc(data[at : at + 22] + b"\0\0\0\0" + data[at + 26 : end]) != crc:
            raise BadRecording("a page is damaged")
        serial = stream if serial < 0 else serial
        if stream != serial or turn != number or bool(flags & _FIRST) != (number == 0):
            raise BadRecording("more than one stream, or a page is missing")
        yield _Page(flags, stream, turn, lacing, data[body:end])
        at, number, ended = end, number + 1, bool(flags & _LAST)


def _packets(pages: Iterator[_Page]) -> Iterator[bytes]:
    """Yield the whole packets of *pages*."""
    part: list[bytes] = []
    for page in pages:
        if bool(page.flags & _CONTINUED) != bool(part):
            raise BadRecording("a packet's beginning or end is missing")
        at = 0
        for length in page.lacing:
            part.append(page.body[at : at + length])
            at += length
            if length < 255:
                yield b"".join(part)
                part = []


def _crc(data: bytes) -> int:
    """Return Ogg's checksum of *data*: zlib's, of bits in the other order and without its inversions."""
    mirrored = ~zlib.crc32(data.translate(_MIRRORED), 0xFFFFFFFF) & 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def write_ogg(recording: Recording) -> bytes:
    """Return *recording* as an Ogg Opus file that holds nothing but its packets; the same packets make the same file."""
    pages = [_page(_FIRST, 0, 0, [write_head(recording.channels, recording.pre_skip)]), _page(0, 0, 1, [_TAGS])]
    granule, packets = 0, recording.packets
    at = 0
    while at < len(packets):
        taken = _fill(packets, at)
        granule += sum(samples_of(packet) for packet in packets[at : at + taken])
        at += taken
        pages.append(_page(0 if at < len(packets) else _LAST, granule, len(pages), packets[at - taken : at]))
    return b"".join(pages)


def _fill(packets: tuple[bytes, ...], at: int) -> int:
    """Return how many packets from *at* on go into one page, of 255 segments at most."""
    segments = count = 0
    for packet in packets[at : at + _A_PAGE]:
        segments += len(packet) // 255 + 1
        if segments > 255:
            break
        count += 1
    return count


def _page(flags: int, granule: int, number: int, packets: tuple[bytes, ...] | list[bytes]) -> bytes:
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    rest = lacing + b"".join(packets)
    head = _PAGE.pack(MAGIC, 0, flags, granule, _SERIAL, number, 0, len(lacing))
    return head[:22] + struct.pack("<I", _crc(head + rest)) + head[26:] + rest
