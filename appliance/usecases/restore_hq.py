"""Headquarters came back from an older day: its logs that were longer are dead, new ones begin, and everybody is told (spec keys, path 8)."""

from __future__ import annotations

from collections.abc import Callable

from appliance.domain import events as ev
from appliance.journal.journal import Tx
from appliance.projections import announcements
from appliance.projections.announcements import Epoch
from appliance.store.db import Db
from appliance.usecases import logs
from appliance.usecases.epochs import begin_epoch, key_lost, own_name, rolled_back
from appliance.usecases.logs import LogRow
from appliance.usecases.node import Node, new_id

REASON = "rolled-back"


def begin_again(node: Node, warn: Callable[[str], None]) -> None:
    """At HQ's start: leave every own log whose mark lies beyond the database, or whose key is gone; nothing more is signed in it.

    Args:
        warn: told in a plain sentence what was left, and what a person must do.
    """
    with node.store.read() as db:
        dead = [row for row in logs.own_logs(db) if row.state == "open" and (key_lost(node, row) or rolled_back(node, db, row))]
    if dead:
        warn(f"The keys of {len(dead)} logs are gone, or more was signed than is here; new epochs begin, and centres give back what was lost.")
        _leave(node, dead)
    announce(node)
    with node.store.read() as db:
        if any(row.name == "all" for row in dead):
            warn("The log 'all' is a new one: sign headquarters' keys again, with the root key out of the safe (cfms init).")


def declare_dead(node: Node, origin: str) -> None:
    """Leave own log *origin*: somebody holds our own signature over more of it, or over another tree, than we have."""
    with node.store.read() as db:
        row = logs.by_origin(db, origin)
    if row is not None and row.own and row.state == "open":
        _leave(node, [row])
        announce(node)


def _leave(node: Node, dead: list[LogRow]) -> None:
    """Begin a new epoch of each, and of ``hq`` too: references that were lost must not be given out a second time."""
    for name in dict.fromkeys([own_name(node), *(row.name for row in dead)]):
        begin_epoch(node, name, REASON)


def announce(node: Node) -> None:
    """Tell everybody in log ``all`` in which log HQ speaks to each centre now, where that is not what was told last.

    A log that is missing is begun. Doing it again changes nothing.
    """
    with node.store.read() as db:
        live = [epoch for epoch in announcements.epochs(db) if not epoch.closed_at]
        lacking = sorted({e.centre for e in live if logs.current(db, f"to/{e.centre}") is None})
    for centre in lacking:
        begin_epoch(node, f"to/{centre}", REASON)
    with node.store.read() as db:
        stale = [epoch for epoch in live if _down(db, epoch).origin != epoch.down_origin]
    if stale:
        node.perform(lambda tx: _tell(tx, stale))


def _down(db: Db, epoch: Epoch) -> LogRow:
    row = logs.current(db, f"to/{epoch.centre}")
    assert row is not None
    return row


def _tell(tx: Tx, stale: list[Epoch]) -> None:
    everybody = logs.current(tx.db, "all")
    if everybody is None:
        return
    for epoch in stale:
        down = _down(tx.db, epoch)
        tx.append(
            ev.CentreApproved(
                id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, centre=epoch.centre, origin=epoch.origin, vkey=epoch.vkey,
                cosigner=epoch.cosigner, data_key=epoch.data_key, down_origin=down.origin, down_vkey=down.vkey,
            ),
            log=everybody.id,
        )  # fmt: skip


def known_again(node: Node, tx: Tx, event: ev.Event) -> None:
    """Take up what a returned leaf of the dead log ``all`` decided about a centre: whom HQ hears, and whom no longer."""
    if isinstance(event, ev.CentreClosed):
        tx.db.run("UPDATE log SET state = 'closed' WHERE origin = :origin AND own = 0 AND state = 'open'", origin=event.origin)
    elif isinstance(event, ev.CentreApproved):
        if logs.by_origin(tx.db, event.origin) is None:
            logs.add_mirror(tx.db, event.origin, event.centre, event.vkey)
        if logs.by_origin(tx.db, event.down_origin) is None:  # our own once, its key comes from the master; its leaves come back too
            row = logs.add_own(tx.db, node.keyring, event.down_origin, f"to/{event.centre}", "")
            tx.db.run("UPDATE log SET state = 'closed' WHERE id = :id", id=row)
