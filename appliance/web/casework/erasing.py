"""Erasing what a case holds: asked once, on a legal ground; what may go where is the use case's to say."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.domain.people import MANAGERS, check_role
from appliance.journal.tombstones import CONTACT_FIELDS
from appliance.usecases.erase_values import BASES, erase
from appliance.usecases.read_case import CaseStory, read_case
from appliance.web.forms import Choice, Form
from appliance.web.here import node, person
from appliance.web.texts import _, _l
from appliance.web.words import word

GROUNDS = {
    "dpa-s40": _l("The citizen asked for it (Data Protection Act, section 40)"),
    "consent-withdrawn": _l("The citizen withdrew their consent"),
    "retention": _l("The time for keeping it is over"),
    "court-order": _l("A court ordered it"),
}
# What may be erased at once, and the fields that means; none means everything the case holds.
WHAT: dict[str, tuple[str, ...]] = {"contact": tuple(sorted(CONTACT_FIELDS)), "words": ("text",), "case": ()}


def add_erasing_pages(blueprint: Blueprint) -> None:
    """Give *blueprint* the page that asks, and what it leads to."""
    blueprint.add_url_rule("/cases/<case>/erase", "erase", ask, methods=["GET"])
    blueprint.add_url_rule("/cases/<case>/erase", "do_erase", do, methods=["POST"])


def ask(case: str) -> Response:
    """Ask what to erase and why."""
    check_role(person(), MANAGERS)
    return _page(read_case(node(), case, person()), Form())


def do(case: str) -> Response:
    """Erase it, or say what is missing."""
    check_role(person(), MANAGERS)
    found, form = read_case(node(), case, person()), Form(request.form)
    what = form.choice("what", [one.value for one in _what(found)], needed=_("Choose what to erase."))
    ground = form.choice("ground", BASES, needed=_("Choose the legal ground."))
    if form.errors:
        return _page(found, form, 422)
    erase(node(), case, person(), WHAT[what], ground)
    return make_response(redirect(url_for(".case", case=case, done="erased"), 303))


def _what(found: CaseStory) -> list[Choice]:
    """Return what of the case may be erased here: a centre erases contact details only, texts go by headquarters' order."""
    contact = [Choice("contact", _("Name, telephone, e-mail and ticket number"), _("The case itself stays as it is."))] if found.has_contact else []
    if not node().is_hq:
        return contact
    texts = Choice("words", _("Every text, photo and voice note of the case"), _("Citizen's and staff's words; dates, states and codes stay."))
    whole = Choice("case", _("Everything the case holds"), _("Also its receipt code: the citizen cannot follow it any more."))
    return [*contact, texts, whole]


def _page(found: CaseStory, form: Form, status: int = 200) -> Response:
    grounds = [Choice(code, word(GROUNDS, code)) for code in BASES]
    page = render_template("casework/erase.html", row=found.row, form=form, what=_what(found), grounds=grounds)
    return make_response(page, status)
