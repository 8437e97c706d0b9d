"""The page of one case: its story, what can be done, contact details behind a reason, erasure asked once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.domain.errors import CaseChanged, IllegalMove, ReasonNeeded, Refusal, UnknownChoice
from appliance.projections import readings
from appliance.usecases import manage_accounts
from appliance.usecases.answer_case import REJECTIONS, RESOLUTIONS, TEAM
from appliance.usecases.erase_values import scrub_due
from appliance.usecases.node import new_id
from appliance.usecases.read_case import CaseStory, open_with_reason, read_case, read_file
from appliance.web import words
from appliance.web.casework import naming
from appliance.web.casework.acts import ACTS, Deed, offered
from appliance.web.errors import status_of
from appliance.web.forms import Choice, Form
from appliance.web.here import node, person
from appliance.web.texts import _
from appliance.web.words import say


def add_case_pages(blueprint: Blueprint) -> None:
    """Give *blueprint* the pages of one case, under ``/cases/<id>``."""
    blueprint.add_url_rule("/cases/<case>", "case", show)
    blueprint.add_url_rule("/cases/<case>/act/<name>", "act", act, methods=["POST"])
    blueprint.add_url_rule("/cases/<case>/files/<event>/<field>", "file", file)
    blueprint.add_url_rule("/cases/<case>/contact", "contact", contact, methods=["POST"])
    blueprint.add_url_rule("/cases/<case>/reason", "reason", give_reason, methods=["POST"])


@dataclass(slots=True)
class View:
    """What the page of a case shows beside the case.

    Attributes:
        name: of the act whose form came back, '' for none.
        refusal: why it could not be done as it was sent.
        seen: how far the story went on the page that came back.
    """

    form: Form = field(default_factory=Form)
    name: str = ""
    refusal: Refusal | None = None
    seen: int = 0


def show(case: str) -> Response:
    """Show a case; at headquarters one that is not its own asks for a reason first."""
    try:
        found = read_case(node(), case, person())
    except ReasonNeeded:
        return _ask_reason(case, Form())
    return _page(found, View())


def file(case: str, event: str, field: str) -> Response:
    """Show a photo or play a voice note, to whoever may open its case; as a thing to look at, never as a page."""
    media, data = read_file(node(), case, event, field, person())
    answer = Response(data, content_type=media)
    answer.headers["Content-Disposition"] = "inline"
    answer.headers["Cache-Control"] = "no-store"
    return answer.make_conditional(request.environ, accept_ranges=True, complete_length=len(data))


def act(case: str, name: str) -> Response:
    """Do one act and show the case again; nothing typed is lost when it cannot be done."""
    known = ACTS.get(name)
    if known is None:
        abort(404)
    form = Form(request.form)
    try:
        found = read_case(node(), case, person())
        known.do(Deed(node(), case, person(), form, name))
    except ReasonNeeded:
        return _ask_reason(case, Form())
    except UnknownChoice as refusal:
        form.refuse(f"{name}-{refusal.details.get('field')}", refusal)
    except (CaseChanged, IllegalMove) as refusal:
        # Read anew: what changed it is what the person must see now.
        return _page(read_case(node(), case, person()), View(form, name, refusal, form.number("seen", most=2**53)), status_of(refusal))
    if form.errors:
        return _page(found, View(form, name), 422)
    done = "ask" if name == "reply" and form.value("ask") else name
    return make_response(redirect(url_for(".case", case=case, done=done), 303))


def contact(case: str) -> Response:
    """Show the contact details for a stated reason, which is recorded first."""
    form = Form(request.form)
    found = read_case(node(), case, person())
    why = form.text("contact-reason", needed=_("Say why you need the contact details."), limit=80)
    if form.errors:
        return _page(found, View(form, "contact"), 422)
    return _page(open_with_reason(node(), case, person(), why, contact=True, id=form.value("id")), View())


def give_reason(case: str) -> Response:
    """Record why somebody at headquarters opens a centre's case, and open it."""
    form = Form(request.form)
    why = form.text("reason", needed=_("Say why you need to read this case."), limit=80)
    if form.errors:
        return _ask_reason(case, form, 422)
    open_with_reason(node(), case, person(), why, id=form.value("id"))
    return make_response(redirect(url_for(".case", case=case), 303))


def _ask_reason(case: str, form: Form, status: int = 200) -> Response:
    return make_response(render_template("casework/reason.html", case=case, form=form, fresh_id=_fresh_id), status)


def _fresh_id() -> str:
    return new_id(node().clock.read())


def _page(found: CaseStory, view: View, status: int = 200) -> Response:
    """Return the page of *found*."""
    who = person()
    can = offered(found.case, who)
    with node().store.read() as db:
        read_by = readings.of_case(db, found.row.id) if who.may_manage or who.role == "auditor" else []
        names = manage_accounts.names(db, naming.people_in(found, (one.by for one in read_by)))
        colleagues = manage_accounts.colleagues(db) if can & {"assign", "pass"} else []
    told = naming.told(node(), found, names, view.seen)
    page = render_template(
        "casework/case.html", story=found, row=found.row, told=told, can=can, view=view, form=view.form,
        fresh=[one for one in told if one.new], notice=say(view.refusal) if view.refusal else "", facts=_facts(found, names),
        fresh_id=_fresh_id, read_by=[(one, names.get(one.by, "")) for one in read_by],
        may_erase=who.may_manage and (found.has_contact or node().is_hq), may_contact=who.may_open and found.has_contact and not found.contact,
        done=_done(), text_limit=node().settings.limits.text_chars, **_choices(can, found, colleagues),
    )  # fmt: skip
    return make_response(page, status)


def _done() -> str:
    """Return what to say of what was just done."""
    name = request.args.get("done", "")
    if name == "erased":
        return (
            _("Erased. It is being emptied from the last file now; this page says when it is done.")
            if scrub_due(node())
            else _("Erased. No file of this machine holds it any more.")
        )
    return str(ACTS[name].done) if name in ACTS else ""


def _choices(can: frozenset[str], found: CaseStory, colleagues: list[Any]) -> dict[str, object]:
    """Return what the forms offer."""
    people = [Choice(one.id, one.name) for one in colleagues]
    free = [one for one in people if one.value not in found.case.past_officers and one.value != found.case.officer]
    institutions = naming.institutions(node()) if "refer" in can else []
    return {
        "officers": free,
        "praised": [Choice(TEAM, _("The whole team")), *people],
        "institutions": [one for one in institutions if one.value != found.row.institution],
        "resolutions": [Choice(code, words.word(words.RESOLUTIONS, code)) for code in RESOLUTIONS],
        "rejections": [Choice(code, words.word(words.REJECTIONS, code)) for code in REJECTIONS],
    }


def _facts(found: CaseStory, names: dict[str, str]) -> dict[str, str]:
    """Return what the case is about, in words."""
    row, here = found.row, node()
    return {
        "service": naming.service(here, row.service),
        "institution": naming.institution(here, row.institution),
        "category": naming.category(here, row.category),
        "centre": naming.centre(here, row.centre),
        "desk": naming.desk(here, row),
        "language": naming.language(here, row.lang),
        "officer": naming.colleague(here, names, row.officer),
        "escalated": words.word(naming.LADDER, row.escalated) if row.escalated else "",
    }
