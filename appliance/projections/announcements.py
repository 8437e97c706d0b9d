"""What HQ told everybody in the log ``all``: centres' epochs, its data keys, catalogues."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.domain import events as ev
from appliance.journal.entries import Entry
from appliance.store.db import Db

VERSION = 2
TABLES = """
CREATE TABLE epoch (
    origin TEXT NOT NULL PRIMARY KEY,
    centre TEXT NOT NULL,
    vkey TEXT NOT NULL,
    cosigner TEXT NOT NULL,
    data_key TEXT NOT NULL,        -- base64 of the X25519 public key
    down_origin TEXT NOT NULL,
    down_vkey TEXT NOT NULL,
    log INTEGER NOT NULL,          -- the leaf that named that log last: HQ names another one after it was restored
    idx INTEGER NOT NULL,
    approved_at INTEGER NOT NULL,
    closed_at INTEGER NOT NULL,    -- 0 while HQ takes from it
    closed_why TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX epoch_centre ON epoch (centre, approved_at);
CREATE TABLE hq_key (
    kid TEXT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    since INTEGER NOT NULL,
    place INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE catalogue_version (
    version INTEGER NOT NULL PRIMARY KEY,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    chunks TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""
DROP = "DROP TABLE IF EXISTS epoch; DROP TABLE IF EXISTS hq_key; DROP TABLE IF EXISTS catalogue_version;"


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch of a centre's log, as HQ approved it."""

    origin: str
    centre: str
    vkey: str
    cosigner: str
    data_key: str
    down_origin: str
    down_vkey: str
    approved_at: int
    closed_at: int
    closed_why: str


_LATER = "CASE WHEN excluded.log > epoch.log OR (excluded.log = epoch.log AND excluded.idx > epoch.idx) THEN excluded.{0} ELSE epoch.{0} END"
_EPOCH = "SELECT origin, centre, vkey, cosigner, data_key, down_origin, down_vkey, approved_at, closed_at, closed_why FROM epoch"


def apply(db: Db, entries: Sequence[Entry]) -> None:
    """Record the announcements among *entries*; the log's order decides, so applying twice changes nothing."""
    for entry in entries:
        event = entry.event
        if isinstance(event, ev.CentreApproved):
            _approve(db, event, entry)
        elif isinstance(event, ev.CentreClosed):
            db.run(
                "UPDATE epoch SET closed_at = :at, closed_why = :why WHERE origin = :origin AND closed_at = 0",
                at=event.ts,
                why=event.reason,
                origin=event.origin,
            )
        elif isinstance(event, ev.HqDataKey):
            db.run(
                "INSERT INTO hq_key (kid, key, since, place) VALUES (:kid, :key, :since, :place) ON CONFLICT (kid) DO NOTHING",
                kid=event.kid,
                key=event.key,
                since=event.ts,
                place=entry.index,
            )
        elif isinstance(event, ev.CataloguePublished):
            db.run(
                "INSERT INTO catalogue_version (version, sha256, size, chunks, since)"
                " VALUES (:version, :sha256, :size, :chunks, :since) ON CONFLICT (version) DO NOTHING",
                version=event.version,
                sha256=event.sha256,
                size=event.size,
                chunks=json.dumps(event.chunks),
                since=event.ts,
            )


def _approve(db: Db, event: ev.CentreApproved, entry: Entry) -> None:
    """Record an approval; of several of one epoch the earliest time counts, and the log named last, in whatever order they come."""
    later = ", ".join(f"{name} = {_LATER.format(name)}" for name in ("down_origin", "down_vkey", "log", "idx"))
    db.run(
        "INSERT INTO epoch (origin, centre, vkey, cosigner, data_key, down_origin, down_vkey, log, idx, approved_at, closed_at, closed_why)"
        " VALUES (:origin, :centre, :vkey, :cosigner, :data_key, :down_origin, :down_vkey, :log, :idx, :at, 0, '')"
        f" ON CONFLICT (origin) DO UPDATE SET {later},"
        " approved_at = CASE WHEN excluded.approved_at < epoch.approved_at THEN excluded.approved_at ELSE epoch.approved_at END",
        origin=event.origin, centre=event.centre, vkey=event.vkey, cosigner=event.cosigner, data_key=event.data_key,
        down_origin=event.down_origin, down_vkey=event.down_vkey, log=entry.log, idx=entry.index, at=event.ts,
    )  # fmt: skip


def epoch_of(db: Db, origin: str) -> Epoch | None:
    """Return the approved epoch of *origin*."""
    row = db.one(f"{_EPOCH} WHERE origin = :origin", origin=origin)
    return Epoch(*row) if row else None


def current_epoch(db: Db, centre: str) -> Epoch | None:
    """Return the newest epoch of *centre* that is not closed."""
    row = db.one(f"{_EPOCH} WHERE centre = :centre AND closed_at = 0 ORDER BY approved_at DESC, origin DESC LIMIT 1", centre=centre)
    return Epoch(*row) if row else None


def epochs(db: Db) -> tuple[Epoch, ...]:
    """Return every approved epoch, by centre and age."""
    return tuple(Epoch(*row) for row in db.all(f"{_EPOCH} ORDER BY centre, approved_at, origin"))


@dataclass(frozen=True, slots=True)
class DataKeyAnnounced:
    """One of HQ's data keys: its id, and when it was announced."""

    kid: str
    since: int


def hq_keys(db: Db) -> tuple[DataKeyAnnounced, ...]:
    """Return every data key HQ announced, oldest first."""
    return tuple(DataKeyAnnounced(*row) for row in db.all("SELECT kid, since FROM hq_key ORDER BY since, place"))


def hq_key(db: Db) -> tuple[str, str] | None:
    """Return the kid and public key (base64) of HQ's current data key."""
    row = db.one("SELECT kid, key FROM hq_key ORDER BY since DESC, place DESC LIMIT 1")
    return (row[0], row[1]) if row else None


@dataclass(frozen=True, slots=True)
class CatalogueVersion:
    """A published catalogue: ``chunks`` are the hex hashes of its objects, in order."""

    version: int
    sha256: str
    size: int
    chunks: tuple[str, ...]
    since: int


def newest_catalogue(db: Db) -> CatalogueVersion | None:
    """Return the newest published catalogue."""
    row = db.one("SELECT version, sha256, size, chunks, since FROM catalogue_version ORDER BY version DESC LIMIT 1")
    return CatalogueVersion(row[0], row[1], row[2], tuple(json.loads(row[3])), row[4]) if row else None
