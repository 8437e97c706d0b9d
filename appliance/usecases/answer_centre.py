"""HQ's side of the exchange besides batches: greeting, downlink, acknowledgements, objects (design §6)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sync.batch import Batch, objects_batch, write_batch
from sync.merkle import root_at
from sync.note import Checkpoint, NoteError, Verifier, open_note

from appliance.domain.errors import NotFound
from appliance.journal import objects
from appliance.journal.heads import node_reader
from appliance.journal.sending import cut_batch
from appliance.projections import announcements
from appliance.projections.announcements import Epoch
from appliance.store.db import Db
from appliance.usecases import logs, trust
from appliance.usecases.logs import LogRow
from appliance.usecases.node import Node
from appliance.usecases.restore_hq import declare_dead

MAX_HELLO = 64 * 1024  # bytes


def sender_key(node: Node, origin: str, *, shut_out: bool = False) -> Verifier | None:
    """Return the verifier of the log key that may sign requests of *origin*; None for an unknown one.

    Args:
        shut_out: a revoked one counts too; it may read what is said to all, for its revocation stands there.
    """
    with node.store.read() as db:
        epoch = announcements.epoch_of(db, origin)
    return Verifier.parse(epoch.vkey) if epoch and (shut_out or not epoch.closed_at) else None


def hello(node: Node, origin: str, body: bytes) -> dict[str, Any]:
    """Note what a centre says of itself and answer with where HQ stands.

    Args:
        body: the JSON of ``NodeExchange.hello``.

    Raises:
        ValueError: the body is not that.
    """
    said = _read(body)
    if not isinstance(said, dict):
        raise ValueError("an object is needed")  # noqa: TRY004  # of the sender, not of the caller
    with node.store.read() as db:
        epoch = announcements.epoch_of(db, origin)
        if epoch is None:
            raise NotFound
        answer = {
            "time": node.clock.read().ts,
            "kid": node.keyring.hq_data_key().kid,
            "keys": trust.key_note(node).serial,
            "holds": _holds(db, epoch, said),
            "down": _sizes(node, db, epoch),
            "return": _wanted(db, said),
            "quarantine": _set_aside(db, epoch),
            "unacknowledged": _unacknowledged(db, epoch, said),
        }
    _note_heard(node, epoch, said)
    return answer


def _read(body: bytes) -> Any:
    if b"\\u0000" in body:
        raise ValueError("a zero character")  # PostgreSQL's TEXT cannot hold it
    return json.loads(body)


def _set_aside(db: Db, epoch: Epoch) -> int:
    """Return how many leaves of the centre's logs lie in quarantine here: it shows them to its staff."""
    row = db.one("SELECT count(*) FROM quarantine q JOIN log l ON l.id = q.log WHERE l.name = :centre AND l.own = 0", centre=epoch.centre)
    return int(row[0]) if row else 0


def _holds(db: Db, epoch: Epoch, said: dict[str, Any]) -> dict[str, int]:
    held = {}
    for one in _list(said.get("logs"))[:50]:
        row = logs.by_origin(db, str(one.get("origin", ""))) if isinstance(one, dict) else None
        if row is not None and row.name == epoch.centre:
            held[row.origin] = row.size
    return held


def _sizes(node: Node, db: Db, epoch: Epoch) -> dict[str, int]:
    """Return how much there is to fetch; of ``to`` nothing while the log ``all`` that names it waits for the root's signature."""
    everybody, own = _down(node, db, epoch, "all"), _down(node, db, epoch, "to")
    told = everybody is not None and everybody.state == "open"
    return {"all": everybody.size if everybody else 0, "to": own.size if own and told else 0}


def _down(node: Node, db: Db, epoch: Epoch, name: str) -> LogRow | None:
    """Return the log ``all`` that the key note names, or the log in which HQ speaks to the centre of *epoch*."""
    return logs.by_origin(db, trust.all_origin(node) if name == "all" else epoch.down_origin)


def _unacknowledged(db: Db, epoch: Epoch, said: dict[str, Any]) -> bool:
    """Tell whether the centre holds more of what HQ says to it than it has cosigned: its answer was lost on the way."""
    own, down = logs.by_origin(db, epoch.down_origin), said.get("down")
    return own is not None and isinstance(down, dict) and own.acked < min(_number(down.get("to")), own.size)


