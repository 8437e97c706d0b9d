"""A journal on a store, and nothing above it: logs, keys, marks and read models in one folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from sync.merkle import EMPTY_ROOT, range_at
from sync.note import Checkpoint, Verifier, open_note

from appliance.domain import events as ev
from appliance.domain.country import Country, load_country
from appliance.journal.entries import Entry
from appliance.journal.heads import node_reader
from appliance.journal.journal import Journal, Time, Tx
from appliance.journal.keyring import Keyring
from appliance.journal.verify import verify_logs
from appliance.journal.verify_values import verify_boxes, verify_index
from appliance.projections.receipts import Tagger
from appliance.projections.registry import Projections
from appliance.store.db import Db, Row
from appliance.store.store import Store

PACK = Path(__file__).parents[2] / "config" / "countries" / "ke"
NOW = 1_795_503_600
TIME = Time(NOW, "rtc")


@lru_cache(maxsize=1)
def kenya() -> Country:
    """Return the Kenya country pack, loaded once."""
    return load_country(PACK)


def an_id(word: str | int) -> str:
    """Return the id that *word* always has."""
    return hashlib.sha256(str(word).encode()).hexdigest()[:32]


def origin_of(name: str) -> str:
    """Return the origin of the log *name*."""
    return f"example.org/log/{name}/{an_id(name)[:8]}"


def opened(word: str | int, **more: Any) -> ev.CaseOpened:
    """Return the opening of the case *word*."""
    said: dict[str, Any] = {"ref": "", "kind": "complaint", "centre": "NBI", "channel": "kiosk", "lang": "en"}
    return ev.CaseOpened(id=an_id(word), ts=NOW, case=an_id(word), n=1, **{**said, **more})


@dataclass
class Rig:
    """One node's journal in *folder*, opened as a process opens it."""

    folder: Path
    url: str = ""
    origins: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the store, bring it up to date, follow its groups."""
        self.store = Store(self.url or str(self.folder / "cfms.db"), self.folder)
        self.store.migrate()
        self.keyring = Keyring(self.folder / "keys")
        self.projections = Projections(kenya(), Tagger(bytes(32)))
        self.store.write(self._prepare)
        self.journal = Journal(self.store, self.keyring, self.folder / "marks", self.projections.apply)
        self.store.follow(self.journal)
        with self.store.read() as db:
            self.journal.marks.owe(db)  # as a node does at its start

    def _prepare(self, db: Db) -> None:
        if self.projections.outdated(db):
            self.projections.create(db)

    def add_log(self, name: str = "NBI") -> int:
        """Add an own log and return its row id; its epoch is its own, as its key files are."""
        origin = origin_of(name)
        self.keyring.make_log_key(origin)
        return self.journal.perform(lambda tx: self.new_log(tx, origin, name), TIME)

    def new_log(self, tx: Tx, origin: str, name: str) -> int:
        """Add an own log inside an act."""
        signer = self.keyring.log_signer(origin)
        row = tx.db.one(
            "INSERT INTO log (id, origin, bound, name, own, state, vkey, letter, size, root, note, acked, ack_note)"
            " VALUES ((SELECT coalesce(max(id), 0) + 1 FROM log), :o, :o, :name, 1, 'open', :vkey, '', 0, :root, :note, 0, '') RETURNING id",
            o=origin, name=name, vkey=signer.vkey, root=EMPTY_ROOT, note=signer.sign(Checkpoint(origin, 0, EMPTY_ROOT).text()),
        )  # fmt: skip
        assert row is not None
        return int(row[0])

    def file(self, log: int, word: str | int, values: dict[str, bytes] | None = None) -> tuple[Entry, str]:
        """File the case *word*; return its entry and the note that is shown for it."""

        def act(tx: Tx) -> tuple[Entry, str]:
            entry = tx.append(opened(word), values, log)
            return entry, next(iter(tx.sign().values()))

        return self.journal.perform(act, TIME, [an_id(word)])

    def one(self, sql: str, **params: object) -> Row:
        """Return the one row *sql* asks for."""
        with self.store.read() as db:
            row = db.one(sql, **params)
        assert row is not None
        return row

    def all(self, sql: str, **params: object) -> list[Row]:
        """Return the rows *sql* asks for."""
        with self.store.read() as db:
            return db.all(sql, **params)

    def change(self, *statements: str, **params: object) -> None:
        """Change rows behind the journal's back, its triggers put aside: what a curious hand could do."""

        def act(db: Db) -> None:
            for table in ("entry", "node"):
                if self.store.is_sqlite:
                    db.script(f"DROP TRIGGER IF EXISTS {table}_no_update; DROP TRIGGER IF EXISTS {table}_no_delete;")
                else:
                    db.run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for sql in statements:
                db.run(sql, **params)

        self.store.write(act)

    def size(self, log: int) -> int:
        """Return the size the log's row says."""
        return int(self.one("SELECT size FROM log WHERE id = :log", log=log)[0])

    def words(self, log: int) -> list[str]:
        """Return the ids of the log's events in order; they must be gapless."""
        rows = self.all("SELECT idx, leaf FROM entry WHERE log = :log ORDER BY idx", log=log)
        assert [row[0] for row in rows] == list(range(len(rows)))
        return [ev.decode(bytes(row[1])).id for row in rows]

    def mark(self, log: int) -> int:
        """Return the size the log's high-water mark says, -1 when there is none."""
        origin, vkey = self.one("SELECT origin, vkey FROM log WHERE id = :log", log=log)
        found = self.journal.marks.of(origin).read(Verifier.parse(vkey))
        return found.size if found else -1

    def wrong(self) -> str:
        """Return the first thing wrong with logs, index, boxes and newest notes; '' when all is well."""
        with self.store.read() as db:
            found = verify_logs(db) or verify_index(db) or verify_boxes(db)
        return f"{found.origin} {found.index}: {found.what}" if found else ""

    def is_signed(self, log: int, note: str) -> bool:
        """Tell whether *note* is this log's own, of the tree as it is held, at a size that is held."""
        origin, vkey = self.one("SELECT origin, vkey FROM log WHERE id = :log", log=log)
        checkpoint = Checkpoint.parse(open_note(note, [Verifier.parse(vkey)]).text)
        with self.store.read() as db:
            root = range_at(checkpoint.size, node_reader(db, log)).root()
        return (checkpoint.origin, checkpoint.root) == (origin, root)

    def close(self) -> None:
        """Close it as a process that ends does."""
        self.store.close()
        self.journal.close()
