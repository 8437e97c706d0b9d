"""Presses on one terminal that follow one another too quickly to be two people's: they are marked, never dropped (spec ui §4).

A device is known by a keyed hash for the few seconds it matters, under a key that is drawn anew with every rest: nothing of anybody stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import blake2s

from flask import current_app, request

from appliance.journal.entropy import random_bytes
from appliance.web.terminal import address, kiosk

APART = 3.0  # seconds between two people at one terminal, at least
MOST = 20_000  # devices remembered in each of two generations


class Presses:
    """The last press of each device, for as long as another one may follow it too quickly."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        """Reckon by *steady*, seconds of a clock that nobody sets."""
        self.steady = steady
        self._key = random_bytes(32)
        self._since = steady()
        self._young: dict[bytes, tuple[float, str]] = {}
        self._old: dict[bytes, tuple[float, str]] = {}

    def quick(self, device: str, press: str) -> bool:
        """Note press *press* of *device*; tell whether another one came less than ``APART`` seconds before.

        The same press sent again is no other press.
        """
        now = self.steady()
        self._forget(now)
        who = blake2s(device.encode(), digest_size=16, key=self._key).digest()
        last, before = self._young.get(who) or self._old.get(who) or (now - APART, press)
        if before == press and last > now - APART:
            return False
        self._young[who] = (now, press)
        return now - last < APART

    def _forget(self, now: float) -> None:
        rested = now - self._since
        if rested >= 2 * APART:
            self._old, self._young, self._key, self._since = {}, {}, random_bytes(32), now
        elif rested >= APART or len(self._young) >= MOST:
            self._old, self._young, self._since = self._young, {}, now


def pressed_quickly(press: str) -> bool:
    """Note press *press* of whoever asks: a terminal by its name, another device by what it says of itself."""
    presses: Presses = current_app.extensions["cfms-presses"]
    device = f"{address()}\n{kiosk()}" if kiosk() else f"{address()}\n\n{request.user_agent.string[:400]}"
    return presses.quick(device, press)
