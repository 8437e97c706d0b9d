"""HQ passes on what one centre wrote about another (spec keys, path 4): the leaf verbatim, its boxes verbatim."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from appliance.domain import events as ev
from appliance.journal.entries import Entry
from appliance.journal.journal import Tx
from appliance.projections import cases
from appliance.usecases import logs
from appliance.usecases.node import Node, new_id


def relay(node: Node, tx: Tx, entries: Iterable[Entry]) -> None:
    """Put what concerns another centre than the one that wrote it into that centre's downlink log.

    Case events go verbatim; an erasure goes as HQ's own order, so that every copy goes (spec keys, path 6). Runs
    before the read models are applied, so a case's centres come from its opening event, just stored or held before.
    """
    if not node.is_hq:
        return
    fresh = list(entries)
    opened = {e.event.case: e for e in fresh if isinstance(e.event, ev.CaseOpened)}
    for entry in fresh:
        event = entry.event
        if isinstance(event, ev.CaseEvent):
            for centre in _others(tx, opened.get(event.case), event.case, entry):
                _pass_on(tx, centre, entry)
        elif isinstance(event, ev.Erased):
            for centre in {c for case in _cases_of(tx, event) for c in _others(tx, opened.get(case), case, entry)}:
                _order_erasure(tx, centre, event)


def _others(tx: Tx, opening: Entry | None, case: str, entry: Entry) -> set[str]:
    """Return the centres that hold *case*, but for the one whose log *entry* stands in."""
    if opening is not None:
        assert isinstance(opening.event, ev.CaseOpened)
        about, filed = opening.event.centre, logs.by_id(tx.db, opening.log).name
    else:
        row = cases.get(tx.db, case)
        if row is None:
            return set()
        about, filed = row.centre, logs.by_id(tx.db, row.log).name
    return {about, filed.removeprefix("to/")} - {logs.by_id(tx.db, entry.log).name.removeprefix("to/"), "hq", ""}


def _cases_of(tx: Tx, event: ev.Erased) -> set[str]:
    found = {event.case} if event.case else set()
    for event_id, _ in event.targets:
        row = tx.db.one("SELECT subject FROM event WHERE id = :id", id=event_id)
        if row and row[0]:
            found.add(row[0])
    return found


def _pass_on(tx: Tx, centre: str, source: Entry) -> None:
    target = logs.current(tx.db, f"to/{centre}")
    row = tx.db.one("SELECT leaf FROM entry WHERE log = :log AND idx = :idx", log=source.log, idx=source.index)
    if target is None or not target.own or row is None:
        return
    relayed = ev.Relayed(id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, of=source.origin, index=source.index, leaf=bytes(row[0]).decode())
    entry = tx.append(relayed, log=target.id)
    tx.db.run(
        "INSERT INTO relay (log, idx, src_log, src_idx) VALUES (:log, :idx, :src_log, :src_idx)",
        log=entry.log,
        idx=entry.index,
        src_log=source.log,
        src_idx=source.index,
    )


def _order_erasure(tx: Tx, centre: str, event: ev.Erased) -> None:
    target = logs.current(tx.db, f"to/{centre}")
    if target is not None and target.own:
        tx.append(msgspec.structs.replace(event, id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality), log=target.id)
