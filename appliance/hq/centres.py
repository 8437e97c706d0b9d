"""The centres: how each stands, who asks to be let in, what a fork means and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.domain.errors import NotFound, TextMissing, TextTooLong
from appliance.domain.people import check_role
from appliance.hq.base import hq
from appliance.usecases import admit_centre, enrol_centre, watch_centres
from appliance.usecases.watch_centres import CentreState
from appliance.web.casework import naming
from appliance.web.dates import machine
from appliance.web.forms import Form
from appliance.web.here import node, person
from appliance.web.paging import Page, csv_answer, cursor
from appliance.web.texts import _, _l
from appliance.web.words import word

SIZE = 25
HEALTHS = {
    "good": _l("Up to date"),
    "behind": _l("Sending"),
    "silent": _l("Silent"),
    "never": _l("Not heard yet"),
    "frozen": _l("Two histories"),
    "closed": _l("Closed"),
    "pending": _l("Waits for approval"),
}
TONES = {"good": "green", "behind": "lake", "silent": "red", "never": "sun", "frozen": "red", "closed": "", "pending": "sun"}
DONE = {
    "approved": _l("The centre is let in. It learns so at its next exchange."),
    "refused": _l("The request is refused."),
    "revoked": _l("Nothing more is taken from this log, from now on."),
}


def told(one: CentreState, now: int) -> tuple[str, str]:
    """Return how a centre stands: words and the tone of their tag."""
    health = one.health(now)
    return word(HEALTHS, health), TONES[health]


@hq.get("/centres")
def centres() -> Response:
    """Show every centre that was let in or asks to be, and the requests that wait."""
    return _list(Form())


def _list(form: Form, status: int = 200, token: str = "", invited: str = "") -> Response:
    here, now = node(), node().clock.read().ts
    with here.store.read() as db:
        found = watch_centres.centres(db, after=cursor(), size=SIZE + 1)
        waiting = enrol_centre.pending(db)
    rows = [(one, naming.centre(here, one.centre), *told(one, now)) for one in found[:SIZE]]
    page = render_template(
        "hq/centres.html", page=Page(rows, found[SIZE - 1].centre if len(found) > SIZE else ""), form=form, choices=naming.centres(here),
        waiting=[(one, naming.centre(here, one.centre)) for one in waiting], done=_done(), token=token, invited=invited,
        days=enrol_centre.TOKEN_DAYS,
    )  # fmt: skip
    return make_response(page, status)


def _done() -> str:
    said = DONE.get(request.args.get("done", ""))
    return "" if said is None else str(said)


@hq.get("/centres.csv")
def centres_csv() -> Response:
    """Return how every centre stands as CSV."""
    with node().store.read() as db:
        found = watch_centres.centres(db, size=5000)
    head = (
        _("Centre"), _("Name"), _("State"), _("Last heard"), _("Entries here"), _("Entries not yet here"), _("Oldest of them"),
        _("Entries we sent"), _("Entries it has confirmed"), _("Clock off by (seconds)"), _("Set aside there"), _("Set aside here"), _("Version"),
    )  # fmt: skip
    return csv_answer("centres", head, list(_cells(found)))


def _cells(found: list[CentreState]) -> Iterator[tuple[object, ...]]:
    here, now = node(), node().clock.read().ts
    for one in found:
        yield (
            one.centre, naming.centre(here, one.centre), told(one, now)[0], machine(one.at) if one.at else "", one.size, one.unsent,
            machine(one.oldest) if one.oldest else "", one.down, one.told, one.offset, one.aside, one.here, one.version,
        )  # fmt: skip


@hq.post("/centres/token")
def invite() -> Response:
    """Make a one-time token and show it this once."""
    form = Form(request.form)
    code = form.choice("centre", {one.code for one in node().catalogue.centres}, needed=_("Choose a centre."))
    if form.errors:
        check_role(person(), admit_centre.ADMITS)
        return _list(form, 422)
    token = admit_centre.invite(node(), person(), code)
    return _list(Form(), token=token, invited=naming.centre(node(), code))


@hq.post("/centres/request")
def decide() -> Response:
    """Let a waiting request in, or refuse it."""
    origin, decision = request.form.get("origin", ""), request.form.get("do", "")
    acts = {"approve": (admit_centre.approve, "approved"), "refuse": (admit_centre.refuse, "refused")}
    if decision not in acts:
        abort(400)
    do, done = acts[decision]
    do(node(), person(), origin)
    return make_response(redirect(url_for("hq.centres", done=done), 303))


@hq.get("/centres/<code>")
def centre(code: str) -> Response:
    """Show one centre: its epochs, what was heard, forks with their evidence, what was set aside."""
    here = node()
    with here.store.read() as db:
        one = watch_centres.centre_state(db, code)
        if one is None:
            raise NotFound
        epochs, forks, aside = watch_centres.epochs_of(db, code), watch_centres.forks_of(db, code), watch_centres.set_aside(db, code)
    words, tone = told(one, here.clock.read().ts)
    page = render_template(
        "hq/centre.html", one=one, name=naming.centre(here, code), words=words, tone=tone, epochs=epochs, forks=forks, aside=aside,
        done=_done(),
    )  # fmt: skip
    return make_response(page)


@hq.get("/centres/<code>/revoke")
def ask_revoke(code: str) -> Response:
    """Ask once before a centre is shut out."""
    check_role(person(), admit_centre.ADMITS)
    return _revoke_page(code, Form(request.args))


def _revoke_page(code: str, form: Form, status: int = 200) -> Response:
    origin = form.value("origin")
    with node().store.read() as db:
        known = [one for one in watch_centres.epochs_of(db, code) if one.origin == origin and not one.closed_at]
    if not known:
        raise NotFound
    return make_response(render_template("hq/revoke.html", code=code, name=naming.centre(node(), code), epoch=known[0], form=form), status)


@hq.post("/centres/<code>/revoke")
def do_revoke(code: str) -> Response:
    """Take nothing more from one epoch of a centre."""
    form = Form(request.form)
    try:
        admit_centre.revoke(node(), person(), form.value("origin"), form.text("reason"))
    except TextMissing:
        form.refuse("reason", _("Say why. Every centre can read it."))
    except TextTooLong as refusal:
        form.refuse("reason", refusal)
    if form.errors:
        return _revoke_page(code, form, 422)
    return make_response(redirect(url_for("hq.centre", code=code, done="revoked"), 303))
