"""A voice note as it is kept: the Opus packets that were spoken, in a fresh file, and nothing else of what came."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.domain import ogg, webm
from appliance.domain.errors import VoiceEmpty, VoiceTooLong, VoiceUnreadable
from appliance.domain.opus import RATE, BadRecording, Recording

MEDIA = "audio/ogg"
SLACK = 2  # seconds a browser may take to stop when the time is up
_SHORTEST = RATE // 2  # samples: half a second
_SILENT = 8  # bytes of a packet in which nobody speaks: Opus says silence in three
_MOST_SKIP = RATE // 2  # samples


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice note, and how many whole seconds it lasts (at least one)."""

    data: bytes
    seconds: int


def clean_voice(data: bytes, seconds: int) -> Voice:
    """Return the voice note that browser recording *data* holds, Ogg or WebM with Opus; one cut short keeps what is whole.

    Args:
        seconds: the longest it may be.

    Raises:
        VoiceUnreadable, VoiceEmpty, VoiceTooLong.
    """
    try:
        recording = _read(data)
        samples = recording.samples
    except BadRecording:
        raise VoiceUnreadable from None
    if samples > (seconds + SLACK) * RATE:
        raise VoiceTooLong(limit=seconds)
    if samples < _SHORTEST or not _speaks(recording):
        raise VoiceEmpty
    return Voice(ogg.write_ogg(recording), max(1, round(samples / RATE)))


def _read(data: bytes) -> Recording:
    if data.startswith(ogg.MAGIC):
        recording = ogg.read_ogg(data)
    elif data.startswith(webm.MAGIC):
        recording = webm.read_webm(data)
    else:
        raise BadRecording("neither Ogg nor WebM")
    if recording.pre_skip > _MOST_SKIP:
        raise BadRecording("most of it would not be played")
    return recording


def _speaks(recording: Recording) -> bool:
    """Tell whether at least a tenth of the packets hold more than silence."""
    loud = sum(len(packet) > _SILENT for packet in recording.packets)
    return loud * 10 >= len(recording.packets)
