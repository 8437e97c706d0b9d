"""Submitted cases from a centre's process to headquarters' process over loopback, until they are readable there.

python -m bench.exchange [--cases 100000] [--few 10000] [--engine sqlite|postgres|both]

Both sides are fresh processes for each of the two sizes, so that the peaks of their memory can be compared.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sync.link import HttpLink, Reply

from appliance.settings import load
from appliance.usecases.run_exchange import link_to_hq, run_exchange
from appliance.wiring import close_node, open_node
from bench import postgres
from bench.figures import machine, memory
from bench.fill import fill
from bench.worlds import ROOT, cfms, free_port, process, reading, write_settings

AIMS = {"sqlite": 8000, "postgres": 5000}  # cases a second
IDLE = 21  # exchanges with nothing to say, of which the median is told
POLL = 0.02  # seconds


# --- the centre's process ---------------------------------------------------------------------------------


class CountingLink:
    """A link that counts the bytes of bodies, both ways."""

    def __init__(self, link: HttpLink) -> None:
        self._link, self.sent, self.received = link, 0, 0

    def request(self, method: str, path: str, body: bytes = b"") -> Reply:
        reply = self._link.request(method, path, body)
        self.sent += len(body)
        self.received += len(reply.body)
        return reply

    def close(self) -> None:
        self._link.close()


def be_centre(settings: Path) -> None:
    """Open the centre, wait for a line, exchange, and say how it went; then exchange a few times with nothing to say."""
    node = open_node(load(settings), print)
    try:
        print("ready", flush=True)
        sys.stdin.readline()
        link = CountingLink(link_to_hq(node))
        sent = run_exchange(node, link).sent  # type: ignore[arg-type]  # it does what a link does
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"sent": sent, "bytes": link.sent, "peak": peak}), flush=True)
        while sent:
            sent = run_exchange(node).sent  # a beacon may follow
        idle = []
        for _ in range(IDLE):
            began = time.perf_counter()
            run_exchange(node)
            idle.append(time.perf_counter() - began)
        print(json.dumps({"idle": statistics.median(idle) * 1000}), flush=True)
    finally:
        close_node(node)


# --- both sides -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pair:
    """A centre that headquarters has taken in."""

    centre: Path
    hq: Path
    port: int

    @contextmanager
    def headquarters(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run headquarters' server."""
        with process("-m", "appliance", "serve", "--config", str(self.hq), health=f"http://127.0.0.1:{self.port}/healthz") as running:
            yield running


def make_pair(folder: Path, store: str) -> Pair:
    """Make a centre and headquarters, and let the one join the other."""
    port = free_port()
    hq = write_settings(folder / "hq", "hq", port=port, store=store)
    centre = write_settings(folder / "centre", "centre", centre="NBI", hq=f"http://127.0.0.1:{port}")
    pair = Pair(centre, hq, port)
    cfms(hq, "init")
    cfms(centre, "init")
    token = str(cfms(hq, "enrol", "--new", "NBI")["token"])
    with pair.headquarters():
        cfms(centre, "enrol", "--token", token)
        waiting = cfms(hq, "enrol")["pending"]
        assert isinstance(waiting, list)
        cfms(hq, "enrol", "--approve", waiting[0]["origin"])
        cfms(centre, "sync")
    return pair


@dataclass(frozen=True, slots=True)
class Run:
    """One exchange of many cases; memory in MB, times in seconds and milliseconds."""

    cases: int
    seconds: float
    bytes: int
    centre_peak: float
    hq_peak: float
    idle: float


