"""A browser without script, as bare as it can be: one kept-alive connection, forms filled in, every byte of an answer counted."""

from __future__ import annotations

import gzip
import http.client
import re
import socket
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

_LINKED = {"stylesheet", "icon", "manifest"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: how many bytes on the wire, head included, and after how many seconds."""

    status: int
    text: str
    wire: int
    seconds: float


class Seen(HTMLParser):
    """What a page would load, and what its first form of each id would send; templates are inert."""

    def __init__(self, html: str) -> None:
        """Read *html*."""
        super().__init__()
        self.files: list[str] = []
        self.forms: dict[str, dict[str, str]] = {}
        self._form = ""
        self._inert = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a file, or a field."""
        said = {name: value or "" for name, value in attrs}
        self._inert += tag == "template"
        if self._inert:
            return
        if tag in {"script", "img"} and "src" in said:
            self.files.append(said["src"])
        elif tag == "link" and said.get("rel") in _LINKED:
            self.files.append(said["href"])
        elif tag == "form":
            self._form = said.get("id", "")
        elif tag == "input" and said.get("type") == "hidden":
            self.forms.setdefault(said.get("form") or self._form, {}).setdefault(said.get("name", ""), said.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """Note where a template or a form ends."""
        if tag == "template":
            self._inert -= 1
        elif tag == "form" and not self._inert:
            self._form = ""


class _Counting(http.client.HTTPResponse):
    """A response that knows how long its head was."""

    head = 0

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]  # of the standard library's own
        self.head = len(f"{version} {status} {reason}\r\n")
        return version, status, reason


@dataclass
class Visitor:
    """One visitor of the server on *port*."""

    port: int
    kept: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Connect."""
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self._connection.response_class = _Counting
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def get(self, path: str) -> Answer:
        """Open *path*."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        """Send a form."""
        return self._ask("POST", path, urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"})

    def post_json(self, path: str, body: str) -> Answer:
        """Send what a script would."""
        return self._ask("POST", path, body.encode(), {"Content-Type": "application/json"})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        began = time.perf_counter()
        self._connection.request(method, path, body, {**headers, "Accept-Encoding": "gzip", "Accept-Language": "en"})
        answer = self._connection.getresponse()
        data = answer.read()
        seconds = time.perf_counter() - began
        head = getattr(answer, "head", 0) + sum(len(name) + len(value) + 4 for name, value in answer.getheaders()) + 2
        plain = gzip.decompress(data) if answer.headers.get("Content-Encoding") == "gzip" else data
        return Answer(answer.status, plain.decode("utf-8", "replace"), head + len(data), seconds)

    def load(self, answer: Answer) -> int:
        """Fetch what the page *answer* loads and this browser has not yet, what style sheets name too; return the bytes."""
        wire = 0
        for file in Seen(answer.text).files:
            if file in self.kept:
                continue
            self.kept.add(file)
            got = self.get(file)
            wire += got.wire
            if ".css" in file:
                named = [f"{file.rpartition('/')[0]}/{name}" for name in re.findall(r'url\("?([^")]+)"?\)', got.text)]
                wire += sum(self.get(name).wire for name in named if name not in self.kept)
                self.kept.update(named)
        return wire
