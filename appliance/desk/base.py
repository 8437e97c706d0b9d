"""The desk's blueprint: its templates and translations. Its routes stand in modules beside this one."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint

TRANSLATIONS = Path(__file__).parent / "translations"

desk = Blueprint("desk", __name__, url_prefix="/desk", template_folder="templates")
