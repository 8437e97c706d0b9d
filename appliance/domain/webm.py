"""WebM recordings as browsers make them: without lengths known beforehand, often without an end (RFC 8794, RFC 9559).

Read from front to back without going down into what wraps the sound: a segment, a cluster and a block group are passed
through, so that an unknown length of theirs does not matter; everything else has a length, and is taken or stepped over.
"""

from __future__ import annotations

from collections.abc import Iterator

from appliance.domain.opus import BadRecording, Recording, read_head

MAGIC = b"\x1a\x45\xdf\xa3"
_EBML, _DOC_TYPE = 0x1A45DFA3, 0x4282
_SEGMENT, _CLUSTER, _BLOCK_GROUP = 0x18538067, 0x1F43B675, 0xA0
_TRACKS, _TRACK, _NUMBER, _CODEC, _PRIVATE, _ENCODINGS = 0x1654AE6B, 0xAE, 0xD7, 0x86, 0x63A2, 0x6D80
_SIMPLE_BLOCK, _BLOCK = 0xA3, 0xA1
_PASSED = frozenset({_SEGMENT, _CLUSTER, _BLOCK_GROUP})
_LACED = 0x06  # flags of a block


def read_webm(data: bytes) -> Recording:
    """Return the Opus recording in *data*; of one that was cut short, the packets that are whole.

    Raises:
        BadRecording: it is not WebM, or its sound is not one Opus track.
    """
    elements = _elements(data, 0, len(data))
    first = next(elements, None)
    if first is None or first[0] != _EBML or dict(_inside(first[1])).get(_DOC_TYPE, b"").rstrip(b"\0") not in (b"webm", b"matroska"):
        raise BadRecording("not WebM")
    track, head, packets = -1, b"", list[bytes]()
    for name, payload in elements:
        if name == _TRACKS and track < 0:
            track, head = _sound(payload)
        elif name in (_SIMPLE_BLOCK, _BLOCK):
            number, packet = _packet(payload)
            if number == track:
                packets.append(packet)
    return Recording(*read_head(head), tuple(packets))


def _sound(tracks: bytes) -> tuple[int, bytes]:
    """Return number and identification header of the first Opus track."""
    for name, payload in _inside(tracks):
        track = dict(_inside(payload)) if name == _TRACK else {}
        if track.get(_CODEC, b"").rstrip(b"\0") == b"A_OPUS" and _ENCODINGS not in track:
            return int.from_bytes(track.get(_NUMBER, b"")[:8], "big"), track.get(_PRIVATE, b"")
    raise BadRecording("no Opus track")


def _packet(block: bytes) -> tuple[int, bytes]:
    """Return a block's track and its one packet."""
    number, at = _size(block, 0)
    if number is None or at + 3 > len(block) or block[at + 2] & _LACED:
        raise BadRecording("a block of another kind")
    return number, block[at + 3 :]


def _inside(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the elements that an element of *data* is made of, all of them whole."""
    return _elements(data, 0, len(data), whole=True)


def _elements(data: bytes, at: int, end: int, *, whole: bool = False) -> Iterator[tuple[int, bytes]]:
    """Yield name and payload of each element, those that wrap others passed through; stop where the bytes do."""
    while at < end:
        try:
            name, at = _name(data, at)
            size, at = _size(data, at)
        except IndexError:
            break
        if name in _PASSED and not whole:
            continue
        if size is None:
            raise BadRecording("an element without a length")
        if at + size > end:
            break
        yield name, data[at : at + size]
        at += size
    if whole and at != end:
        raise BadRecording("an element is cut short")


def _name(data: bytes, at: int) -> tuple[int, int]:
    """Return the element's name at *at*, its marker bit kept as is custom, and where it ends."""
    length = 9 - data[at].bit_length()
    if length > 4:
        raise BadRecording("not an element")
    return _number(data, at, length), at + length


def _size(data: bytes, at: int) -> tuple[int | None, int]:
    """Return the length written at *at*, None for an unknown one, and where it ends."""
    length = 9 - data[at].bit_length()
    if length > 8:
        raise BadRecording("not a length")
    value = _number(data, at, length) & ((1 << 7 * length) - 1)
    return None if value == (1 << 7 * length) - 1 else value, at + length


def _number(data: bytes, at: int, length: int) -> int:
    if at + length > len(data):
        raise IndexError(at)
    return int.from_bytes(data[at : at + length], "big")
