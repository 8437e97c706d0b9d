"""How the centre stands with headquarters, said as it is; its clock, its backups, and what is still being erased."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.desk.base import desk
from appliance.desk.exchanging import errand, exchange_of
from appliance.desk.reasons import why
from appliance.domain.people import check_answers
from appliance.usecases.backup import backups
from appliance.usecases.confirm_time import confirm_time, time_in_doubt
from appliance.usecases.erase_values import scrub_due
from appliance.usecases.run_exchange import exchange_state
from appliance.usecases.terminals import terminals
from appliance.usecases.watch_centres import set_aside
from appliance.web.here import node, person
from appliance.web.texts import _l

QUALITIES = {
    "ntp": _l("kept by a time server"),
    "hq": _l("agrees with headquarters"),
    "rtc": _l("the appliance's own, not compared"),
    "unset": _l("never set"),
}


@desk.get("/sync")
def sync() -> Response:
    """Show how the exchange stands."""
    here = node()
    state, doubt = exchange_state(here), time_in_doubt(here)
    with here.store.read() as db:
        aside, heard = set_aside(db), terminals(db)
    page = render_template(
        "desk/sync.html", state=state, why=why(state.why), running=errand().running, clock=here.clock.read(),
        quality=str(QUALITIES[here.clock.read().quality]), doubt=doubt, may_confirm=person().may_manage and doubt == "step",
        may_exchange=person().may_answer, newest=next(iter(backups(here.settings.backup.dir)), None), scrubbing=scrub_due(here), aside=aside,
        terminals=heard, asked=request.args.get("asked", ""),
    )  # fmt: skip
    return make_response(page)


@desk.post("/sync/now")
def exchange_now() -> Response:
    """Exchange now; the page that follows tells how it went, or that it still runs."""
    check_answers(person())
    errand().send(exchange_of(node()))
    return make_response(redirect(url_for("desk.sync", asked="now"), 303))


@desk.post("/sync/time")
def confirm() -> Response:
    """Record that a manager found the clock to be right."""
    confirm_time(node(), person())
    return make_response(redirect(url_for("desk.sync", asked="time"), 303))
