"""``/figures``: what people said of the service and how promises were kept, open to everybody, without numbers in which one could be seen."""

from __future__ import annotations

from flask import Response, render_template

from appliance.projections.ratings import FACES
from appliance.usecases.figures import COLUMNS, NATION, Shown, for_everybody, span
from appliance.usecases.node import Node
from appliance.web.dates import DAY
from appliance.web.here import node as here_node
from appliance.web.paging import csv_answer
from appliance.web.texts import _
from appliance.web.words import RATINGS
from kiosk_ui.base import pages
from kiosk_ui.offers import centre_name

NOON = 43_200  # seconds; at noon in Greenwich it is the same day wherever there are Huduma centres


@pages.get("/figures")
def figures() -> str:
    """Show the figures of this centre; at headquarters the nation's and each centre's."""
    node = here_node()
    lines = _lines(node)
    first, last = (day * DAY + NOON for day in span(node))
    return render_template(
        "kiosk/figures.html", whole=lines[0], centres=[(_name(node, one.centre), one) for one in lines[1:]], shares=_shares(),
        first=first, last=last, smallest=node.settings.limits.smallest_count, some_hidden=any(None in one.counts.values() for one in lines),
    )  # fmt: skip


@pages.get("/figures.csv")
def figures_csv() -> Response:
    """Return the same as CSV; what is not shown on the page is empty here."""
    return csv_answer("figures", [_("Code"), _("Centre"), *_columns()], _rows(here_node()))


def _columns() -> list[str]:
    """Return the words over ``COLUMNS``."""
    faces = [str(RATINGS[str(face)]) for face in FACES]
    return [*faces, _("Ratings"), _("Without a ticket"), _("Quickly after another"), _("Answers promised"), _("Answered by then")]


def _shares() -> list[list[dict[str, object]]]:
    """Return the columns of the tables of centres: faces, how far they can be believed, promises. One table of all would not fit a screen."""
    heads: list[dict[str, object]] = [
        {"name": name, "head": {"words": words, "number": True}} for name, words in zip(COLUMNS, _columns(), strict=True)
    ]
    belief, promises = COLUMNS.index("unticketed"), COLUMNS.index("promised")
    return [heads[:belief], heads[belief:promises], heads[promises:]]


def _lines(node: Node) -> list[Shown]:
    with node.store.read() as db:
        return for_everybody(node, db)


def _rows(node: Node) -> list[list[object]]:
    return [
        ["" if one.centre == NATION else one.centre, _name(node, one.centre), *("" if one[name] is None else one[name] for name in COLUMNS)]
        for one in _lines(node)
    ]


def _name(node: Node, code: str) -> str:
    return _("The whole country") if code == NATION else centre_name(node, code)
