"""QR codes as SVG in the page: no style attribute, no image file, black on white whatever the theme."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import segno
from markupsafe import Markup

QUIET: Final = 4  # modules of white around, as ISO/IEC 18004 asks
LONG: Final = 100  # characters from which on a code looks random under any mask
MASK: Final = 3  # for these: to reckon the best of eight takes ten times as long as all the rest


def qr_svg(data: str, title: str) -> Markup:
    """Return the QR of *data*, level M (15 % may be spoiled, as on crumpled thermal paper).

    Args:
        data: what a phone reads.
        title: what a screen reader says instead.
    """
    size, path = _drawn(data)
    return Markup(
        '<svg class="qr" viewBox="0 0 {size} {size}" role="img" aria-label="{title}"><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        '<path fill="#000" d="{path}"/></svg>'
    ).format(size=size, title=title, path=path)


@lru_cache(maxsize=16)  # a receipt shows its code on the screen, on the slip and on the slip's preview
def _drawn(data: str) -> tuple[int, str]:
    """Return the width in modules, and the path."""
    code = segno.make_qr(data, error="m", boost_error=False, mask=MASK if len(data) > LONG else None)
    rows = [bytes(row) for row in code.matrix]
    return len(rows) + 2 * QUIET, _path(rows)


def _path(rows: list[bytes]) -> str:
    """Return one path of all dark runs, row by row."""
    parts: list[str] = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                parts.append(f"M{x + QUIET} {y + QUIET}h{end - x}v1h-{end - x}z")
            x = end + 1
    return "".join(parts)
