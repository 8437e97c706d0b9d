"""Draws the icons of the citizens' application anew: ``python -m docs.icons`` after mark.svg has changed.

Chromium draws them, as it will show them; a maskable one leaves room for whatever shape a telephone cuts out (w3.org/TR/appmanifest,
safe zone: the inner 80 %).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[1]
MARK = ROOT / "appliance" / "web" / "static" / "mark.svg"
FOLDER = ROOT / "kiosk_ui" / "static" / "icons"
PAPER = "#faf6ee"
# file: pixels, share of them that the mark fills, and what lies behind it
ICONS = {"mark-192.png": (192, 0.96, "transparent"), "mark-512.png": (512, 0.96, "transparent"), "mark-512-maskable.png": (512, 0.62, PAPER)}
_SHEET = """<!DOCTYPE html><meta charset="utf-8"><style>
html {{ background: {behind}; }} body {{ margin: 0; width: {pixels}px; height: {pixels}px; display: grid; place-items: center; }}
svg {{ width: {share:.0%}; }}
</style>{mark}"""


def draw(page: Page, name: str) -> None:
    """Draw one icon into the folder."""
    pixels, share, behind = ICONS[name]
    page.set_viewport_size({"width": pixels, "height": pixels})
    page.set_content(_SHEET.format(pixels=pixels, share=share, behind=behind, mark=MARK.read_text(encoding="utf-8")))
    page.screenshot(path=FOLDER / name, omit_background=True)


def main() -> None:
    """Draw them all."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        for name in ICONS:
            draw(page, name)
            print(f"{FOLDER / name}: {(FOLDER / name).stat().st_size:,} bytes")
        browser.close()


if __name__ == "__main__":
    main()
