"""``/feedback``: one question a page, forward by a touch, back without losing a word, and a receipt once it is on disk."""

from __future__ import annotations

import logging

from flask import Response, make_response, render_template, request

from appliance.domain.errors import Refusal
from appliance.store.errors import StoreError
from appliance.usecases.node import Node
from appliance.usecases.open_case import open_case
from appliance.web import uploads
from appliance.web.errors import UNPROCESSABLE, status_of
from appliance.web.forms import Form
from appliance.web.here import node as here_node
from appliance.web.terminal import address, kiosk
from appliance.web.texts import _
from appliance.web.words import say
from kiosk_ui import offers, receipts
from kiosk_ui.answers import first_answers, read_answers, service_by_poster, submission_of
from kiosk_ui.base import pages
from kiosk_ui.faces import count_face
from kiosk_ui.following import limits
from kiosk_ui.questions import Question, after, before, first_wrong, question, tidy, way
from kiosk_ui.shell import shell_html
from kiosk_ui.steps import question_html, title_of
from kiosk_ui.switches import switched
from kiosk_ui.uploads import check_files, drop_file, files_of, forget_files, take_files

log = logging.getLogger("cfms.pages")
PICKED = ("centre", "rating", "kind", "service")  # answered by a touch


@pages.get("/feedback")
def begin() -> Response:
    """Ask the first question that no poster has answered; the ids and the receipt's code are minted here and travel along."""
    node = here_node()
    form = first_answers(node)
    return _ask(node, question(node, "rating") if form.value("centre") else way(node)[0], form, shell=shell_html(node))


@pages.post("/feedback")
def go_on() -> Response:
    """Take an answer and ask what comes next."""
    node, posted = here_node(), uploads.read()  # before anything looks at the form: it may be larger than what is kept
    form, at, go = read_answers(node), request.form.get("at", ""), request.form.get("go", "")
    if at == "receipt":
        return receipts.show_again(node, form)
    here = question(node, at)
    take_files(node, form, posted)
    if form.errors:
        return _ask(node, here, form, status=UNPROCESSABLE)
    if switched():
        return _ask(node, here, form) if go != "finish" else receipts.counted()
    if kind := request.form.get("drop"):
        drop_file(form, kind)
        return _ask(node, here, form)
    return _go(node, here, form, go) or _take(node, here, form)


def _go(node: Node, here: Question, form: Form, go: str) -> Response | None:
    """Go where a button leads that answers nothing; None where the question is answered."""
    if go == "finish":
        return _finish(node, here, form)
    if go == "all":
        return _ask(node, here, form, every=True)
    if change := request.form.get("change"):
        form.values["then"] = "review"
        return _ask(node, question(node, change), form)
    if go:
        form.values["then"] = form.value("then") if go != "review" else ""
        return _ask(node, question(node, go), form)
    return None


def _finish(node: Node, here: Question, form: Form) -> Response:
    """Thank a citizen who leaves after the tap, which has been counted; a ticket typed since is added to it."""
    if form.text("ticket") and form.value("rating"):
        return _counting(node, here, form) or receipts.counted()
    return receipts.counted()


def _take(node: Node, here: Question, form: Form) -> Response:
    """Take the answer to *here*: a touch, what was looked for, or what was typed."""
    picked = request.form.get("pick")
    if picked is not None and here.name in PICKED:
        form.values[here.name], form.values["find"] = picked, ""
    elif here.name == "rating":
        return _ask(node, here, form)
    elif here.name == "service" and (code := service_by_poster(node, form.value("find"))):
        form.values["service"], form.values["find"] = code, ""
    elif (here.name == "service" and form.value("find").strip()) or (here.name == "centre" and _one_of(node, form) is None):
        return _ask(node, here, form)
    tidy(node, form)
    if here.name == "review":
        return _review(node, form)
    here.check(node, form)
    if form.errors:
        return _ask(node, here, form, status=UNPROCESSABLE)
    if _tells_of_a_face(here, form) and (problem := _counting(node, here, form)):
        return problem
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


def _tells_of_a_face(here: Question, form: Form) -> bool:
    """Tell whether a face was touched, or a ticket typed to one."""
    return bool(form.value("rating")) and (here.name == "rating" or (here.name == "kind" and bool(form.text("ticket"))))


def _counting(node: Node, here: Question, form: Form) -> Response | None:
    """Count the face at once, so that leaving now still counts; return the page that says why it could not be."""
    try:
        count_face(node, form)
    except Refusal as error:
        return _refused(node, here, form, error)
    except StoreError:
        log.exception("a rating could not be stored")
        return _not_kept(node, here, form)
    return None


def _review(node: Node, form: Form) -> Response:
    """Send the message, if every answer can be taken."""
    check_files(form)
    if form.errors:
        return _ask(node, question(node, "message"), form, status=UNPROCESSABLE)
    wrong = first_wrong(node, form)
    return _ask(node, wrong, form, status=UNPROCESSABLE) if wrong else _send(node, form)


def _send(node: Node, form: Form) -> Response:
    """Register the case. Whatever refuses it, the answers stay on the page, ready to be sent again."""
    review = question(node, "review")
    try:
        limits().check_submission(address(), kiosk())
        receipt = open_case(node, submission_of(node, form, files_of(form)))
    except Refusal as error:
        return _refused(node, review, form, error)
    except StoreError:
        log.exception("a submission could not be stored")
        return _not_kept(node, review, form)
    forget_files(form)
    return receipts.show(node, receipt)


def _refused(node: Node, here: Question, form: Form, error: Refusal) -> Response:
    answer = _ask(node, here, form, problem=say(error), status=status_of(error))
    if "seconds" in error.details:
        answer.headers["Retry-After"] = str(error.details["seconds"])
    return answer


def _not_kept(node: Node, here: Question, form: Form) -> Response:
    return _ask(node, here, form, problem=_("This cannot be kept just now. Nothing was lost; send it again in a minute."), status=503)


def _ask(node: Node, here: Question, form: Form, *, problem: str = "", status: int = 200, every: bool = False, shell: str | None = None) -> Response:
    """Return the page of question *here*."""
    back = form.value("then") or before(node, here, form)
    page = render_template(
        "kiosk/step.html", form=form, flow="answers", title=_("Not sent") if problem else title_of(here.name, form), shell=shell,
        question=question_html(node, here, form, back=back, problem=problem, every=every),
    )  # fmt: skip
    return make_response(page, status)
