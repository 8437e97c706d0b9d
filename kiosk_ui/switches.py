"""Another language or look, touched in the middle of something: the page is shown again with everything that was typed."""

from __future__ import annotations

from flask import request


def switched() -> bool:
    """Tell whether a switch was touched: the page's own language and look are sent too, behind the one that was touched."""
    return any(len(request.form.getlist(name)) > 1 for name in ("lang", "look"))
