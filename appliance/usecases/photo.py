"""A photo as it is kept: its picture drawn anew, so that nothing the camera wrote beside it (place, time, device) survives."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

from appliance.domain.errors import PhotoBroken, PhotosWaiting, PhotoTooSmall, PhotoTooWide, PhotoUnreadable

if TYPE_CHECKING:
    from PIL.Image import Image

MEDIA = "image/jpeg"
LONGEST = 1600  # pixels of the longer side: writing on a form can still be read
_QUALITY = 80
_LEAST = 32  # pixels of the shorter side, as it is kept
_MOST = 16_000_000  # pixels held in memory at once: 64 MB where they have transparency
_MOST_SHRUNK = 100_000_000  # pixels of a JPEG that is made smaller while it is read, as every camera's is
_SCANS, _SCAN = 100, b"\xff\xda"  # of a JPEG; a progressive one has ten, and each costs as much as the whole picture
_FORMATS = ("JPEG", "PNG", "WEBP")
_ORIENTATION = 0x0112
_PATIENCE = 10.0  # seconds to wait for one's turn: threads that wait serve nobody else
_one_at_a_time = threading.Lock()  # a small box has memory for one


def clean_photo(data: bytes) -> bytes:
    """Return the picture in *data* as a JPEG of at most 1600 pixels a side, upright, without any of its metadata.

    Raises:
        PhotoUnreadable, PhotoBroken, PhotoTooSmall, PhotoTooWide: what is wrong with it.
        PhotosWaiting: others' photos took all the time that a request may take.
    """
    if not _one_at_a_time.acquire(timeout=_PATIENCE):
        raise PhotosWaiting
    try:
        return _drawn_anew(data)
    finally:
        _one_at_a_time.release()


def _drawn_anew(data: bytes) -> bytes:
    if data.count(_SCAN) > _SCANS and data.startswith(b"\xff\xd8"):
        raise PhotoBroken
    picture = _open(data)
    try:
        _check_size(picture)
        turn = _orientation(picture)
        return _jpeg(_upright(_shrunk(picture), turn))
    except (PhotoTooSmall, PhotoTooWide):
        raise
    except Exception:  # noqa: BLE001  # whatever a decoder raises at hostile bytes, all it means is that they are no whole picture
        raise PhotoBroken from None
    finally:
        picture.close()


def _open(data: bytes) -> Image:
    from PIL import Image  # noqa: PLC0415  # half a second on a small box, and most messages have no photo

    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PhotoTooWide from None
    except Exception:  # noqa: BLE001  # as above: a header that makes a decoder stumble is not one of a photo
        raise PhotoUnreadable from None


def _check_size(picture: Image) -> None:
    width, height = picture.size
    shrinks = picture.format in ("JPEG", "MPO") and not picture.info.get("progressive")
    if width * height > (_MOST_SHRUNK if shrinks else _MOST):
        raise PhotoTooWide
    if min(width, height) * min(1, LONGEST / max(width, height)) < _LEAST:  # as it will be kept
        raise PhotoTooSmall


def _orientation(picture: Image) -> int:
    """Return how the camera was held, 1 to 8 as EXIF counts; 1 where it did not say so in a readable way."""
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001  # EXIF is read for this one number; without it the photo lies on its side at worst
        return 1


def _shrunk(picture: Image) -> Image:
    """Return the picture in plain colours and the size it is kept in."""
    from PIL import Image  # noqa: PLC0415

    picture.draft("RGB", (LONGEST, LONGEST))  # a JPEG is read at a half, a quarter or an eighth of its size
    picture.load()
    if picture.width * picture.height > _MOST:
        raise PhotoTooWide
    picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    plain = Image.new("RGB", picture.size, "white")
    plain.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    return plain  # made anew: what Pillow carries along with a picture (comment, profile) is left behind


def _upright(picture: Image, orientation: int) -> Image:
    from PIL.Image import Transpose  # noqa: PLC0415

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM, 5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270, 7: Transpose.TRANSVERSE, 8: Transpose.ROTATE_90,
    }  # fmt: skip
    return picture.transpose(turns[orientation]) if orientation in turns else picture


def _jpeg(picture: Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()
