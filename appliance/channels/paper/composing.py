"""A slip as the bytes a receipt printer takes: ESC/POS, composed by python-escpos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import segno

from appliance.domain.slips import Line, Style

if TYPE_CHECKING:
    from collections.abc import Iterable

_DOTS_A_COLUMN: Final = 12  # font A of every ESC/POS printer
_QUIET: Final = 8  # modules of white beside a QR, both sides together
_SMALLEST, _LARGEST = 3, 8  # dots a module; smaller ones are not read off thermal paper
_LOOKS: Final[dict[Style, dict[str, Any]]] = {
    Style.PLAIN: {"normal_textsize": True, "bold": False},
    Style.STRONG: {"normal_textsize": True, "bold": True},
    Style.LARGE: {"double_width": True, "double_height": True, "bold": True},
}


def compose(lines: Iterable[Line], columns: int) -> bytes:
    """Return *lines* as one job for a roll of *columns* signs, cut off at the end."""
    # Takes a moment on a small box, so it waits for the first slip; and a centre without a printer needs no such library.
    from escpos.constants import QR_ECLEVEL_M  # noqa: PLC0415
    from escpos.printer import Dummy  # noqa: PLC0415

    paper = Dummy()
    paper.hw("INIT")
    for line in lines:
        paper.set(align="center" if line.centred else "left", **_LOOKS[Style.PLAIN if line.style is Style.QR else line.style])
        if line.style is Style.QR:
            paper.qr(line.text, ec=QR_ECLEVEL_M, size=_module(line.text, columns), native=True)
        else:
            paper.textln(line.text)
    paper.cut()
    return bytes(paper.output)


def _module(data: str, columns: int) -> int:
    """Return how many dots wide a module may be, so that the QR of *data* fits the paper."""
    modules = len(segno.make_qr(data, error="m", boost_error=False).matrix) + _QUIET
    return max(_SMALLEST, min(_LARGEST, columns * _DOTS_A_COLUMN // modules))
