"""Whom a request belongs to: citizens, staff or machines, by the blueprint that answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Flask, request

from appliance.web.context import Face, Web, web
from appliance.web.login import ask_login

if TYPE_CHECKING:
    from flask_wtf import CSRFProtect
    from werkzeug.wrappers import Response

# Where no blueprint answers, the path tells whose page was looked for.
_BY_PATH = (("/desk", Face.STAFF), ("/hq", Face.STAFF), ("/staff", Face.STAFF), ("/api/", Face.MACHINES), ("/sync/", Face.MACHINES))


def add_face(app: Flask, blueprint: Blueprint, whose: Face) -> None:
    """Register *blueprint* for whom it serves.

    Staff's blueprints ask for a log-in and a CSRF token on every request. Citizens' and machines' do neither and set no cookie:
    there is nothing of a session that a forged request could use.
    """
    found: Web = app.extensions["cfms-web"]
    found.faces[blueprint.name] = whose
    app.register_blueprint(blueprint)


def face() -> Face:
    """Return whom this request belongs to; a blueprint that was not added by ``add_face`` counts as staff's."""
    if request.blueprint:
        return web().faces.get(request.blueprint, Face.STAFF)
    return next((whose for start, whose in _BY_PATH if request.path.startswith(start)), Face.CITIZENS)


def init_guard(app: Flask, csrf: CSRFProtect) -> None:
    """Let nobody but staff, with a token of our own pages, reach staff's blueprints in *app*."""

    def guard() -> Response | None:
        if not request.blueprint or face() is not Face.STAFF:
            return None
        refused = ask_login()
        if refused is None:
            csrf.protect()
        return refused

    app.before_request(guard)
