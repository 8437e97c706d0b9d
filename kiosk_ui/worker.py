"""What lets citizens' pages open while the server is away: the service worker, the page it shows for what only the server has, the manifest.

The worker keeps whole pages; their version is told from everything they are made of, so that a browser fetches them anew as soon as one
word, file, service or key of them is another.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from flask import Response, render_template, url_for

import appliance
from appliance import web
from appliance.usecases.node import Node
from appliance.web.forms import Choice
from appliance.web.here import node as here_node
from appliance.web.i18n import lang, languages
from appliance.web.terminal import page_at, start
from appliance.web.texts import _
from kiosk_ui.base import HERE, Intake, pages

SHELLS: Final = ("/", "/feedback", "/report")  # what opens without the server: each the same for everybody who asks in one language
AWAY: Final = "/away"
GREEN, PAPER = "#0c5a41", "#faf6ee"  # as in appliance/web/sass/_tokens.scss; a manifest has no style sheet
# A worker's own policy: it fetches our pages, and nothing else.
_POLICY: Final = "default-src 'none'; connect-src 'self'"


@pages.get("/sw.js")
def worker() -> Response:
    """Give the service worker, with what it keeps written before it."""
    node = here_node()
    kept = {
        "version": _version(node), "sounds": _heard_from(), "languages": [one.code for one in languages()], "shells": SHELLS, "away": AWAY,
    }  # fmt: skip
    script = f"const KEPT = {msgspec.json.encode(kept).decode()};\n{(HERE / 'static' / 'sw.js').read_text(encoding='utf-8')}"
    answer = Response(script, content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Content-Security-Policy"] = _POLICY
    return answer


@pages.get(AWAY)
def away() -> str:
    """Say that the server cannot be reached; the worker shows it when that is so."""
    ways = [Choice(page_at("/feedback"), _("Give feedback"), "", "speech"), Choice(start(), _("Back to the start"), "", "building")]
    return render_template("kiosk/away.html", ways_on=ways)


@pages.get("/manifest.webmanifest")
def manifest() -> Response:
    """Say how these pages stand among a telephone's applications."""
    icons = [(f"mark-{size}.png", size, "any") for size in (192, 512)] + [("mark-512-maskable.png", 512, "maskable")]
    said = {
        "id": "/", "start_url": start(), "scope": "/", "display": "standalone", "lang": lang(),
        "name": _("Feedback on public services"), "short_name": _("Feedback"), "theme_color": GREEN, "background_color": PAPER,
        "icons": [
            {"src": url_for("kiosk.static", filename=f"icons/{name}"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for name, size, purpose in icons
        ],
    }  # fmt: skip
    return Response(msgspec.json.encode(said), content_type="application/manifest+json")


def _version(node: Node) -> str:
    """Return a name for the pages as they are now."""
    settings = node.settings
    told = (settings.role, settings.centre, settings.limits, settings.kiosk, node.catalogue.version, Intake.of(node), languages())
    return hashlib.sha256(repr((appliance.__version__, _made_of(settings.country), told)).encode()).hexdigest()[:16]


@cache
def _made_of(country: Path) -> tuple[str, ...]:
    """Return a hash of each folder that pages are made of; files there change with an update only, which starts the server anew."""
    return tuple(hash_of(folder) for folder in (HERE, Path(web.__file__).parent, country))


@cache
def _heard_from() -> str:
    return hash_of(HERE / "static" / "sounds")


def hash_of(folder: Path) -> str:
    """Return a hash of all files in *folder*."""
    found = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            found.update(f"{file.relative_to(folder)}\n".encode() + file.read_bytes())
    return found.hexdigest()[:16]
