"""The shell: every step of the way as an inert template behind the first page, so that a script can go it in one cached document.

Nothing of anybody stands in it: it is the same for everybody who asks in one language. The steps are rendered from the very
partials of the pages, so that both ways look and speak alike.
"""

from __future__ import annotations

from typing import Final

from flask import current_app, render_template, request
from markupsafe import Markup

from appliance.domain.catalogue import Catalogue
from appliance.usecases.node import Node
from appliance.web.forms import Form
from appliance.web.i18n import lang
from appliance.web.look import look
from appliance.web.terminal import kiosk
from appliance.web.transport import in_the_open
from kiosk_ui.problems import problems
from kiosk_ui.questions import way
from kiosk_ui.steps import question_html

ENDS = ("counted", "kept", "registered", "refused")


MOST: Final = 24  # shells that are kept, of up to 200 KB each; whoever makes terminals up only has theirs rendered anew

Kind = tuple[str, str, str, bool]  # language, look, terminal, and whether others could read along: all that a shell depends on


class Shells:
    """The shells of one application, each rendered once: that takes longer than all else on a page."""

    def __init__(self) -> None:
        """Begin without any."""
        self._kept: tuple[Catalogue | None, dict[Kind, Markup]] = (None, {})

    def get(self, node: Node) -> Markup:
        """Return the shell for who asks, made of today's catalogue."""
        kind = (lang(), look(), kiosk(), in_the_open(request.environ))
        catalogue, made = self._kept
        if catalogue is not node.catalogue:
            made = {}
            self._kept = (node.catalogue, made)
        found = made.get(kind)
        if found is None:
            found = made[kind] = _render(node)
            for oldest in list(made)[:-MOST]:
                made.pop(oldest, None)
        return found


def shell_html(node: Node) -> Markup:
    """Return the templates of every step, of the three ends, and the sentences on what may be refused."""
    shells: Shells = current_app.extensions.setdefault("cfms-shells", Shells())
    return shells.get(node)


def _render(node: Node) -> Markup:
    steps = [(one.name, question_html(node, one, Form(), inert=True)) for one in way(node)]
    return Markup(render_template("kiosk/shell.html", steps=steps, ends=ENDS, problems=problems()))  # noqa: S704  # our own template
