"""A case as its readers see it: the story with the values this node still holds, opened in memory only."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync.files import is_field

from appliance.domain import events as ev
from appliance.domain.cases import Case
from appliance.domain.codes import check_receipt_code, rid_of
from appliance.domain.errors import InvalidInput, NotAllowed, NotFound, ReasonNeeded, UnknownCode
from appliance.domain.ids import is_id
from appliance.domain.people import Person
from appliance.journal import boxes, files
from appliance.journal.entries import Entry
from appliance.journal.journal import Tx
from appliance.journal.objects import files_of
from appliance.journal.tombstones import CONTACT_FIELDS
from appliance.projections import cases, readings, receipts
from appliance.projections.cases import CaseRow
from appliance.store.db import Db
from appliance.usecases import facts, logs
from appliance.usecases.checks import check_text
from appliance.usecases.epochs import SHUT
from appliance.usecases.media import KINDS
from appliance.usecases.node import Node, new_id


@dataclass(frozen=True, slots=True)
class Attached:
    """A photo or voice note of a line.

    Attributes:
        kind: ``photo`` or ``voice``; '' for a kind that a newer version knows.
        state: ``here``, ``coming`` (its leaf came before it), ``erased``, or ``withheld`` (its key did not come, or is another).
    """

    field: str
    kind: str
    seconds: int
    state: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story.

    Attributes:
        kind: the event's type, such as ``opened`` or ``reply``.
        text: its free text; '' when it has none, None when that was erased, did not come, or may not be shown yet.
        crossed: the move fell where it was no longer legal.
        by: account id of the member of staff, ``citizen`` or ``clock``.
        n: its place in the story; two that were written at the same time share one.
        attached: the photos and voice notes that came with it.
        hq: it was written at headquarters, and not at a centre.
    """

    id: str
    kind: str
    at: int
    quality: str
    by: str
    role: str
    text: str | None
    detail: str
    crossed: bool
    n: int = 0
    hq: bool = False
    attached: tuple[Attached, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """Return the kinds of what was added."""
        return tuple(one.kind for one in self.attached)


@dataclass(frozen=True, slots=True)
class CaseStory:
    """A case, its row, and its story in order; ``contact`` only where the reader may see it."""

    row: CaseRow
    case: Case
    lines: tuple[Line, ...]
    contact: dict[str, str]
    has_contact: bool
    origin: str
    index: int


def story(db: Db, case: str, *, contact: bool = False) -> CaseStory:
    """Return the story of *case*.

    Raises:
        NotFound: this node has no such case.
    """
    found, row = cases.story_of(db, case), cases.get(db, case)
    if found is None or row is None:
        raise NotFound
    told, placed = found
    lines, shown, has_contact = [], {}, False
    shut = facts.get(db, SHUT)  # an old copy was put back: what was erased since is not known yet
    for place in placed:
        event = place.entry.event
        assert isinstance(event, ev.CaseEvent)
        readable = not shut or place.entry.log == int(shut)
        values = {f: v.decode() for f, v in _values(db, place).items() if f != receipts.FIELD and not is_field(f)} if readable else {}
        if isinstance(event, ev.CaseOpened):
            found_contact = {f: v for f, v in values.items() if f in CONTACT_FIELDS}
            has_contact, shown = bool(found_contact), found_contact if contact else {}
        line = _line(event, values, crossed=place.crossed, hq=_by_hq(place.entry.origin))
        lines.append(replace(line, attached=attached(db, place.entry, readable=readable)) if files_of(event) else line)
    opening = placed[0].entry
    return CaseStory(row, told.case, tuple(lines), shown, has_contact, opening.origin, opening.index)


def _values(db: Db, place: cases.Placed) -> dict[str, bytes]:
    e = place.entry
    return boxes.read(db, e.log, e.index, e.origin, e.event.id) if e.event.c else {}


def attached(db: Db, entry: Entry, *, readable: bool = True) -> tuple[Attached, ...]:
    """Return the files of the event at *entry*, and whether each can be shown."""
    return tuple(
        Attached(file.field, KINDS.get(file.media, ""), file.seconds, files.state(db, entry, file) if readable else "withheld")
        for file in files_of(entry.event)
    )


def _by_hq(origin: str) -> bool:
    """Tell whether a log of *origin* is one of headquarters' (design §6: ``hq`` and ``to/<centre>``)."""
    name = origin.partition("/log/")[2]
    return name.startswith(("hq/", "to/"))


def _line(event: ev.CaseEvent, values: dict[str, str], *, crossed: bool, hq: bool) -> Line:
    text = values.get("text") if "text" in event.c else ""
    kind = "question" if isinstance(event, ev.ReplySent) and event.ask else str(event.__struct_config__.tag)
    role = getattr(event, "role", "")
    return Line(event.id, kind, event.ts, event.q, event.by, role, text, detail_of(event), crossed, event.n, hq)


def detail_of(event: ev.CaseEvent) -> str:
    """Return the one coded fact worth showing beside *event*."""
    match event:
        case ev.CaseReferred():
            return event.institution
        case ev.CaseAssigned():
            return event.officer
        case ev.CaseResolved() | ev.CaseRejected() | ev.CaseClosed():
            return event.reason
        case ev.FixAnswered():
            return "yes" if event.yes else "no"
        case ev.CaseEscalated() | ev.ComplimentPassed():
            return event.to
        case _:
            return ""


def find_by_code(node: Node, typed: str) -> CaseStory:
    """Return the case a citizen's receipt code opens.

    Raises:
        CodeMistyped: a digit is wrong. UnknownCode: no case here has that code.
    """
    rid = rid_of(check_receipt_code(typed))
    with node.store.read() as db:
        case = receipts.case_of(db, node.tagger, rid)
        if case is None:
            raise UnknownCode
        return story(db, case)


def read_case(node: Node, case: str, person: Person) -> CaseStory:
    """Return *case* to a member of staff who may read it without giving a reason (spec keys §4).

    Raises:
        NotFound, NotAllowed: no such case, or the person's role never reads cases.
        ReasonNeeded: an HQ reader must first say why they open a case that is not HQ's (``open_with_reason``).
    """
    with node.store.read() as db:
        check_may_read(node, db, case, person)
        return story(db, case)


def check_may_read(node: Node, db: Db, case: str, person: Person) -> None:
    """Check that *person* may read *case* now, and whatever belongs to it.

    Raises:
        NotFound, NotAllowed, ReasonNeeded: as ``read_case``.
    """
    row = cases.get(db, case)
    if row is None:
        raise NotFound
    if not _may_read(node, db, row, person) and not readings.has_read(db, case, person.id):
        raise ReasonNeeded


def read_file(node: Node, case: str, event: str, field: str, person: Person) -> tuple[str, bytes]:
    """Return the media type and the bytes of a photo or voice note, to whoever may read its case.

    Raises:
        NotFound, NotAllowed, ReasonNeeded: as ``read_case``; also where it was erased, has not come, or cannot be shown.
    """
    with node.store.read() as db:
        check_may_read(node, db, case, person)
        entry = next((one for one in cases.case_entries(db, case) if one.event.id == event), None)
        shut = facts.get(db, SHUT)
        file = next((one for one in files_of(entry.event) if one.field == field), None) if entry else None
        if entry is None or file is None or file.media not in KINDS or (shut and entry.log != int(shut)):
            raise NotFound
        data = files.read(db, entry, file)
    if data is None:
        raise NotFound
    return file.media, data


def _may_read(node: Node, db: Db, row: CaseRow, person: Person) -> bool:
    if not person.may_open:
        raise NotAllowed
    filed_here = not node.is_hq or logs.by_id(db, row.log).own
    return filed_here or person.may_read_at_hq(escalated=row.escalated, institution=row.institution, filed_here=False)


def open_with_reason(node: Node, case: str, person: Person, reason: str, *, contact: bool = False, id: str = "") -> CaseStory:
    """Record why *person* opens a case or its contact details, then return it with them.

    Args:
        id: the reading's id where the form minted one, so that asking twice is recorded once.

    Raises:
        NotFound, NotAllowed: no such case, or the person's role never reads cases.
        TextMissing, TextTooLong, InvalidInput: nothing was recorded, and nothing is shown.
    """
    if not person.may_open:
        raise NotAllowed
    if id and not is_id(id):
        raise InvalidInput(field="id", reason="32 hexadecimal digits of a UUIDv7 are needed")
    why = check_reason(reason)

    def act(tx: Tx) -> None:
        row = cases.get(tx.db, case)
        if row is None:
            raise NotFound
        event = ev.CaseRead(
            id=id or new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, case=case, by=person.id,
            reason=why, fields=tuple(sorted(CONTACT_FIELDS)) if contact else (),
        )  # fmt: skip
        if not (id and readings.recorded(tx.db, id, case, person.id)):
            tx.append(event)

    node.perform(act)
    with node.store.read() as db:
        return story(db, case, contact=contact)


def check_reason(reason: str) -> str:
    """Return the stated reason, trimmed.

    Raises:
        TextMissing, TextTooLong: there is none, or it does not fit its 80 characters.
    """
    text = reason.strip()
    check_text(text, 80, needed=True)
    return text
