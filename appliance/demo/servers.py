"""The two servers of the demo: each ``cfms serve`` in a process of its own, started, watched and stopped."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from appliance.demo.place import HOST, Place
from appliance.domain.errors import Refusal

_START_SECONDS, _STOP_SECONDS = 60.0, 15.0
NAMES = {"hq": "headquarters", "centre": "the centre"}


class ServerEnded(Refusal):
    """The server of {name} has ended by itself (status {status}). Its last words, from {log}: {words}"""


class ServerSilent(Refusal):
    """The server of {name} does not answer on port {port}. What it has to say stands in {log}."""


@dataclass(frozen=True, slots=True)
class Server:
    """One running server."""

    role: str
    port: int
    place: Place
    process: subprocess.Popen[bytes]

    def check(self) -> None:
        """Check that it still runs.

        Raises:
            ServerEnded: with its last words.
        """
        status = self.process.poll()
        if status is not None:
            log = self.place.log_file(self.role)
            lines = log.read_text(errors="replace").split("\n") if log.exists() else []
            words = next((line for line in reversed(lines) if line.strip()), "nothing")
            raise ServerEnded(name=NAMES[self.role], status=status, log=log, words=words[-400:])

    def answers(self) -> bool:
        """Tell whether it answers HTTP, whatever the answer."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True

    def wait(self) -> None:
        """Wait until it answers.

        Raises:
            ServerEnded, ServerSilent.
        """
        end = time.monotonic() + _START_SECONDS
        while not self.answers():
            self.check()
            if time.monotonic() > end:
                raise ServerSilent(name=NAMES[self.role], port=self.port, log=self.place.log_file(self.role))
            time.sleep(0.05)

    def stop(self) -> None:
        """Ask it to stop, wait until it has, and end it if it does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def running(place: Place) -> Iterator[tuple[Server, Server]]:
    """Run both servers, headquarters first; yield them (centre, headquarters) once they answer, and stop them at the end."""
    started: list[Server] = []
    try:
        for role, port in (("hq", place.ports.hq), ("centre", place.ports.centre)):
            started.append(_start(place, role, port))
        for one in started:
            one.wait()
        yield started[1], started[0]
    finally:
        for one in reversed(started):
            one.stop()


def _start(place: Place, role: str, port: int) -> Server:
    command = [sys.executable, "-m", "appliance", "serve", "--config", str(place.settings_file(role))]
    with place.log_file(role).open("ab") as log:
        # A group of its own: Ctrl-C reaches the demo alone, which then stops its servers one after the other.
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0)  # noqa: S603  # our own words
    return Server(role, port, place, process)
