"""Lists of cases on the screen and as a file: the words around each row, taken once for the whole page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response, request, stream_with_context

from appliance.domain.cases import WAITING
from appliance.domain.codes import ReferenceMistyped, parse_reference
from appliance.domain.errors import NotFound
from appliance.projections.cases import CaseRow
from appliance.store.db import Db
from appliance.usecases import list_cases, manage_accounts
from appliance.usecases.find_case import case_id
from appliance.usecases.list_cases import Asked
from appliance.usecases.node import Node
from appliance.web.casework import naming
from appliance.web.dates import Due, due_of, machine
from appliance.web.forms import Form
from appliance.web.here import node
from appliance.web.paging import Page, csv_answer, cursor
from appliance.web.texts import _
from appliance.web.words import CHANNELS, KINDS, STATES, word

SIZE = 25


@dataclass(frozen=True, slots=True)
class Listed:
    """One row in words.

    Attributes:
        due: how the clock stands that runs out next.
        acknowledging: that clock is the one for acknowledging.
    """

    row: CaseRow
    about: str
    category: str
    officer: str
    centre: str
    due: Due
    acknowledging: bool


def listed(db: Db, asked: Asked) -> Page[Listed]:
    """Return the page that was asked for; two questions to the database, whatever its size."""
    here, found = node(), list_cases.page(db, asked, after=cursor(), size=SIZE)
    names = manage_accounts.names(db, (row.officer for row in found.rows))
    return Page([_listed(here, row, names) for row in found.rows], found.after)


def _listed(here: Node, row: CaseRow, names: dict[str, str]) -> Listed:
    acknowledging = row.state == "received" and bool(row.ack_due) and not row.acknowledged_at
    ended = row.resolved_at or row.ended_at
    due = due_of(row.ack_due if acknowledging else row.due, ended_at=ended, waiting=row.state == WAITING)
    about = naming.service(here, row.service) or naming.institution(here, row.institution) or _("No service named")
    return Listed(
        row, about, naming.category(here, row.category), naming.colleague(here, names, row.officer), naming.centre(here, row.centre), due,
        acknowledging,
    )  # fmt: skip


def as_file(name: str, asked: Asked) -> Response:
    """Return the whole list as CSV: codes, words and times; no citizen's data, no colleague's name."""
    head = (
        _("Reference"), _("Kind"), _("State"), _("Centre"), _("Service"), _("Service code"), _("Institution"), _("About"), _("Channel"),
        _("Language"), _("Rating"), _("Filed"), _("Acknowledge by"), _("Acknowledged"), _("Resolve by"), _("Resolved"), _("Ended"),
        _("Escalated to"), _("Reopened"), _("Was it fixed?"),
    )  # fmt: skip
    rows: Iterator[tuple[object, ...]] = stream_with_context(_cells(node(), asked))  # type: ignore[type-var]  # it takes any values
    return csv_answer(name, head, rows)


def _cells(here: Node, asked: Asked) -> Iterator[tuple[object, ...]]:
    fixed = {1: _("yes"), -1: _("no")}
    for row in list_cases.every(here.store, asked):
        yield (
            row.ref, word(KINDS, row.kind), word(STATES, row.state), naming.centre(here, row.centre), naming.service(here, row.service), row.service,
            naming.institution(here, row.institution), naming.category(here, row.category), word(CHANNELS, row.channel), row.lang,
            row.rating or "", _at(row.opened_at), _at(row.ack_due), _at(row.acknowledged_at), _at(row.due), _at(row.resolved_at),
            _at(row.ended_at), word(naming.LADDER, row.escalated) if row.escalated else "", row.reopened, fixed.get(row.fixed, ""),
        )  # fmt: skip


def _at(ts: int) -> str:
    return machine(ts) if ts else ""


def look_up(form: Form) -> str:
    """Return the id of the case whose reference stands in field ``q``, '' where there is none; the form then says so."""
    typed = form.text("q", limit=40)
    if not typed:
        return ""
    try:
        return case_id(node(), str(parse_reference(typed)))
    except ReferenceMistyped as refusal:
        form.refuse("q", refusal)
    except NotFound:
        form.refuse("q", _("There is no case of that reference here. Check it against the slip."))
    return ""


def query() -> Form:
    """Return what the address asks for."""
    return Form(request.args)
