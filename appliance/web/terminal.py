"""The terminal a citizen stands at: its name travels in the address or a hidden field, since citizens' pages set no cookie."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from flask import request

from appliance.web.i18n import lang
from appliance.web.look import look

NAME = re.compile(r"[0-9A-Za-z-]{1,20}")


def kiosk() -> str:
    """Return the terminal's name, or '' for a device of the citizen's own."""
    said = request.form.get("kiosk", "") or request.args.get("kiosk", "")
    return said if NAME.fullmatch(said) else ""


def start() -> str:
    """Return the address of the first page, in this language and look and for this terminal."""
    return page_at("/")


def finish() -> str:
    """Return the address where a citizen leaves: a terminal forgets them whole, a device of their own keeps its language and look."""
    return f"/?{urlencode({'kiosk': kiosk(), 'reset': '1'})}" if kiosk() else start()


def page_at(path: str, **more: str) -> str:
    """Return the address of *path* with what every page takes along: language, look and terminal, nobody's secrets."""
    said = {"lang": lang(), "look": look(), "kiosk": kiosk(), **more}
    return f"{path}?{urlencode({name: value for name, value in said.items() if value})}"


def address() -> str:
    """Return the network address of whoever asks; for limits only, and never kept."""
    return request.remote_addr or ""
