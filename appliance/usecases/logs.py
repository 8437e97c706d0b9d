"""Which log an act belongs in, and the rows of the node's logs."""

from __future__ import annotations

from dataclasses import dataclass

from sync.merkle import EMPTY_ROOT
from sync.note import Checkpoint

from appliance.domain.errors import NotFound
from appliance.journal.keyring import Keyring
from appliance.store.db import Db


@dataclass(frozen=True, slots=True)
class LogRow:
    """One log this node holds; ``own`` when it signs it, else it mirrors it."""

    id: int
    origin: str
    name: str
    own: bool
    state: str
    vkey: str
    letter: str
    size: int
    root: bytes
    note: str
    acked: int
    ack_note: str


_SELECT = "SELECT id, origin, name, own, state, vkey, letter, size, root, note, acked, ack_note FROM log"


def _row(row: tuple[object, ...]) -> LogRow:
    values = list(row)
    values[3], values[8] = bool(values[3]), bytes(values[8])  # type: ignore[call-overload]
    return LogRow(*values)  # type: ignore[arg-type]


def by_origin(db: Db, origin: str) -> LogRow | None:
    """Return the log of *origin*."""
    row = db.one(f"{_SELECT} WHERE origin = :origin", origin=origin)
    return _row(row) if row else None


def by_id(db: Db, log: int) -> LogRow:
    """Return the log of row id *log*.

    Raises:
        NotFound: there is none.
    """
    row = db.one(f"{_SELECT} WHERE id = :id", id=log)
    if row is None:
        raise NotFound
    return _row(row)


def current(db: Db, name: str) -> LogRow | None:
    """Return the newest open log of *name*."""
    row = db.one(f"{_SELECT} WHERE name = :name AND state = 'open' ORDER BY id DESC LIMIT 1", name=name)
    return _row(row) if row else None


def of_name(db: Db, name: str) -> list[LogRow]:
    """Return every epoch of log *name*, oldest first."""
    return [_row(row) for row in db.all(f"{_SELECT} WHERE name = :name ORDER BY id", name=name)]


def own_logs(db: Db) -> list[LogRow]:
    """Return the logs this node signed, oldest first."""
    return [_row(row) for row in db.all(f"{_SELECT} WHERE own = 1 ORDER BY id")]


def mirrors(db: Db) -> list[LogRow]:
    """Return the logs this node mirrors, oldest first."""
    return [_row(row) for row in db.all(f"{_SELECT} WHERE own = 0 ORDER BY id")]


def add_own(db: Db, keyring: Keyring, origin: str, name: str, letter: str) -> int:
    """Add the row of a new own log, empty and signed; return its id."""
    signer = keyring.log_signer(origin)
    return _add(db, origin, name, 1, signer.vkey, letter, signer.sign(Checkpoint(origin, 0, EMPTY_ROOT).text()))


def add_mirror(db: Db, origin: str, name: str, vkey: str) -> int:
    """Add the row of a log that this node mirrors; return its id."""
    return _add(db, origin, name, 0, vkey, "", "")


def _add(db: Db, origin: str, name: str, own: int, vkey: str, letter: str, note: str) -> int:
    row = db.one(
        "INSERT INTO log (id, origin, bound, name, own, state, vkey, letter, size, root, note, acked, ack_note)"
        " VALUES ((SELECT coalesce(max(id), 0) + 1 FROM log), :origin, :origin, :name, :own, 'open', :vkey, :letter, 0, :root, :note, 0, '')"
        " RETURNING id",
        origin=origin, name=name, own=own, vkey=vkey, letter=letter, root=EMPTY_ROOT, note=note,
    )  # fmt: skip
    assert row is not None
    return int(row[0])
