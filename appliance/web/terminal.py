"""The terminal a citizen stands at: its name travels in the address or a hidden field, since citizens' pages set no cookie."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from flask import request

from appliance.web.i18n import lang

NAME = re.compile(r"[0-9A-Za-z-]{1,20}")


def kiosk() -> str:
    """Return the terminal's name, or '' for a device of the citizen's own."""
    said = request.form.get("kiosk", "") or request.args.get("kiosk", "")
    return said if NAME.fullmatch(said) else ""


def start() -> str:
    """Return the address of the first page, in this language and for this terminal."""
    said = {"lang": lang(), "kiosk": kiosk()}
    return "/?" + urlencode({name: value for name, value in said.items() if value})


def address() -> str:
    """Return the network address of whoever asks; for limits only, and never kept."""
    return request.remote_addr or ""
