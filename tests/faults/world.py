"""Real nodes for bad days: each a folder, a port and a `python -m appliance` process, all ended by pid."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from appliance import settings
from appliance.store.db import Db
from appliance.store.store import Store
from appliance.usecases.enrol_centre import approve, pending
from appliance.usecases.node import Node
from appliance.usecases.run_exchange import run_exchange
from appliance.wiring import close_node, open_node, store_url

ROOT = Path(__file__).parents[2]
DOMAIN = "feedback.example.go.ke"
PATIENCE = 60.0  # seconds; no wait of these tests is longer


class CommandFailed(AssertionError):
    """A command ended with a status nobody expected."""


class TooLate(AssertionError):
    """Something did not come within the patience of these tests."""


def free_port() -> int:
    """Return a port of the loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], bool], what: str, patience: float = PATIENCE, every: float = 0.02) -> None:
    """Wait until *true* is; raise TooLate naming *what*."""
    end = time.monotonic() + patience
    while not true():
        if time.monotonic() > end:
            raise TooLate(what)
        time.sleep(every)


@dataclass
class Machine:
    """One node: its folder, its port, and its server while it runs.

    Attributes:
        extra: further lines of its settings, by section.
        hq_url: where it finds headquarters; "" for headquarters itself.
        environment: what its server finds in its environment besides ours.
    """

    folder: Path
    role: str
    centre: str = ""
    hq_url: str = ""
    url: str = ""
    port: int = field(default_factory=free_port)
    extra: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        """Return its settings file."""
        return self.folder / "cfms.toml"

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

    def configure(self) -> None:
        """Write its settings file anew."""
        self.folder.mkdir(parents=True, exist_ok=True)
        sections = {"web": f"port = {self.port}\n", "limits": "submissions_per_hour = 0\nwrong_codes_per_hour = 0\n"}
        sections["store"] = f'url = "{self.url}"\n' if self.url else ""
        if self.role == "centre":
            sections["sync"] = f'hq_url = "{self.hq_url}"\ninterval_seconds = 5\ngather_seconds = 0\nbackoff_min_seconds = 1\n'
            sections["backup"] = 'dir = "backups"\n'
        for name, lines in self.extra.items():
            sections[name] = sections.get(name, "") + lines
        head = f'role = "{self.role}"\ndomain = "{DOMAIN}"\ncountry = "{ROOT}/config/countries/ke"\n'
        head += f'centre = "{self.centre}"\n' if self.centre else ""
        head += 'data_dir = "data"\nkeys_dir = "keys"\nhigh_water = "marks"\n'
        self.config.write_text(head + "".join(f"[{name}]\n{lines}" for name, lines in sections.items() if lines))

    # --- commands ---------------------------------------------------------------------------------------

    def cfms(self, *arguments: str, status: int = 0) -> dict[str, Any]:
        """Run a command beside the server and return its JSON answer.

        Raises:
            CommandFailed: it did not end with *status*.
        """
        done = subprocess.run(
            [sys.executable, "-m", "appliance", *arguments, "--config", str(self.config), "--json"],
            cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE * 2, check=False,
        )  # fmt: skip
        if done.returncode != status:
            raise CommandFailed(f"{arguments}: {done.returncode}\n{done.stdout[-1000:]}\n{done.stderr[-3000:]}")
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("{")]
        answer: dict[str, Any] = json.loads(lines[-1]) if lines else {}
        return answer

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command that a test will end by its pid, or wait for."""
        with (self.folder / "command.log").open("ab") as log:
            return subprocess.Popen([sys.executable, "-m", "appliance", *arguments, "--config", str(self.config)], cwd=ROOT, stdout=log, stderr=log)

    def sync(self) -> None:
        """Exchange with HQ, in this process (a command takes half a second to start)."""
        with self.node() as node:
            run_exchange(node)

    def verify(self) -> dict[str, Any]:
        """Verify log, values and read models; raise when something is wrong."""
        return self.cfms("verify")

    # --- the server -------------------------------------------------------------------------------------

    def start(self, *, wait: bool = True) -> None:
        """Start its server; with *wait*, return once it answers."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "appliance", "serve", "--config", str(self.config)],
                cwd=ROOT, stdout=log, stderr=log, env=os.environ | self.environment,
            )  # fmt: skip
        if wait:
            wait_until(self.answers, f"{self.folder.name} answers")

    def answers(self) -> bool:
        """Tell whether its server takes connections; raise when it has ended instead."""
        if self.process is None or self.process.poll() is not None:
            raise CommandFailed(f"the server of {self.folder.name} has ended:\n{self.log()[-3000:]}")
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def log(self) -> str:
        """Return what its server has written to its log."""
        path = self.folder / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def kill(self) -> None:
        """End its server by SIGKILL, as a power cut would as far as the program can tell."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask its server to stop, and end it when it does not."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)

    # --- its data ---------------------------------------------------------------------------------------

    @contextmanager
    def node(self) -> Iterator[Node]:
        """Lend the node itself in this process, beside its server."""
        node = open_node(settings.load(self.config), lambda _: None)
        try:
            yield node
        finally:
            close_node(node)

    @contextmanager
    def read(self) -> Iterator[Db]:
        """Lend its database for reading, without taking its log up."""
        store = Store(store_url(settings.load(self.config)), self.data)
        try:
            with store.read() as db:
                yield db
        finally:
            store.close()

    def number(self, sql: str, **params: object) -> int:
        """Return the one number *sql* asks for."""
        with self.read() as db:
            row = db.one(sql, **params)
        assert row is not None
        return int(row[0])

    def cases(self) -> int:
        """Return how many cases it knows."""
        return self.number("SELECT count(*) FROM case_state")

    def references(self) -> dict[str, str]:
        """Return the reference of every case by the case's id."""
        with self.read() as db:
            return {str(case): str(ref) for case, ref in db.all("SELECT id, ref FROM case_state")}

    # --- over HTTP --------------------------------------------------------------------------------------

    def post(self, path: str, body: object, timeout: float = 20.0) -> tuple[int, dict[str, Any]]:
        """Send JSON to its server; return status and JSON answer."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"{}")

    def send_form(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        """Send a form to its server as a page of ours would; return status and page."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", urlencode(fields).encode(), {"Sec-Fetch-Site": "same-origin"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


class World:
    """Headquarters and centres of one test, in one folder."""

    def __init__(self, folder: Path) -> None:
        """Keep everything under *folder*."""
        self.folder = folder
        self.machines: list[Machine] = []
        self.hq = Machine(folder / "hq", "hq")
        self._add(self.hq)

    def _add(self, machine: Machine) -> Machine:
        machine.configure()
        self.machines.append(machine)
        return machine

    def add_centre(self, code: str, folder: str = "", **more: Any) -> Machine:
        """Return a new centre's machine, settings written, nothing else done."""
        return self._add(Machine(self.folder / (folder or code.lower()), "centre", code, f"http://127.0.0.1:{self.hq.port}", **more))

    def enrol(self, centre: Machine) -> None:
        """Take *centre* in: token, request, an operator's yes, the first exchange. HQ's server must be running."""
        token = self.hq.cfms("enrol", "--new", centre.centre)["token"]
        assert centre.cfms("enrol", "--token", token)["state"] == "pending"
        self.approve()
        centre.sync()

    def approve(self) -> list[str]:
        """Approve every request that waits at HQ, as its operator would; return their origins."""
        with self.hq.node() as node:
            with node.store.read() as db:
                waiting = [one.origin for one in pending(db)]
            for origin in waiting:
                approve(node, origin)
        return waiting

    def copy_to(self, folder: Path) -> World:
        """Return a copy of this world, its servers not running, on other ports."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        world = World(folder)
        for machine in self.machines[1:]:
            world.add_centre(machine.centre, machine.folder.name)
        return world

    def close(self) -> None:
        """End every server that still runs, by its pid."""
        for machine in self.machines:
            machine.kill()


def copy_machine(source: Machine, folder: Path, **more: Any) -> Machine:
    """Return a machine of *source*'s settings in *folder*, with no data yet, on a port of its own."""
    machine = Machine(folder, source.role, source.centre, source.hq_url, extra=dict(source.extra), **more)
    machine.configure()
    return machine


def soak() -> bool:
    """Tell whether the long repetitions are wanted."""
    return os.environ.get("CFMS_SOAK") == "1"
