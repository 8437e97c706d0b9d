"""The queue: a centre's cases by the clock that runs out first, in views with their counts."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.desk.base import desk
from appliance.usecases import list_cases
from appliance.usecases.figures import rated
from appliance.usecases.list_cases import Asked, Counts
from appliance.web.casework.lists import as_file, listed, look_up, query
from appliance.web.here import node, person
from appliance.web.texts import _l

VIEWS = {
    "mine": _l("Mine"),
    "unassigned": _l("Nobody's"),
    "open": _l("Open"),
    "overdue": _l("Overdue"),
    "waiting": _l("Waiting for the citizen"),
    "resolved": _l("Resolved"),
    "all": _l("All"),
}


def _asked() -> Asked:
    """Return what the address asks for; officers begin with their own cases, others with all that are open."""
    here, who = node(), person()
    view = request.args.get("view", "")
    default = "mine" if who.role == "officer" else "open"
    return list_cases.asked_of(view if view in VIEWS else "", default, who.id, here.clock.read().ts, centre=here.settings.centre)


@desk.get("")
def queue() -> Response:
    """Show one view of the queue, or go to the case whose reference was typed."""
    form, asked = query(), _asked()
    if found := look_up(form):
        return make_response(redirect(url_for("desk.case", case=found)))
    here = node()
    with here.store.read() as db:
        page, counts = listed(db, asked), list_cases.counts(db, asked)
        faces = rated(here, db)
    body = render_template(
        "desk/queue.html", page=page, counts=counts, views=_views(asked, counts), form=form, asked=asked, title=str(VIEWS[asked.view]),
        may_open=person().may_open, rated=faces,
    )  # fmt: skip
    return make_response(body, 404 if form.errors else 200)


def _views(asked: Asked, counts: Counts) -> list[tuple[str, str, int | None, bool]]:
    found = []
    for name, words in VIEWS.items():
        count = getattr(counts, name, None)
        found.append((url_for("desk.queue", view=name), str(words), count, name == asked.view))
    return found


@desk.get("/cases.csv")
def queue_csv() -> Response:
    """Return the view as CSV."""
    asked = _asked()
    return as_file(f"{asked.centre}-{asked.view}", asked)
