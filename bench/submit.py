"""Durable submissions per second over HTTP, beside a no-op Flask and waitress POST of the same size in the same run.

python -m bench.submit [--rounds 5] [--seconds 4] [--prefill 1000000] [--fsyncs]

Needs wrk, and --fsyncs needs strace too.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import children, machine, processor
from bench.fill import fill
from bench.worlds import ROOT, bodies, cfms, free_port, process, reading, wait_for, write_settings

CLIENTS = 16
MOST = 6000  # bodies a second; nobody is faster, so that none is sent twice
SD_CARD = 20_000  # microseconds an fsync


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients saw: answers 201 and others, answers 201 a second, and the 99th percentile of the wait in ms."""

    created: int
    others: int
    rate: float
    p99: float


def load(port: int, seconds: int, folder: Path) -> Load:
    """Let 16 keep-alive clients post for some seconds, each body once."""
    file = folder / "bodies"
    file.write_text("\n".join(bodies(MOST * seconds)))
    done = subprocess.run(
        ["wrk", "-t2", f"-c{CLIENTS}", f"-d{seconds}s", "-s", str(ROOT / "bench/post.lua"), f"http://127.0.0.1:{port}/api/v1/feedback"],
        env={**os.environ, "BODIES": str(file)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    line = next(one for one in done.stdout.splitlines() if one.startswith("RESULT"))
    created, others, micros, p99 = map(int, line.split()[1:])
    if others:
        print(f"  {others} answers were not 201")
    return Load(created, others, created / (micros / 1e6), p99 / 1000)


@dataclass(slots=True)
class Rounds:
    """Alternating rounds of ours and the no-op: rates, processor time a request, and what ours was answered."""

    ours: list[Load] = field(default_factory=list)
    noop: list[Load] = field(default_factory=list)
    work: list[float] = field(default_factory=list)

    def forget_first(self) -> None:
        """Drop the round that warmed both up."""
        del self.ours[0], self.noop[0], self.work[0]

    @property
    def ratio(self) -> float:
        """Return the median of our rate over the no-op's."""
        return statistics.median(a.rate / b.rate for a, b in zip(self.ours, self.noop, strict=True))


def measure(prefill: int, asked: argparse.Namespace) -> float:
    """Print and return the median ratio on a store with *prefill* cases."""
    with tempfile.TemporaryDirectory(prefix="cfms-bench-") as name:
        folder, port = Path(name), free_port()
        settings = write_settings(folder / "centre", "centre", centre="NBI", port=port)
        cfms(settings, "init")
        if prefill:
            fill(settings, prefill)
        found = rounds(folder, settings, port, asked)
        check(settings, prefill, found)
        found.forget_first()
        ours, noop = (statistics.median(one.rate for one in some) for some in (found.ours, found.noop))
        print(f"submit, {prefill:,} cases before: {ours:,.0f}/s durable, no-op {noop:,.0f}/s, median ratio {found.ratio:.2f} (aim >= 0.4)")
        print(f"  processor time a request: ratio {statistics.median(found.work):.2f}; p99 {statistics.median(one.p99 for one in found.ours):.0f} ms")
        if asked.fsyncs and not prefill:
            print_fsyncs(folder, settings, port, asked.seconds)
        return found.ratio


def rounds(folder: Path, settings: Path, port: int, asked: argparse.Namespace) -> Rounds:
    """Run alternating rounds, one more than asked for: the first warms both up."""
    floor, found = free_port(), Rounds()
    with (
        process("-m", "bench.noop", str(floor), health=f"http://127.0.0.1:{floor}/") as noop,
        process("-m", "appliance", "serve", "--config", str(settings), health=f"http://127.0.0.1:{port}/healthz") as server,
    ):
        for turn in range(asked.rounds + 1):
            b, b_work = worked(noop.pid, floor, folder, asked.seconds)
            a, a_work = worked(server.pid, port, folder, asked.seconds)
            found.ours.append(a)
            found.noop.append(b)
            found.work.append(b_work / a_work if a_work else 0.0)
            print(f"  round {turn}: {a.rate:,.0f}/s, no-op {b.rate:,.0f}/s, ratio {a.rate / b.rate:.2f}", flush=True)
    return found


def worked(pid: int, port: int, folder: Path, seconds: int) -> tuple[Load, float]:
    """Return what the clients saw and the processor time the server spent a request."""
    before = processor(pid)
    seen = load(port, seconds, folder)
    return seen, (processor(pid) - before) / max(1, seen.created)


def check(settings: Path, before: int, found: Rounds) -> None:
    """Check that every answer 201 is a case in the database, and nothing else is but what was under way when the clients left."""
    created = sum(one.created for one in found.ours)
    with reading(settings) as db:
        (held,) = db.one("SELECT count(*) FROM case_state") or (0,)
    if not before + created <= held <= before + created + len(found.ours) * CLIENTS:
        raise SystemExit(f"{before:,} cases before and {created:,} answers 201, but {held:,} cases in the database")
    print(f"  {created:,} answers 201, {held - before:,} new cases in the database (up to {CLIENTS} a round were under way at its end)")


def print_fsyncs(folder: Path, settings: Path, port: int, seconds: int) -> None:
    """Print fsyncs per submission, on the medium as it is and as slow as an SD card."""
    each, rate = fsyncs(folder, settings, port, seconds)
    print(f"  fsyncs per submission, high-water file included: {each:.3f} (aim <= 0.25); {rate:,.0f}/s while watched by strace")
    each, rate = fsyncs(folder, settings, port, seconds, SD_CARD)
    print(f"  with each fsync slowed to {SD_CARD // 1000} ms, as on an SD card: {each:.3f} fsyncs per submission, {rate:,.0f}/s")


def fsyncs(folder: Path, settings: Path, port: int, seconds: int, slow: int = 0) -> tuple[float, float]:
    """Return fsyncs per submission, and submissions per second, as strace counts them; *slow* delays each by microseconds."""
    trace = folder / "trace"
    delay = ["-e", f"inject=fsync,fdatasync:delay_exit={slow}"] if slow else []
    running = subprocess.Popen(
        ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=fsync,fdatasync", *delay, "-o", str(trace), sys.executable,
         "-m", "appliance", "serve", "--config", str(settings)], cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", patience=60)
        load(port, 1, folder)
        before = _calls(trace)
        seen = load(port, seconds, folder)
        return (_calls(trace) - before) / seen.created, seen.rate
    finally:
        for server in children(running.pid):
            os.kill(server, signal.SIGTERM)
        running.wait(60)


def _calls(trace: Path) -> int:
    return len(re.findall(r"\bf(?:data)?sync\(", trace.read_text()))  # a call that another thread interrupts has a second line


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--prefill", type=int, default=0, help="cases in the store beforehand; also measures a fresh one")
    parser.add_argument("--fsyncs", action="store_true", help="count fsyncs, and repeat with each slowed to 20 ms")
    asked = parser.parse_args()
    print(machine())
    fresh = measure(0, asked)
    if asked.prefill:
        full = measure(asked.prefill, asked)
        print(f"rate at {asked.prefill:,} cases against a fresh store, both normalised: {full / fresh:.2f} (aim >= 0.8)")


if __name__ == "__main__":
    main()
