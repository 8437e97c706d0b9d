"""Posters for managers: chosen on a page, given as the file that ``cfms posters`` writes, ready to print."""

from __future__ import annotations

import re

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.desk.base import desk
from appliance.domain.catalogue import name_in
from appliance.domain.errors import NotAllowed
from appliance.usecases.node import Node
from appliance.web.forms import Choice, Form
from appliance.web.here import node, person
from appliance.web.i18n import lang, languages
from appliance.web.posters import Printing, whole_page
from appliance.web.texts import _

ALL = "all"
_URL = re.compile(r"https?://[^\s@/?#]+(/[^\s?#@]*)?")


@desk.get("/posters")
def posters() -> Response:
    """Ask which posters, in which languages, and where telephones find the pages."""
    _check_manager()
    form = Form(request.args.copy())
    first, second = languages()[0].code, languages()[min(1, len(languages()) - 1)].code
    for name, usual in (("of", ALL), ("first", first), ("second", second), ("url", node().settings.sync.hq_url)):
        form.values.setdefault(name, usual)
    return _page(form)


@desk.get("/posters/file")
def posters_file() -> Response:
    """Give the posters asked for; what cannot be is said on the page they were asked on."""
    _check_manager()
    form = Form(request.args.copy())
    known = [tongue.code for tongue in languages()]
    of = form.choice("of", {one.value for one in _offered(node())}, needed=_("Choose of what."))
    langs = [form.choice("first", known, needed=_("Choose a language.")), form.choice("second", known)]
    if not _URL.fullmatch(form.text("url")):
        form.refuse("url", _("Write an address such as https://feedback.example.org"))
    if form.errors:
        return _page(form, 422)
    printing = Printing(node(), tuple(dict.fromkeys(code for code in langs if code)), form.text("url"))
    kind, _colon, code = of.partition(":")
    made = printing.everything() if of == ALL else printing.named(*(([code], []) if kind == "desk" else ([], [code])))
    answer = make_response(whole_page(made))
    answer.headers["Content-Disposition"] = 'attachment; filename="posters.html"'
    return answer


def _check_manager() -> None:
    if not person().may_manage:
        raise NotAllowed


def _page(form: Form, status: int = 200) -> Response:
    page = render_template(
        "desk/posters.html", form=form, offered=_offered(node()), tongues=[Choice(one.code, one.name) for one in languages()],
        where=url_for("desk.posters_file"),
    )  # fmt: skip
    return make_response(page, status)


def _offered(here: Node) -> list[Choice]:
    """Return what there can be posters of: everything, each desk, each service of the counters."""
    desks = [Choice(f"desk:{one.code}", f"{one.code} {name_in(one.names, lang())}") for one in here.catalogue.desks_of(here.settings.centre)]
    services = [Choice(f"service:{one.code}", f"{one.code} {name_in(one.names, lang())}") for one in here.catalogue.counter_services()]
    return [Choice(ALL, _("All desks and services here")), *desks, *services]
