"""Whole nodes in one process: a centre and headquarters in a folder, an exchange without sockets, citizens and staff."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import flask.testing

from sync.exchange import Progress
from sync.link import NONCE_HEADER, HttpLink, LinkDown, Reply

from appliance.domain import events as ev
from appliance.domain.codes import mint_receipt_code
from appliance.domain.ids import uuid7
from appliance.domain.people import Person
from appliance.journal.entries import unwrap
from appliance.settings import BackupSettings, Settings, StoreSettings, SyncSettings
from appliance.store.db import Db
from appliance.usecases import enrol_centre, logs, run_exchange
from appliance.usecases.clock import DeviceClock
from appliance.usecases.node import Node
from appliance.usecases.open_case import Receipt, Submission, open_case
from appliance.usecases.set_up import make_roots, set_up_hq
from appliance.usecases.verify_node import verify_node
from appliance.wiring import close_node, create_app, open_node

PACK = Path(__file__).parents[1] / "config" / "countries" / "ke"
DOMAIN = "feedback.example.go.ke"
NOW = 1_795_503_600  # Tuesday, 24 November 2026, 10:00 in Nairobi
SERVICE, CATEGORY = "40217", "delay"

OFFICER = Person("officer-1", "Amina", "officer")
OTHER_OFFICER = Person("officer-2", "Baraka", "officer")
MANAGER = Person("manager-1", "Chebet", "manager")
HQ_OFFICER = Person("hq-officer-1", "Daudi", "case_officer")
ADMINISTRATOR = Person("hq-admin-1", "Esther", "administrator")


class Watch:
    """A clock that stands still until a test moves it; never kept by NTP."""

    def __init__(self, now: int = NOW) -> None:
        """Show *now*."""
        self.now = float(now)
        self.steady = 1000.0

    def pass_time(self, seconds: float) -> None:
        """Let *seconds* pass, as time does."""
        self.now += seconds
        self.steady += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock by *seconds*, as a hand or a dead battery does."""
        self.now += seconds

    def clock(self, step_seconds: int = 600) -> DeviceClock:
        """Return a device's clock that reads this watch."""
        return DeviceClock(step_seconds, wall=lambda: self.now, steady=lambda: self.steady, synchronised=lambda: False)


class Mint:
    """Ids and receipt codes, the same in every run of a test."""

    def __init__(self, seed: int = 7) -> None:
        """Draw from *seed*."""
        self._random = random.Random(seed)
        self._turn = 0

    def id(self) -> str:
        """Return a fresh id, each later than the one before."""
        self._turn += 1
        return uuid7(NOW * 1000 + self._turn, self._random.randbytes(10))

    def code(self) -> str:
        """Return a fresh receipt code."""
        return mint_receipt_code(self._random.randbytes)


@dataclass
class Site:
    """One node in a folder: opened, closed, opened again.

    Attributes:
        url: HQ's database on PostgreSQL; '' for SQLite in the folder.
        warned: what the node told the person who started it.
    """

    folder: Path
    role: str = "centre"
    centre: str = ""
    url: str = ""
    watch: Watch = field(default_factory=Watch)
    sync: SyncSettings = field(default_factory=lambda: SyncSettings(hq_url="http://hq.example"))
    warned: list[str] = field(default_factory=list)
    _node: Node | None = None

    @property
    def settings(self) -> Settings:
        """Return its settings."""
        return Settings(
            role=self.role, domain=DOMAIN, country=PACK, data_dir=self.data, centre=self.centre, keys_dir=self.keys,
            high_water=self.marks, store=StoreSettings(url=self.url), backup=BackupSettings(dir=self.folder / "backups"),
            sync=self.sync if self.role == "centre" else SyncSettings(),
        )  # fmt: skip

    @property
    def data(self) -> Path:
        """Return the folder of its database."""
        return self.folder / "data"

    @property
    def keys(self) -> Path:
        """Return the folder of its keys."""
        return self.folder / "keys"

    @property
    def marks(self) -> Path:
        """Return the folder of its high-water marks."""
        return self.folder / "marks"

    @property
    def database(self) -> Path:
        """Return its database file."""
        return self.data / "cfms.db"

    @property
    def node(self) -> Node:
        """Return the node, opened at the first asking."""
        if self._node is None:
            with patch("appliance.wiring.DeviceClock", self.watch.clock):
                self._node = open_node(self.settings, self.warned.append)
        return self._node

    def close(self) -> None:
        """Close the node, if it is open."""
        node, self._node = self._node, None
        if node is not None:
            close_node(node)
            node.journal.close()

    def reopen(self) -> Node:
        """Close the node and open it again, as a restart does."""
        self.close()
        return self.node

    @property
    def origin(self) -> str:
        """Return the origin of its own current log."""
        with self.node.store.read() as db:
            return logs.by_id(db, self.node.journal.own_log).origin

    def verify(self) -> str:
        """Return the first thing that is wrong with log, values or read models; '' when all is well."""
        return verify_node(self.node, lambda *_: None).wrong

    def number(self, sql: str, **params: object) -> int:
        """Return the one number *sql* asks for."""
        with self.node.store.read() as db:
            row = db.one(sql, **params)
        assert row is not None
        return int(row[0])

    def leaves(self) -> list[bytes]:
        """Return every leaf of every log it holds."""
        with self.node.store.read() as db:
            return [bytes(leaf) for (leaf,) in db.all("SELECT leaf FROM entry ORDER BY log, idx")]

    def events(self, origin: str = "") -> list[ev.Event]:
        """Return the events of log *origin* (its own current one when ''), in order; relayed ones unwrapped."""
        with self.node.store.read() as db:
            row = logs.by_origin(db, origin or logs.by_id(db, self.node.journal.own_log).origin)
            assert row is not None
            found = db.all("SELECT leaf FROM entry WHERE log = :log ORDER BY idx", log=row.id)
        return [unwrap(ev.decode(bytes(leaf)), "")[0] for (leaf,) in found]

    def holds_bytes(self, wanted: bytes) -> list[str]:
        """Return the names of the files under its folder that hold *wanted* anywhere."""
        return [str(path.relative_to(self.folder)) for path in sorted(self.folder.rglob("*")) if path.is_file() and wanted in path.read_bytes()]


