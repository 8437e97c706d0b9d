"""Drawings, put into the page itself so that they take the colour of the words beside them."""

from __future__ import annotations

import re
from pathlib import Path

from markupsafe import Markup

_HEAD = re.compile(r"<svg [^>]*?(viewBox=\"[^\"]*\")[^>]*>")
_SHAPE = 'fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"'


class Pictures:
    """The drawings of one folder, read once."""

    def __init__(self, folder: Path) -> None:
        """Read every drawing of *folder*."""
        self._drawn: dict[tuple[str, str], Markup] = {}
        self._inner = {file.stem: _inner(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.svg"))}

    def names(self) -> frozenset[str]:
        """Return the names of all drawings."""
        return frozenset(self._inner)

    def has(self, name: str) -> bool:
        """Tell whether there is a drawing of *name*."""
        return name in self._inner

    def inline(self, name: str, css: str = "picture") -> Markup:
        """Return the drawing *name* (``generic`` where there is none) as hidden-from-readers SVG; the words beside it say it."""
        found = self._drawn.get((name, css))
        if found is None:
            found = self._drawn[name if name in self._inner else "generic", css] = self._draw(name, css)
        return found

    def _draw(self, name: str, css: str) -> Markup:
        box, inner = self._inner.get(name) or self._inner["generic"]
        return Markup('<svg class="{}" {} {} aria-hidden="true" focusable="false">{}</svg>').format(css, Markup(box), Markup(_SHAPE), inner)  # noqa: S704


def _inner(svg: str) -> tuple[str, Markup]:
    match = _HEAD.match(svg.strip())
    if match is None:
        raise ValueError("a drawing must be an SVG with a viewBox")
    return match[1], Markup(svg.strip()[match.end() :].removesuffix("</svg>"))  # noqa: S704  # our own file
