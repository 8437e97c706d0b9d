"""Erasure: a tombstone in the log, the box and its key gone from every file (spec keys, path 6)."""

from __future__ import annotations

from sync.files import is_field

from appliance.domain import events as ev
from appliance.domain.errors import ErasureNotAllowed, NotFound, UnknownChoice
from appliance.domain.people import MANAGERS, Person, check_role
from appliance.journal import tombstones
from appliance.journal.entries import known_ids
from appliance.journal.journal import Tx
from appliance.projections import cases, ratings
from appliance.store.db import Db
from appliance.usecases import facts
from appliance.usecases.node import Node, new_id
from appliance.usecases.relay_case import relay

BASES = ("dpa-s40", "consent-withdrawn", "retention", "court-order")
MOST = 500  # targets one event may name
SCRUB = "scrub_due"  # fact: '1' while erased bytes may still stand in the write-ahead log


def erase(node: Node, case: str, person: Person, fields: tuple[str, ...], basis: str) -> bool:
    """Erase *fields* of *case*, or with no field all of the case's values; return True when no file holds the bytes.

    A centre may erase contact fields only; HQ anything, once it holds it. What a citizen wrote is also what they spoke or
    photographed: ``text`` takes photos and voice notes along.

    Raises:
        NotAllowed, ErasureNotAllowed, NotFound, UnknownChoice: nothing was erased.
    """
    check_role(person, MANAGERS)
    if basis not in BASES:
        raise UnknownChoice(field="basis", value=basis[:40])
    if not node.is_hq and (not fields or not set(fields) <= tombstones.CONTACT_FIELDS):
        raise ErasureNotAllowed

    def act(tx: Tx) -> None:
        targets, opened_in = _targets(tx, case, fields)
        log = node.log_for(tx.db, opened_in)
        for start in range(0, len(targets), MOST):
            event = ev.Erased(
                id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, targets=targets[start : start + MOST], case="" if fields else case,
                basis=basis, role=person.role,
            )  # fmt: skip
            relay(node, tx, [tx.append(event, log=log)])
        facts.put(tx.db, SCRUB, "1")

    node.perform(act)
    return scrub(node)


def _targets(tx: Tx, case: str, fields: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], int]:
    """Return the (event, field) pairs to erase and the log of the case's opening."""
    entries = cases.case_entries(tx.db, case)
    opening = next((e for e in entries if isinstance(e.event, ev.CaseOpened)), None)
    if opening is None:
        raise NotFound
    pairs = [(e.event.id, f) for e in entries for f in e.event.c if not fields or f in fields or ("text" in fields and is_field(f))]
    assert isinstance(opening.event, ev.CaseOpened)
    if rated := opening.event.rated:
        pairs += _of_tap(tx.db, rated, fields)
    if not pairs:
        raise NotFound
    return tuple(sorted(pairs)), opening.log


def _of_tap(db: Db, rated: str, fields: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return what goes with a case of the tap it grew out of: tickets alone. A case may name any id, also that of another case."""
    if fields:
        return ratings.tickets_of(db, rated) if "ticket" in fields else []
    parts = ratings.get(db, rated)
    if parts is not None and parts.tap.rating:
        return [(rated, tombstones.WHOLE_CASE)]
    return [] if known_ids(db, [rated]) else [(rated, "ticket")]  # still on its way; or it never was


def scrub(node: Node) -> bool:
    """Empty the write-ahead log, so that erased bytes stand nowhere; True when it is clean, else it is tried again.

    A reader in the middle of a page keeps the log from being emptied; the job ``scrub`` retries until it is.
    """
    clean = node.store.truncate_wal()
    if clean:
        node.store.write(lambda db: facts.put(db, SCRUB, ""))
        node.store.truncate_wal()
    return clean


def scrub_due(node: Node) -> bool:
    """Tell whether erased bytes may still stand in the write-ahead log."""
    with node.store.read() as db:
        return facts.get(db, SCRUB) == "1"
