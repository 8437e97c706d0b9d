"""Every route of the citizens' pages, in one place to import."""

from __future__ import annotations

from kiosk_ui import feedback, figures, home, proof, rating_api, report, sealed, services_api, slip_api, speaker, track, worker
from kiosk_ui.base import pages

__all__ = [
    "feedback",
    "figures",
    "home",
    "pages",
    "proof",
    "rating_api",
    "report",
    "sealed",
    "services_api",
    "slip_api",
    "speaker",
    "track",
    "worker",
]
