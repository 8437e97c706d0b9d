"""What each step of the way shows: the same for its page and for its template in the document that a script keeps."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from appliance.usecases.expire_contacts import consent
from appliance.usecases.node import Node
from appliance.web.forms import Form
from appliance.web.texts import _
from appliance.web.words import KINDS, RATINGS, word
from kiosk_ui import offers
from kiosk_ui.answers import carried
from kiosk_ui.questions import Question, way

NOTHING = "\u2013"  # a dash where nothing was answered


def question_html(node: Node, here: Question, form: Form, *, back: str = "", problem: str = "", every: bool = False, inert: bool = False) -> Markup:
    """Return the inside of the main part for question *here*.

    Args:
        back: the question before it, '' where it is the first.
        problem: why the message could not be sent.
        every: all of the counters' services are shown.
        inert: for the script's template: everything that may ever be shown, nothing of anybody's answers.
    """
    names = [one.name for one in way(node)]
    hidden = [] if inert else [("at", here.name), *carried(form, *here.fields)]
    inside = render_template(
        "kiosk/question.html", form=form, here=here.name, hidden_fields=hidden, step=names.index(here.name) + 1, of=len(names) - 1,
        back_to=back, problem=problem, shell=inert, **_facts(node, here.name, form, every=every, inert=inert),
    )  # fmt: skip
    return Markup(inside)  # noqa: S704  # our own template


def title_of(here: str, form: Form) -> str:
    """Return the title of the page that asks question *here*: its heading's words."""
    match here:
        case "centre":
            return _("Which centre is it about?")
        case "rating":
            return _("How were you served?")
        case "kind":
            return _("Thank you. It counts.") if form.value("rating") else _("What do you want to tell us?")
        case "service":
            return _("Which service is it about?")
        case "message":
            return word(offers.ASKED, form.value("kind")) if form.value("kind") in offers.ASKED else word(offers.ASKED, "complaint")
        case "contact":
            return _("May we reach you?")
        case _:
            return _("Is this right?")


def _facts(node: Node, name: str, form: Form, *, every: bool, inert: bool) -> dict[str, object]:
    """Return what the partial of step *name* needs beside the answers."""
    match name:
        case "centre":
            county = form.value("county")
            return {"counties": offers.counties(node), "centres": offers.all_centres(node) if inert else offers.centres(node, county)}
        case "kind":
            return {"kinds": offers.kinds(), "about": offers.service_name(node, form.value("q")), "rated": bool(form.value("rating"))}
        case "service":
            shown = offers.all_services(node) if inert else offers.services(node, form, every=every)
            none_found = inert or (bool(form.value("find").strip()) and len(shown) == 1)
            return {"services": shown, "none_found": none_found, "every": every, "total": len(offers.at_counters(node, every=True))}
        case "message":
            return _message_facts(node, form, inert=inert)
        case "review":
            return {"rows": review_rows(node, form, inert=inert)}
        case "contact":
            code, days = consent(node)
            return {"limit": node.settings.limits.contact_chars, "dialling": node.country.phone, "consent": code, "days": days}
        case _:
            return {}


def _message_facts(node: Node, form: Form, *, inert: bool) -> dict[str, object]:
    kinds = list(KINDS) if inert else [form.value("kind")]
    return {
        "categories": offers.all_categories(node) if inert else offers.categories(node, form.value("kind")),
        "asked": [(kind, word(offers.ASKED, kind)) for kind in kinds if kind in offers.ASKED] or [("", title_of("message", form))],
        "limit": node.settings.limits.text_chars,
    }


def review_rows(node: Node, form: Form, *, inert: bool = False) -> list[dict[str, str]]:
    """Return the answers as the review shows them, each with the question that changes it; empty ones for a script to fill."""
    contact = ", ".join(form.text(name) for name in ("name", "phone", "email") if form.text(name))
    rows = [
        ("centre", _("Centre"), offers.centre_name(node, form.value("centre")), "centre"),
        ("rating", _("How you were served"), word(RATINGS, form.value("rating")) if form.value("rating") else "", "rating"),
        ("kind", _("What"), word(KINDS, form.value("kind")) if form.value("kind") else "", "kind"),
        ("service", _("Service"), offers.service_name(node, form.value("service")), "service"),
        ("category", _("About"), offers.category_name(node, form.value("category")), "message"),
        ("text", _("What happened"), form.text("text"), "message"),
        ("voice", _("Voice note"), _("Added") if form.value("voice") or inert else "", "message"),
        ("photo", _("Photo"), _("Added") if form.value("photo") or inert else "", "message"),
        ("ticket", _("Queue ticket"), form.text("ticket"), "kind"),
        ("contact", _("How to reach you"), contact, "contact"),
    ]
    asked = {one.name for one in way(node)}
    always = {"kind", "service", "text", "contact", "rating", "centre"}
    shown = [one for one in rows if one[3] in asked and (inert or one[2] or one[0] in always)]
    return [{"key": key, "value": value or NOTHING, "name": "change", "submit": page, "row": row} for row, key, value, page in shown]
