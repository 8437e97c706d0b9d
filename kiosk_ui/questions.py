"""The questions of the way to a receipt, one a page: in which order they come, what each asks, and what is wrong with an answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from appliance.usecases.expire_contacts import consent
from appliance.usecases.node import Node
from appliance.usecases.open_case import TICKET_CHARS
from appliance.web.forms import Form
from appliance.web.texts import _
from appliance.web.words import KINDS, RATINGS
from kiosk_ui.answers import ELSE, contact_given, phone_number

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")


@dataclass(frozen=True, slots=True)
class Question:
    """One page of the way.

    Attributes:
        fields: what it asks in fields that a person fills in; what is picked by a touch is carried along too, behind the touch.
        check: puts a sentence at each answer that cannot be taken.
    """

    name: str
    fields: tuple[str, ...]
    check: Callable[[Node, Form], None]


def _check_centre(node: Node, form: Form) -> None:
    allowed = {ELSE, *(centre.code for centre in node.catalogue.centres)}
    form.choice("centre", allowed, needed=_("Choose the centre it is about, or say that it is about none."))


def _check_kind(_node: Node, form: Form) -> None:
    form.choice("kind", KINDS, needed=_("Choose what you want to tell us."))
    if not form.text("ticket", limit=TICKET_CHARS).isprintable():
        form.refuse("ticket", _("There is a sign in it that cannot be kept. Type it again."))


def _check_service(node: Node, form: Form) -> None:
    if form.value("service") != ELSE and not node.catalogue.service(form.value("service")):
        form.refuse("service", _("Choose the service it is about, or something else."))


def _check_message(node: Node, form: Form) -> None:
    form.choice("category", {one.code for one in node.catalogue.categories_of(form.value("kind"))})
    form.text("text", limit=node.settings.limits.text_chars)
    if "\0" in form.value("text"):
        form.refuse("text", _("There is a sign in it that cannot be kept. Type it again."))
    if not any(form.text(name) for name in ("category", "text", "photo", "voice", "rating")):
        form.refuse("text", _("Touch what it is about, or write a few words."))


def _check_rating(_node: Node, form: Form) -> None:
    form.choice("rating", RATINGS)


def _check_contact(node: Node, form: Form) -> None:
    for name in ("name", "phone", "email"):
        form.text(name, limit=node.settings.limits.contact_chars)
        if "\0" in form.value(name):
            form.refuse(name, _("There is a sign in it that cannot be kept. Type it again."))
    if phone_number(node, form.text("phone")) is None:
        form.refuse("phone", _("That is not a telephone number of this country. Write it like 0712 345 678, or leave it empty."))
    if form.text("email") and not _EMAIL.fullmatch(form.text("email")):
        form.refuse("email", _("That is not an e-mail address. Write it like amina@example.org, or leave it empty."))
    if contact_given(form) and form.value("consent") != consent(node)[0]:
        form.refuse("consent", _("Tick the box, or take your name, number and address away."))


def _check_review(_node: Node, _form: Form) -> None:
    """Nothing is asked; every question before was checked."""


_CENTRE = Question("centre", (), _check_centre)
_QUESTIONS = (
    Question("rating", (), _check_rating),
    Question("kind", ("ticket",), _check_kind),
    Question("service", ("find",), _check_service),
    Question("message", ("category", "text"), _check_message),
    Question("contact", ("name", "phone", "email", "consent"), _check_contact),
    Question("review", (), _check_review),
)


def way(node: Node) -> tuple[Question, ...]:
    """Return the questions in order; only headquarters asks which centre."""
    return (_CENTRE, *_QUESTIONS) if node.is_hq else _QUESTIONS


def question(node: Node, name: str) -> Question:
    """Return the question of that name, or the first one."""
    return next((one for one in way(node) if one.name == name), way(node)[0])


def before(node: Node, here: Question, form: Form) -> str:
    """Return the name of the question before *here*, or '' at the beginning."""
    names = [one.name for one in way(node) if one is here or not scanned(one, form)]
    at = names.index(here.name)
    return names[at - 1] if at else ""


def after(node: Node, here: Question, form: Form) -> Question:
    """Return the question that comes after *here*; back to the review after a change."""
    goal = form.value("then")
    form.values["then"] = ""
    if goal == "review":
        return first_wrong(node, form) or question(node, "review")
    order = [one for one in way(node) if one is here or not scanned(one, form)]
    return order[min(order.index(here) + 1, len(order) - 1)]


def scanned(one: Question, form: Form) -> bool:
    """Tell whether a poster's code has answered the question already."""
    return one.name == "service" and bool(form.value("q")) and form.value("q") == form.value("service")


def first_wrong(node: Node, form: Form) -> Question | None:
    """Return the first question whose answer cannot be taken, its sentences in *form*; None when all is well."""
    for one in way(node):
        one.check(node, form)
        if form.errors:
            return one
    return None


def tidy(node: Node, form: Form) -> None:
    """Drop the category where another kind of message, chosen since, has none such."""
    if form.value("category") not in {one.code for one in node.catalogue.categories_of(form.value("kind"))}:
        form.values["category"] = ""
