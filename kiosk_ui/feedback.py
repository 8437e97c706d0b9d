"""``/feedback``: one question a page, forward by a touch, back without losing a word, and a receipt once it is on disk."""

from __future__ import annotations

import hmac
import logging

from flask import Response, make_response, render_template, request

from appliance.domain.catalogue import name_in
from appliance.domain.codes import rid_of
from appliance.domain.errors import CodeConflict, Refusal
from appliance.store.errors import StoreError
from appliance.usecases.node import Node
from appliance.usecases.open_case import Receipt, open_case, receipt_again
from appliance.web.errors import UNPROCESSABLE, status_of
from appliance.web.forms import Form
from appliance.web.here import node as here_node
from appliance.web.i18n import lang
from appliance.web.terminal import address, kiosk
from appliance.web.texts import _
from appliance.web.words import KINDS, RATINGS, say, word
from kiosk_ui import offers
from kiosk_ui.answers import carried, first_answers, read_answers, service_by_poster, submission_of
from kiosk_ui.base import pages
from kiosk_ui.following import limits
from kiosk_ui.proof import portal, proof_url
from kiosk_ui.questions import Question, after, before, first_wrong, question, tidy, way

log = logging.getLogger("cfms.pages")
NOTHING = "\u2013"  # a dash where nothing was answered
PICKED = ("centre", "kind", "service", "rating")  # answered by a touch


@pages.get("/feedback")
def begin() -> Response:
    """Ask the first question; the case's id and the receipt's code are minted here and travel along."""
    node = here_node()
    return _ask(node, way(node)[0], first_answers(node))


@pages.post("/feedback")
def go_on() -> Response:
    """Take an answer and ask what comes next."""
    node = here_node()
    form, at, go = read_answers(node), request.form.get("at", ""), request.form.get("go", "")
    if at == "receipt":
        return _show_again(node, form)
    here = question(node, at)
    if len(request.form.getlist("lang")) > 1:  # the page's own language, and the one that was touched
        return _ask(node, here, form)
    if go == "all":
        return _ask(node, here, form, every=True)
    if change := request.form.get("change"):
        form.values["then"] = "review"
        return _ask(node, question(node, change), form)
    if go:
        form.values["then"] = form.value("then") if go != "review" else ""
        return _ask(node, question(node, go), form)
    return _take(node, here, form)


def _take(node: Node, here: Question, form: Form) -> Response:
    """Take the answer to *here*: a touch, what was looked for, or what was typed."""
    picked = request.form.get("pick")
    if picked is not None and here.name in PICKED:
        form.values[here.name], form.values["find"] = picked, ""
    elif here.name == "service" and (code := service_by_poster(node, form.value("find"))):
        form.values["service"], form.values["find"] = code, ""
    elif (here.name == "service" and form.value("find").strip()) or (here.name == "centre" and _one_of(node, form) is None):
        return _ask(node, here, form)
    tidy(node, form)
    if here.name == "review":
        wrong = first_wrong(node, form)
        return _ask(node, wrong, form, status=UNPROCESSABLE) if wrong else _send(node, form)
    here.check(node, form)
    if form.errors:
        return _ask(node, here, form, status=UNPROCESSABLE)
    following = after(node, here, form)
    form.errors.clear()  # the next page's sentences come when it has been answered
    return _ask(node, following, form)


def _one_of(node: Node, form: Form) -> str | None:
    """Choose the county's only centre; None where there are several to choose from."""
    found = offers.centres(node, form.value("county"))
    if len(found) > 1:
        return None
    form.values["centre"] = found[0].value if found else ""
    return form.values["centre"]


def _send(node: Node, form: Form) -> Response:
    """Register the case. Whatever refuses it, the answers stay on the page, ready to be sent again."""
    review = question(node, "review")
    try:
        limits().check_submission(address(), kiosk())
        return _show(node, open_case(node, submission_of(node, form)))
    except Refusal as error:
        answer = _ask(node, review, form, problem=say(error), status=status_of(error))
        if "seconds" in error.details:
            answer.headers["Retry-After"] = str(error.details["seconds"])
        return answer
    except StoreError:
        log.exception("a submission could not be stored")
        return _ask(node, review, form, problem=_("This cannot be kept just now. Nothing was lost; send it again in a minute."), status=503)


# --- pages ----------------------------------------------------------------------------------------------


