"""The citizens' blueprint: its static files, templates, translations and drawings. Its routes stand in modules beside this one."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint

HERE = Path(__file__).parent
PICTURES = HERE / "static" / "pictures"
TRANSLATIONS = HERE / "translations"

pages = Blueprint("kiosk", __name__, static_folder="static", static_url_path="/static/kiosk", template_folder="templates")
