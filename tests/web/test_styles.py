"""The committed styles are the ones their sources make, load nothing from outside and take nothing that is not ours."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SASS = ROOT / "appliance/web/sass"
BUILT = ROOT / "appliance/web/static/base.css"
STYLES = sorted(path for folder in ("appliance", "kiosk_ui") for path in (ROOT / folder).rglob("*.css") if "node_modules" not in path.parts)


def test_the_built_file_is_made_of_todays_sources() -> None:
    made = hashlib.sha256()
    for path in sorted([*SASS.glob("*.scss"), SASS / "package.json"], key=lambda path: path.name):
        made.update(f"{path.name}\n".encode() + path.read_bytes())
    assert f"sources {made.hexdigest()}." in BUILT.read_text(encoding="utf-8"), "build it anew: appliance/web/sass/README.md"


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_a_style_sheet_loads_nothing_from_outside(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "@import" not in text
    assert "@font-face" not in text
    for target in re.findall(r"url\(\s*[\"']?([^\"')]*)", text):
        assert not re.match(r"[a-z]+:|//", target), target
        assert (path.parent / target.partition("?")[0]).exists(), target


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_neither_the_crown_nor_the_fonts_of_another_government_are_taken(path: Path) -> None:
    assert not re.search(r"GDS Transport|crown|crest", path.read_text(encoding="utf-8"), re.IGNORECASE)


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_whoever_wants_less_motion_gets_none(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"animation:|transition:", text) or "prefers-reduced-motion" in text
