"""What stands behind the codes of a case: colleagues' names, services, institutions, reasons; for staff's eyes only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from appliance.domain.catalogue import name_in
from appliance.projections.cases import CaseRow
from appliance.usecases.answer_case import TEAM
from appliance.usecases.node import Node
from appliance.usecases.read_case import CaseStory, Line
from appliance.web.forms import Choice
from appliance.web.i18n import lang
from appliance.web.texts import _, _l
from appliance.web.words import REJECTIONS, RESOLUTIONS, ROLES, word

LADDER = {**ROLES, "hq": _l("Headquarters"), "caj": _l("The Ombudsman")}
CLOSINGS = {"time": _l("nobody answered after the resolution")}
DETAILS = {"resolved": RESOLUTIONS, "rejected": REJECTIONS, "escalated": LADDER, "closed": CLOSINGS}
NOT_PEOPLE = frozenset({"citizen", "clock", ""})


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a story in words.

    Attributes:
        who: citizen, staff, hq or clock.
        by: the colleague's name, '' for citizens and clocks.
        new: it came after the page that was being looked at.
    """

    line: Line
    who: str
    by: str
    detail: str
    new: bool


def people_in(story: CaseStory, more: Iterable[str] = ()) -> set[str]:
    """Return the account ids a story speaks of."""
    found = {line.by for line in story.lines} | {line.detail for line in story.lines if line.kind in ("assigned", "passed")}
    return (found | {story.row.officer} | set(more)) - NOT_PEOPLE


def colleague(node: Node, names: Mapping[str, str], id: str, *, hq: bool | None = None) -> str:
    """Return the name of account *id*, or on which side an unknown one works.

    Args:
        hq: the account acted at headquarters; None where that is not known: then it is the other side's.
    """
    if id in names or not id:
        return names.get(id, "")
    return _("headquarters") if (not node.is_hq if hq is None else hq) else _("a colleague at the centre")


def told(node: Node, story: CaseStory, names: Mapping[str, str], seen: int) -> list[Told]:
    """Return the lines of *story* in words; *seen* is how far it went on the page before, 0 where there was none."""
    return [_told(node, line, names, new=bool(seen) and line.n > seen) for line in story.lines]


def _told(node: Node, line: Line, names: Mapping[str, str], *, new: bool) -> Told:
    who = line.by if line.by in ("citizen", "clock") else "hq" if line.hq else "staff"
    by = "" if line.by in NOT_PEOPLE else colleague(node, names, line.by, hq=line.hq)
    return Told(line, who, by, _detail(node, line, names), new)


def _detail(node: Node, line: Line, names: Mapping[str, str]) -> str:
    if line.kind == "passed" and line.detail == TEAM:
        return _("the whole team")
    if line.kind in ("assigned", "passed"):
        return colleague(node, names, line.detail, hq=line.hq)
    if line.kind == "referred":
        return institution(node, line.detail)
    if line.kind == "fixed":
        return _("yes") if line.detail == "yes" else _("no")
    return word(DETAILS[line.kind], line.detail) if line.kind in DETAILS else ""


def institution(node: Node, code: str) -> str:
    """Return an institution's name, or its code where the catalogue does not know it."""
    found = node.catalogue.institution(code)
    return name_in(found.names, lang()) if found else code


def service(node: Node, code: str) -> str:
    """Return a service's name, or its code."""
    found = node.catalogue.service(code)
    return name_in(found.names, lang()) if found else code


def category(node: Node, code: str) -> str:
    """Return a category's name, or its code."""
    found = node.catalogue.category(code)
    return name_in(found.names, lang()) if found else code


def centre(node: Node, code: str) -> str:
    """Return a centre's name, or its code."""
    found = node.catalogue.centre(code)
    return name_in(found.names, lang()) if found else code


def desk(node: Node, row: CaseRow) -> str:
    """Return the name of a case's desk or counter, or its code."""
    found = node.catalogue.desk(row.centre, row.desk)
    return name_in(found.names, lang()) if found else row.desk


def language(node: Node, code: str) -> str:
    """Return a language by its own name."""
    return next((one.name for one in node.country.languages if one.code == code), code)


def institutions(node: Node) -> list[Choice]:
    """Return every institution a case may be referred to, by name."""
    found = [Choice(one.code, name_in(one.names, lang())) for one in node.catalogue.institutions]
    return sorted(found, key=lambda one: one.label.lower())


def centres(node: Node) -> list[Choice]:
    """Return every centre, by name."""
    found = [Choice(one.code, f"{name_in(one.names, lang())} ({one.code})") for one in node.catalogue.centres]
    return sorted(found, key=lambda one: one.label.lower())