def exchange(pair: Pair, cases: int, code: str) -> Run:
    """Exchange what is owed by two fresh processes, until the case of receipt *code*, the last one, can be read at HQ."""
    with pair.headquarters() as hq:
        centre = subprocess.Popen(
            [sys.executable, "-m", "bench.exchange", "--as-centre", str(pair.centre)], cwd=ROOT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with centre:
            assert centre.stdin
            assert centre.stdout
            assert centre.stdout.readline() == "ready\n"
            began = time.perf_counter()
            centre.stdin.write("go\n")
            centre.stdin.flush()
            while not readable(pair.port, code):
                if centre.poll() is not None:
                    raise SystemExit("the centre's process has ended")
                time.sleep(POLL)
            took = time.perf_counter() - began
            told = json.loads(centre.stdout.readline())
            hq_peak = memory(hq.pid, "VmHWM")
            idle = json.loads(centre.stdout.readline())["idle"]
        return Run(cases, took, told["bytes"], told["peak"], hq_peak, idle)


def readable(port: int, code: str) -> bool:
    """Tell whether a citizen finds the case of receipt *code* at HQ."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/track", json.dumps({"code": code}).encode())
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != 404:
            raise
        return False


def check(pair: Pair) -> int:
    """Check that HQ holds every case and every value, each of which it opened and compared with its commitment; return how many."""
    with reading(pair.centre) as centre, reading(pair.hq) as hq:
        values = [db.all("SELECT field, count(*) FROM box GROUP BY field ORDER BY field") for db in (centre, hq)]
        cases = [db.all("SELECT count(*) FROM case_state") for db in (centre, hq)]
        bad = hq.all("SELECT (SELECT count(*) FROM box_flag), (SELECT count(*) FROM quarantine)")
    if values[0] != values[1] or cases[0] != cases[1] or bad != [(0, 0)]:
        raise SystemExit(f"headquarters does not hold what the centre sent: {cases}, {values}, {bad}")
    return sum(int(count) for _, count in values[1])


def floor(pair: Pair, folder: Path) -> float:
    """Return cases a second when leaves, boxes and keys are only copied to a bare SQLite file, 1,000 leaves a transaction, each durable."""
    tables = {"entry": "idx, leaf", "box": "idx, field, box", "box_key": "idx, field, key"}
    target = sqlite3.connect(folder / "floor.db", isolation_level=None)
    with closing(target), reading(pair.centre) as db:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            target.execute(f"PRAGMA {pragma}")
        for table, columns in tables.items():
            target.execute(f"CREATE TABLE {table} ({columns})")
        leaves = int((db.one("SELECT count(*) FROM entry") or (0,))[0])
        began = time.perf_counter()
        for start in range(0, leaves, 1000):
            target.execute("BEGIN IMMEDIATE")
            for table, columns in tables.items():
                rows = db.all(f"SELECT {columns} FROM {table} WHERE log = 1 AND idx >= :start AND idx < :end", start=start, end=start + 1000)
                target.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns.split(', ')))})", rows)
            target.execute("COMMIT")
        return leaves / (time.perf_counter() - began)


def measure(engine: str, store: str, few: int, many: int) -> None:
    """Print the figures of one engine at headquarters."""
    with tempfile.TemporaryDirectory(prefix="cfms-bench-") as name:
        pair = make_pair(Path(name), store)
        small, large = (exchange(pair, count, fill(pair.centre, count)) for count in (few, many))
        values, bare = check(pair), floor(pair, Path(name))
        print(
            f"exchange, {engine} at headquarters: {large.cases:,} cases readable after {large.seconds:.1f} s,"
            f" {large.cases / large.seconds:,.0f} cases/s (aim >= {AIMS[engine]:,}); {large.bytes / large.cases:,.0f} bytes a case on the wire"
        )
        print(f"  the same bytes only copied into a bare SQLite file: {bare:,.0f} cases/s; ours is {large.cases / large.seconds / bare:.2f} of that")
        for who, before, after in (("centre", small.centre_peak, large.centre_peak), ("headquarters", small.hq_peak, large.hq_peak)):
            print(f"  peak memory, {who}: {before:.1f} MB at {few:,}, {after:.1f} MB at {many:,}, ratio {after / before:.2f} (aim <= 1.10)")
        print(f"  an exchange with nothing to say: {large.idle:.1f} ms (aim <= 20)")
        print(f"  {values:,} values opened and compared with their commitments, none wrong, none missing")


def main() -> None:
    """Measure and print, or be the centre's process of a measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--engine", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--as-centre", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.as_centre:
        be_centre(asked.as_centre)
        return
    print(machine())
    if asked.engine != "postgres":
        measure("sqlite", "", asked.few, asked.cases)
    if asked.engine != "sqlite":
        binaries = postgres.programs()
        if binaries is None:
            print("exchange, postgres at headquarters: no PostgreSQL server is installed here")
            return
        with postgres.cluster(binaries) as url:
            measure("postgres", url, asked.few, asked.cases)


if __name__ == "__main__":
    main()
