"""The vocabulary of the whole system: every event a journal may hold, frozen and versioned.

A leaf is one event as compact JSON. Leaves hold codes, random ids, times and commitments, never personal
data or free text (spec log §4): what a person wrote travels beside the leaf in boxes, and ``c`` holds the
commitment of each value under its field name.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sync.files import MAX_CHUNKS, MAX_FILE

Quality = Literal["ntp", "hq", "rtc", "unset"]
# Bounds keep a hostile leaf from overflowing a column or a screen; 2^53 is also JSON's safe integer.
Count = Annotated[int, Meta(ge=0, le=2**53)]
LAST_MOMENT = 7_258_118_400  # year 2200: the last that charter clocks reckon with
Moment = Annotated[int, Meta(ge=0, le=LAST_MOMENT)]
# Added up over every case of the nation: no centre's leaf may overflow the sum.
Stars = Annotated[int, Meta(ge=0, le=100)]
Face = Annotated[int, Meta(ge=1, le=4)]  # 1 very bad, 4 very good; there is none in the middle
Id = Annotated[str, Meta(min_length=32, max_length=32)]
NoId = Annotated[str, Meta(max_length=32)]  # an id, or '' for none
Word = Annotated[str, Meta(max_length=80)]
Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Line = Annotated[str, Meta(max_length=400)]
Commitments = Annotated[dict[Annotated[str, Meta(max_length=40)], Annotated[str, Meta(min_length=44, max_length=44)]], Meta(max_length=40)]
VERSION = 1


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="t", omit_defaults=True):
    """What every event carries.

    Attributes:
        id: client-minted UUIDv7, 32 hex digits; the same id again is success, not a second event.
        ts: the author's device time, seconds since 1970 UTC.
        q: how good that time is.
        c: commitments by field name, base64 (spec log §4).
        v: version of the event's own type.
    """

    id: Id
    ts: Moment
    q: Quality = "rtc"
    c: Commitments = {}
    v: Count = VERSION


# --- the log itself -------------------------------------------------------------------------------------


class EpochStarted(Event, frozen=True, kw_only=True, tag="epoch-start"):
    """First leaf of a log: which log it follows, and why (rule N2)."""

    prev_origin: Line = ""
    prev_size: Count = 0
    prev_root: Word = ""
    reason: Word
    letter: Word = ""


class EpochEnded(Event, frozen=True, kw_only=True, tag="epoch-end"):
    """Last leaf of an orderly old epoch: the key that follows (rule N2)."""

    next_vkey: Line


class Beacon(Event, frozen=True, kw_only=True, tag="beacon"):
    """HQ's time and head as last seen: bounds how far an entry can be backdated (rule N8)."""

    hq_time: Moment
    hq_head: Word


class ClockStepped(Event, frozen=True, kw_only=True, tag="clock"):
    """The device's clock jumped by more than the limit; timers stop until it is confirmed."""

    from_ts: Moment = msgspec.field(name="from")
    to_ts: Moment = msgspec.field(name="to")
    source: Word


class ClockConfirmed(Event, frozen=True, kw_only=True, tag="clock-confirmed"):
    """NTP, a beacon or a manager confirmed the time; timers run again."""

    source: Word


class Erased(Event, frozen=True, kw_only=True, tag="erased"):
    """The tombstone of values: whoever holds them deletes box and key on applying it (spec keys, path 6).

    Attributes:
        targets: pairs of event id and field name.
        case: set when the whole case's values go; the case itself keeps its bones.
        basis: legal ground, e.g. ``dpa-s40-1-b``.
        role: role of who decided.
    """

    targets: Annotated[tuple[tuple[Id, Word], ...], Meta(max_length=500)]
    basis: Line
    role: Word
    case: Word = ""


# --- cases ----------------------------------------------------------------------------------------------


class CaseEvent(Event, frozen=True, kw_only=True):
    """An event of one case.

    Attributes:
        case: the case's id, which is its opening event's id.
        n: 1 + the highest ``n`` of the case its author had seen (design §5).
        by: account id of the member of staff, or ``citizen``, or ``clock``.
    """

    case: Id
    n: Count
    by: Word = "citizen"


