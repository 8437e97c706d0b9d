"""What the benchmarks read off the machine: memory and processor time of a process, and what machine it is."""

from __future__ import annotations

import os
import platform
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")  # a second


def memory(pid: int, what: str = "VmRSS") -> float:
    """Return megabytes of process *pid*: what it holds now (VmRSS), or the most it ever held (VmHWM)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:")) / 1024


def processor(pid: int) -> float:
    """Return the seconds of processor time, in programs and in the kernel, that process *pid* has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def children(pid: int) -> list[int]:
    """Return the processes that the main thread of *pid* has started and that still run."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def machine() -> str:
    """Return a line about the machine."""
    return f"{os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} before"
