"""QR codes as SVG in the page: no style attribute, no image file, black on white whatever the theme."""

from __future__ import annotations

import segno
from markupsafe import Markup

QUIET = 4  # modules of white around, as ISO/IEC 18004 asks


def qr_svg(data: str, title: str) -> Markup:
    """Return the QR of *data*, level M (15 % may be spoiled, as on crumpled thermal paper).

    Args:
        data: what a phone reads.
        title: what a screen reader says instead.
    """
    code = segno.make_qr(data, error="m", boost_error=False)
    rows = [bytes(row) for row in code.matrix]
    size = len(rows) + 2 * QUIET
    return Markup(
        '<svg class="qr" viewBox="0 0 {size} {size}" role="img" aria-label="{title}"><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        '<path fill="#000" d="{path}"/></svg>'
    ).format(size=size, title=title, path=_path(rows))


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
