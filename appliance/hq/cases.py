"""The cases of the whole country: filtered, by the running clock or newest first."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.domain.cases import KINDS, STATES
from appliance.hq.base import hq
from appliance.usecases import list_cases
from appliance.usecases.list_cases import Asked
from appliance.web import words
from appliance.web.casework import naming
from appliance.web.casework.lists import as_file, listed, look_up, query
from appliance.web.forms import Choice
from appliance.web.here import node, person
from appliance.web.texts import _l
from appliance.web.words import word

VIEWS = {
    "hq": _l("For headquarters"),
    "mine": _l("Mine"),
    "open": _l("All that are open"),
    "overdue": _l("Overdue"),
    "waiting": _l("Waiting for the citizen"),
    "all": _l("All"),
}
ORDERS = {"newest": _l("Newest first"), "due": _l("The clock that runs out first on top")}


def _asked() -> Asked:
    """Return what the address asks for; without a word about it, everything, newest first."""
    here, asks = node(), request.args
    view = asks.get("view", "")
    centre = here.catalogue.centre(asks.get("centre", ""))
    asked = list_cases.asked_of(
        view if view in VIEWS else "", "all", person().id, here.clock.read().ts, centre=centre.code if centre else "",
        kind=asks.get("kind", ""), state=asks.get("state", ""),
    )  # fmt: skip
    return replace(asked, newest=asks.get("order", "newest" if asked.view == "all" else "due") == "newest")


@hq.get("/cases")
def queue() -> Response:
    """Show the list, or go to the case whose reference was typed."""
    form, asked = query(), _asked()
    if found := look_up(form):
        return make_response(redirect(url_for("hq.case", case=found)))
    with node().store.read() as db:
        page = listed(db, asked)
    body = render_template(
        "hq/cases.html", page=page, form=form, asked=asked, title=str(VIEWS[asked.view]), may_open=person().may_open,
        views=[(url_for("hq.queue", view=name), str(said), None, name == asked.view) for name, said in VIEWS.items()],
        csv=f"{url_for('hq.queue_csv')}?{urlencode(_said())}",
        orders=[Choice(name, str(said)) for name, said in ORDERS.items()], order="newest" if asked.by_time else "due", **_filters(),
    )  # fmt: skip
    return make_response(body, 404 if form.errors else 200)


def _said() -> dict[str, str]:
    """Return what the address asks for, for the same list as a file."""
    return {name: request.args[name] for name in ("view", "centre", "kind", "state", "order") if request.args.get(name)}


def _filters() -> dict[str, list[Choice]]:
    return {
        "centres": naming.centres(node()),
        "kinds": [Choice(kind, word(words.KINDS, kind)) for kind in KINDS],
        "states": [Choice(state, word(words.STATES, state)) for state in STATES],
    }


@hq.get("/cases.csv")
def queue_csv() -> Response:
    """Return the list as CSV."""
    return as_file("cases", _asked())
