"""``GET /api/v1/services``: what somebody means who types a few words or a poster's code; a few best ones, never the whole catalogue."""

from __future__ import annotations

from flask import Response, request

from appliance.usecases.node import Node
from appliance.web.forms import Choice, Form
from appliance.web.here import node as here_node
from kiosk_ui import offers
from kiosk_ui.answers import ELSE, service_by_poster
from kiosk_ui.api import answer, api

MOST = 80  # characters that are looked for


@api.get("/services")
def services() -> Response:
    """Give the services that ``find`` may mean, best first, by their names in ``lang``; those of the counters here where it is empty."""
    found = _found(here_node(), request.args.get("find", "")[:MOST].strip())
    return answer({"services": [{"code": one.value, "name": one.label, "hint": one.hint, "picture": one.picture} for one in found]})


def _found(node: Node, words: str) -> list[Choice]:
    form = Form()
    form.values["find"] = service_by_poster(node, words) or words
    return [one for one in offers.services(node, form) if one.value != ELSE]
