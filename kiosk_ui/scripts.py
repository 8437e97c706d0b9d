"""The scripts of citizens' pages, as they are loaded: one file for a device of one's own, one for a terminal."""

from __future__ import annotations

from typing import Final

EVERYWHERE: Final = (
    "sound", "look", "stage", "seal", "outbox", "answers", "finding", "flow", "sending", "media", "recorder", "camera", "register",
)  # fmt: skip
BUNDLES: Final = {"own": EVERYWHERE, "terminal": (*EVERYWHERE, "idle", "terminal", "keyboard")}
