"""What the journal hands upward: a leaf with its place and the event in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync.files import chunks_of

from appliance.domain import events as ev
from appliance.journal.objects import files_of
from appliance.store.db import Db

EVENT = ("id", "log", "idx", "subject", "n")


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf of a log.

    Attributes:
        log: row id of the log that holds the leaf here.
        index: its index in that log.
        origin: the origin its boxes are bound to: the log's own, or for a relayed leaf the first one.
        event: the event; for a relayed leaf the inner one.
        own: True when this node wrote it just now.
        rid: the receipt id, where the reader has opened that box already.
    """

    log: int
    index: int
    origin: str
    event: ev.Event
    own: bool = False
    rid: bytes | None = None


def unwrap(event: ev.Event, origin: str) -> tuple[ev.Event, str]:
    """Return the event and origin that count: the inner ones of a relayed leaf.

    Raises:
        Unreadable: the relayed leaf is not an event, or relays again.
    """
    if not isinstance(event, ev.Relayed):
        return event, origin
    inner = ev.decode(event.leaf)
    if isinstance(inner, ev.Relayed):
        raise ev.Unreadable("a relayed leaf inside a relayed leaf")
    return inner, event.of


def subject_of(event: ev.Event) -> tuple[str, int]:
    """Return the case an event belongs to and its ``n``; of a ticket its rating; ('', 0) for an event that stands alone."""
    if isinstance(event, ev.RatingTicketed):
        return event.rated, 2  # it follows its tap, as a case's events follow their opening
    return (event.case, event.n) if isinstance(event, ev.CaseEvent) else ("", 0)


def check_shape(event: ev.Event) -> None:
    """Check what the types cannot say: an opening is the first event of its own case, the others follow it; files are of their size.

    Raises:
        Unreadable: the event breaks that; a mirrored leaf like this goes to quarantine.
    """
    if isinstance(event, ev.CaseOpened):
        if event.id != event.case or event.n != 1:
            raise ev.Unreadable("an opening that is not its case's first event")
    elif isinstance(event, ev.CaseEvent) and event.n < 2:
        raise ev.Unreadable("a case event before its opening")
    files = files_of(event)
    if len({file.field for file in files}) < len(files) or any(len(file.chunks) != chunks_of(file.size) for file in files):
        raise ev.Unreadable("two files of one name, or of another size than their chunks")


def known_ids(db: Db, ids: Sequence[str]) -> set[str]:
    """Return those of *ids* under which the journal holds an event."""
    return set(places_of(db, ids))


def places_of(db: Db, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return where each of *ids* stands, as log and index, for those the journal holds an event of."""
    found: dict[str, tuple[int, int]] = {}
    for start in range(0, len(ids), 500):
        part = {f"i{n}": one for n, one in enumerate(ids[start : start + 500])}
        names = ", ".join(f":{name}" for name in part)
        found.update((row[0], (row[1], row[2])) for row in db.all(f"SELECT id, log, idx FROM event WHERE id IN ({names})", **part))
    return found