def _ask(node: Node, here: Question, form: Form, *, problem: str = "", status: int = 200, every: bool = False) -> Response:
    """Return the page of question *here*."""
    names = [one.name for one in way(node)]
    back = form.value("then") or before(node, here, form)
    page = render_template(
        f"kiosk/{here.name}.html", form=form, node=node, problem=problem, flow="answers", here=here.name,
        hidden_fields=[("at", here.name), *carried(form, *here.fields)], step=names.index(here.name) + 1, of=len(names) - 1, back_to=back,
        **_offered(node, here.name, form, every=every),
    )  # fmt: skip
    return make_response(page, status)


def _offered(node: Node, name: str, form: Form, *, every: bool) -> dict[str, object]:
    """Return what the page of question *name* needs beside the answers."""
    match name:
        case "kind":
            about = offers.service_name(node, form.value("q"))
            return {"kinds": offers.kinds(), "about": about}
        case "centre":
            return {"counties": offers.counties(node), "centres": offers.centres(node, form.value("county"))}
        case "service":
            shown = offers.services(node, form, every=every)
            return {"services": shown, "none_found": bool(form.value("find").strip()) and len(shown) == 1, "every": every, "total": _total(node)}
        case "message":
            return {"categories": offers.categories(node, form.value("kind")), "limit": node.settings.limits.text_chars}
        case "review":
            return {"rows": _rows(node, form)}
        case _:
            return {"limit": node.settings.limits.contact_chars}


def _total(node: Node) -> int:
    return len(offers.at_counters(node, every=True))


def _rows(node: Node, form: Form) -> list[dict[str, str]]:
    """Return the answers as the review shows them, each with the question that changes it."""
    contact = ", ".join(form.text(name) for name in ("name", "phone", "email") if form.text(name))
    rows = [
        (_("Centre"), offers.centre_name(node, form.value("centre")), "centre"),
        (_("What"), word(KINDS, form.value("kind")), "kind"),
        (_("Service"), offers.service_name(node, form.value("service")), "service"),
        (_("About"), offers.category_name(node, form.value("category")), "message"),
        (_("What happened"), form.text("text"), "message"),
        (_("How you were served"), word(RATINGS, form.value("rating")) if form.value("rating") else "", "rating"),
        (_("How to reach you"), contact, "contact"),
    ]  # fmt: skip
    asked = {one.name for one in way(node)}
    return [{"key": key, "value": value or NOTHING, "name": "change", "submit": page} for key, value, page in rows if page in asked]


def _show(node: Node, receipt: Receipt, form: Form | None = None, status: int = 200) -> Response:
    """Return the page of the receipt: the only one that ever shows the code."""
    page = render_template(
        "kiosk/receipt.html", receipt=receipt, form=form, carried=_holding(receipt), proof=proof_url(node, receipt.proof), compact=receipt.proof,
        centre=offers.centre_name(node, receipt.centre), numbers=_numbers(node),
        portal=portal(node),
    )  # fmt: skip
    return make_response(page, status)


def _holding(receipt: Receipt) -> list[tuple[str, str]]:
    """Return the fields by which the receipt's page can be shown again."""
    return [("at", "receipt"), ("id", receipt.id), ("code", receipt.code), *([("kiosk", kiosk())] if kiosk() else [])]


def _show_again(node: Node, form: Form) -> Response:
    """Show the receipt again in another language, or check that its last four digits were kept."""
    limits().check_guess(address(), kiosk())
    try:
        receipt = receipt_again(node, form.value("id"), form.value("code"), rid_of(form.value("code")))
    except CodeConflict:
        limits().count_wrong_code(address(), kiosk())
        raise
    if "last_four" not in request.form:
        return _show(node, receipt)
    typed = Form(request.form.copy())
    if hmac.compare_digest(typed.text("last_four").encode(), receipt.code[-4:].encode()):
        carried_on = [*_holding(receipt), ("last_four", receipt.code[-4:])]
        return make_response(render_template("kiosk/kept.html", receipt=receipt, carried=carried_on))
    typed.refuse("last_four", _("Those are not the last four digits. Look at the last group of your code and type it again."))
    return _show(node, receipt, typed, UNPROCESSABLE)


def _numbers(node: Node) -> list[tuple[str, str]]:
    """Return the numbers by which a case can be followed without a screen: name and number."""
    ussd = node.country.numbers.get("cfms-ussd")
    return [(name_in(ussd.names, lang()), ussd.number)] if ussd and ussd.number else []
