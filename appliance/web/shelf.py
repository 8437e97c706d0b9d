"""Photos and voice notes of pages without script, kept in memory from one page to the next under a random token."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import current_app

from appliance.domain.errors import Refusal
from appliance.journal.entropy import random_bytes

LIFE: Final = 600.0  # seconds without being asked for
MOST_BYTES: Final = 64 * 1024**2
MOST_THINGS: Final = 256


class ShelfFull(Refusal):
    """There is no room for a photo or recording just now. Send your words without it, or wait ten minutes and add it again."""


@dataclass(slots=True)
class _Thing:
    """Something on the shelf; *until* is when it goes, on the steady clock."""

    kind: str
    data: bytes
    until: float


class Shelf:
    """Things that wait for their message to be sent, bounded in number and bytes. None is ever on disk, and each process has its own.

    Whoever knows a token can see what it stands for, so it travels in hidden fields and never in an address. Being asked for keeps
    a thing ten minutes longer: somebody who writes slowly loses nothing. Each goes when its time is over, whether or not anybody comes.
    """

    def __init__(
        self, *, life: float = LIFE, most_bytes: int = MOST_BYTES, most_things: int = MOST_THINGS, steady: Callable[[], float] = time.monotonic
    ) -> None:
        """Keep things for *life* seconds of *steady*, a clock that nobody sets."""
        self._life, self._most_bytes, self._most_things, self._steady = life, most_bytes, most_things, steady
        self._things: dict[str, _Thing] = {}
        self._bytes = 0
        self._lock = threading.Lock()
        self._broom: threading.Timer | None = None

    def put(self, kind: str, data: bytes) -> str:
        """Keep *data*, a ``photo`` or a ``voice``; return the token it is found by.

        Raises:
            ShelfFull: nothing was kept, and nothing of anybody else's was lost for it.
        """
        with self._lock:
            self._sweep()
            if len(self._things) >= self._most_things or self._bytes + len(data) > self._most_bytes:
                raise ShelfFull
            token = random_bytes(16).hex()
            self._things[token] = _Thing(kind, data, self._steady() + self._life)
            self._bytes += len(data)
            self._call_broom()
            return token

    def look(self, token: str) -> tuple[str, bytes] | None:
        """Return kind and bytes of what *token* stands for, or None when it is gone; it stays."""
        with self._lock:
            self._sweep()
            found = self._things.get(token)
            if found is None:
                return None
            found.until = self._steady() + self._life
            return found.kind, found.data

    def drop(self, token: str) -> None:
        """Forget what *token* stands for, if it is there."""
        with self._lock:
            self._forget(token)

    def wipe(self) -> None:
        """Forget everything, as the server does when it ends."""
        with self._lock:
            self._things, self._bytes = {}, 0
            if self._broom is not None:
                self._broom.cancel()
                self._broom = None

    def __len__(self) -> int:
        """Return how many things are kept."""
        return len(self._things)

    def _forget(self, token: str) -> None:
        found = self._things.pop(token, None)
        self._bytes -= len(found.data) if found else 0

    def _sweep(self) -> None:
        """Forget whatever's time is over."""
        now = self._steady()
        for token in [token for token, one in self._things.items() if one.until <= now]:
            self._forget(token)

    def _call_broom(self) -> None:
        """See to it that things go in time although nobody comes any more."""
        if self._broom is None and self._things:
            soon = min(one.until for one in self._things.values()) - self._steady()
            self._broom = threading.Timer(max(soon, 0.0), self._on_time)
            self._broom.daemon = True
            self._broom.start()

    def _on_time(self) -> None:
        with self._lock:
            self._broom = None
            self._sweep()
            self._call_broom()


def shelf() -> Shelf:
    """Return the shelf of the application that serves this request."""
    found: Shelf = current_app.extensions["cfms-shelf"]
    return found
