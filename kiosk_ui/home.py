"""``/``: the first page. On a terminal it invites in every language, and one tap on a face is an answer already."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

from appliance.usecases.node import Node
from appliance.web.forms import Choice
from appliance.web.headers import forget
from appliance.web.here import node as here_node
from appliance.web.i18n import force_locale, lang, languages
from appliance.web.terminal import kiosk, page_at
from appliance.web.texts import _
from kiosk_ui.answers import carried, first_answers
from kiosk_ui.base import pages
from kiosk_ui.offers import service_name
from kiosk_ui.shell import shell_html


@pages.get("/")
def home() -> Response:
    """Show the first page; after ``?reset=1``, which a terminal opens when a citizen has left, the browser drops what it cached of them."""
    node, scanned = here_node(), request.args.get("q", "")[:40]
    page = render_template(
        "kiosk/home.html", invitations=_invitations(), hidden_fields=_hidden(node), ways_on=_ways(scanned),
        about=service_name(node, scanned), shell=shell_html(node),
    )  # fmt: skip
    answer = make_response(page)
    return forget(answer) if "reset" in request.args else answer


def _invitations() -> list[tuple[str, str]]:
    """Return the question in every other language; on a device of one's own, which speaks its owner's, none."""
    return [(one.code, _question_in(one.code)) for one in languages() if kiosk() and one.code != lang()]


def _question_in(code: str) -> str:
    with force_locale(code):
        return _("How was the service today?")


def _hidden(node: Node) -> list[tuple[str, str]]:
    """Return what a face takes along; at headquarters a poster must have told the centre first, else there are no faces."""
    form = first_answers(node)
    return [("at", "rating"), *carried(form)] if form.value("centre") or not node.is_hq else []


def _ways(scanned: str) -> list[Choice]:
    """Return the two ways on where there are no faces yet; a poster's code travels on in the address, being nobody's secret."""
    return [
        Choice(page_at("/feedback", q=scanned), _("Give feedback"), _("A complaint, a worry, an idea or praise"), "speech"),
        Choice(page_at("/track"), _("Follow your case"), _("With the code on your slip"), "search"),
    ]
