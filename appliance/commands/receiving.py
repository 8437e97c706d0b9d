"""How bodies are received: in memory, within bounds, and a form whose photo is too large is heard out, so that what was typed is not lost."""

from __future__ import annotations

import threading
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask
from waitress.utilities import Error, RequestEntityTooLarge

from appliance.web.uploads import BUSY, CUT, LARGE

if TYPE_CHECKING:
    from waitress.adjustments import Adjustments

CEILING: Final = 64 * 1024**2  # bytes of a form that are heard out; of more, the head alone is read
FREE: Final = 64 * 1024  # bytes that every request may have; more come out of the room that all share


class ServerBusy(Error):  # type: ignore[misc]  # waitress has no types
    """Answered where there is no room for a body that no page can speak about."""

    code, reason = 503, "Service Unavailable"


class Room:
    """The memory that larger bodies share, however many come at once.

    Attributes:
        left: bytes that nobody has taken.
    """

    def __init__(self, most: int) -> None:
        """Have *most* bytes."""
        self.left = most
        self._lock = threading.Lock()

    def take(self, count: int) -> bool:
        """Take *count* bytes if they are there."""
        with self._lock:
            if count > self.left:
                return False
            self.left -= count
            return True

    def give_back(self, count: int) -> None:
        """Return *count* bytes that were taken."""
        with self._lock:
            self.left += count


class Kept:
    """The buffer of one body: keeps its first bytes, counts the rest, and never makes a file.

    Attributes:
        came: bytes that came, kept or not.
        cut: why not all were kept: ``LARGE``, ``BUSY``, or '' where they were.
    """

    def __init__(self, most: int, room: Room) -> None:
        """Keep *most* bytes at most, those beyond the free ones out of *room*."""
        self._most, self._room = most, room
        self._bytes = BytesIO()
        self._taken = 0
        self.came, self.cut = 0, ""

    def append(self, data: bytes) -> None:
        """Take in *data*."""
        start, self.came = self.came, self.came + len(data)
        if self.cut:
            return
        fits = min(len(data), self._most - start)
        needed = max(0, start + fits - FREE) - self._taken
        if needed > 0 and not self._room.take(needed):
            self.cut = BUSY
            return
        self._taken += max(0, needed)
        self._bytes.write(data[:fits])
        self.cut = LARGE if fits < len(data) else ""

    def getfile(self) -> BytesIO:
        """Return what was kept, to be read from its beginning."""
        self._bytes.seek(0)
        return self._bytes

    def close(self) -> None:
        """Let go of what was kept; twice is once."""
        self._bytes.close()
        taken, self._taken = self._taken, 0
        self._room.give_back(taken)

    def __len__(self) -> int:
        """Return how long the body was: what is cut must not be taken for whole."""
        return self.came


class Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """One request on its way in. Only a form with files is heard out; anything else that is too large is refused as soon as it shows."""

    error: Error | None

    def __init__(self, adj: Adjustments, *, most: int, room: Room) -> None:
        """Keep *most* bytes of its body."""
        super().__init__(adj)
        self._most, self._room = most, room
        self._form = False
        self._body: Kept | None = None

    @property
    def cut(self) -> str:
        """Say why not all of the body is there; '' where it is."""
        return self._body.cut if self._body else ""

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head, and make ready for the body."""
        super().parse_header(header_plus)
        self._form = self.command == "POST" and self.headers.get("CONTENT_TYPE", "").lower().startswith("multipart/form-data")
        if self.body_rcv is not None:
            self._body = self.body_rcv.buf = Kept(self._most, self._room)

    def received(self, data: bytes) -> int:
        """Take in what came; return how much of it was this request's."""
        consumed: int = super().received(data)
        if not self._form and self.error is None and self._body is not None:
            if max(self.content_length, self.body_bytes_received) > self._most:
                self.error = RequestEntityTooLarge(f"exceeds {self._most} bytes")
            elif self.cut:
                self.error = ServerBusy("no room for a body of this size just now; send it again in a minute")
        if self.error is not None:
            self.completed, self.expect_continue = True, False  # waitress would ask for the rest of what it has just refused
        return consumed


class Task(WSGITask):  # type: ignore[misc]  # waitress has no types
    """One request on its way through the application, which is told when its body was cut."""

    def get_environment(self) -> dict[str, Any]:
        """Return what the application is told."""
        environ: dict[str, Any] = super().get_environment()
        if self.request.cut:
            environ[CUT] = self.request.cut
        return environ


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """One connection."""

    task_class = Task

    def __init__(self, *line: object, most: int, room: Room, map: dict[int, Any]) -> None:  # waitress' name
        """Serve *line*: server, socket, address and adjustments."""
        self.parser_class = partial(Parser, most=most, room=room)
        super().__init__(*line, map=map)

    def handle_close(self) -> None:
        """Close, and give back what a request held that will never be whole."""
        super().handle_close()
        if self.request is not None:
            self.request.close()


def receive_in_memory(server: Any, most: int, room: Room) -> None:
    """Let *server*, waitress on one socket, keep *most* bytes of each body, all of them out of *room*."""
    server.channel_class = partial(Channel, most=most, room=room)
