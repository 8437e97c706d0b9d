"""``/track``: a case by its receipt code, which travels in the body and never in an address."""

from __future__ import annotations

import logging

from flask import Response, make_response, render_template, request

from appliance.domain.cases import CLOSED, ENDED, RESOLVED, WAITING
from appliance.domain.errors import CodeMistyped, IllegalMove, Refusal, TextMissing, TextTooLong
from appliance.store.errors import StoreError
from appliance.usecases.node import Node, new_id
from appliance.usecases.read_case import CaseStory, find_by_code
from appliance.web.dates import due_of
from appliance.web.errors import status_of
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

log = logging.getLogger("cfms.pages")


@pages.get("/track")
def ask_code() -> Response:
    """Ask for the code."""
    return _ask_code(Form())


@pages.post("/track")
def track() -> Response:
    """Show the case, or do with it what was asked; whatever refuses it, nothing typed is lost."""
    node, form = here_node(), Form(request.form.copy())
    code, act = form.value("code"), form.value("do") or "look"
    if len(request.form.getlist("lang")) > 1:
        act = "look"
    if not code.strip():
        form.refuse("code", _("Type the 20 digits of your code."))
        return _ask_code(form, 422)
    try:
        if act == "ask-withdraw":
            return _page("withdraw", node, follow(node, code, "look", "", "", ""), form)
        story = follow(node, code, act if act in ACTS else "look", form.value("id"), form.text("text"), channel_of(node))
    except Refusal as error:
        return _refused(node, form, code, error)
    except StoreError:
        log.exception("what a citizen wrote could not be stored")
        words = _("This cannot be kept just now. Nothing was lost; send it again in a minute.")
        return _page("case", node, find_by_code(node, code), form, problem=words, status=503)
    return _page("case", node, story, Form() if act != "look" else form, done=act if act in ACTS[1:] else "")


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
    kept = [(name, form.value(name)) for name in ("do", "id", "text") if form.value(name)]
    kept += [("kiosk", kiosk())] if kiosk() else []
    page = render_template("kiosk/track.html", form=form, kept=kept, carried=[*kept, ("code", form.value("code"))])
    return make_response(page, status)


def _page(name: str, node: Node, story: CaseStory, form: Form, *, done: str = "", problem: str = "", status: int = 200) -> Response:
    """Return a page of the case: its story, or the question whether to take it back."""
    row, state = story.row, story.row.state
    mine = [("code", form.value("code") or request.form["code"])]
    mine += [("kiosk", kiosk())] if kiosk() else []
    praise, writable = row.kind == "compliment", state not in ENDED
    flow = {"flow": "reply"} if name == "case" and writable else {}  # another language takes along the reply being written
    page = render_template(
        f"kiosk/{name}.html", form=form, row=row, lines=told(node, story), mine=mine, carried=mine, done=done, problem=problem,
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
