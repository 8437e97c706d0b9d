"""How much one terminal may send: it is slowed, never shut out, and no address is kept.

A device is known by a keyed hash of its address (BLAKE2s, RFC 7693 section 2.9; a third of HMAC's time) under a key drawn at start and
again each day, so what stands in memory says nothing of whom it belongs to and nobody can be recognised a day later. Everything is
forgotten at a restart; several HQ processes count each for itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import blake2s
from ipaddress import ip_address
from math import ceil

from appliance.domain.errors import TooMany
from appliance.journal.entropy import random_bytes
from appliance.settings import Limits as Settings

HOUR = 3600.0  # seconds
DAY = 24 * HOUR
MOST = 20_000  # devices remembered in each of two generations: about 5 MB when both are full
# Terminals may share one address (a proxy, a router) and say so by name; names cost nothing, so an address with many of them
# still has no more than this many terminals' worth.
TERMINALS = 8
_ROUNDING = 1e-6  # seconds; sums of fractions miss whole numbers by less


class Pace:
    """One limit: so many acts at once, then as many an hour, one after another.

    The bucket of a device is a single number, the moment from which it would be full again (GCRA), so spending is one look-up and
    one store. No lock is held: two threads that meet in the same microsecond may let one act too many through.
    """

    def __init__(self, per_hour: int) -> None:
        """Allow *per_hour* acts; 0 for any number."""
        self.endless = not per_hour
        self._step = HOUR / per_hour if per_hour else 0.0
        self._young: dict[bytes, float] = {}
        self._old: dict[bytes, float] = {}

    def wait(self, who: bytes, now: float, terminals: int = 1) -> float:
        """Return how many seconds *who* must wait before the next act; 0 for not at all."""
        full_at = self._young.get(who) or self._old.get(who, 0.0)
        short = max(full_at, now) + self._step / terminals - now - HOUR
        return short if short > _ROUNDING else 0.0

    def spend(self, who: bytes, now: float, terminals: int = 1) -> None:
        """Count one act of *who*."""
        if len(self._young) >= MOST:
            # Whoever acted lately stands in the young half, so only the long quiet are forgotten: bounded, and nothing is swept.
            self._old, self._young = self._young, {}
        full_at = self._young.get(who) or self._old.get(who, 0.0)
        self._young[who] = max(full_at, now) + self._step / terminals

    def forget(self) -> None:
        """Begin anew."""
        self._young, self._old = {}, {}


class Limits:
    """The limits of one application.

    Attributes:
        steady: seconds of a clock that nobody sets.
    """

    def __init__(self, settings: Settings, steady: Callable[[], float] = time.monotonic) -> None:
        """Take the limits of *settings*."""
        self.steady = steady
        self._submissions = Pace(settings.submissions_per_hour)
        self._ratings = Pace(settings.submissions_per_hour)
        self._wrong_codes = Pace(settings.wrong_codes_per_hour)
        self._key = random_bytes(32)
        self._until = steady() + DAY

    def check_submission(self, address: str, terminal: str = "") -> None:
        """Count a message that is about to be registered.

        Raises:
            TooMany: with the seconds to wait; it was not counted.
        """
        self._take(self._submissions, address, terminal)

    def check_rating(self, address: str, terminal: str = "") -> None:
        """Count a tap that is about to be counted; in the measure of messages, and beside them.

        Raises:
            TooMany: with the seconds to wait; it was not counted.
        """
        self._take(self._ratings, address, terminal)

    def _take(self, pace: Pace, address: str, terminal: str) -> None:
        if pace.endless:
            return
        now = self._now()
        buckets = self._whose(address, terminal)
        self._check(pace, buckets, now)
        for who, terminals in buckets:
            pace.spend(who, now, terminals)

    def check_guess(self, address: str, terminal: str = "") -> None:
        """Check, before a receipt code is looked up, that there were not too many wrong ones.

        Raises:
            TooMany: with the seconds to wait.
        """
        if not self._wrong_codes.endless:
            now = self._now()
            self._check(self._wrong_codes, self._whose(address, terminal), now)

    def count_wrong_code(self, address: str, terminal: str = "") -> None:
        """Count a receipt code that nobody has."""
        if self._wrong_codes.endless:
            return
        now = self._now()
        for who, terminals in self._whose(address, terminal):
            self._wrong_codes.spend(who, now, terminals)

    def _now(self) -> float:
        now = self.steady()
        if now >= self._until:
            self._key, self._until = random_bytes(32), now + DAY
            for pace in (self._submissions, self._ratings, self._wrong_codes):
                pace.forget()
        return now

    def _whose(self, address: str, terminal: str) -> tuple[tuple[bytes, int], ...]:
        """Return the buckets that an act of this device fills, each with how many terminals it stands for."""
        home = _network(address)
        if not terminal:
            return ((self._name(home), 1),)
        return (self._name(f"{home}\n{terminal}"), 1), (self._name(f"{home}\n\n"), TERMINALS)

    def _name(self, said: str) -> bytes:
        return blake2s(said.encode(), digest_size=16, key=self._key).digest()

    @staticmethod
    def _check(pace: Pace, buckets: tuple[tuple[bytes, int], ...], now: float) -> None:
        for who, terminals in buckets:
            if seconds := pace.wait(who, now, terminals):
                raise TooMany(seconds=ceil(seconds))


def _network(address: str) -> str:
    """Return what is one subscriber's: an IPv4 address whole, of an IPv6 address the first 64 bits."""
    if ":" not in address:
        return address
    try:
        return str(int(ip_address(address.partition("%")[0])) >> 64)
    except ValueError:
        return address