def _wanted(db: Db, said: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the dead HQ logs of which the centre holds more than HQ: it is asked to give that back (keys, path 8)."""
    wanted = []
    for one in _list(said.get("mirrors"))[:50]:
        row = logs.by_origin(db, str(one.get("origin", ""))) if isinstance(one, dict) else None
        if row is not None and row.own and row.state == "closed" and _number(one.get("size")) > row.size:
            wanted.append({"origin": row.origin, "from": row.size})
    return wanted


def _note_heard(node: Node, epoch: Epoch, said: dict[str, Any]) -> None:
    down = said.get("down") if isinstance(said.get("down"), dict) else {}
    sizes = [_number(one.get("size")) for one in _list(said.get("logs")) if isinstance(one, dict) and one.get("origin") == epoch.origin]
    values = {
        "origin": epoch.origin, "centre": epoch.centre, "at": node.clock.read().ts, "node_time": _number(said.get("time")),
        "size": max(sizes, default=0), "oldest": _number(said.get("oldest")), "quarantine": _number(said.get("quarantine")),
        "version": str(said.get("version", ""))[:40], "down_all": _number((down or {}).get("all")), "down_to": _number((down or {}).get("to")),
    }  # fmt: skip
    names = ", ".join(values)
    changes = ", ".join(f"{name} = excluded.{name}" for name in values if name != "origin")
    node.store.write(
        lambda db: db.run(
            f"INSERT INTO ops_heard ({names}) VALUES ({', '.join(':' + n for n in values)}) ON CONFLICT (origin) DO UPDATE SET {changes}",
            **values,
        )
    )


def downlink(node: Node, origin: str, name: str, start: int) -> bytes | None:
    """Return the next batch of log *name* for the centre of *origin* from *start*; None when there is nothing newer.

    Raises:
        NotFound: no such log for that centre.
    """
    with node.store.read() as db:
        epoch = announcements.epoch_of(db, origin)
        row = _down(node, db, epoch, name) if epoch else None
        if epoch is None or row is None:
            raise NotFound
        recipient = trust.public_key(epoch.data_key)
        batch = cut_batch(db, row.id, row.origin, start, row.size, row.ack_note, recipient, node.settings.sync.batch_leaves)
        if batch is None:
            return None
        return write_batch(batch.with_note(sign_at(node, db, row, batch)))


def sign_at(node: Node, db: Db, row: LogRow, batch: Batch) -> str:
    """Return own log *row*'s checkpoint of the batch's end."""
    root = root_at(batch.end, node_reader(db, row.id))
    return node.keyring.log_signer(row.origin).sign(Checkpoint(row.origin, batch.end, root).text())


def objects_for(node: Node, origin: str, hashes: Sequence[str]) -> bytes:
    """Return a batch without leaves with as many of the asked objects as fit one (three of the largest)."""
    found: list[tuple[bytes, bytes]] = []
    with node.store.read() as db:
        epoch = announcements.epoch_of(db, origin)
        for hashed in hashes:
            try:
                key = bytes.fromhex(hashed)
            except ValueError:
                continue
            data = objects.get(db, key) if len(found) < 3 else None
            if data is not None:
                found.append((key, data))
    if epoch is None:
        raise NotFound
    return write_batch(objects_batch(epoch.down_origin, 0, found))


def acknowledge(node: Node, origin: str, body: bytes) -> int:
    """Record the centre's cosignatures over HQ's downlink logs; return how many were good.

    A cosignature over more than HQ holds of an own log proves that HQ was restored: that log is dead, and a new
    epoch of it begins (spec keys, path 8).

    Raises:
        ValueError: the body is not JSON of notes.
    """
    notes = _read(body).get("notes", [])
    with node.store.read() as db:
        epoch = announcements.epoch_of(db, origin)
    if epoch is None or not isinstance(notes, list):
        raise NotFound
    return sum(_acknowledge(node, epoch, note) for note in notes[:10] if isinstance(note, str))


def _acknowledge(node: Node, epoch: Epoch, note: str) -> bool:
    with node.store.read() as db:
        row = logs.by_origin(db, note.split("\n", 1)[0])
        checkpoint = _both_signed(row, epoch, note) if row is not None and row.own else None
        if row is None or checkpoint is None:
            return False
        same = checkpoint.size <= row.size and root_at(checkpoint.size, node_reader(db, row.id)) == checkpoint.root
    if not same:
        declare_dead(node, row.origin)
    elif row.name == f"to/{epoch.centre}":
        node.store.write(
            lambda db: db.run(
                "UPDATE log SET acked = :size, ack_note = :note WHERE id = :id AND acked <= :size", size=checkpoint.size, note=note, id=row.id
            )
        )
    return same


def _both_signed(row: LogRow, epoch: Epoch, note: str) -> Checkpoint | None:
    """Return the checkpoint of *note* when HQ's own log key signed it and the centre cosigned it."""
    try:
        opened = open_note(note, [Verifier.parse(row.vkey), Verifier.parse(epoch.cosigner)])
        return Checkpoint.parse(opened.text) if len({v.name for v in opened.verified}) == 2 else None
    except NoteError:
        return None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else 0
