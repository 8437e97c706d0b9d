"""The first page, and how headquarters itself stands."""

from __future__ import annotations

from flask import make_response, render_template
from werkzeug.wrappers import Response

from appliance import __version__
from appliance.hq.base import hq
from appliance.hq.centres import told
from appliance.usecases import list_cases, logs, watch_centres
from appliance.usecases.erase_values import scrub_due
from appliance.usecases.figures import rated
from appliance.usecases.list_cases import Asked
from appliance.usecases.trust import key_note
from appliance.web.casework import naming
from appliance.web.casework.lists import listed
from appliance.web.here import node, person

FIRST = 8  # centres in trouble on the first page


@hq.get("")
def overview() -> Response:
    """Show what asks for somebody: cases for headquarters, and centres that are not well."""
    here = node()
    now = here.clock.read().ts
    asked = Asked("hq", person().id, now)
    with here.store.read() as db:
        counts, page, centres = list_cases.counts(db, asked), listed(db, asked), watch_centres.centres(db)
        faces = rated(here, db)
    trouble = [one for one in centres if one.health(now) not in ("good", "behind", "closed")]
    body = render_template(
        "hq/overview.html", counts=counts, page=page, standing=watch_centres.standing(centres, now), may_open=person().may_open, rated=faces,
        trouble=[(one, naming.centre(here, one.centre), *told(one, now)) for one in trouble[:FIRST]], more=len(trouble) > FIRST,
    )  # fmt: skip
    return make_response(body)


@hq.get("/status")
def status() -> Response:
    """Show headquarters' own logs and keys, and how many centres are behind."""
    here = node()
    now = here.clock.read().ts
    with here.store.read() as db:
        own, centres = logs.own_logs(db), watch_centres.centres(db)
        aside = watch_centres.set_aside(db)
    body = render_template(
        "hq/status.html", named=[one for one in own if one.name in ("hq", "all")], downs=[one for one in own if one.name not in ("hq", "all")],
        kid=here.keyring.hq_data_key().kid, serial=key_note(here).serial, standing=watch_centres.standing(centres, now), aside=aside,
        clock=here.clock.read(), scrubbing=scrub_due(here), engine="SQLite" if here.store.is_sqlite else "PostgreSQL", version=__version__,
    )  # fmt: skip
    return make_response(body)
