"""The page with the switch: both nodes side by side, and the cable between them to cut and to join."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from flask import Blueprint, Flask, abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.demo.people import CENTRE_STAFF, HQ_STAFF, PASSWORD
from appliance.demo.place import HOST, TERMINAL, Ports
from appliance.demo.stories import STORIES
from appliance.demo.styleguide import guide
from appliance.demo.watching import Watcher
from appliance.domain.codes import group_receipt_code
from appliance.domain.country import Country
from appliance.journal.entropy import random_bytes
from appliance.usecases.accounts import LoginFailed
from appliance.web.accounts import Account
from appliance.web.app import new_app
from appliance.web.bundles import serve_bundles
from appliance.web.context import Face, Options, Tongue
from appliance.web.faces import add_face
from appliance.web.i18n import lang
from kiosk_ui import base as kiosk
from kiosk_ui.scripts import BUNDLES

HERE = Path(__file__).parent
REFRESH_SECONDS = 3
pages = Blueprint("demo", __name__, template_folder="templates", static_folder="static", static_url_path="/static/demo")


class Nobody:
    """Accounts of a page that has no log-in."""

    def log_in(self, login: str, password: str, device: str) -> NoReturn:  # noqa: ARG002
        """Refuse."""
        raise LoginFailed

    def account_of(self, token: str) -> Account | None:  # noqa: ARG002
        """Know nobody."""
        return None

    def log_out(self, token: str) -> None:
        """Do nothing: nobody is logged in."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the page knows.

    Attributes:
        token: stands in our own forms, so that no other page in the browser can throw the switch.
    """

    watcher: Watcher
    ports: Ports
    token: str


def create_page(watcher: Watcher, ports: Ports, country: Country) -> Flask:
    """Return the application of the page."""
    options = Options(
        secret=random_bytes(32),
        languages=tuple(Tongue(one.code, one.name) for one in country.ready_languages),
        zone=country.zone,
        accounts=Nobody(),
        pictures=kiosk.PICTURES,
        now=lambda: watcher.centre.clock.read().ts,
        home="/",
        translations=(HERE / "translations", kiosk.TRANSLATIONS),
    )
    app = new_app("cfms-demo", options)
    app.extensions["cfms-demo"] = Desk(watcher, ports, random_bytes(16).hex())
    add_face(app, pages, Face.CITIZENS)
    add_face(app, _looks_of_the_kiosk(), Face.CITIZENS)
    add_face(app, guide, Face.CITIZENS)
    return app


def _looks_of_the_kiosk() -> Blueprint:
    """Return what pages of errors and the style guide are drawn with; of the kiosk nothing else is here."""
    here = kiosk.HERE
    looks = Blueprint("kiosk", __name__, static_folder=here / "static", static_url_path="/static/kiosk", template_folder=here / "templates")
    serve_bundles(looks, BUNDLES)
    return looks


def _desk() -> Desk:
    found: Desk = current_app.extensions["cfms-demo"]
    return found


@pages.get("/")
def switch() -> str:
    """Show both nodes and the switch."""
    desk = _desk()
    return render_template(
        "demo/switch.html",
        sight=desk.watcher.look(),
        token=desk.token,
        live=request.args.get("live") == "yes",
        seconds=REFRESH_SECONDS,
        centre_url=f"http://{HOST}:{desk.ports.centre}",
        terminal=TERMINAL,
        hq_url=f"http://{HOST}:{desk.ports.hq}",
        staff=CENTRE_STAFF + HQ_STAFF,
        hq_staff=HQ_STAFF,
        password=PASSWORD,
        samples=[(group_receipt_code(one.code), one) for one in STORIES if one.shows],
    )


@pages.post("/cable")
def throw() -> Response:
    """Cut or join the cable, then show how things stand."""
    desk = _desk()
    if not hmac.compare_digest(request.form.get("token", ""), desk.token):
        abort(403)
    if request.form.get("do") == "cut":
        desk.watcher.cable.cut()
    elif request.form.get("do") == "join":
        desk.watcher.cable.join()
    live = "yes" if request.form.get("live") == "yes" else None
    return redirect(url_for("demo.switch", lang=lang(), live=live), 303)
