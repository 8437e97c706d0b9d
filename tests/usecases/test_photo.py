"""A photo is drawn anew: upright, no larger than it need be, and with nothing of what the camera wrote beside it."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from sync.files import MAX_FILE

from appliance.domain.errors import PhotoBroken, PhotosWaiting, PhotoTooSmall, PhotoTooWide, PhotoUnreadable, Refusal
from appliance.usecases import photo
from appliance.usecases.photo import LONGEST, clean_photo

SECRETS = (b"-1.2921", b"Nairobi West", b"SerialOfTheCamera", b"Njeri", b"http://ns.adobe.com")


def picture(width: int = 320, height: int = 200, mode: str = "RGB") -> Image.Image:
    """Return a picture whose top left quarter is red and the rest green, so that it can be seen how it lies."""
    made = Image.new("RGB", (width, height), "green")
    ImageDraw.Draw(made).rectangle((0, 0, width // 2, height // 2), fill="red")
    return made.convert(mode)


def encoded(image: Image.Image, kind: str = "JPEG", **more: object) -> bytes:
    """Return *image* as a file."""
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def telling(orientation: int = 1) -> bytes:
    """Return a JPEG that tells all a camera can tell: place, names, serial number, a comment, XMP, a profile, a thumbnail."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x9C9B] = orientation, "SerialOfTheCamera", "Njeri".encode("utf-16-le")
    exif[0x8825] = {1: "S", 2: (1.0, 17.0, 31.56), 29: "Nairobi West"}
    return encoded(picture(), exif=exif, comment=b"Njeri -1.2921", icc_profile=b"Nairobi West" * 20, xmp=b"http://ns.adobe.com/xap/1.0/")


def shown(data: bytes) -> Image.Image:
    """Return the cleaned picture, opened."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def corner(image: Image.Image) -> str:
    """Return in which corner the red quarter lies."""
    width, height = image.size
    corners = {"top left": (9, 9), "top right": (width - 9, 9), "bottom left": (9, height - 9), "bottom right": (width - 9, height - 9)}

    def redness(at: tuple[int, int]) -> int:
        pixel = image.getpixel(at)
        assert isinstance(pixel, tuple)
        return int(pixel[0])

    return max(corners, key=lambda name: redness(corners[name]))


def test_nothing_that_the_camera_wrote_beside_the_picture_survives() -> None:
    came = telling()
    assert [one for one in SECRETS if one not in came] == []
    kept = clean_photo(came)
    assert [one for one in (*SECRETS, b"Exif", b"ICC_PROFILE", b"N\0j\0e\0r\0i\0") if one in kept] == []
    assert set(shown(kept).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not shown(kept).getexif()


def test_what_a_png_or_webp_says_of_itself_is_gone_too() -> None:
    said = PngInfo()
    said.add_text("Author", "Njeri")
    for came in (encoded(picture(), "PNG", pnginfo=said), encoded(picture(), "WEBP", xmp=b"<x>Njeri</x>", exif=b"Exif\0\0Njeri")):
        assert b"Njeri" in came
        kept = clean_photo(came)
        assert b"Njeri" not in kept
        assert shown(kept).format == "JPEG"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_stands_upright_however_the_camera_was_held(orientation: int) -> None:
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transpositions by which such a photo lies in the file
    lying = picture().transpose(Image.Transpose(back[orientation])) if orientation in back else picture()
    exif = Image.Exif()
    exif[0x0112] = orientation
    kept = shown(clean_photo(encoded(lying, exif=exif)))
    assert (kept.size, corner(kept)) == ((320, 200), "top left")


@pytest.mark.parametrize(("size", "becomes"), [((4000, 3000), (1600, 1200)), ((900, 3200), (450, 1600)), ((1600, 900), (1600, 900))])
def test_its_longer_side_is_1600_pixels_at_most(size: tuple[int, int], becomes: tuple[int, int]) -> None:
    for kind in ("JPEG", "PNG"):
        assert shown(clean_photo(encoded(picture(*size), kind))).size == becomes


def test_a_photo_of_fifty_megapixels_is_read_at_a_fraction_of_its_size() -> None:
    assert max(shown(clean_photo(encoded(Image.new("L", (8160, 6144), 200)))).size) == LONGEST


@pytest.mark.parametrize("mode", ["L", "P", "LA", "RGBA", "1", "CMYK", "I;16"])
def test_pictures_of_every_sort_of_colours_can_be_seen(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    made = Image.new("I;16", (64, 64), 60000) if mode == "I;16" else picture(mode=mode)
    assert shown(clean_photo(encoded(made, kind))).mode == "RGB"


def test_what_is_transparent_becomes_white() -> None:
    kept = shown(clean_photo(encoded(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), "PNG")))
    assert kept.getpixel((30, 30)) == (255, 255, 255)


def test_the_busiest_picture_fits_a_file() -> None:
    assert len(clean_photo(encoded(Image.effect_noise((LONGEST, LONGEST), 255), "PNG"))) < MAX_FILE


def test_a_picture_of_one_pixel_is_too_small() -> None:
    for size in ((1, 1), (1, 1000), (31, 31), (4000, 70)):
        with pytest.raises(PhotoTooSmall):
            clean_photo(encoded(Image.new("RGB", size), "PNG"))


@pytest.mark.parametrize("size", [(32, 32), (64, 3200), (1601, 33), (4000, 3000)])
def test_what_was_kept_once_can_be_cleaned_again(size: tuple[int, int]) -> None:
    once = clean_photo(encoded(picture(*size)))
    assert shown(clean_photo(once)).size == shown(once).size


def png_of(width: int, height: int) -> bytes:
    """Return a PNG that says it is so large, and is a few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(5000, 5000), (10_000, 10_000), (65_535, 65_535), (2**31 - 1, 2**31 - 1)])
