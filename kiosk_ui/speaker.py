"""The languages in which pages can be heard: those that have recordings, each with a list of what is said in which file."""

from __future__ import annotations

from typing import Final

from appliance.web.i18n import lang
from kiosk_ui.base import HERE, pages

# docs/sounds.py writes sounds/<language>.json, words to file, beside the folder of the recordings.
HEARD: Final = frozenset(path.stem for path in (HERE / "static" / "sounds").glob("*.json"))


def has_sounds() -> bool:
    """Tell whether there are recordings in the language of this answer."""
    return lang() in HEARD


pages.add_app_template_global(has_sounds, "has_sounds")
