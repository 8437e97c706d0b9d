"""Recordings as browsers make them: two that a real Chromium made, and any others built byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from appliance.domain import ogg
from appliance.domain.opus import Recording, write_head

DATA = Path(__file__).parent / "data"
IN_PARTS = (DATA / "chromium-in-parts.webm").read_bytes()  # three seconds, handed over twice a second: no length is known
WHOLE = (DATA / "chromium-whole.webm").read_bytes()  # three seconds, in one piece
UNKNOWN = b"\x01" + b"\xff" * 7
SPEECH = bytes([0x7B, 0x03]) + bytes(range(50))  # 60 ms: three frames of a hybrid of 20 ms
SILENCE = bytes([0xFB, 0x03, 0xFF, 0xFE])


def element(name: bytes, payload: bytes, size: bytes = b"") -> bytes:
    """Return an element; its *size* is written in eight bytes unless given."""
    return name + (size or struct.pack(">Q", len(payload) | 1 << 56)) + payload


def block(packet: bytes, track: int = 1, flags: int = 0x80) -> bytes:
    """Return a simple block of one packet."""
    return element(b"\xa3", bytes([0x80 | track, 0, 0, flags]) + packet)


def track(number: int = 1, codec: bytes = b"A_OPUS", head: bytes = b"", more: bytes = b"") -> bytes:
    """Return a track's entry."""
    private = element(b"\x63\xa2", head or write_head(1, 312))
    return element(b"\xae", element(b"\xd7", bytes([number])) + element(b"\x86", codec) + private + more)


def webm(packets: Sequence[bytes], *, tracks: bytes = b"", blocks: bytes = b"", doc_type: bytes = b"webm") -> bytes:
    """Return a WebM recording of *packets* as a browser streams it: segment and cluster of unknown length."""
    cluster = element(b"\x1f\x43\xb6\x75", element(b"\xe7", b"\0") + (blocks or b"".join(map(block, packets))), UNKNOWN)
    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", doc_type))
    return head + element(b"\x18\x53\x80\x67", element(b"\x16\x54\xae\x6b", tracks or track()) + cluster, UNKNOWN)


def ogg_of(packets: Sequence[bytes], channels: int = 1) -> bytes:
    """Return an Ogg recording of *packets*."""
    return ogg.write_ogg(Recording(channels, 312, tuple(packets)))


def pages(data: bytes) -> list[bytes]:
    """Return the pages of an Ogg file."""
    found = []
    while data:
        count = data[26]
        end = 27 + count + sum(data[27 : 27 + count])
        found.append(data[:end])
        data = data[end:]
    return found


def renumbered(page: bytes, **changes: int) -> bytes:
    """Return an Ogg page with *changes* (flags, serial, number) and a checksum that is right."""
    raw = bytearray(page)
    for name, (at, form) in {"flags": (5, "<B"), "serial": (14, "<I"), "number": (18, "<I")}.items():
        if name in changes:
            struct.pack_into(form, raw, at, changes[name])
    raw[22:26] = b"\0\0\0\0"
    struct.pack_into("<I", raw, 22, plain_crc(bytes(raw)))
    return bytes(raw)


def plain_crc(data: bytes) -> int:
    """Return Ogg's checksum, bit by bit as RFC 3533 says it."""
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
            crc &= 0xFFFFFFFF
    return crc
