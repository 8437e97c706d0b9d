"""A gateway that sends a short message for one HTTP GET, as Kannel, most aggregators and modem boxes do."""

from __future__ import annotations

import heapq
import http.client
import logging
import threading
import time
from dataclasses import dataclass, field
from hashlib import blake2s
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from appliance.domain.errors import Refusal, TooMany
from appliance.journal.entropy import random_bytes
from appliance.web.limits import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("cfms.sms")
MOST_WAITING: Final = 200  # messages; a gateway that takes none for minutes is broken, and memory is not a store
PER_HOUR: Final = 4  # messages to one number: nobody can use a kiosk to pester somebody
PATIENCE: Final = 600.0  # seconds a message is tried
_FIRST_PAUSE, _LONGEST_PAUSE, _TIMEOUT = 2.0, 60.0, 10.0


class GatewayRefused(Refusal):
    """The URL of the SMS gateway {reason}."""


class QueueFull(Refusal):
    """Too many messages wait to be sent to telephones. Write the code down, or print it."""


@dataclass(order=True, slots=True)
class _Waiting:
    due: float
    until: float = field(compare=False)
    pause: float = field(compare=False)
    path: str = field(compare=False)


class Gateway:
    """Sends one after another from a thread of its own; what waits is in memory only, and goes with the process."""

    def __init__(self, template: str, steady: Callable[[], float] = time.monotonic) -> None:
        """Send by *template*, a URL in which ``{to}`` and ``{text}`` stand where number and words go.

        Raises:
            GatewayRefused: it is no such URL.
        """
        parts = urlsplit(template)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise GatewayRefused(reason="must begin with http:// or https://")
        self._secure, self._host = parts.scheme == "https", parts.netloc
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if "{to}" not in self._path or "{text}" not in self._path:
            raise GatewayRefused(reason="must hold {to} and {text} behind the host, where the number and the words go")
        if "@" in parts.netloc or not (template.isascii() and template.isprintable()) or " " in template:
            raise GatewayRefused(reason="must be written in ASCII without spaces, and without a user before the host")
        self._steady, self._pace, self._key = steady, Pace(PER_HOUR), random_bytes(32)
        self._waiting: list[_Waiting] = []
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def send(self, number: str, words: str) -> None:
        """Take *words* for *number* and send them as soon as the gateway takes them.

        Raises:
            TooMany: the number had its share of this hour.
            QueueFull: the gateway has taken nothing for long.
        """
        now = self._steady()
        whose = blake2s(number.encode(), digest_size=16, key=self._key).digest()
        path = self._path.replace("{to}", quote(number, safe="")).replace("{text}", quote(words, safe=""))
        with self._news:
            if seconds := self._pace.wait(whose, now):
                raise TooMany(seconds=int(seconds) + 1)
            if len(self._waiting) >= MOST_WAITING:
                raise QueueFull
            self._pace.spend(whose, now)
            heapq.heappush(self._waiting, _Waiting(now, now + PATIENCE, _FIRST_PAUSE, path))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sms", daemon=True)
                self._thread.start()
            self._news.notify()

    def close(self) -> None:
        """Stop; what still waits is forgotten."""
        with self._news:
            self._closed = True
            self._waiting.clear()
            self._news.notify()
        if self._thread is not None:
            self._thread.join(_TIMEOUT + 1)

    def _run(self) -> None:
        while (one := self._next()) is not None:
            if not self._sent(one.path):
                self._again(one)

    def _next(self) -> _Waiting | None:
        """Return the next message when its time has come; None when we are to stop."""
        with self._news:
            while not self._closed:
                if not self._waiting:
                    self._news.wait()
                elif (left := self._waiting[0].due - self._steady()) > 0:
                    self._news.wait(left)
                else:
                    return heapq.heappop(self._waiting)
        return None

    def _again(self, one: _Waiting) -> None:
        """Put *one* back for later, with growing pauses, until its time is over."""
        now = self._steady()
        if now + one.pause > one.until:
            log.warning("the SMS gateway did not take a message for %d minutes; it was dropped", PATIENCE // 60)
            return
        with self._news:
            if not self._closed:
                heapq.heappush(self._waiting, _Waiting(now + one.pause, one.until, min(2 * one.pause, _LONGEST_PAUSE), one.path))

    def _sent(self, path: str) -> bool:
        """Ask the gateway once; neither number nor words may reach a log, so of a failure only its kind is told."""
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, timeout=_TIMEOUT)
        try:
            connection.request("GET", path)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            log.info("the SMS gateway does not answer (%s)", type(error).__name__)
            return False
        finally:
            connection.close()
        if not 200 <= status < 300:
            log.info("the SMS gateway answered %d", status)
        return 200 <= status < 300
