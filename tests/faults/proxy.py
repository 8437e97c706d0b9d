"""A TCP proxy that forwards a given number of bytes and then cuts the line, or swallows everything without a word."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

WHOLE = 2**62  # bytes: a line that is not cut
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close sends a reset, as a line that breaks does


class Proxy:
    """Listens on ``port`` and forwards to *target*; every connection lives for as many bytes as *budget* draws."""

    def __init__(self, target: int, budget: Callable[[], int], *, silent: bool = False) -> None:
        """Start to listen.

        Args:
            budget: bytes of both directions together until a new connection is cut.
            silent: instead of cutting the line, forward nothing more and say nothing.
        """
        self.target, self.budget, self.silent = target, budget, silent
        self.cuts = 0
        self._guard = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            self._pairs.append((near, far))
            left = [self.budget()]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._forward, args=(source, sink, left), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, left: list[int]) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                with self._guard:
                    take, left[0] = data[: left[0]], max(0, left[0] - len(data))
                if take:
                    sink.sendall(take)
                if len(take) < len(data):
                    self.cuts += 1
                    if self.silent:
                        return
                    break
        _reset(source)
        _reset(sink)

    def close(self) -> None:
        """Stop listening and cut every line."""
        self._listener.close()
        for near, far in self._pairs:
            _reset(near)
            _reset(far)


def _reset(line: socket.socket) -> None:
    with suppress(OSError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
