"""A citizen's feedback becomes a case: on disk before the receipt is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from sync.note import compact_note

from appliance.domain import events as ev
from appliance.domain.cases import KINDS
from appliance.domain.codes import check_receipt_code, format_reference, rid_of
from appliance.domain.consent import is_promise
from appliance.domain.errors import CodeConflict, InvalidInput, UnknownChoice
from appliance.domain.ids import is_id
from appliance.journal.entries import Entry
from appliance.journal.files import File
from appliance.journal.journal import DuplicateEvent, Tx
from appliance.projections import cases, receipts, series
from appliance.usecases import logs
from appliance.usecases.checks import check_short, check_text
from appliance.usecases.media import Upload, clean
from appliance.usecases.node import Node
from appliance.usecases.proofs import note_at

CHANNELS = frozenset({"kiosk", "phone", "web", "desk", "ussd", "sms", "open311"})
TICKET_CHARS = 20
# A desk that was closed while the message waited; whatever stands here stands in the log for good, so nothing longer has room.
_CLOSED_DESK = re.compile(r"[A-Z0-9]{1,6}")


class Submission(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a citizen sends; minted at the terminal, so that sending it twice is sending it once.

    Attributes:
        id: UUIDv7, 32 hex digits, minted by the terminal.
        code: receipt code, 20 digits, minted by the terminal; never stored (spec keys, Receipt).
        rating: 1 (very bad) to 4 (very good), 0 when none was given.
        rated: id of the tap on a face that came before; the two count as one rating, and what is said here stands.
        ticket: number of the queue ticket, if the citizen gave it.
        consent: what the citizen agreed to when leaving contact details, a code of the country pack.
        centre: the centre it is about; '' for the node's own.
        occurred: for late paper forms, when it happened (unix seconds); 0 for now.
        files: photos and voice notes as the browser made them; what is kept of them is made anew.
    """

    id: str
    code: str
    kind: str
    channel: str = "kiosk"
    lang: str = "en"
    service: str = ""
    desk: str = ""
    category: str = ""
    rating: int = 0
    rated: str = ""
    ticket: str = ""
    text: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    consent: str = ""
    centre: str = ""
    occurred: int = 0
    files: tuple[Upload, ...] = ()


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What the citizen takes away.

    Attributes:
        proof: the compact checkpoint note for the slip's QR (spec log §3, Receipt).
        again: True when this very message was registered before.
    """

    id: str
    ref: str
    code: str
    centre: str
    opened_at: int
    ack_due: int
    due: int
    index: int
    proof: str
    again: bool = False


def open_case(node: Node, submission: Submission) -> Receipt:
    """Register *submission* and return its receipt, once it is on disk.

    Sending the same id with the same code again returns the same receipt; with another code it is refused.

    Raises:
        InvalidInput, UnknownChoice, TextMissing, TextTooLong, CodeMistyped, and what ``clean`` refuses: what the citizen must put right.
        CodeConflict: the id is registered under another code.
    """
    code = check(node, submission)
    files = clean(submission.files, node.settings.limits)  # the dear work is done here, outside the writer
    rid = rid_of(code)
    try:
        receipt = node.perform(lambda tx: _open(node, tx, submission, code, rid, files), [submission.id])
    except DuplicateEvent:
        return receipt_again(node, submission.id, code, rid)
    node.on_filed()
    return receipt


def open_in(node: Node, tx: Tx, s: Submission, rid: bytes, files: Sequence[File] = ()) -> tuple[ev.CaseOpened, Entry]:
    """Append the opening of *s*, checked before, inside the caller's act; return it and its place."""
    event = opening(node, s, ref=take_reference(node, tx, s.centre if node.is_hq else ""), ts=tx.time.ts, quality=tx.time.quality)
    entry = tx.append(event, values_of(s, rid), log_of(node, tx, s.centre), files)
    tx.entries[-1] = Entry(entry.log, entry.index, entry.origin, entry.event, own=True, rid=rid)
    return event, entry


def log_of(node: Node, tx: Tx, centre: str) -> int | None:
    """Return HQ's log to *centre*, where what is filed at HQ for it belongs (spec keys, path 2); None: the node's own log."""
    row = logs.current(tx.db, f"to/{centre}") if node.is_hq and centre else None
    return row.id if row and row.own else None


def _open(node: Node, tx: Tx, s: Submission, code: str, rid: bytes, files: Sequence[File]) -> Receipt:
    event, entry = open_in(node, tx, s, rid, files)
    return _receipt(event, entry.index, code, compact_note(tx.sign()[entry.origin]))


def take_reference(node: Node, tx: Tx, centre: str = "") -> str:
    """Return the next reference of this node's series, or at HQ of its series for *centre*, taken in the transaction."""
    centre, year, letters = centre or node.settings.centre or "HQ", node.projections.year_of(tx.time.ts), node.journal.letter
    return format_reference(centre, year, letters, series.take(tx.db, series.name_of(centre, year, letters)))


