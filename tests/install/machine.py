"""What tests of installing stand on: a copy of the tree in an awkward place, processes by the folder they serve, free ports."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.tree import ROOT, files

PATIENCE = 120.0  # seconds a step may take on a slow machine


class TooLate(AssertionError):
    """Something did not come within the patience of these tests."""


def copy_tree(target: Path) -> Path:
    """Copy what git would commit to *target* and return it."""
    for path in files():
        place = target / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    return target


def free_ports(count: int) -> list[int]:
    """Return *count* ports of the loopback that nobody listens on just now."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Wait until *true* is; raise TooLate naming *what*."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TooLate(what)
        time.sleep(0.05)


def processes(word: str) -> dict[int, list[str]]:
    """Return the command line of every live process of which *word* is a part, by pid."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it has ended
        if word in "\0".join(words) and int(path.parent.name) != os.getpid():
            found[int(path.parent.name)] = words
    return found


@dataclass
class Demo:
    """``cfms demo`` as a process of its own, on free ports, in *folder*."""

    folder: Path
    command: Sequence[str] = (sys.executable, "-m", "appliance")
    cwd: Path = ROOT
    ports: list[int] = field(default_factory=lambda: free_ports(3))
    process: subprocess.Popen[str] | None = None

    def words(self, *more: str) -> list[str]:
        """Return the command line."""
        ports = [word for pair in zip(("--port", "--hq-port", "--switch-port"), map(str, self.ports), strict=True) for word in pair]
        return [*self.command, "demo", "--folder", str(self.folder), *ports, *more]

    def run(self, *more: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            self.words(*more), cwd=self.cwd, env=env, capture_output=True, text=True, timeout=5 * PATIENCE, check=False, stdin=subprocess.DEVNULL
        )

    def start(self) -> None:
        """Start it, and return once both servers are up."""
        with self.log.open("w") as log:
            self.process = subprocess.Popen(self.words(), cwd=self.cwd, stdout=log, stderr=log, text=True, stdin=subprocess.DEVNULL)
        wait_until(lambda: "Ctrl-C stops both" in self.said() or self.ended(), "the demo is up")
        assert not self.ended(), self.said()

    @property
    def log(self) -> Path:
        """Return the file of what it said."""
        return self.folder.with_name(f"{self.folder.name}.log")

    def said(self) -> str:
        """Return what it said so far."""
        return self.log.read_text()

    def ended(self) -> bool:
        """Tell whether it has ended."""
        return self.process is not None and self.process.poll() is not None

    def signal(self, how: signal.Signals) -> int:
        """Send it a signal and return the status it ends with."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def servers(self) -> dict[int, list[str]]:
        """Return its servers that run."""
        return {pid: words for pid, words in processes(str(self.folder)).items() if "serve" in words}

    def close(self) -> None:
        """End whatever of it still runs, by pid."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in self.servers():
            os.kill(pid, signal.SIGKILL)
