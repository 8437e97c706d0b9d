"""A web application with the base of every face: headers, language, log-in, errors and layouts."""

from __future__ import annotations

from flask import Blueprint, Flask
from flask_wtf import CSRFProtect

from appliance.web.assets import init_assets
from appliance.web.compression import init_compression
from appliance.web.context import Face, Options, Web
from appliance.web.dates import init_dates
from appliance.web.errors import init_errors
from appliance.web.faces import add_face, init_guard
from appliance.web.headers import init_headers
from appliance.web.i18n import init_i18n
from appliance.web.login import account, init_login
from appliance.web.login import blueprint as staff_blueprint
from appliance.web.look import look, look_classes, look_with
from appliance.web.memory import MemoryRequest
from appliance.web.numbers import init_numbers
from appliance.web.pictures import Pictures
from appliance.web.qr import qr_svg
from appliance.web.shelf import Shelf
from appliance.web.terminal import finish, kiosk, page_at, start
from appliance.web.words import init_words

# Files and layouts of the base; citizens' and staff's pages alike load them, so nobody needs to be logged in.
base = Blueprint("web", __name__, static_folder="static", static_url_path="/static/web", template_folder="templates")


class App(Flask):
    """Flask, with request bodies kept in memory."""

    request_class = MemoryRequest


def new_app(name: str, options: Options) -> Flask:
    """Return an application that has everything but its faces; register those with ``faces.add_face``."""
    app = App(name, static_folder=None, template_folder=None)
    found = Web(options, Pictures(options.pictures))
    app.extensions["cfms-web"] = found
    app.extensions["cfms-shelf"] = Shelf()
    init_headers(app)
    init_compression(app)
    init_login(app)
    init_guard(app, CSRFProtect(app))
    init_i18n(app, options)
    init_errors(app)
    _init_templates(app, found)
    add_face(app, base, Face.CITIZENS)
    add_face(app, staff_blueprint, Face.STAFF)
    return app


def _init_templates(app: Flask, found: Web) -> None:
    init_assets(app)
    init_dates(app)
    init_numbers(app)
    init_words(app.jinja_env.globals)
    app.jinja_env.globals.update(
        picture=found.pictures.inline, qr_svg=qr_svg, start=start, finish=finish, page_at=page_at, kiosk=kiosk,
        look=look, look_classes=look_classes, look_with=look_with, idle=found.options.idle,
        place=found.options.place, account=account, home=found.options.home,
    )  # fmt: skip
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
