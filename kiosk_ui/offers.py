"""What each question offers to touch: kinds, counties and centres, services, categories."""

from __future__ import annotations

from dataclasses import replace

from appliance.domain.catalogue import Service, name_in
from appliance.usecases.node import Node
from appliance.web.forms import Choice, Form
from appliance.web.i18n import lang
from appliance.web.texts import _, _l
from appliance.web.words import KINDS, Words
from kiosk_ui.answers import ELSE

FIRST = 11  # pictures before anybody asks for all: with "something else" they fill rows of two, three and four
FOUND = 12
_HINTS: Words = {
    "complaint": _l("Something was done badly or not at all"),
    "concern": _l("Something worries me"),
    "suggestion": _l("Something could be better"),
    "compliment": _l("Something was done well"),
}
# What is asked about a message of each kind.
ASKED: Words = {
    "complaint": _l("What happened?"),
    "concern": _l("What worries you?"),
    "suggestion": _l("What could be better?"),
    "compliment": _l("What was good?"),
}


def kinds() -> list[Choice]:
    """Return the four kinds of message."""
    return [Choice(code, str(words), str(_HINTS[code]), code) for code, words in KINDS.items()]


def counties(node: Node) -> list[Choice]:
    """Return the counties that have a centre."""
    served = {centre.county for centre in node.catalogue.centres}
    return [Choice(one.code, name_in(one.names, lang())) for one in node.catalogue.counties if one.code in served]


def centres(node: Node, county: str) -> list[Choice]:
    """Return the centres of one county."""
    return [Choice(one.code, name_in(one.names, lang()), one.town, "building") for one in node.catalogue.centres if one.county == county]


def all_centres(node: Node) -> list[Choice]:
    """Return every centre, marked with its county, for a script to choose from."""
    return [replace(one, marks={"data-county": county.code}) for county in node.catalogue.counties for one in centres(node, county.code)]


def categories(node: Node, kind: str) -> list[Choice]:
    """Return what a message of *kind* may be about."""
    return [Choice(one.code, name_in(one.names, lang()), "", one.picture) for one in node.catalogue.categories_of(kind)]


def all_categories(node: Node) -> list[Choice]:
    """Return what a message of any kind may be about, each marked with its kinds, for a script to choose from."""
    kinds_of: dict[str, list[str]] = {}
    found: dict[str, Choice] = {}
    for kind in KINDS:
        for one in categories(node, kind):
            found.setdefault(one.value, one)
            kinds_of.setdefault(one.value, []).append(kind)
    return [replace(one, marks={"data-kinds": " ".join(kinds_of[code])}) for code, one in found.items()]


def services(node: Node, form: Form, *, every: bool = False) -> list[Choice]:
    """Return the services to touch: those found, or those of the counters here, and at the end something else.

    Args:
        every: all of the counters' services instead of one a picture.
    """
    asked = form.value("find").strip()
    if asked:
        found = node.catalogue.find_services(asked, lang(), FOUND)
        shown = [_service(node, one) for one in found]
    else:
        shown = [_service(node, one) for one in at_counters(node, every=every)]
    return [*shown, Choice(ELSE, _("Something else"), "", "dots")]


def all_services(node: Node) -> list[Choice]:
    """Return all of the counters' services, for a script to show: the few that differ most first, then the others marked and hidden.

    Each has its names in every language and what people also call it: in these the script looks for it.
    """
    first = at_counters(node)
    rest = [one for one in at_counters(node, every=True) if one not in first]
    shown = [replace(_service(node, one), marks=_words_of(one)) for one in first]
    hidden = [replace(_service(node, one), marks={**_words_of(one), "hidden": "", "data-rest": ""}) for one in rest]
    return [*shown, *hidden, Choice(ELSE, _("Something else"), "", "dots")]


def _words_of(one: Service) -> dict[str, str]:
    return {"data-words": " ".join((*one.names.values(), one.words))}


def at_counters(node: Node, *, every: bool = False) -> list[Service]:
    """Return the services of this centre's counters; unless *every*, a few that differ most, one a picture."""
    desks = {code for desk in node.catalogue.desks_of(node.settings.centre) for code in desk.services}
    offered = [one for one in node.catalogue.counter_services() if not desks or one.code in desks]
    if every:
        return offered
    by_picture: dict[str, Service] = {}
    for one in offered:
        by_picture.setdefault(one.picture, one)
    return list(by_picture.values())[:FIRST]


def _service(node: Node, one: Service) -> Choice:
    """Return the choice of a service; its institution is told where it is not one of the counters' well-known ones."""
    behind = node.catalogue.institution(one.institution)
    hint = name_in(behind.names, lang()) if behind and not one.at_counter else ""
    return Choice(one.code, name_in(one.names, lang()), hint, one.picture or "generic")


def service_name(node: Node, code: str) -> str:
    """Return the name of the service of that code in this language; "something else" for ``ELSE``, '' for none."""
    found = node.catalogue.service(code)
    if found:
        return name_in(found.names, lang())
    return _("Something else") if code == ELSE else ""


def centre_name(node: Node, code: str) -> str:
    """Return the name of the centre of that code in this language; "no one centre" for ``ELSE``, '' for none."""
    found = node.catalogue.centre(code)
    if found:
        return name_in(found.names, lang())
    return _("No one centre") if code == ELSE else ""


def category_name(node: Node, code: str) -> str:
    """Return the name of the category of that code in this language, or ''."""
    found = node.catalogue.category(code)
    return name_in(found.names, lang()) if found else ""
