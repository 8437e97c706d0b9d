"""A line to headquarters over HTTP: one kept-alive connection, requests signed by the node's log key (spec keys K7)."""

from __future__ import annotations

import base64
import hashlib
import http.client
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

REQUEST_HEADER = "CFMS-Request"
NONCE_HEADER = "CFMS-Nonce"
MAX_ANSWER = 2 * 1024 * 1024  # bytes; the largest answer is a batch


class LinkDown(Exception):
    """Headquarters could not be reached, or the line broke; try again later.

    Attributes:
        answered: headquarters did answer, but not now; knocking again at once would only add to its load.
    """

    def __init__(self, why: str, *, answered: bool = False) -> None:
        """Say *why*."""
        super().__init__(why)
        self.answered = answered


def can_reach(url: str, timeout: float = 3.0) -> bool:
    """Tell whether somebody takes connections at *url*: the cheapest question there is, asked while a link is down.

    Args:
        timeout: seconds.
    """
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)), timeout).close()
    except OSError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Reply:
    """HQ's answer: status, body, and the quarantine count it reports."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode("utf-8", "replace")


def request_text(nonce: str, method: str, path: str, body: bytes) -> str:
    """Return the text a request's note signs: ``cfms-request/v1``, nonce, method and path, hash of the body (K7)."""
    return f"cfms-request/v1\n{nonce}\n{method} {path}\n{base64.b64encode(hashlib.sha256(body).digest()).decode()}\n"


class HttpLink:
    """Signed requests to one HQ; a stale nonce costs one more round trip, once."""

    def __init__(self, url: str, sign: Callable[[str], str], timeout: float = 30.0) -> None:
        """Talk to *url* (``http://`` or ``https://``), each request's text signed by *sign* into a note.

        Args:
            timeout: seconds for connecting and for each read; no wait is without an end.
        """
        parts = urlsplit(url)
        self._host, self._base, self._sign, self._timeout = parts.netloc, parts.path.rstrip("/"), sign, timeout
        self._secure = parts.scheme == "https"
        self._connection: http.client.HTTPConnection | None = None
        self._nonce = "-"

    def request(self, method: str, path: str, body: bytes = b"") -> Reply:
        """Send one request and return the answer.

        Raises:
            LinkDown: no answer came, or not whole.
        """
        reply = self._once(method, path, body)
        return self._once(method, path, body) if reply.status == 401 and self._nonce != "-" else reply

    def _once(self, method: str, path: str, body: bytes) -> Reply:
        path = self._base + path
        note = self._sign(request_text(self._nonce, method, path, body))
        headers = {REQUEST_HEADER: base64.b64encode(note.encode()).decode(), "Content-Type": "application/octet-stream"}
        fresh = self._connection is None
        try:
            return self._send(method, path, body, headers)
        except LinkDown:
            if fresh:
                raise
            return self._send(method, path, body, headers)  # the kept-alive connection had died; every request may be repeated

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        try:
            connection = self._connection or self._connect()
            connection.request(method, path, body=body or None, headers=headers)
            answer = connection.getresponse()
            framed = answer.chunked or answer.length is not None
            data = answer.read(MAX_ANSWER + 1)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise LinkDown(f"{type(error).__name__}") from None
        if not framed or (answer.length and len(data) <= MAX_ANSWER):
            # The library takes a line that is cut in the headers or the body for the end of the answer.
            self.close()
            raise LinkDown("the answer is cut short")
        if len(data) > MAX_ANSWER:
            self.close()
            raise LinkDown("the answer is too large")
        self._nonce = answer.headers.get(NONCE_HEADER, self._nonce)
        return Reply(answer.status, data, {k.lower(): v for k, v in answer.headers.items()})

    def _connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, timeout=self._timeout)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        return connection

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