class Loop(HttpLink):
    """A line to HQ without a socket: the same signed requests, answered by HQ's application in this process.

    Attributes:
        down: the line is dead.
        asked: method and path of every request that was sent, with the status of its answer.
        replies: answers to give instead of HQ's, by path, each once.
    """

    def __init__(self, centre: Site, hq: Site) -> None:
        """Join *centre* to *hq*, whichever nodes they are at the moment of a request."""
        super().__init__("http://hq.example", self._signed)
        self._centre, self._hq = centre, hq
        self.down = False
        self.asked: list[tuple[str, str, int]] = []
        self.bodies: list[bytes] = []
        self.replies: dict[str, list[Reply]] = {}

    def _signed(self, text: str) -> str:
        return self._centre.node.keyring.log_signer(self._centre.origin).sign(text)

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        if self.down:
            raise LinkDown("the test cut the line")
        kept = self.replies.get(path.partition("?")[0])
        if kept:
            return kept.pop(0)
        answer = client_of(self._hq).open(path, method=method, data=body, headers=headers)
        self._nonce = answer.headers.get(NONCE_HEADER, self._nonce)
        if answer.status_code != 401:  # only the nonce was asked for
            self.asked.append((method, path, answer.status_code))
            self.bodies.append(body)
        return Reply(answer.status_code, answer.data, {k.lower(): v for k, v in answer.headers.items()})


def client_of(site: Site) -> flask.testing.FlaskClient:
    """Return a client of *site*'s web application."""
    return create_app(site.node).test_client()


class World:
    """Headquarters and centres of one test."""

    def __init__(self, folder: Path, url: str = "") -> None:
        """Keep everything under *folder*; HQ's database is at *url*, or SQLite when ''."""
        self.folder = folder
        self.watch = Watch()
        self.mint = Mint()
        self.hq = Site(folder / "hq", "hq", url=url, watch=self.watch)
        self.roots = folder / "safe"
        self.sites = [self.hq]
        self.loops: dict[str, Loop] = {}

    def begin(self) -> World:
        """Set headquarters up and return this world."""
        make_roots(self.roots, DOMAIN)
        set_up_hq(self.hq.node, self.roots)
        return self

    def centre(self, code: str, folder: str = "", *, enrolled: bool = True) -> Site:
        """Return a new centre, taken in by HQ and at rest unless not *enrolled*."""
        site = Site(self.folder / (folder or code.lower()), "centre", code, watch=self.watch)
        self.sites.append(site)
        if enrolled:
            assert self.ask(site, enrol_centre.make_token(self.hq.node, code)) == "pending"
            self.approve()
            self.sync(site)
        return site

    def ask(self, site: Site, token: str) -> str:
        """Let *site* ask HQ to be taken in by *token*; return how its request stands."""
        with patch.object(run_exchange, "link_to_hq", lambda _: self.loop(site)):
            return run_exchange.enrol(site.node, token)

    def approve(self) -> list[str]:
        """Approve every request that waits at HQ; return their origins."""
        with self.hq.node.store.read() as db:
            waiting = [one.origin for one in enrol_centre.pending(db)]
        for origin in waiting:
            enrol_centre.approve(self.hq.node, origin)
        return waiting

    def loop(self, site: Site) -> Loop:
        """Return the line of *site* to HQ."""
        return self.loops.setdefault(str(site.folder), Loop(site, self.hq))

    def sync(self, *sites: Site) -> list[Progress]:
        """Exchange with HQ, one site after another."""
        return [run_exchange.run_exchange(site.node, self.loop(site)) for site in sites]

    def submission(self, text: str = "The queue did not move", **more: object) -> Submission:
        """Return what a terminal sends for one case."""
        said: dict[str, object] = {"id": self.mint.id(), "code": self.mint.code(), "kind": "complaint", "service": SERVICE, "text": text}
        return Submission(**{**said, **more})  # type: ignore[arg-type]

    def file(self, site: Site, text: str = "The queue did not move", **more: object) -> Receipt:
        """File a case at *site*; return its receipt."""
        return open_case(site.node, self.submission(text, **more))

    def close(self) -> None:
        """Close every node."""
        for site in self.sites:
            site.close()


@contextmanager
def world_in(folder: Path, url: str = "") -> Iterator[World]:
    """Lend a world with HQ set up, closed afterwards."""
    world = World(folder, url)
    try:
        yield world.begin()
    finally:
        world.close()


def row_of(site: Site, case: str) -> tuple[object, ...]:
    """Return the row of *case* without where its leaf lies, which is the node's own matter."""
    from appliance.projections import cases  # noqa: PLC0415 - beside its only use

    with site.node.store.read() as db:
        row = cases.get(db, case)
    assert row is not None
    return tuple(getattr(row, name) for name in cases.COLUMNS if name not in ("log", "idx"))


def tallied(db: Db) -> list[tuple[object, ...]]:
    """Return the counters that say something, in order."""
    return db.all("SELECT centre, day, kind, state, cases FROM tally WHERE cases <> 0 ORDER BY centre, day, kind, state")
