"""The cable between the centre and headquarters: a small TCP relay that can be cut and joined while both run."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress

HOST = "127.0.0.1"
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close sends a reset, as a line that breaks does
_CONNECT_SECONDS = 5.0
_AT_ONCE = 65_536  # bytes


class Cable:
    """Listens on ``port`` and forwards every connection to headquarters while it is whole.

    Cut, it breaks what runs and refuses what comes. It keeps its port throughout: the centre sees a line that is dead,
    not another program.

    Attributes:
        carried: bytes that went through it, both directions together.
    """

    def __init__(self, target: int) -> None:
        """Lead to *target*, a port of this machine; whole from the start."""
        self._target = target
        self._guard = threading.Lock()
        self._lines: set[socket.socket] = set()
        self._whole = True
        self.carried = 0
        self._listener = socket.create_server((HOST, 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, name="cable", daemon=True)
        self._thread.start()

    @property
    def whole(self) -> bool:
        """Tell whether it carries anything."""
        return self._whole

    def cut(self) -> None:
        """Cut it: every connection breaks at once."""
        with self._guard:
            self._whole = False
            lines, self._lines = self._lines, set()
        for line in lines:
            _break(line)

    def join(self) -> None:
        """Join its ends again."""
        with self._guard:
            self._whole = True

    def close(self) -> None:
        """Cut it for good."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept()
        self._listener.close()
        self.cut()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._connect, args=(near,), name="cable-line", daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        far = self._reach()
        if far is None or not self._keep(near, far):
            _break(near)
            return
        back = threading.Thread(target=self._forward, args=(far, near), name="cable-back", daemon=True)
        back.start()
        self._forward(near, far)
        back.join()
        self._forget(near, far)

    def _reach(self) -> socket.socket | None:
        if not self._whole:
            return None
        try:
            far = socket.create_connection((HOST, self._target), timeout=_CONNECT_SECONDS)
        except OSError:
            return None
        far.settimeout(None)
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return far

    def _keep(self, near: socket.socket, far: socket.socket) -> bool:
        """Take both ends in, unless the cable was cut meanwhile."""
        with self._guard:
            if self._whole:
                self._lines |= {near, far}
                return True
        _break(far)
        return False

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        """Carry bytes one way until *source* ends or the cable is cut, then end *sink* the same way."""
        with suppress(OSError):
            while data := source.recv(_AT_ONCE):
                with self._guard:
                    self.carried += len(data)
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _forget(self, *lines: socket.socket) -> None:
        with self._guard:
            self._lines -= set(lines)
        for line in lines:
            with suppress(OSError):
                line.close()


def _break(line: socket.socket) -> None:
    with suppress(OSError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        line.close()
