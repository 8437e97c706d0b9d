"""Headquarters' blueprint: its templates, translations and way around. Its routes stand in modules beside this one."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, request, url_for

from appliance.usecases.admit_centre import ADMITS
from appliance.web.here import person
from appliance.web.login import account
from appliance.web.texts import _

TRANSLATIONS = Path(__file__).parent / "translations"

hq = Blueprint("hq", __name__, url_prefix="/hq", template_folder="templates")
# Pages below one of the navigation's.
_PART = {
    "case": "queue", "act": "queue", "contact": "queue", "erase": "queue", "do_erase": "queue", "reason": "queue",
    "centre": "centres", "invite": "centres", "ask_revoke": "centres", "do_revoke": "centres",
    "account": "accounts", "make_account": "accounts", "give_password": "accounts",
}  # fmt: skip


@hq.context_processor
def way_around() -> dict[str, object]:
    """Give every page of headquarters its navigation; what a role may not open is not on it."""
    if account() is None:
        return {"nav": []}
    pages = [("overview", _("Overview")), ("queue", _("Cases")), ("centres", _("Centres")), ("status", _("Status"))]
    if person().may_manage:
        pages.append(("accounts", _("Accounts")))
    start = (request.endpoint or "").removeprefix("hq.")
    may_admit = person().role in ADMITS
    return {"nav": [(url_for(f"hq.{name}"), words, name == _PART.get(start, start)) for name, words in pages], "may_admit": may_admit}
