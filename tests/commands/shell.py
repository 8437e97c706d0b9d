"""A person at a terminal: runs ``cfms`` on nodes in a folder and reads what it says."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from appliance import settings
from appliance.__main__ import main
from appliance.demo.hosting import hosted
from appliance.domain.codes import mint_receipt_code
from appliance.domain.ids import uuid7
from appliance.usecases.node import Node
from appliance.usecases.open_case import Receipt, Submission, open_case
from appliance.wiring import close_node, create_app, open_node

DOMAIN, CENTRE = "feedback.example.go.ke", "NBI"
NOWHERE = "http://127.0.0.1:9"  # the port of the discard service, where nobody listens


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Return its one line of JSON: the answer, or the complaint when it was refused."""
        found: dict[str, Any] = json.loads((self.out if self.out.strip() else self.err).splitlines()[-1])
        return found


@dataclass
class Shell:
    """Runs commands on the node in one folder."""

    folder: Path
    role: str
    screen: pytest.CaptureFixture[str]

    @property
    def config(self) -> Path:
        """Return its settings file."""
        return self.folder / "cfms.toml"

    @property
    def database(self) -> Path:
        """Return its database file."""
        return self.folder / "data" / "cfms.db"

    def configure(self, hq_url: str = NOWHERE, more: str = "") -> None:
        """Write its settings."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = [f'role = "{self.role}"', f'domain = "{DOMAIN}"', 'country = "ke"', 'data_dir = "data"', more]
        lines += [f'centre = "{CENTRE}"', "[sync]", f'hq_url = "{hq_url}"'] if self.role == "centre" else []
        self.config.write_text("\n".join(lines) + "\n")

    def run(self, *words: str) -> Answer:
        """Run ``cfms`` with *words* on this node."""
        self.screen.readouterr()
        status = main([*words, "--config", str(self.config)])
        said = self.screen.readouterr()
        return Answer(status, said.out, said.err)

    def ask(self, *words: str, status: int = 0) -> dict[str, Any]:
        """Run ``cfms --json`` and return its answer; it must end with *status*."""
        answer = self.run(*words, "--json")
        assert answer.status == status, answer
        return answer.json

    @contextmanager
    def node(self) -> Iterator[Node]:
        """Lend the node itself."""
        node = open_node(settings.load(self.config), lambda _: None)
        try:
            yield node
        finally:
            close_node(node)

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve the node from a thread of this process; yield its address."""
        with self.node() as node, hosted(create_app(node)) as port:
            yield f"http://127.0.0.1:{port}"

    def file(self, text: str = "The queue did not move", **more: str) -> Receipt:
        """File a case at this node."""
        minted = {"id": uuid7(time.time_ns() // 1_000_000, os.urandom(10)), "code": mint_receipt_code(os.urandom)}
        said = Submission(**minted, kind="complaint", text=text, **more)  # type: ignore[arg-type]  # texts, all of them
        with self.node() as node:
            return open_case(node, said)

    def holds(self, wanted: bytes) -> list[str]:
        """Return the names of its files that hold *wanted* anywhere."""
        return [path.name for path in sorted(self.folder.rglob("*")) if path.is_file() and wanted in path.read_bytes()]

    def copy_to(self, folder: Path) -> Shell:
        """Return the same node in another folder."""
        shutil.copytree(self.folder, folder)
        return Shell(folder, self.role, self.screen)


@dataclass
class Pair:
    """Headquarters and a centre."""

    hq: Shell
    centre: Shell

    def enrol(self) -> None:
        """Take the centre in, as operator and engineer do it."""
        with self.hq.served() as url:
            self.centre.configure(url)
            assert self.centre.ask("enrol", "--token", self.hq.ask("enrol", "--new", CENTRE)["token"])["state"] == "pending"
            (request,) = self.hq.ask("enrol")["pending"]
            self.hq.ask("enrol", "--approve", request["origin"])
            self.centre.ask("sync")

    def sync(self) -> dict[str, Any]:
        """Exchange once over a real connection."""
        with self.hq.served() as url:
            self.centre.configure(url)
            return self.centre.ask("sync")
