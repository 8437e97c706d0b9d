"""The citizens' blueprint: its static files, templates, translations and drawings. Its routes stand in modules beside this one."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, request

from appliance.web.here import node as here_node
from appliance.web.transport import in_the_open

HERE = Path(__file__).parent
PICTURES = HERE / "static" / "pictures"
TRANSLATIONS = HERE / "translations"

pages = Blueprint("kiosk", __name__, static_folder="static", static_url_path="/static/kiosk", template_folder="templates")


@pages.before_request
def _limit_body() -> None:
    if request.method == "POST":
        request.max_content_length = request.max_form_memory_size = here_node().settings.limits.body_bytes


@pages.context_processor
def _words_of_this_page() -> dict[str, object]:
    return {"in_the_open": in_the_open(request.environ)}
