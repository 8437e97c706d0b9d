"""What a citizen adds to their words: photos and voice notes, cleaned before anything of them is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from appliance.domain.errors import PhotosWaiting, PhotoTooHeavy, Refusal, TooManyFiles, VoiceTooHeavy
from appliance.journal.files import File
from appliance.settings import Limits
from appliance.usecases import photo, voice

KINDS = {photo.MEDIA: "photo", voice.MEDIA: "voice"}  # by media type; another kind is of a newer node


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A photo or voice note as the browser sent it; in JSON its bytes are base64."""

    kind: Literal["photo", "voice"]
    data: bytes


def clean(uploads: Sequence[Upload], limits: Limits) -> tuple[File, ...]:
    """Return *uploads* as they may be kept, in their order.

    Raises:
        TooManyFiles, PhotoTooHeavy, VoiceTooHeavy, and what ``clean_photo`` and ``clean_voice`` refuse.
    """
    if len(uploads) > limits.files:
        raise TooManyFiles(limit=limits.files)
    return tuple(_clean(one, limits) for one in uploads)


def keepable(uploads: Sequence[Upload], limits: Limits) -> tuple[Upload, ...]:
    """Return those of *uploads* that can be kept: for a message whose sender cannot be asked any more.

    Raises:
        PhotosWaiting: not now.
    """
    return tuple(one for one in uploads[: limits.files] if _can_be_kept(one, limits))


def _can_be_kept(upload: Upload, limits: Limits) -> bool:
    try:
        _clean(upload, limits)
    except PhotosWaiting:
        raise
    except Refusal:
        return False
    return True


def _clean(upload: Upload, limits: Limits) -> File:
    if upload.kind == "photo":
        if len(upload.data) > limits.photo_bytes:
            raise PhotoTooHeavy(**_sizes(len(upload.data), limits.photo_bytes))
        return File(photo.MEDIA, photo.clean_photo(upload.data))
    if len(upload.data) > limits.voice_bytes:
        raise VoiceTooHeavy(**_sizes(len(upload.data), limits.voice_bytes))
    note = voice.clean_voice(upload.data, limits.voice_seconds)
    return File(voice.MEDIA, note.data, note.seconds)


def _sizes(size: int, limit: int) -> dict[str, object]:
    """Return both sizes in megabytes, the one rounded up and the other down, so that the sentence is true."""
    return {"megabytes": -(-size * 10 // 1024**2) / 10, "limit": limit * 10 // 1024**2 / 10}
