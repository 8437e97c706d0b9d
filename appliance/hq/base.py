"""Headquarters' blueprint: its templates and translations. Its routes stand in modules beside this one."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint

TRANSLATIONS = Path(__file__).parent / "translations"

hq = Blueprint("hq", __name__, url_prefix="/hq", template_folder="templates")
