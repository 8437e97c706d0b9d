"""Every pair of colours that is used together can be told apart, as WCAG 2.2 AA asks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PALETTE = Path(__file__).parents[2] / "appliance/web/sass/_palette.scss"
COLOURS = dict(re.findall(r"^\$([a-z-]+): (#[0-9a-f]{6});", PALETTE.read_text(encoding="utf-8"), re.MULTILINE))
TEXT, SIGN = 4.5, 3.0  # WCAG 1.4.3; 1.4.11: what shows where a control is
WORDS = [
    *[(ink, under) for ink in ("ink", "ink-soft") for under in ("paper", "card", "sand-tint")],
    *[(ink, under) for ink in ("green", "green-deep", "lake", "red", "violet", "ochre") for under in ("paper", "card")],
    *[("ink", f"{name}-tint") for name in ("green", "ochre", "sun", "lake", "red", "violet", "grey")],
    ("green-deep", "green-tint"), ("lake", "lake-tint"), ("red", "red-tint"), ("violet", "violet-tint"), ("ochre", "ochre-tint"),
    ("amber", "sun-tint"), ("amber", "card"), ("ink", "sun"), ("card", "green"), ("card", "green-deep"), ("card", "red"), ("card", "ochre"),
]  # fmt: skip
SIGNS = [("clay", "card"), ("clay", "paper"), ("green", "card"), ("green", "paper"), ("ink", "sun"), ("red", "card")]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(COLOURS[one]), luminance(COLOURS[other])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_reckoned_as_wcag_does() -> None:
    assert luminance("#ffffff") == pytest.approx(1)
    assert luminance("#000000") == 0


@pytest.mark.parametrize(("words", "under"), WORDS)
def test_words_can_be_read(words: str, under: str) -> None:
    assert contrast(words, under) >= TEXT


@pytest.mark.parametrize(("sign", "under"), SIGNS)
def test_signs_can_be_seen(sign: str, under: str) -> None:
    assert contrast(sign, under) >= SIGN


def test_every_colour_is_held_to_it() -> None:
    used = {name for pair in (*WORDS, *SIGNS) for name in pair}
    assert set(COLOURS) - used == {"sand"}  # quiet lines, which tell nothing
