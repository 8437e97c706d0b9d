"""``/track``: a case by its receipt code, which travels in the body and never in an address."""

from __future__ import annotations

import logging

from flask import Response, make_response, render_template, request
from werkzeug.datastructures import MultiDict

from appliance.domain.cases import CLOSED, ENDED, RESOLVED, WAITING
from appliance.domain.errors import CodeMistyped, IllegalMove, Refusal, TextMissing, TextTooLong
from appliance.store.errors import StoreError
from appliance.usecases.node import Node, new_id
from appliance.usecases.read_case import CaseStory, find_by_code
from appliance.web import uploads
from appliance.web.dates import due_of
from appliance.web.errors import UNPROCESSABLE, status_of
from appliance.web.forms import Choice, Form
from appliance.web.here import node as here_node
from appliance.web.terminal import kiosk
from appliance.web.texts import _
from appliance.web.words import say
from kiosk_ui import offers
from kiosk_ui.answers import channel_of
from kiosk_ui.base import pages
from kiosk_ui.following import ACTS, follow
from kiosk_ui.story import told
from kiosk_ui.switches import switched
from kiosk_ui.uploads import check_files, drop_file, files_of, forget_files, take_files

log = logging.getLogger("cfms.pages")


@pages.get("/track")
def ask_code() -> Response:
    """Ask for the code."""
    return _ask_code(Form())


@pages.post("/track")
def track() -> Response:
    """Show the case, or do with it what was asked; whatever refuses it, nothing typed is lost."""
    node, posted = here_node(), uploads.read()  # before anything looks at the form: it may be larger than what is kept
    form = Form(MultiDict(posted.fields))
    code, act = form.value("code"), _act(form)
    if not code.strip():
        form.refuse("code", _("Type the 20 digits of your code."))
        return _ask_code(form, 422)
    take_files(node, form, posted)
    drop_file(form, form.value("drop"))
    if act == "reply":
        check_files(form)
    try:
        if form.errors:
            return _page("case", node, follow(node, code, "look", "", "", ""), form, status=UNPROCESSABLE)
        if act == "ask-withdraw":
            return _page("withdraw", node, follow(node, code, "look", "", "", ""), form)
        story = follow(node, code, act, form.value("id"), form.text("text"), channel_of(node), files_of(form) if act == "reply" else ())
    except Refusal as error:
        return _refused(node, form, code, error)
    except StoreError:
        log.exception("what a citizen wrote could not be stored")
        words = _("This cannot be kept just now. Nothing was lost; send it again in a minute.")
        return _page("case", node, find_by_code(node, code), form, problem=words, status=503)
    if act != "look":
        forget_files(form)
    return _page("case", node, story, Form() if act != "look" else form, done=act if act in ACTS[1:] else "")


def _act(form: Form) -> str:
    """Return what is to be done: nothing where another language or look was touched, or a file taken away."""
    act = form.value("do")
    return "look" if switched() or form.value("drop") or act not in (*ACTS, "ask-withdraw") else act


def _refused(node: Node, form: Form, code: str, error: Refusal) -> Response:
    """Return the page on which the citizen can put it right."""
    about_text = isinstance(error, (TextMissing, TextTooLong))
    on_case = about_text or isinstance(error, IllegalMove) or status_of(error) >= 500
    if on_case and form.value("do") in ACTS:
        if about_text:
            form.refuse("text", error)
        problem = "" if about_text else _moved_on(error)
        return _page("case", node, find_by_code(node, code), form, problem=problem, status=status_of(error))
    form.refuse("code", error)
    answer = _ask_code(form, 422 if isinstance(error, CodeMistyped) else status_of(error))
    if "seconds" in error.details:
        answer.headers["Retry-After"] = str(error.details["seconds"])
    return answer


def _moved_on(error: Refusal) -> str:
    """Return the sentence on *error*; a move that came too late is told without the desk's words for it."""
    return _("Your case has moved on meanwhile, so this is not possible now. Read what is new.") if isinstance(error, IllegalMove) else say(error)


def _ask_code(form: Form, status: int = 200) -> Response:
    kept = [(name, form.value(name)) for name in ("do", "id", "text", "voice", "photo") if form.value(name)]
    kept += [("kiosk", kiosk())] if kiosk() else []
    page = render_template("kiosk/track.html", form=form, kept=kept, carried=[*kept, ("code", form.value("code"))])
    return make_response(page, status)


def _page(name: str, node: Node, story: CaseStory, form: Form, *, done: str = "", problem: str = "", status: int = 200) -> Response:
    """Return a page of the case: its story, or the question whether to take it back."""
    row, state = story.row, story.row.state
    mine = [("code", form.value("code") or request.form["code"])]
    mine += [("kiosk", kiosk())] if kiosk() else []
    praise, writable = row.kind == "compliment", state not in ENDED
    added = [(kind, form.value(kind)) for kind in ("voice", "photo") if form.value(kind)]
    flow = {"flow": "reply"} if name == "case" and writable else {}  # another language takes along the reply being written
    page = render_template(
        f"kiosk/{name}.html", form=form, row=row, lines=told(node, story), mine=mine, carried=mine, added=added, done=done, problem=problem,
        due=due_of(row.due, ended_at=row.resolved_at or row.ended_at, waiting=state == WAITING), promised=row.due if state not in ENDED else 0,
        about=offers.service_name(node, row.service) or offers.category_name(node, row.category), centre=offers.centre_name(node, row.centre),
        may_write=writable, may_say_fixed=state == RESOLVED, may_reopen=state == CLOSED and not praise, waits=state == WAITING,
        ids=[new_id(node.clock.read()) for _turn in range(3)], fixed=_fixed_choices(), limit=node.settings.limits.text_chars, **flow,
    )  # fmt: skip
    return make_response(page, status)


def _fixed_choices() -> tuple[Choice, Choice]:
    return (
        Choice("fixed", _("Yes, it is fixed"), _("Your case is then closed"), "yes"),
        Choice("not-fixed", _("No, it is not"), _("Another officer will look at it"), "no"),
    )
