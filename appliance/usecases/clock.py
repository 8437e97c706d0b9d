"""The device's clock and how far to trust it (design §5)."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass

from appliance.domain.events import LAST_MOMENT, Quality
from appliance.journal.journal import Time

_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
EPOCH_FLOOR = 1_767_225_600  # 2026-01-01: no appliance existed before; an earlier clock was never set


@dataclass(frozen=True, slots=True)
class Step:
    """The wall clock jumped against the monotonic one."""

    before: int
    after: int
    source: str


def _told(wall: float) -> int:
    """Return *wall* as a leaf can say it, whatever a dead battery left in the clock."""
    return min(max(0, int(wall)), LAST_MOMENT)


def kernel_synchronised() -> bool:
    """Tell whether an NTP daemon keeps the kernel's clock, by ``adjtimex(2)``."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        return bool(libc.adjtimex(ctypes.create_string_buffer(512)) not in (-1, _TIME_ERROR))
    except (OSError, AttributeError):
        return False


class DeviceClock:
    """Reads the time, notices steps, and remembers who last confirmed it."""

    def __init__(
        self,
        step_seconds: int = 600,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        synchronised: Callable[[], bool] = kernel_synchronised,
    ) -> None:
        """Call a jump of more than *step_seconds* between *wall* and *steady* a step."""
        self._wall, self._steady, self._synchronised = wall, steady, synchronised
        self._limit = step_seconds
        self._offset = wall() - steady()
        self._hq_until = 0.0
        self._ntp_checked, self._ntp = -1e9, False
        self.step: Step | None = None

    def read(self) -> Time:
        """Return the time now and its quality; a step is kept in ``step`` until it is logged."""
        wall, steady = self._wall(), self._steady()
        offset = wall - steady
        if abs(offset - self._offset) > self._limit:
            self.step = Step(_told(self._offset + steady), _told(wall), "step")
            self._hq_until = 0.0
        self._offset = offset
        return Time(_told(wall), self._quality(wall, steady))

    def keep(self, step: Step) -> None:
        """Keep *step*, which could not be logged, for the next act; a newer one stands."""
        self.step = self.step or step

    def _quality(self, wall: float, steady: float) -> Quality:
        if steady - self._ntp_checked > 30:  # a system call every half minute, not every submission
            self._ntp_checked, self._ntp = steady, self._synchronised()
        if self._ntp:
            return "ntp"
        if wall < EPOCH_FLOOR:
            return "unset"
        return "hq" if steady < self._hq_until else "rtc"

    def confirm_by_hq(self, hq_time: int) -> bool:
        """Note HQ's time from a beacon; True when it agrees with ours within the step limit."""
        agrees = abs(self._wall() - hq_time) <= self._limit
        self._hq_until = self._steady() + 7 * 86400 if agrees else 0.0
        return agrees

    def start_after(self, last_ts: int) -> None:
        """Compare with the newest entry of the journal at start: a clock that went back has stepped."""
        now = int(self._wall())
        if last_ts and now < last_ts - self._limit:
            self.step = Step(last_ts, _told(now), "start")