def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_read(size: tuple[int, int]) -> None:
    with pytest.raises((PhotoTooWide, PhotoUnreadable)):
        clean_photo(png_of(*size))


def test_a_progressive_photo_of_too_many_points_is_refused_since_it_cannot_be_read_smaller() -> None:
    with pytest.raises(PhotoTooWide):
        clean_photo(encoded(Image.new("L", (5000, 4000), 9), progressive=True))


@pytest.mark.parametrize("came", [b"", b"Just words called photo.jpg", b"\xff\xd8", b"GIF89a" + b"\0" * 99, b"\0\0\0\x18ftypheic" + b"\0" * 99])
def test_what_is_no_photo_is_told_so(came: bytes) -> None:
    with pytest.raises(PhotoUnreadable):
        clean_photo(came)
    assert "JPEG" in PhotoUnreadable().message


def test_a_photo_cut_short_is_told_so_and_never_half_kept() -> None:
    whole = encoded(picture(800, 600), quality=95)
    for end in (len(whole) // 3, len(whole) // 2, len(whole) - 50):
        with pytest.raises(PhotoBroken):
            clean_photo(whole[:end])


def test_a_photo_in_scans_without_end_is_refused_before_it_takes_minutes_to_draw() -> None:
    few = encoded(picture(64, 64), progressive=True)
    scan = few[few.rindex(b"\xff\xda") : -2]
    assert clean_photo(few)
    with pytest.raises(PhotoBroken):
        clean_photo(few[:-2] + 200 * scan + few[-2:])


def test_who_would_wait_too_long_for_others_photos_is_asked_to_send_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo, "_PATIENCE", 0.01)
    with photo._one_at_a_time, pytest.raises(PhotosWaiting):
        clean_photo(telling())
    assert clean_photo(telling())


_SEEDS = [telling(6), encoded(picture(64, 64), "PNG"), encoded(picture(64, 64, "P"), "PNG"), encoded(picture(64, 64), "WEBP")]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(_SEEDS), st.integers(0, 10**6), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=12))
def test_whatever_comes_is_a_picture_or_a_sentence(seed: bytes, end: int, changes: list[tuple[int, int]]) -> None:
    came = bytearray(seed[: 1 + end % (len(seed) * 2)])
    for at, byte in changes:
        came[at % len(came)] = byte
    try:
        kept = clean_photo(bytes(came))
    except Refusal:
        return
    assert max(shown(kept).size) <= LONGEST