class Attachment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A photo or voice note: a box cut into chunks, named by the chunks' hashes (decision 0022).

    Attributes:
        media: its media type.
        size: bytes of the file itself.
        field: under which ``c`` has the commitment of its key.
        seconds: how long a recording lasts; 0 for a picture.
    """

    media: Word
    size: Annotated[int, Meta(ge=1, le=MAX_FILE)]
    field: Annotated[str, Meta(pattern=r"^file-[0-9]\Z")]
    chunks: Annotated[tuple[Hash, ...], Meta(min_length=1, max_length=MAX_CHUNKS)]
    seconds: Count = 0


Files = Annotated[tuple[Attachment, ...], Meta(max_length=10)]


class CaseOpened(CaseEvent, frozen=True, kw_only=True, tag="opened"):
    """A citizen's feedback was registered; ``c`` may hold text, receipt, name, phone, email, ticket.

    Attributes:
        rated: the tap on a face that the case grew out of; the two count as one rating (decision 0023).
        ticketed: the citizen gave the number of a queue ticket; the number itself is a value.
    """

    ref: Word
    kind: Word
    centre: Word
    channel: Word
    lang: Word
    service: Word = ""
    institution: Word = ""
    desk: Word = ""
    category: Word = ""
    cls: Word = ""
    rating: Stars = 0
    rated: NoId = ""
    ticketed: bool = False
    ack_due: Moment = 0
    due: Moment = 0
    consent: Word = ""
    occurred: Moment = 0
    files: Files = ()


class CaseAcknowledged(CaseEvent, frozen=True, kw_only=True, tag="acknowledged"):
    """The centre told the citizen that it has the case in hand."""


class CaseAssigned(CaseEvent, frozen=True, kw_only=True, tag="assigned"):
    """An officer now answers for the case."""

    officer: Word


class CaseStarted(CaseEvent, frozen=True, kw_only=True, tag="started"):
    """An officer began to work on it."""


class ReplySent(CaseEvent, frozen=True, kw_only=True, tag="reply"):
    """An officer wrote to the citizen (``c.text``); ``ask`` makes it a question that pauses the clock."""

    ask: bool = False
    role: Word = "officer"


class CitizenWrote(CaseEvent, frozen=True, kw_only=True, tag="citizen"):
    """The citizen wrote again (``c.text``), or added a photo or a voice note."""

    channel: Word = ""
    files: Files = ()


class CaseReferred(CaseEvent, frozen=True, kw_only=True, tag="referred"):
    """Another institution must act; the case is never closed as "not ours"."""

    institution: Word


class CaseResolved(CaseEvent, frozen=True, kw_only=True, tag="resolved"):
    """What was done (``c.text``), and the reason code."""

    reason: Word


class FixAnswered(CaseEvent, frozen=True, kw_only=True, tag="fixed"):
    """The citizen's own answer to "was it fixed?": yes closes, no reopens to a different officer."""

    yes: bool
    channel: Word = ""


class CaseClosed(CaseEvent, frozen=True, kw_only=True, tag="closed"):
    """Closed by time, after a resolution nobody answered."""

    reason: Word


class CaseWithdrawn(CaseEvent, frozen=True, kw_only=True, tag="withdrawn"):
    """The citizen took it back."""

    channel: Word = ""


class CaseRejected(CaseEvent, frozen=True, kw_only=True, tag="rejected"):
    """Refused, with a reason the citizen sees (``c.text``)."""

    reason: Word


class CaseEscalated(CaseEvent, frozen=True, kw_only=True, tag="escalated"):
    """Overdue: the next step of the ladder answers for it now."""

    to: Word


class ComplimentVerified(CaseEvent, frozen=True, kw_only=True, tag="verified"):
    """A compliment was found to be genuine."""


class ComplimentPassed(CaseEvent, frozen=True, kw_only=True, tag="passed"):
    """A compliment reached the officer or team it praises."""

    to: Word


