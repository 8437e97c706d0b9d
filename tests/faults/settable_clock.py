"""A wall clock that a test sets while a server runs: Debian's libfaketime stands between the server and the system's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

YEAR = 365 * 86400  # seconds


class SettableClock:
    """The wall clock of one machine; its steady clock goes on as it is."""

    def __init__(self, file: Path) -> None:
        """Show the right time, and keep by how much it is wrong in *file*; skip the test where there is no libfaketime."""
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not found:
            assert not os.environ.get("CFMS_REQUIRE_FAKETIME"), "libfaketime is not installed"
            pytest.skip("a clock that can be set needs libfaketime")
        self._file = file
        self.environment = {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        self.set(0)

    def set(self, seconds: int) -> None:
        """Let it be wrong by *seconds* from now on."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.replace(self._file)  # the server reads it at every look at the clock
