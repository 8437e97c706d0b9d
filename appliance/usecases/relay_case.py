"""HQ passes on what one centre wrote about another (spec keys, path 4): the leaf verbatim, its boxes verbatim."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from appliance.domain import events as ev
from appliance.journal.entries import Entry
from appliance.journal.journal import Tx
from appliance.projections import cases
from appliance.store.db import Db
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
    names = _Names(tx.db)
    opened = {e.event.case: e for e in fresh if isinstance(e.event, ev.CaseOpened)}
    for entry in fresh:
        event, writer = entry.event, names[entry.log].removeprefix("to/")
        if isinstance(event, ev.CaseEvent):
            for centre in _holders(tx, names, opened.get(event.case), event.case) - {writer}:
                _pass_on(tx, centre, entry)
        elif isinstance(event, ev.Erased):
            for centre in {c for case in _cases_of(tx, event) for c in _holders(tx, names, opened.get(case), case)} - {writer}:
                _order_erasure(tx, centre, event)


class _Names(dict[int, str]):
    """The names of logs by row id, each read once."""

    def __init__(self, db: Db) -> None:
        super().__init__()
        self._db = db

    def __missing__(self, log: int) -> str:
        self[log] = logs.by_id(self._db, log).name
        return self[log]


def _holders(tx: Tx, names: _Names, opening: Entry | None, case: str) -> set[str]:
    """Return the centres that hold *case*: the one it was filed at and the one it is about."""
    if opening is not None:
        assert isinstance(opening.event, ev.CaseOpened)
        about, filed = opening.event.centre, opening.log
    else:
        row = cases.get(tx.db, case)
        if row is None:
            return set()
        about, filed = row.centre, row.log
    return {about, names[filed].removeprefix("to/")} - {"hq", ""}


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
