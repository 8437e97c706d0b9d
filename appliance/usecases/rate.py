"""A citizen taps a face: it counts at once, and once, whatever becomes of the rest (decision 0023)."""

from __future__ import annotations

import msgspec

from appliance.domain import events as ev
from appliance.domain.errors import InvalidInput, UnknownChoice
from appliance.domain.ids import is_id
from appliance.journal import tombstones
from appliance.journal.entries import places_of
from appliance.journal.journal import DuplicateEvent, Tx
from appliance.projections import ratings
from appliance.store.db import Db
from appliance.usecases.checks import check_short
from appliance.usecases.node import Node, new_id
from appliance.usecases.open_case import CHANNELS, TICKET_CHARS, check_desk, log_of

FACES = (1, 2, 3, 4)  # very bad to very good


class Rating(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One tap; minted at the terminal, so that sending it twice is rating once.

    Attributes:
        id: UUIDv7, 32 hex digits, minted by the terminal; a case that grows out of it names it as ``rated``.
        rating: 1 (very bad) to 4 (very good).
        centre: at headquarters, the centre it is about; a centre's own terminals rate the centre where they stand.
        quick: another tap on the same terminal came less than three seconds before.
        ticket: number of the queue ticket; may be told later, under the same id.
    """

    id: str
    rating: int
    channel: str = "kiosk"
    lang: str = "en"
    service: str = ""
    desk: str = ""
    centre: str = ""
    quick: bool = False
    ticket: str = ""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a tap: it counts.

    Attributes:
        ticketed: a ticket stands behind it.
        again: True when this very tap was counted before.
    """

    id: str
    ticketed: bool
    again: bool = False


def rate(node: Node, rating: Rating) -> Counted:
    """Count *rating*, once it is on disk.

    The same id again is success: a ticket that was missing is added, and another face changes nothing, for the first
    tap stands until a case that grew out of it says otherwise.

    Raises:
        InvalidInput, UnknownChoice: what the terminal must put right.
    """
    _check(node, rating)
    try:
        node.perform(lambda tx: _tap(node, tx, rating), [rating.id])
    except DuplicateEvent:
        return _again(node, rating)
    node.on_filed()
    return Counted(id=rating.id, ticketed=bool(rating.ticket.strip()))


def _tap(node: Node, tx: Tx, r: Rating) -> None:
    event = ev.Rated(
        id=r.id, ts=tx.time.ts, q=tx.time.quality, centre=r.centre or node.settings.centre, channel=r.channel, lang=r.lang, rating=r.rating,
        service=r.service, desk=r.desk, quick=r.quick, ticketed=bool(r.ticket.strip()),
    )  # fmt: skip
    tx.append(event, _values(r), log_of(node, tx, event.centre))


def _values(r: Rating) -> dict[str, bytes]:
    return {"ticket": r.ticket.strip().encode()} if r.ticket.strip() else {}


def _again(node: Node, r: Rating) -> Counted:
    """Add the ticket of a tap that is counted already, if it had none."""
    if node.perform(lambda tx: _add_ticket(node, tx, r)):
        node.on_filed()
    with node.store.read() as db:
        return Counted(id=r.id, ticketed=_ticketed(db, r.id), again=True)


def _add_ticket(node: Node, tx: Tx, r: Rating) -> bool:
    place = places_of(tx.db, [r.id])[r.id]
    log = node.log_for(tx.db, place[0])
    node.journal.head(tx.db, log)  # its row is locked: no other process adds a ticket between this look and the append
    if _ticketed(tx.db, r.id) or not _values(r) or tombstones.is_erased(tx.db, r.id):
        return False
    tx.append(ev.RatingTicketed(id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, rated=r.id), _values(r), log)
    return True


def _ticketed(db: Db, rated: str) -> bool:
    """Tell whether a ticket stands behind the tap *rated*.

    Raises:
        InvalidInput: what stands under that id is no tap.
    """
    parts = ratings.get(db, rated)
    if parts is None or not parts.tap.rating:
        raise InvalidInput(field="id", reason="it was used for something else; make another one")
    return parts.ticketed()


def _check(node: Node, r: Rating) -> None:
    """Check what a terminal can get wrong."""
    if not is_id(r.id):
        raise InvalidInput(field="id", reason="32 hexadecimal digits of a UUIDv7 are needed")
    known = (
        ("rating", r.rating, r.rating in FACES),
        ("channel", r.channel, r.channel in CHANNELS),
        ("lang", r.lang, any(r.lang == one.code for one in node.country.languages)),
        ("service", r.service, not r.service or node.catalogue.service(r.service) is not None),
        ("centre", r.centre, _may_rate(node, r.centre)),
    )
    for field, value, good in known:
        if not good:
            raise UnknownChoice(field=field, value=str(value)[:40])
    check_desk(node, r.centre, r.desk)
    check_short("ticket", r.ticket, TICKET_CHARS)


def _may_rate(node: Node, centre: str) -> bool:
    if not node.is_hq:
        return centre in ("", node.settings.centre)
    return not centre or node.catalogue.centre(centre) is not None
