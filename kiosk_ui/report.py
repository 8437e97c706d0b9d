"""``/report``: the calm door. It says who takes a report of corruption or danger, and takes and records nothing itself."""

from __future__ import annotations

from flask import render_template

from appliance.domain.catalogue import name_in
from appliance.usecases.node import Node
from appliance.web.here import node as here_node
from appliance.web.i18n import lang
from kiosk_ui.base import pages


@pages.get("/report")
def report() -> str:
    """Say where to go; there is no form, so nothing can be sent unsealed."""
    node = here_node()
    numbers = {about: _numbers(node, about) for about in ("danger", "corruption", "office")}
    return render_template("kiosk/report.html", **numbers)


def _numbers(node: Node, about: str) -> list[tuple[str, str]]:
    """Return who is called about *about*, and by what number."""
    return [(name_in(one.names, lang()), one.number) for one in node.country.numbers.values() if one.about == about and one.number]
