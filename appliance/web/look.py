"""How a citizen wants to see the pages: with more contrast, with larger text; it travels in the address or a hidden field, as no cookie is set."""

from __future__ import annotations

from typing import Final

from flask import request

from appliance.web.context import Face, g
from appliance.web.faces import face

LOOKS: Final = ("", "contrast", "large", "contrast-large")


def look() -> str:
    """Return how this answer is to look: '' as drawn, ``contrast``, ``large`` or ``contrast-large``; staff's pages are as drawn."""
    if not hasattr(g, "look"):
        g.look = _choose() if face() is Face.CITIZENS else ""
    return g.look


def _choose() -> str:
    asked = request.form.get("look") if request.method == "POST" else None
    said = request.args.get("look", "") if asked is None else asked
    return said if said in LOOKS else ""


def look_classes() -> str:
    """Return the classes by which the style sheets know the look."""
    return look().replace("-", " ")


def look_with(part: str) -> str:
    """Return the look that touching the switch of *part* leads to: ``contrast`` or ``large``, on where it was off and off where it was on."""
    parts = set(look().split("-")) ^ {part}
    return "-".join(one for one in ("contrast", "large") if one in parts)
