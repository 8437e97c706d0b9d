"""HQ passes on what one centre wrote about another (spec keys, path 4): the leaf verbatim, its boxes verbatim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from appliance.domain import events as ev
from appliance.journal.entries import Entry
from appliance.journal.journal import Tx
from appliance.projections import cases, ratings
from appliance.store.db import Db
from appliance.usecases import logs
from appliance.usecases.node import Node, new_id

TAPS = 200  # passed on in one transaction


def relay(node: Node, tx: Tx, entries: Iterable[Entry]) -> None:
    """Put what concerns another centre than the one that wrote it into that centre's downlink log.

    Case events go verbatim; an erasure goes as HQ's own order, so that every copy goes (spec keys, path 6). Runs
    before the read models are applied, so a case's centres come from its opening event, just stored or held before.
    """
    if not node.is_hq:
        return
    fresh = list(entries)
    opened = {e.event.case: e for e in fresh if isinstance(e.event, ev.CaseOpened)}
    names, wanted = _Names(tx.db), list[tuple[str, Entry]]()
    for entry in fresh + _came_before(tx, names, opened, {e.event.id for e in fresh}):
        others = {c for case in _cases_of(tx, entry.event) for c in _holders(tx, names, opened.get(case), case)}
        wanted += [(centre, entry) for centre in sorted(others - {names[entry.log].removeprefix("to/")})]
    targets = {centre: _target(node, tx, centre) for centre in sorted({centre for centre, _ in wanted})}
    for centre, entry in wanted:
        target = targets[centre]
        if target is None:
            continue
        if isinstance(entry.event, ev.Erased):
            _order_erasure(tx, target, entry.event)
        else:
            _pass_on(tx, target, entry)


def _came_before(tx: Tx, names: _Names, opened: dict[str, Entry], fresh: set[str]) -> list[Entry]:
    """Return events that were held before the openings of their cases: only now is it known whom they concern."""
    found = list[Entry]()
    for case, opening in opened.items():
        if _holders(tx, names, opening, case) - {names[opening.log].removeprefix("to/")}:
            found += [e for e in cases.case_entries(tx.db, case) if e.event.id not in fresh]
    return found


def _target(node: Node, tx: Tx, centre: str) -> int | None:
    """Return HQ's log to *centre*, its head taken: all in the order of centres, so that two processes never wait for each other."""
    row = logs.current(tx.db, f"to/{centre}")
    if row is None or not row.own:
        return None
    node.journal.head(tx.db, row.id)
    return row.id


def catch_up(node: Node, centre: str) -> None:
    """Pass on to *centre*, which has just joined, every case and every tap about it that came before."""
    with node.store.read() as db:
        about = [row[0] for row in db.all("SELECT id FROM case_state WHERE centre = :centre ORDER BY opened_at, id", centre=centre)]
        taps = ratings.taps_of(db, centre)
    for case in about:
        node.perform(lambda tx, case=case: _pass_whole(node, tx, centre, case))  # type: ignore[misc]
    for start in range(0, len(taps), TAPS):
        node.perform(lambda tx, some=taps[start : start + TAPS]: _pass_taps(node, tx, centre, some))  # type: ignore[misc]


def _pass_taps(node: Node, tx: Tx, centre: str, taps: Sequence[str]) -> None:
    """Pass on taps on a face with their tickets; a case that grew out of one has gone before, and is put together with it there."""
    target, names = _target(node, tx, centre), _Names(tx.db)
    for entry in [entry for tap in taps for entry in ratings.entries_of(tx.db, tap)] if target is not None else ():
        if names[entry.log].removeprefix("to/") != centre:
            _pass_on(tx, target, entry)  # type: ignore[arg-type]  # not None here


def _pass_whole(node: Node, tx: Tx, centre: str, case: str) -> None:
    names, target = _Names(tx.db), _target(node, tx, centre)
    told = sorted((e.event.n, e.event.id, e) for e in cases.case_entries(tx.db, case) if isinstance(e.event, ev.CaseEvent))
    for _, _, entry in told if target is not None else ():
        known = tx.db.one("SELECT 1 FROM relay WHERE log = :log AND src_log = :src AND src_idx = :idx", log=target, src=entry.log, idx=entry.index)
        if target is not None and known is None and names[entry.log].removeprefix("to/") != centre:
            _pass_on(tx, target, entry)


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


def _cases_of(tx: Tx, event: ev.Event) -> set[str]:
    """Return the cases that *event* is about."""
    if isinstance(event, ev.CaseEvent):
        return {event.case}
    if not isinstance(event, ev.Erased):
        return set()
    found = {event.case} if event.case else set()
    for event_id, _ in event.targets:
        row = tx.db.one("SELECT subject FROM event WHERE id = :id", id=event_id)
        if row and row[0]:
            found.add(row[0])
    return found


def _pass_on(tx: Tx, target: int, source: Entry) -> None:
    row = tx.db.one("SELECT leaf FROM entry WHERE log = :log AND idx = :idx", log=source.log, idx=source.index)
    if row is None:
        return
    index, leaf, held = source.index, bytes(row[0]).decode(), ev.decode(bytes(row[0]))
    if isinstance(held, ev.Relayed):
        index, leaf = held.index, held.leaf  # entered again by its centre's new epoch: passed on as it was first, and not wrapped twice
    relayed = ev.Relayed(id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, of=source.origin, index=index, leaf=leaf)
    entry = tx.append(relayed, log=target)
    tx.db.run(
        "INSERT INTO relay (log, idx, src_log, src_idx) VALUES (:log, :idx, :src_log, :src_idx)",
        log=entry.log, idx=entry.index, src_log=source.log, src_idx=source.index,
    )  # fmt: skip


def _order_erasure(tx: Tx, target: int, event: ev.Erased) -> None:
    tx.append(msgspec.structs.replace(event, id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality), log=target)
