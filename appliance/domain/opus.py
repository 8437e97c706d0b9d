"""Opus recordings as far as their packets can be known without decoding them (RFC 6716 §3, RFC 7845 §5.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

RATE = 48_000  # samples a second: Opus counts in these whatever was recorded
MAX_PACKET = 61_440  # bytes; RFC 7845 §6 lets a reader refuse more
MAX_SAMPLES = 5760  # of one packet: 120 ms (RFC 6716 §3.1)
_HEAD = struct.Struct("<8sBBHIhB")
_MAGIC = b"OpusHead"
_LENGTHS = (480, 960, 1920, 2880) * 3 + (480, 960) * 2 + (120, 240, 480, 960) * 4  # samples of one frame, by configuration


class BadRecording(ValueError):
    """The bytes are not a recording that is read here."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Opus packets in order.

    Attributes:
        channels: 1 or 2.
        pre_skip: samples at the beginning that a player drops.
    """

    channels: int
    pre_skip: int
    packets: tuple[bytes, ...]

    @property
    def samples(self) -> int:
        """Return how many samples it plays."""
        return max(0, sum(map(samples_of, self.packets)) - self.pre_skip)


def read_head(data: bytes) -> tuple[int, int]:
    """Return channels and pre-skip of an identification header.

    Raises:
        BadRecording: it is none, or of more channels than a voice has.
    """
    if len(data) != _HEAD.size:
        raise BadRecording("no identification header")
    magic, version, channels, pre_skip, _rate, _gain, family = _HEAD.unpack(data)
    if magic != _MAGIC or version >> 4 or channels not in (1, 2) or family:
        raise BadRecording("an identification header of another kind")
    return channels, pre_skip


def write_head(channels: int, pre_skip: int) -> bytes:
    """Return the identification header of a recording played as it is, without gain."""
    return _HEAD.pack(_MAGIC, 1, channels, pre_skip, RATE, 0, 0)


def samples_of(packet: bytes) -> int:
    """Return how many samples *packet* holds, by its first bytes.

    Raises:
        BadRecording: it is no Opus packet.
    """
    if not 0 < len(packet) <= MAX_PACKET:
        raise BadRecording("a packet is empty or too long")
    frames = (1, 2, 2, 0)[packet[0] & 3]
    if not frames:
        frames = packet[1] & 63 if len(packet) > 1 else 0
    samples = frames * _LENGTHS[packet[0] >> 3]
    if not 0 < samples <= MAX_SAMPLES:
        raise BadRecording("a packet of no length, or of more than 120 ms")
    return samples
