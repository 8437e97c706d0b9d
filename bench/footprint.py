"""What a centre's server costs a small box: memory when idle, and the time from the start to the first answer.

python -m bench.footprint [--cases 100000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench.figures import machine, memory
from bench.fill import fill
from bench.worlds import ROOT, bodies, cfms, free_port, process, write_settings

FACES = ("/", "/feedback", "/track", "/desk", "/proof", "/healthz", "/api/v1/feedback")
SETTLE = 2.0  # seconds until a server that has started is called idle


def bare(code: str) -> tuple[float, float]:
    """Return seconds and megabytes of a Python that runs *code* and does nothing more."""
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", f"{code}\nprint(flush=True)\ninput()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as running:
        assert running.stdout
        running.stdout.readline()
        took, held = time.perf_counter() - began, memory(running.pid)
        running.kill()
    return took, held


def started(settings: Path, port: int) -> float:
    """Return the seconds from the start of a server to its first answer."""
    began = time.perf_counter()
    with process("-m", "appliance", "serve", "--config", str(settings), health=f"http://127.0.0.1:{port}/"):
        return time.perf_counter() - began


def held(settings: Path, port: int) -> tuple[float, float]:
    """Return megabytes of a server that is idle after its start, and after each face was used."""
    with process("-m", "appliance", "serve", "--config", str(settings), health=f"http://127.0.0.1:{port}/healthz") as server:
        time.sleep(SETTLE)
        idle = memory(server.pid)
        for path in FACES:
            _use(f"http://127.0.0.1:{port}{path}")
        time.sleep(SETTLE)
        return idle, memory(server.pid)


def _use(url: str) -> None:
    """Ask for a page, or file a case."""
    request = urllib.request.Request(url, bodies(1)[0].encode() if url.endswith("/feedback") and "/api/" in url else None)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{url} answered {error.code}") from None


def measure(name: str, settings: Path, port: int, rounds: int) -> None:
    """Print the figures of one centre."""
    seconds = statistics.median(started(settings, port) for _ in range(rounds))
    idle, used = held(settings, port)
    print(
        f"{name}: first answer after {seconds:.2f} s (aim <= 1.5); idle {idle:.1f} MB (aim <= 70), {used:.1f} MB after every face was used",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    print(machine())
    for name, code in (("bare Python", ""), ("Python with Flask", "import flask")):
        found = [bare(code) for _ in range(asked.rounds)]
        seconds, megabytes = (statistics.median(values) for values in zip(*found, strict=True))
        print(f"floor, {name}: {seconds:.2f} s, {megabytes:.1f} MB")
    with tempfile.TemporaryDirectory(prefix="cfms-bench-") as folder:
        port = free_port()
        settings = write_settings(Path(folder), "centre", centre="NBI", port=port)
        cfms(settings, "init")
        measure("footprint of a centre, empty", settings, port, asked.rounds)
        fill(settings, asked.cases)
        measure(f"footprint of a centre with {asked.cases:,} cases", settings, port, asked.rounds)


if __name__ == "__main__":
    main()