class CaseRead(Event, frozen=True, kw_only=True, tag="read"):
    """Contact details, or a case that is not the reader's own, were opened for a stated reason (spec keys §4).

    Not part of the case's story: it moves nothing, and stays on the node where it was read.
    """

    case: Id
    by: Word
    reason: Word
    fields: Annotated[tuple[Word, ...], Meta(max_length=40)] = ()


# --- ratings --------------------------------------------------------------------------------------------


class Rated(Event, frozen=True, kw_only=True, tag="rated"):
    """A citizen tapped one of four faces: it counts at once, whether or not more is told.

    Attributes:
        quick: less than three seconds after another tap on the same terminal: marked, never dropped.
        ticketed: the citizen gave the number of a queue ticket; ``c.ticket`` holds it, since it leads to a person.
    """

    centre: Word
    channel: Word
    lang: Word
    rating: Face
    service: Word = ""
    desk: Word = ""
    quick: bool = False
    ticketed: bool = False


class RatingTicketed(Event, frozen=True, kw_only=True, tag="rating-ticket"):
    """The queue ticket of a rating was told after the tap (``c.ticket``)."""

    rated: Id


# --- relaying, HQ's announcements -----------------------------------------------------------------------


class Relayed(Event, frozen=True, kw_only=True, tag="relayed"):
    """Another log's leaf, verbatim, put where its reader looks (spec keys, path 4).

    Attributes:
        of: origin the leaf was first logged under; its boxes stay bound to that origin.
        index: its index there.
        leaf: the leaf's bytes, as text.
    """

    of: Line
    index: Count
    leaf: str


class HqDataKey(Event, frozen=True, kw_only=True, tag="hq-data-key"):
    """HQ's data key from now on; what was sealed to an older one is sealed anew."""

    kid: Word
    key: Word


class CentreApproved(Event, frozen=True, kw_only=True, tag="approved"):
    """HQ takes this epoch of a centre, and names the log it will speak to it in."""

    centre: Word
    origin: Line
    vkey: Line
    cosigner: Line
    data_key: Word
    down_origin: Line
    down_vkey: Line


class CentreClosed(Event, frozen=True, kw_only=True, tag="revoked"):
    """HQ takes nothing more from this epoch: revoked, retired or replaced."""

    centre: Word
    origin: Line
    reason: Line


class CataloguePublished(Event, frozen=True, kw_only=True, tag="catalogue"):
    """A new catalogue; its bytes are the objects named, joined in order."""

    version: Count
    sha256: Word
    size: Count
    chunks: Annotated[tuple[Hash, ...], Meta(max_length=400)]


AnyEvent = (
    EpochStarted
    | EpochEnded
    | Beacon
    | ClockStepped
    | ClockConfirmed
    | Erased
    | CaseOpened
    | CaseAcknowledged
    | CaseAssigned
    | CaseStarted
    | ReplySent
    | CitizenWrote
    | CaseReferred
    | CaseResolved
    | FixAnswered
    | CaseClosed
    | CaseWithdrawn
    | CaseRejected
    | CaseEscalated
    | ComplimentVerified
    | ComplimentPassed
    | CaseRead
    | Rated
    | RatingTicketed
    | Relayed
    | HqDataKey
    | CentreApproved
    | CentreClosed
    | CataloguePublished
)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(AnyEvent)
MAX_LEAF = 65_535  # C2SP entry bundles carry a leaf's length in 16 bits


class Unreadable(ValueError):
    """The leaf is not an event this version knows."""


def encode(event: Event) -> bytes:
    """Return the leaf of *event*: compact JSON, the only form it will ever have."""
    return _encoder.encode(event)


def decode(leaf: bytes | str) -> Any:
    """Return the event in *leaf*.

    Raises:
        Unreadable: not JSON, not a known type, or a field is missing or of the wrong kind.
    """
    if (b"\\u0000" if isinstance(leaf, bytes) else "\\u0000") in leaf:  # type: ignore[operator]
        raise Unreadable("a zero character")  # PostgreSQL's TEXT cannot hold it
    try:
        return _decoder.decode(leaf)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)) from None
