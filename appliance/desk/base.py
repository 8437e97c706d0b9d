"""The desk's blueprint: its templates, translations and way around. Its routes stand in modules beside this one."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, request, url_for

from appliance.web.here import person
from appliance.web.login import account
from appliance.web.texts import _

TRANSLATIONS = Path(__file__).parent / "translations"

desk = Blueprint("desk", __name__, url_prefix="/desk", template_folder="templates")


@desk.context_processor
def way_around() -> dict[str, object]:
    """Give every page of the desk its navigation; what a role may not open is not on it."""
    if account() is None:
        return {"nav": []}
    pages = [("queue", _("Cases")), ("sync", _("Exchange"))]
    if person().may_manage:
        pages += [("accounts", _("Accounts")), ("posters", _("Posters"))]
    start = (request.endpoint or "").removeprefix("desk.")
    return {"nav": [(url_for(f"desk.{name}"), words, name == _PART.get(start, start)) for name, words in pages]}


# Pages below one of the navigation's.
_PART = {
    "case": "queue",
    "act": "queue",
    "contact": "queue",
    "erase": "queue",
    "do_erase": "queue",
    "account": "accounts",
    "make_account": "accounts",
    "posters_file": "posters",
}
