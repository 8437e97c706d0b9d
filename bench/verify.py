"""``cfms verify`` of a large log: all of it, the log alone, and the Merkle recomputation alone.

python -m bench.verify [--leaves 1000000]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from sync.merkle import CompactRange, leaf_hash

from bench.figures import machine
from bench.fill import fill
from bench.worlds import ROOT, cfms, reading, write_settings

CHUNK = 1000  # leaves read and hashed at a time, as cfms verify does


def timed(settings: Path, *more: str) -> tuple[float, float]:
    """Run ``cfms verify`` as a process; return seconds, start and end included, and the most megabytes it held."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "appliance", "verify", "--config", str(settings), *more]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise SystemExit(f"cfms verify ended with {running.returncode}")
    return time.perf_counter() - began, used.ru_maxrss / 1024


def recompute(settings: Path) -> tuple[int, float, float, float]:
    """Return leaves, and seconds to read them, to make the tree of them, and to hash their bytes once and do nothing else."""
    tree, read, made, floor = CompactRange(), 0.0, 0.0, 0.0
    with reading(settings) as db:
        rows = db.all("SELECT size, root FROM log WHERE id = 1")
        size, root = rows[0]
        for start in range(0, size, CHUNK):
            began = time.perf_counter()
            leaves = [
                bytes(row[0])
                for row in db.all("SELECT leaf FROM entry WHERE log = 1 AND idx >= :a AND idx < :b ORDER BY idx", a=start, b=start + CHUNK)
            ]
            done = time.perf_counter()
            tree.append_many([leaf_hash(leaf) for leaf in leaves])
            there = time.perf_counter()
            for leaf in leaves:
                sha256(leaf).digest()
            floor += time.perf_counter() - there
            made += there - done
            read += done - began
    if tree.root() != bytes(root):
        raise SystemExit("the recomputed root is not the recorded one")
    return size, read, made, floor


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leaves", type=int, default=1_000_000)
    asked = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(prefix="cfms-bench-") as name:
        settings = write_settings(Path(name), "centre", centre="NBI")
        cfms(settings, "init")
        fill(settings, asked.leaves)
        size, read, made, floor = recompute(settings)
        print(f"verify, {size:,} leaves: the Merkle tree alone {size / made:,.0f} leaves/s (aim >= 200,000); reading them from SQLite as well")
        print(f"  {size / (read + made):,.0f}; the floor, hashing each leaf once and no tree, {size / floor:,.0f}")
        for what, more in (("the log alone (--log-only)", ("--log-only",)), ("log, values and read models", ())):
            took, peak = timed(settings, *more)
            print(f"  cfms verify, {what}: {took:.1f} s, {size / took:,.0f} leaves/s, at most {peak:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
