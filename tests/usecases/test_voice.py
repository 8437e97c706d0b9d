"""A voice note keeps the packets that were spoken and nothing else; whatever else comes is told so in a sentence."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain import ogg
from appliance.domain.errors import Refusal, VoiceEmpty, VoiceTooLong, VoiceUnreadable
from appliance.domain.opus import MAX_PACKET, write_head
from appliance.domain.webm import read_webm
from appliance.usecases.voice import Voice, clean_voice
from tests.usecases.recordings import (
    IN_PARTS,
    SILENCE,
    SPEECH,
    UNKNOWN,
    WHOLE,
    block,
    element,
    ogg_of,
    pages,
    plain_crc,
    renumbered,
    track,
    webm,
)

SECOND = [SPEECH] * 17  # a little more than a second


def clean(data: bytes, seconds: int = 120) -> Voice:
    """Return the cleaned note of *data*."""
    return clean_voice(data, seconds)


def packets(data: bytes) -> tuple[bytes, ...]:
    """Return the packets of a cleaned note."""
    return ogg.read_ogg(data).packets


@pytest.mark.parametrize("came", [IN_PARTS, WHOLE], ids=["in parts", "whole"])
def test_what_chromium_records_is_kept_packet_by_packet(came: bytes) -> None:
    note = clean(came)
    assert note.seconds == 3
    assert packets(note.data) == read_webm(came).packets
    assert len(packets(note.data)) == 50
    assert b"Chrome" in came
    assert b"Chrome" not in note.data


def test_a_note_is_a_fresh_ogg_file_with_right_checksums_and_the_time_it_plays() -> None:
    note = clean(webm([bytes([0x7B, 0x03, at]) + b"spoken" * 9 for at in range(120)]))
    found = pages(note.data)
    for page in found:
        assert struct.unpack_from("<I", page, 22)[0] == plain_crc(page[:22] + b"\0\0\0\0" + page[26:])
    granules = [struct.unpack_from("<q", page, 6)[0] for page in found]
    assert granules == [0, 0, 50 * 2880, 100 * 2880, 120 * 2880]
    assert [page[5] for page in found] == [2, 0, 0, 0, 4]
    assert found[0].endswith(write_head(1, 312))


def test_the_same_words_make_the_same_file_whatever_they_came_in() -> None:
    assert clean(webm(SECOND)).data == clean(ogg_of(SECOND)).data == clean(webm(SECOND, doc_type=b"matroska")).data


def test_nothing_else_of_what_came_survives() -> None:
    title, tags = b"Njeri's telephone", element(b"\x12\x54\xc3\x67", b"recorded by Njeri")
    said = webm(SECOND, tracks=track(more=element(b"\x53\x6e", title))) + tags + element(b"\xec", b"Njeri" * 9)
    first, comment, *rest = pages(ogg_of(SECOND))
    told = renumbered(comment[:26] + bytes([1, 40]) + b"OpusTags" + b"Njeri's telephone, at her home. "[:32], number=1)
    for came in (said, b"".join([first, told, *rest])):
        assert b"Njeri" in came
        assert b"Njeri" not in clean(came).data


def test_a_block_group_and_another_track_are_no_obstacle() -> None:
    words = b"".join(element(b"\xa0", element(b"\xa1", bytes([0x82, 0, 0, 0]) + one) + element(b"\x9b", b"\x3c")) for one in SECOND)
    mixed = words + block(b"a picture", track=1)
    note = clean(webm([], tracks=track(1, b"V_VP8") + track(2), blocks=mixed))
    assert packets(note.data) == tuple(SECOND)


@pytest.mark.parametrize("came", [IN_PARTS, WHOLE, webm(SECOND * 3), ogg_of(SECOND * 9)], ids=["in parts", "whole", "webm", "ogg"])
def test_a_note_cut_short_keeps_the_packets_that_are_whole(came: bytes) -> None:
    every = packets(clean(came).data)
    for end in (len(came) * 2 // 3, len(came) * 3 // 4, len(came) - 9):
        kept = packets(clean(came[:end]).data)
        assert kept == every[: len(kept)]
        assert len(kept) >= len(every) // 3


def test_packets_of_every_length_find_room() -> None:
    long = [bytes([0x7B, 0x03]) + b"x" * (length - 2) for length in (254, 255, 256, 510, 1275 * 3, MAX_PACKET)] * 3
    assert packets(clean(webm(long)).data) == tuple(long)


def test_a_note_may_be_as_long_as_the_settings_say_and_no_longer() -> None:
    assert clean(webm(SECOND * 10), 10).seconds == 10
    with pytest.raises(VoiceTooLong, match="5 seconds"):
        clean(webm(SECOND * 10), 5)


@pytest.mark.parametrize("said", [[], [SPEECH], [SILENCE] * 50, [SILENCE] * 60 + [SPEECH]], ids=["none", "a click", "silence", "all but silence"])
def test_silence_is_told_so(said: list[bytes]) -> None:
    for came in (webm(said), ogg_of(said)):
        with pytest.raises(VoiceEmpty):
            clean(came)


_FIRST, _COMMENT, _SOUND = pages(ogg_of(SECOND))
_BAD = {
    "nothing": b"",
    "words": b"Just words in a file called note.ogg",
    "a photo": b"\xff\xd8\xff\xe0" + b"\0" * 99,
    "an mp4": b"\0\0\0\x1cftypM4A " + b"\0" * 99,
    "another document": webm(SECOND, doc_type=b"other"),
    "a video": webm(SECOND, tracks=track(codec=b"V_VP8")),
    "another sound": webm(SECOND, tracks=track(codec=b"A_VORBIS")),
    "no tracks": webm(SECOND, tracks=element(b"\xec", b"")),
    "an encrypted track": webm(SECOND, tracks=track(more=element(b"\x6d\x80", b""))),
    "six channels": webm(SECOND, tracks=track(head=write_head(6, 312))),
    "no head": webm(SECOND, tracks=track(head=b"OpusHead")),
    "all of it skipped": webm(SECOND, tracks=track(head=write_head(1, 65_535))),
    "laced": webm([], blocks=block(SPEECH, flags=0x86) * 17),
    "an empty packet": webm([*SECOND, b""]),
    "a packet of no frames": webm([*SECOND, b"\x7b\x00"]),
    "a packet of 121 ms": webm([*SECOND, b"\x7b\x07"]),
    "a packet too long": webm([*SECOND, bytes([0x7B, 0x03]) + b"x" * MAX_PACKET]),
    "no length": webm([], blocks=element(b"\xa3", b"\x81\0\0\0" + SPEECH, UNKNOWN)),
    "no element": webm([], blocks=b"\0\0\0\0\0\0\0\0\0"),
    "a damaged page": _FIRST + _COMMENT + _SOUND[:-1] + b"?",
    "a page missing": _FIRST + _COMMENT + renumbered(_SOUND, number=3),
    "another stream": _FIRST + _COMMENT + renumbered(_SOUND, serial=9),
    "two streams": ogg_of(SECOND) * 2,
    "a packet without a beginning": _FIRST + _COMMENT + renumbered(_SOUND, flags=5),
    "no comment": _FIRST + renumbered(_SOUND, number=1),
    "no first page": renumbered(_COMMENT, number=0) + renumbered(_SOUND, number=1),
}


@pytest.mark.parametrize("came", _BAD.values(), ids=_BAD)
def test_what_is_no_recording_is_told_so(came: bytes) -> None:
    with pytest.raises(VoiceUnreadable):
        clean(came)


_SEEDS = [IN_PARTS, WHOLE, webm(SECOND), ogg_of(SECOND * 4, channels=2)]


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(_SEEDS), st.integers(0, 10**6), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=12))
def test_whatever_comes_is_a_note_or_a_sentence(seed: bytes, end: int, changes: list[tuple[int, int]]) -> None:
    came = bytearray(seed[: 1 + end % (len(seed) * 2)])
    for at, byte in changes:
        came[at % len(came)] = byte
    try:
        note = clean(bytes(came))
    except Refusal:
        return
    assert ogg.write_ogg(ogg.read_ogg(note.data)) == note.data
