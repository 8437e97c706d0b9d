"""A case's story in a citizen's words: what happened and when, and never which member of staff it was."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.domain.catalogue import name_in
from appliance.usecases.node import Node
from appliance.usecases.read_case import CaseStory, Line
from appliance.web.i18n import lang
from appliance.web.texts import _, _l
from appliance.web.words import REJECTIONS, RESOLUTIONS, ROLES, Words, word

HEADQUARTERS = frozenset({"hq", "case_officer", "analyst", "operator", "publisher", "administrator"})
_WHAT: Words = {
    "opened": _l("You told us"),
    "acknowledged": _l("An officer has read it"),
    "assigned": _l("An officer answers for it now"),
    "started": _l("Work on it began"),
    "reply": _l("Answer"),
    "question": _l("We ask you"),
    "citizen": _l("You wrote"),
    "referred": _l("Passed to the office that must act"),
    "resolved": _l("We believe it is fixed"),
    "closed": _l("Closed, since nobody said that it is not fixed"),
    "withdrawn": _l("You took it back"),
    "rejected": _l("We could not take it up"),
    "escalated": _l("The date had passed, so it went higher up"),
    "verified": _l("We have checked your praise"),
    "passed": _l("Your praise was passed on"),
}
_ADDED: Words = {"photo": _l("You added a photo"), "voice": _l("You added a voice note")}
_FIXED: Words = {"yes": _l("You said: yes, it is fixed"), "no": _l("You said: no, it is not fixed")}
_BY_CITIZEN = frozenset({"opened", "citizen", "fixed", "withdrawn"})


@dataclass(frozen=True, slots=True)
class Said:
    """One line as a citizen reads it.

    Attributes:
        who: whose line it is: ``citizen``, ``staff``, ``hq`` or ``clock``.
        by: the office that speaks, never a person.
        text: the words written; None when they were erased or did not come.
        added: a sentence for each photo and voice note.
    """

    who: str
    what: str
    detail: str
    by: str
    at: int
    text: str | None
    crossed: bool
    added: tuple[str, ...] = ()


def told(node: Node, story: CaseStory) -> list[Said]:
    """Return the story, line by line."""
    return [_said(node, line) for line in story.lines]


def _said(node: Node, line: Line) -> Said:
    what = word(_FIXED, line.detail) if line.kind == "fixed" else word(_WHAT, line.kind)
    return Said(_who(line), what, _detail(node, line), _office(line), line.at, line.text, line.crossed, _added(line))


def _added(line: Line) -> tuple[str, ...]:
    return tuple(str(_ADDED[kind]) for kind in line.files if kind in _ADDED)


def _who(line: Line) -> str:
    if line.kind in _BY_CITIZEN:
        return "citizen"
    if line.by == "clock":
        return "clock"
    return "hq" if line.role in HEADQUARTERS else "staff"


def _office(line: Line) -> str:
    """Return the office that wrote to the citizen; other lines need none."""
    if line.kind not in {"reply", "question"}:
        return ""
    return _("Headquarters") if line.role in HEADQUARTERS else word(ROLES, line.role)


def _detail(node: Node, line: Line) -> str:
    """Return the coded fact beside the line, in words; who of the staff has it is nobody's business."""
    match line.kind:
        case "referred":
            behind = node.catalogue.institution(line.detail)
            return name_in(behind.names, lang()) if behind else ""
        case "resolved":
            return word(RESOLUTIONS, line.detail) if line.detail in RESOLUTIONS else ""
        case "rejected":
            return word(REJECTIONS, line.detail) if line.detail in REJECTIONS else ""
        case "escalated":
            step = next((one for one in node.country.escalation if one.to == line.detail), None)
            return name_in(step.names, lang()) if step else ""
        case _:
            return ""
