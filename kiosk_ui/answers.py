"""A citizen's answers on their way through the pages: all of them travel in hidden fields, and none is lost on the way."""

from __future__ import annotations

import re
from typing import Final

from flask import request
from werkzeug.datastructures import MultiDict

from appliance.domain.codes import ServiceCodeMistyped, check_receipt_code, check_service_code, mint_receipt_code
from appliance.domain.errors import CodeMistyped
from appliance.domain.ids import is_id
from appliance.journal.entropy import random_bytes
from appliance.usecases.media import Upload
from appliance.usecases.node import Node, new_id
from appliance.usecases.open_case import Submission
from appliance.web.forms import Form
from appliance.web.i18n import lang
from appliance.web.terminal import kiosk
from appliance.web.words import RATINGS

# Minted when the way begins, so that a double touch or a reload registers one case (spec keys, Receipt) and counts one face.
MINTED: Final = ("id", "code", "rated")
ANSWERS: Final = (
    "centre", "rating", "kind", "ticket", "service", "desk", "category", "text", "photo", "voice", "name", "phone", "email", "consent",
)  # fmt: skip
# What is no answer: the terminal, the code that was scanned, what was looked for, and the page to come back to after a change.
ASIDE: Final = ("kiosk", "q", "then")
FIELDS: Final = (*MINTED, *ANSWERS, *ASIDE)
# What is looked for on one page only.
PASSING: Final = ("find", "county")
ELSE: Final = "else"  # "something else": no service of the catalogue, and no county's centre
_NOT_A_NUMBER = re.compile(r"[\s().\-\u2010-\u2015]+")


def read_answers(node: Node) -> Form:
    """Return the answers so far, as they were sent; ids that are missing or damaged are minted anew."""
    values = MultiDict({name: request.form.get(name, "") for name in (*FIELDS, *PASSING)})
    values["kiosk"] = kiosk()
    if not (is_id(values["id"]) and _is_code(values["code"])):
        values["id"], values["code"] = new_id(node.clock.read()), mint_receipt_code(random_bytes)
    if not is_id(values["rated"]):
        values["rated"] = new_id(node.clock.read())
    if values["rating"] not in RATINGS:  # no page of ours says so
        values["rating"] = ""
    return Form(values)


def first_answers(node: Node) -> Form:
    """Return the answers a way begins with: a service or desk whose code was scanned or is given in ``?q=``, on the internet of ``?centre=``."""
    form = read_answers(node)
    asked = request.args.get("q", "")[:40]
    if node.is_hq and (centre := node.catalogue.centre(request.args.get("centre", "")[:20])):
        form.values["centre"] = centre.code
    desk = node.catalogue.desk(form.value("centre") or node.settings.centre, asked)
    service = service_by_poster(node, asked)
    if desk:
        form.values["desk"] = desk.code[:20]
        service = desk.services[0] if len(desk.services) == 1 else ""
    form.values["service"] = form.values["q"] = service
    if asked and not service and not desk:
        form.values["find"] = asked
    return form


def service_by_poster(node: Node, typed: str) -> str:
    """Return the code of the counter service that a poster's five digits name, or ''."""
    try:
        code = check_service_code(typed)
    except ServiceCodeMistyped:
        return ""
    return code if node.catalogue.service(code) else ""


def _is_code(text: str) -> bool:
    try:
        return check_receipt_code(text) == text
    except CodeMistyped:
        return False


def carried(form: Form, *asked: str) -> list[tuple[str, str]]:
    """Return the fields that travel on hidden from a page that asks *asked* itself."""
    return [(name, form.value(name)) for name in FIELDS if name not in asked and form.value(name)]


def channel_of(node: Node) -> str:
    """Return how this message comes: from a terminal, a phone on the centre's Wi-Fi, or the internet."""
    if node.is_hq:
        return "web"
    return "kiosk" if kiosk() else "phone"


def contact_given(form: Form) -> bool:
    """Tell whether the citizen left a way to be reached, or a name."""
    return any(form.text(name) for name in ("name", "phone", "email"))


def submission_of(node: Node, form: Form, files: list[Upload]) -> Submission:
    """Return what the answers say, as it is registered; they were checked before."""
    named = contact_given(form)
    return Submission(
        id=form.value("id"), code=form.value("code"), kind=form.value("kind"), channel=channel_of(node), lang=lang(),
        service="" if form.value("service") == ELSE else form.value("service"), desk=form.value("desk"), category=form.value("category"),
        rating=int(form.value("rating") or 0), rated=form.value("rated") if form.value("rating") else "", ticket=form.text("ticket"),
        text=form.text("text"), name=form.text("name"),
        phone=phone_number(node, form.text("phone")) or "", email=form.text("email"), consent=form.value("consent") if named else "",
        centre="" if form.value("centre") == ELSE else form.value("centre"), files=tuple(files),
    )  # fmt: skip


def phone_number(node: Node, typed: str) -> str | None:
    """Return a telephone number as the world dials it, '' for none, or None where it cannot be one of this country."""
    rules, digits = node.country.phone, _NOT_A_NUMBER.sub("", typed)
    if not digits:
        return ""
    for start in (f"+{rules.calling_code}", f"00{rules.calling_code}", rules.calling_code, rules.trunk_prefix):
        rest = digits.removeprefix(start)
        if start and rest != digits and len(rest) == rules.national_digits and rest.isascii() and rest.isdigit():
            return f"+{rules.calling_code}{rest}"
    return None
