"""All benchmarks one after another, in full or in small.

python -m bench [--quick]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from bench.worlds import ROOT

FULL = (
    ("footprint",),
    ("exchange",),
    ("verify",),
    ("pages",),
    ("submit", "--fsyncs", "--prefill", "1000000"),
)
QUICK = (
    ("footprint", "--cases", "2000", "--rounds", "1"),
    ("exchange", "--cases", "4000", "--few", "1000"),
    ("verify", "--leaves", "5000"),
    ("pages", "--cases", "2000", "--rounds", "20"),
    ("submit", "--fsyncs", "--rounds", "1", "--seconds", "2", "--prefill", "5000"),
)


def main() -> int:
    """Run them; return the number of those that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small numbers: a minute in all, and figures that say little")
    failed = 0
    for name, *options in QUICK if parser.parse_args().quick else FULL:
        print(f"\n== {name} {' '.join(options)}", flush=True)
        began = time.perf_counter()
        failed += subprocess.run([sys.executable, "-m", f"bench.{name}", *options], cwd=ROOT, check=False).returncode != 0
        print(f"   ({time.perf_counter() - began:.0f} s)", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
