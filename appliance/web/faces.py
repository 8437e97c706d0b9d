"""Whom a request belongs to: citizens, staff or machines, by the blueprint that answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Flask, request

from appliance.web.context import Face, Web, web
from appliance.web.login import ask_login
from appliance.web.transport import HttpsNeeded, in_the_open

if TYPE_CHECKING:
    from flask_wtf import CSRFProtect
    from werkzeug.wrappers import Response

# Where no blueprint answers, the path tells whose page was looked for.
_BY_PATH = (("/desk", Face.STAFF), ("/hq", Face.STAFF), ("/staff", Face.STAFF), ("/api/", Face.MACHINES), ("/sync/", Face.MACHINES))


def add_face(app: Flask, blueprint: Blueprint, whose: Face, *, in_the_open: bool = False) -> None:
    """Register *blueprint* for whom it serves.

    Over the network without HTTPS only citizens' blueprints answer, where the settings allow it, and those marked *in_the_open*.
    Staff's blueprints ask for a log-in and a CSRF token on every request. Citizens' and machines' do neither and set no cookie:
    there is nothing of a session that a forged request could use.
    """
    found: Web = app.extensions["cfms-web"]
    found.faces[blueprint.name] = whose
    if in_the_open or whose is Face.CITIZENS:
        found.open.add(blueprint.name)
    app.register_blueprint(blueprint)


def face() -> Face:
    """Return whom this request belongs to; a blueprint that was not added by ``add_face`` counts as staff's."""
    if request.blueprint:
        return web().faces.get(request.blueprint, Face.STAFF)
    return next((whose for start, whose in _BY_PATH if request.path.startswith(start)), Face.CITIZENS)


def check_transport() -> None:
    """Check that this may be answered the way it came (design §7).

    Raises:
        HttpsNeeded: it came over the network in the open, and is not for such eyes.
    """
    if in_the_open(request.environ) and not _is_for_all():
        raise HttpsNeeded


def _is_for_all() -> bool:
    if (request.endpoint or "").endswith("static"):  # tells nothing of anybody, and the refusal's own page is drawn with it
        return True
    open_to_all = request.blueprint in web().open if request.blueprint else face() is not Face.STAFF
    return open_to_all and web().options.plain_http


def init_guard(app: Flask, csrf: CSRFProtect) -> None:
    """Let nobody but staff, with a token of our own pages, reach staff's blueprints in *app*, and nothing private be asked in the open."""

    def guard() -> Response | None:
        check_transport()
        if not request.blueprint or face() is not Face.STAFF:
            return None
        refused = ask_login()
        if refused is None:
            csrf.protect()
        return refused

    app.before_request(guard)
