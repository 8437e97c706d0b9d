"""Durable submissions per second over HTTP, beside a no-op Flask and waitress POST of the same size in the same run.

    python -m bench.submit [--rounds 5] [--seconds 4] [--prefill 0] [--slow-fsync]

Needs ``wrk``; ``--fsyncs`` needs ``strace``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.fill import fill
from bench.worlds import ROOT, bodies, cfms, free_port, process, wait_for, write_settings

CLIENTS = 16


def load(port: int, seconds: int, file: Path) -> tuple[float, int]:
    """Return requests per second and errors of 16 keep-alive clients."""
    done = subprocess.run(
        ["wrk", "-t2", f"-c{CLIENTS}", f"-d{seconds}s", "-s", str(ROOT / "bench/post.lua"), f"http://127.0.0.1:{port}/api/v1/feedback"],
        env={**os.environ, "BODIES": str(file)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    line = next(one for one in done.stdout.splitlines() if one.startswith("RESULT"))
    requests, micros, errors, _ = map(int, line.split()[1:])
    return requests / (micros / 1e6), errors


def rounds(folder: Path, settings: Path, port: int, count: int, seconds: int) -> list[tuple[float, float]]:
    """Return (ours, no-op) rates of alternating rounds."""
    floor, found = free_port(), []
    with (
        process("-m", "bench.noop", str(floor), health=f"http://127.0.0.1:{floor}/"),
        process("-m", "appliance", "serve", "--config", str(settings), health=f"http://127.0.0.1:{port}/healthz"),
    ):
        for turn in range(count + 1):
            file = folder / f"bodies-{turn}"
            file.write_text("\n".join(bodies(6000 * seconds)))
            noop, _ = load(floor, seconds, file)
            ours, errors = load(port, seconds, file)
            if errors:
                print(f"  {errors} errors")
            if turn:  # the first round warms both up
                found.append((ours, noop))
                print(f"  round {turn}: {ours:,.0f}/s, no-op {noop:,.0f}/s, ratio {ours / noop:.2f}")
            file.unlink()
    return found


def fsyncs(folder: Path, settings: Path, port: int, seconds: int, slow: int = 0) -> tuple[float, float]:
    """Return fsyncs per submission, and submissions per second, counted by strace; *slow* delays each by microseconds."""
    file, trace = folder / "bodies-f", folder / "trace"
    file.write_text("\n".join(bodies(6000 * seconds)))
    delay = ["-e", f"inject=fsync,fdatasync:delay_exit={slow}"] if slow else []
    running = subprocess.Popen(
        ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", *delay, "-o", str(trace), sys.executable,
         "-m", "appliance", "serve", "--config", str(settings)], cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        load(port, 1, file)
        before = len(trace.read_text().splitlines())
        rate, _ = load(port, seconds, file)
        after = len(trace.read_text().splitlines())
    finally:
        subprocess.run(["pkill", "-TERM", "-P", str(running.pid)], check=False)
        running.wait(30)
    return (after - before) / (rate * seconds), rate


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--prefill", type=int, default=0, help="cases in the store beforehand; also measures a fresh one")
    parser.add_argument("--fsyncs", action="store_true", help="count fsyncs, and repeat with each slowed to 20 ms")
    asked = parser.parse_args()
    fresh = measure(0, asked)
    if asked.prefill:
        full = measure(asked.prefill, asked)
        print(f"rate at {asked.prefill:,} cases against a fresh store, both normalised: {full / fresh:.2f} (aim >= 0.8)")


def measure(prefill: int, asked: argparse.Namespace) -> float:
    """Print and return the median ratio on a store with *prefill* cases."""
    with tempfile.TemporaryDirectory(prefix="cfms-bench-") as name:
        folder, port = Path(name), free_port()
        settings = write_settings(folder / "centre", "centre", centre="NBI", port=port)
        cfms(settings, "init")
        if prefill:
            began = time.perf_counter()
            fill(settings, prefill)
            print(f"filled {prefill:,} cases in {time.perf_counter() - began:.0f} s")
        found = rounds(folder, settings, port, asked.rounds, asked.seconds)
        ratio = statistics.median(ours / noop for ours, noop in found)
        ours, noop = statistics.median(o for o, _ in found), statistics.median(n for _, n in found)
        print(f"submit with {prefill:,} cases: {ours:,.0f}/s durable, no-op {noop:,.0f}/s, median ratio {ratio:.2f} (aim >= 0.4)")
        if asked.fsyncs and not prefill:
            each, rate = fsyncs(folder, settings, port, asked.seconds)
            print(f"fsyncs per submission, high-water file included: {each:.3f} (aim <= 0.25), {rate:,.0f}/s under strace")
            each, rate = fsyncs(folder, settings, port, asked.seconds, slow=20_000)
            print(f"with fsync slowed to 20 ms (an SD card): {each:.3f} fsyncs per submission, {rate:,.0f}/s")
        return ratio


if __name__ == "__main__":
    main()
