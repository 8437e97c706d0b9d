"""Headers of every answer: what a browser may load, keep and tell others."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request

from appliance.web.context import Face, web

# Nothing comes from anywhere else, nothing inline runs or styles; frames, plug-ins and base tags are refused. A blob: is what a page
# itself has just recorded or photographed, and shows before it is sent.
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self';"
    " manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DATA_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"
# The microphone is for voice notes and the camera for photos, on citizens' pages alone; nothing else of the device is ever asked for.
PERMISSIONS: Final = (
    "accelerometer=(), autoplay=(self), camera={media}, display-capture=(), geolocation=(), gyroscope=(), magnetometer=(),"
    " microphone={media}, midi=(), payment=(), usb=()"
)
PAGE: Final = (
    ("Content-Security-Policy", PAGE_POLICY),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)
DATA: Final = (
    ("Content-Security-Policy", DATA_POLICY),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)
FOREVER: Final = "public, max-age=31536000, immutable"
SHORT: Final = "public, max-age=300"


def init_headers(app: Flask) -> None:
    """Give every answer of *app* its headers."""
    app.after_request(add_headers)


def add_headers(answer: Response) -> Response:
    """Add the headers, and keep everything but static files out of every cache, unless the view said otherwise."""
    for name, value in _page() if answer.mimetype == "text/html" else DATA:
        answer.headers.setdefault(name, value)
    if (request.endpoint or "").endswith("static"):
        # An address with the file's hash in it (assets.py) never changes its meaning.
        answer.headers["Cache-Control"] = FOREVER if "v" in request.args and answer.status_code < 300 else SHORT
    elif "Cache-Control" not in answer.headers:
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _page() -> tuple[tuple[str, str], ...]:
    """Return the headers of a page, by whose it is."""
    citizens = web().faces.get(request.blueprint or "") is Face.CITIZENS
    return (*PAGE, ("Permissions-Policy", PERMISSIONS.format(media="(self)" if citizens else "()")))


def forget(answer: Response, *, cookies: bool = False) -> Response:
    """Tell the browser to drop what it cached of this site, and with *cookies* its cookies.

    Never its storage: the outbox of a terminal holds what is not yet registered. Browsers heed this on HTTPS and loopback only;
    ``no-store`` on every page is what holds elsewhere.
    """
    answer.headers["Clear-Site-Data"] = '"cache", "cookies"' if cookies else '"cache"'
    return answer
