"""Stands between a centre and headquarters, knows each request, and lets a test meddle before and after it is answered."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DROPPED = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})


@dataclass
class Passing:
    """One request on its way, and from ``answered`` on its answer, which may be changed.

    Attributes:
        step: the path under ``/sync/v1``; batches are numbered: ``batch 1``, ``batch 2`` …
        cut: say nothing more and break the line.
    """

    step: str
    body: bytes
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""
    cut: bool = False


def _nothing(_: Passing) -> None:
    """Let it pass."""


@dataclass
class Relay:
    """Forwards to the server on port *target*.

    Attributes:
        asked: called with each request before it goes on.
        answered: called with each answer before it goes back.
        delivered: called when the answer has gone back.
        steps: what passed, in order.
    """

    target: int
    asked: Callable[[Passing], None] = _nothing
    answered: Callable[[Passing], None] = _nothing
    delivered: Callable[[Passing], None] = _nothing
    steps: list[str] = field(default_factory=list)
    port: int = 0

    def begin(self) -> None:
        """Count batches from one again, and meddle with nothing."""
        self.steps = []
        self.asked = self.answered = self.delivered = _nothing

    def step_of(self, path: str) -> str:
        """Return the name of a request's step."""
        name = path.partition("?")[0].removeprefix("/sync/v1/")
        return f"batch {1 + sum(one.startswith('batch') for one in self.steps)}" if name == "batch" else name


@contextmanager
def relay_to(target: int) -> Iterator[Relay]:
    """Lend a relay to *target* that listens on a port of the loopback while the block runs."""
    relay = Relay(target)
    server = _Server(relay)
    relay.port = int(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        server.shutdown()
        server.server_close()
        thread.join(20)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, relay: Relay) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.relay = relay


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._pass()

    def do_POST(self) -> None:
        self._pass()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _pass(self) -> None:
        relay = self.server.relay
        passing = Passing(relay.step_of(self.path), self.rfile.read(int(self.headers.get("Content-Length", 0))))
        relay.steps.append(passing.step)
        self.close_connection = True
        relay.asked(passing)
        try:
            self._forward(passing)
        except (OSError, http.client.HTTPException):
            return
        relay.answered(passing)
        if not passing.cut:
            self._deliver(passing)
            relay.delivered(passing)

    def _forward(self, passing: Passing) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.server.relay.target, timeout=20)
        try:
            line.request(self.command, self.path, passing.body, {k: v for k, v in self.headers.items() if k.lower() not in DROPPED})
            answer = line.getresponse()
            passing.status, passing.answer = answer.status, answer.read()
            passing.headers = {k: v for k, v in answer.headers.items() if k.lower() not in DROPPED}
        finally:
            line.close()

    def _deliver(self, passing: Passing) -> None:
        try:
            self.send_response_only(passing.status)
            for name, value in passing.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(passing.answer)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(passing.answer)
            self.wfile.flush()
        except OSError:
            return  # whoever asked is gone
