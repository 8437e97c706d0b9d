"""``/``: the language, and the two ways on."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import render_template, request

from appliance.web.forms import Choice
from appliance.web.here import node as here_node
from appliance.web.i18n import lang
from appliance.web.terminal import kiosk
from appliance.web.texts import _
from kiosk_ui.base import pages
from kiosk_ui.offers import service_name


@pages.get("/")
def home() -> str:
    """Show the first page; a poster's code and a terminal's name travel on in the addresses, being nobody's secret."""
    scanned = request.args.get("q", "")[:40]
    ways = [
        Choice(_where("/feedback", q=scanned), _("Give feedback"), _("A complaint, a worry, an idea or praise"), "speech"),
        Choice(_where("/track"), _("Follow your case"), _("With the code on your slip"), "search"),
    ]
    return render_template("kiosk/home.html", ways_on=ways, about=service_name(here_node(), scanned))


def _where(path: str, **more: str) -> str:
    said = {"lang": lang(), "kiosk": kiosk(), **more}
    return f"{path}?{urlencode({name: value for name, value in said.items() if value})}"
