"""Colours, sizes and motion come from one file, and what is read stands out 7 to 1, in both sets of colours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SASS = ROOT / "appliance/web/sass"
TOKENS = SASS / "_tokens.scss"
BUILT = ROOT / "appliance/web/static/base.css"
OURS = [*sorted(path for path in SASS.glob("_*.scss") if path != TOKENS), *sorted(
    path for folder in ("appliance", "kiosk_ui") for path in (ROOT / folder).rglob("*.css")
    if "node_modules" not in path.parts and path != BUILT
)]  # fmt: skip
TEXT, SIGN = 7.0, 3.0  # WCAG 1.4.6 (AAA); 1.4.11: what shows where a control is
WORDS = [
    *[(ink, under) for ink in ("ink", "ink-soft") for under in ("paper", "card", "sand-tint")],
    *[(ink, under) for ink in ("green", "green-deep", "lake", "red", "red-deep", "violet", "ochre", "amber") for under in ("paper", "card")],
    *[("ink", f"{name}-tint") for name in ("green", "ochre", "sun", "lake", "red", "violet", "grey")],
    ("ink-soft", "green-tint"), ("ink-soft", "sun-tint"), ("green-deep", "green-tint"), ("lake", "lake-tint"), ("red", "red-tint"),
    ("violet", "violet-tint"), ("amber", "sun-tint"), ("lake", "sand-tint"), ("ink", "sun"), ("card", "ink"), ("card", "green"),
    ("card", "green-deep"), ("card", "red"), ("card", "red-deep"), ("card", "ochre"), ("card", "violet"), ("green-tint", "green"),
    ("slip-ink", "slip"),
]  # fmt: skip
SIGNS = [("clay", "card"), ("clay", "paper"), ("clay", "sand-tint"), ("green", "green-tint"), ("ink", "sun"), ("red", "red-tint")]
QUIET = {"sand"}  # lines that tell nothing


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"^\s+--([a-z-]+): (#[0-9a-f]{6});", block, re.MULTILINE))


SOURCE = TOKENS.read_text(encoding="utf-8")
NORMAL = colours(SOURCE.partition("@mixin contrast")[0])
STRONG = NORMAL | colours(SOURCE.partition("@mixin contrast")[2])


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def declared(path: Path) -> list[tuple[str, str]]:
    """Return what a sheet declares, as (property, value), without comments."""
    text = re.sub(r"/\*.*?\*/|^\s*//[^\n]*|(?<=;)\s*//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"^\s*([a-z-]+):\s+([^;{}]+);", text, re.MULTILINE)


def test_contrast_is_reckoned_as_wcag_does() -> None:
    assert luminance("#ffffff") == pytest.approx(1)
    assert luminance("#000000") == 0
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("mode", ["normal", "contrast"])
@pytest.mark.parametrize(("words", "under"), WORDS)
def test_what_is_read_stands_out_seven_to_one(words: str, under: str, mode: str) -> None:
    palette = STRONG if mode == "contrast" else NORMAL
    assert contrast(palette[words], palette[under]) >= TEXT


@pytest.mark.parametrize("mode", ["normal", "contrast"])
@pytest.mark.parametrize(("sign", "under"), SIGNS)
def test_signs_can_be_seen(sign: str, under: str, mode: str) -> None:
    palette = STRONG if mode == "contrast" else NORMAL
    assert contrast(palette[sign], palette[under]) >= SIGN


def test_every_colour_is_held_to_it() -> None:
    used = {name for pair in (*WORDS, *SIGNS) for name in pair}
    assert set(NORMAL) - used == QUIET


def test_high_contrast_knows_no_tints_and_no_pale_lines() -> None:
    assert {STRONG[name] for name in STRONG if name.endswith("-tint") or name in ("paper", "card")} == {"#ffffff"}
    assert STRONG["sand"] == STRONG["clay"] == STRONG["ink"] == "#000000"


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_sheet_brings_colours_of_its_own(path: Path) -> None:
    stray = [
        (name, value) for name, value in declared(path) if re.search(r"#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch)a?\(|(?<!-)\b(white|black|gr[ae]y)\b", value)
    ]
    assert stray == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_sheet_brings_sizes_of_text_of_its_own(path: Path) -> None:
    allowed = r"(var\(--(text-[a-z]+|bold|regular|leading|leading-tight|font|mono)\)|inherit|1|0|[\d.]+(pt|em)|calc\(.*var\(--.*\))"
    stray = [
        one for one in declared(path) if one[0] in ("font-size", "font-weight", "line-height", "font-family") and not re.fullmatch(allowed, one[1])
    ]
    assert stray == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_sheet_brings_distances_of_its_own(path: Path) -> None:
    stray = [
        one for one in declared(path) if re.match(r"margin|padding|gap|row-gap|column-gap", one[0])
        and any(float(px) > 3 for px in re.findall(r"(?<![\w-])([\d.]+)px", one[1]))
    ]  # fmt: skip
    assert stray == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_sheet_brings_motion_of_its_own(path: Path) -> None:
    assert [one for one in declared(path) if re.match(r"transition|animation", one[0]) and re.search(r"(?<![\w-])\d*\.?\d+m?s\b", one[1])] == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_sheet_tells_left_from_right(path: Path) -> None:
    sided = r"(margin|padding|border|inset)-(left|right)(-\w+)?|left|right"
    assert [one for one in declared(path) if re.fullmatch(sided, one[0]) or (one[0] in ("text-align", "float") and one[1] in ("left", "right"))] == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_a_sheet_names_only_tokens_that_there_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    own = set(re.findall(r"^\s*--([a-z0-9-]+):", text, re.MULTILINE))
    known = set(re.findall(r"^\s*--([a-z0-9-]+):", SOURCE, re.MULTILINE))
    assert set(re.findall(r"var\(--([a-z0-9-]+)", text)) - known - own == set()


def test_the_built_sheet_has_no_colour_that_is_no_token() -> None:
    text = re.sub(r":root[^{]*\{[^}]*\}", "", BUILT.read_text(encoding="utf-8").partition("*/")[2])
    assert re.findall(r"#[0-9a-f]{3,8}\b(?=[;} ])", text) == []


def test_whoever_asks_for_less_motion_gets_none() -> None:
    reduced = re.search(r"prefers-reduced-motion: reduce\) \{(.*?)\n\}", SOURCE, re.DOTALL)
    assert reduced is not None
    times = re.findall(r"--[a-z]+: (\d+ms);", reduced[1])
    assert set(times) == {"0ms"}
    assert len(times) == len(re.findall(r"^  --[a-z]+: \d+ms;", SOURCE, re.MULTILINE))
