"""The shell: every step of the way as an inert template behind the first page, so that a script can go it in one cached document.

Nothing of anybody stands in it: it is the same for everybody who asks in one language. The steps are rendered from the very
partials of the pages, so that both ways look and speak alike.
"""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from appliance.usecases.node import Node
from appliance.web.forms import Form
from kiosk_ui.problems import problems
from kiosk_ui.questions import way
from kiosk_ui.steps import question_html

ENDS = ("counted", "kept", "registered")


def shell_html(node: Node) -> Markup:
    """Return the templates of every step, of the three ends, and the sentences on what may be refused."""
    steps = [(one.name, question_html(node, one, Form(), inert=True)) for one in way(node)]
    return Markup(render_template("kiosk/shell.html", steps=steps, ends=ENDS, problems=problems()))  # noqa: S704  # our own template