def opening(node: Node, s: Submission, *, ref: str, ts: int, quality: ev.Quality) -> ev.CaseOpened:
    """Return the opening event of *s*, with the dates its service's charter promises."""
    service, category = node.catalogue.service(s.service), node.catalogue.category(s.category)
    dues = node.country.dues_of(ts, s.kind, service, node.catalogue.day_changes)
    return ev.CaseOpened(
        id=s.id, ts=ts, q=quality, case=s.id, n=1, ref=ref, kind=s.kind,
        centre=s.centre or node.settings.centre, channel=s.channel, lang=s.lang,
        service=s.service, institution=service.institution if service else "", desk=s.desk, category=s.category,
        cls=category.cls if category else "", rating=s.rating, rated=s.rated, ticketed=bool(s.ticket.strip()),
        ack_due=min(dues.ack, ev.LAST_MOMENT), due=min(dues.resolve, ev.LAST_MOMENT), consent=s.consent, occurred=s.occurred,
    )  # fmt: skip


def values_of(s: Submission, rid: bytes) -> dict[str, bytes]:
    """Return the personal values of *s* by field; the free text is one of them (spec log §4)."""
    values = {receipts.FIELD: rid}
    for name in ("text", "name", "phone", "email", "ticket"):
        if value := getattr(s, name).strip():
            values[name] = value.encode()
    return values


def _receipt(event: ev.CaseOpened, index: int, code: str, proof: str, *, again: bool = False) -> Receipt:
    return Receipt(
        id=event.id, ref=event.ref, code=code, centre=event.centre, opened_at=event.ts, ack_due=event.ack_due, due=event.due,
        index=index, proof=proof, again=again,
    )  # fmt: skip


def receipt_again(node: Node, case: str, code: str, rid: bytes) -> Receipt:
    """Return the receipt of a message that is registered already.

    Raises:
        CodeConflict: it is registered under another code (spec keys, Receipt: same id, other rid).
    """
    with node.store.read() as db:
        if not receipts.opens(db, node.tagger, rid, case):
            raise CodeConflict
        opened = next(e for e in cases.case_entries(db, case) if isinstance(e.event, ev.CaseOpened))
        proof = compact_note(note_at(node, db, opened.log, opened.index + 1))
    assert isinstance(opened.event, ev.CaseOpened)
    return _receipt(opened.event, opened.index, code, proof, again=True)


# --- checks ---------------------------------------------------------------------------------------------


def check(node: Node, s: Submission) -> str:
    """Check everything a citizen can get wrong; return the receipt code's 20 digits.

    Raises:
        InvalidInput, UnknownChoice, TextMissing, TextTooLong, CodeMistyped: one sentence each.
    """
    if not is_id(s.id):
        raise InvalidInput(field="id", reason="32 hexadecimal digits of a UUIDv7 are needed")
    check_choices(node, s)
    if s.rating not in range(5):
        raise UnknownChoice(field="rating", value=s.rating)
    if s.rated and not is_id(s.rated):
        raise InvalidInput(field="rated", reason="32 hexadecimal digits of a UUIDv7 are needed")
    check_text(s.text, node.settings.limits.text_chars, needed=not (s.rating or s.category or s.files))
    for name in ("name", "phone", "email"):
        check_text(getattr(s, name), node.settings.limits.contact_chars, needed=False)
    return check_receipt_code(s.code)


def check_choices(node: Node, s: Submission) -> None:
    """Check every coded answer against the catalogue and the country."""
    catalogue = node.catalogue
    known = (
        ("kind", s.kind, s.kind in KINDS),
        ("channel", s.channel, s.channel in CHANNELS),
        ("lang", s.lang, any(s.lang == one.code for one in node.country.languages)),
        ("service", s.service, not s.service or catalogue.service(s.service) is not None),
        ("category", s.category, not s.category or catalogue.category(s.category) is not None),
        ("centre", s.centre, not s.centre or catalogue.centre(s.centre) is not None),
    )
    for field, value, good in known:
        if not good:
            raise UnknownChoice(field=field, value=value[:40])
    check_desk(node, s.centre, s.desk)
    if s.consent and not is_promise(s.consent):
        raise UnknownChoice(field="consent", value=s.consent[:40])
    check_short("ticket", s.ticket, TICKET_CHARS)
    if not 0 <= s.occurred <= ev.LAST_MOMENT:
        raise InvalidInput(field="occurred", reason="a time in seconds is needed")


def check_desk(node: Node, centre: str, code: str) -> None:
    """Check that *code* is a desk of *centre* ('' for the node's own), or could have been one.

    Raises:
        UnknownChoice: it is neither.
    """
    if code and node.catalogue.desk(centre or node.settings.centre, code) is None and not _CLOSED_DESK.fullmatch(code):
        raise UnknownChoice(field="desk", value=code[:40])
