"""What a rolled-back or cloned copy of a log wrote on its own goes into the new epoch: nothing a citizen sent is lost.

HQ froze the old origin, because two histories were signed under one key. The local history is set aside under
another name, and every leaf HQ did not acknowledge is logged again as ``relayed``, verbatim, its boxes with it
(spec log §3, "re-enter it with priority").
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from appliance.domain import events as ev
from appliance.journal.journal import Tx
from appliance.store.db import Db
from appliance.usecases import facts, logs
from appliance.usecases.logs import LogRow
from appliance.usecases.node import Node, new_id

CHUNK = 200  # leaves a transaction
ASIDE = "~"


class Relayed(NamedTuple):
    """A leaf to enter again: where it was first, its words, and where its boxes lie here."""

    of: str
    place: int
    leaf: str
    log: int
    at: int


def set_aside(node: Node, log: LogRow) -> None:
    """Rename the diverged copy of *log* and make room for HQ's history of it; then enter again what HQ never had.

    The renaming is one transaction; a crash after it is repaired by ``finish`` at the next exchange.
    """

    def rename(db: Db) -> None:
        turn = db.one("SELECT count(*) FROM log WHERE bound = :origin", origin=log.origin)
        aside = f"{log.origin}{ASIDE}{turn[0] if turn else 1}"
        db.run("UPDATE log SET origin = :aside, state = 'frozen' WHERE id = :id", aside=aside, id=log.id)
        fresh = logs.add_mirror(db, log.origin, log.name, log.vkey)
        db.run("UPDATE log SET own = 1, state = 'closed', letter = :letter WHERE id = :id", letter=log.letter, id=fresh)

    node.store.write(rename)
    finish(node)


def finish(node: Node) -> int:
    """Enter again every leaf of a set-aside log that HQ has not; return how many leaves were looked at.

    That is what it never acknowledged; and once its own history of the log is here, also what it acknowledged and has lost since
    (it was restored, and then took a copy's leaves). From the end of the log to its fork: what is entered already is a fact beside it.
    """
    looked_at = 0
    with node.store.read() as db:
        open_spans = [(row, *_span(db, row)) for row in logs.own_logs(db) if ASIDE in row.origin]
    for row, start, end in open_spans:
        for last in range(end, start, -CHUNK):
            looked_at += node.perform(partial(_enter, row=row, start=max(start, last - CHUNK), end=last))
    return looked_at


def _span(db: Db, row: LogRow) -> tuple[int, int]:
    """Return from where to where set-aside log *row* must still be entered again."""
    theirs = logs.by_origin(db, row.origin.partition(ASIDE)[0])
    start = row.acked
    if theirs is not None and theirs.size:
        other = db.one(
            "SELECT min(a.idx) FROM entry a JOIN entry b ON b.log = :theirs AND b.idx = a.idx WHERE a.log = :log AND a.hash <> b.hash",
            theirs=theirs.id, log=row.id,
        )  # fmt: skip
        start = min(start, theirs.size if other is None or other[0] is None else other[0])
    return start, int(facts.get(db, _entered(row.id), str(row.size)))


def _entered(log: int) -> str:
    return f"entered/{log}"


def _enter(tx: Tx, row: LogRow, start: int, end: int) -> int:
    origin = row.origin.partition(ASIDE)[0]
    leaves = tx.db.all(
        "SELECT idx, leaf FROM entry WHERE log = :log AND idx >= :start AND idx < :end ORDER BY idx",
        log=row.id, start=start, end=end,
    )  # fmt: skip
    for idx, leaf in leaves:
        event = ev.decode(bytes(leaf))
        first = Relayed(origin, idx, bytes(leaf).decode(), row.id, idx)
        if isinstance(event, ev.Relayed):
            first = Relayed(event.of, event.index, event.leaf, *_source(tx.db, row.id, idx))  # twice set aside, and still not twice wrapped
        elif not isinstance(event, ev.CaseEvent | ev.Erased | ev.CaseRead | ev.Rated | ev.RatingTicketed):
            continue  # epoch starts, beacons and clock steps belong to the history set aside
        entry = tx.append(ev.Relayed(id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, of=first.of, index=first.place, leaf=first.leaf))
        tx.db.run(
            "INSERT INTO relay (log, idx, src_log, src_idx) VALUES (:log, :idx, :src_log, :src_idx)",
            log=entry.log, idx=entry.index, src_log=first.log, src_idx=first.at,
        )  # fmt: skip
    facts.put(tx.db, _entered(row.id), str(start))
    return len(leaves)


def _source(db: Db, log: int, idx: int) -> tuple[int, int]:
    """Return where the boxes of relayed leaf *idx* of own log *log* lie."""
    row = db.one("SELECT src_log, src_idx FROM relay WHERE log = :log AND idx = :idx", log=log, idx=idx)
    return (row[0], row[1]) if row else (log, idx)
