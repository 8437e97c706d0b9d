"""The cable carries bytes unchanged both ways, breaks when it is cut, and carries again when it is joined."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from appliance.demo.cable import Cable

SECONDS = 10.0


@pytest.fixture
def echo() -> Iterator[int]:
    """Lend the port of a server that sends back what it gets, and ends when the other side does."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line, suppress(OSError):  # the cable was cut
                while data := line.recv(65536):
                    line.sendall(data)

    thread = threading.Thread(target=serve)
    thread.start()
    yield int(listener.getsockname()[1])
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(SECONDS)


@pytest.fixture
def cable(echo: int) -> Iterator[Cable]:
    """Lend a cable to that server."""
    with closing(Cable(echo)) as cable:
        yield cable


def line(cable: Cable) -> socket.socket:
    return socket.create_connection(("127.0.0.1", cable.port), timeout=SECONDS)


def said_back(cable: Cable, data: bytes) -> bytes:
    """Return what comes back of *data* until the other side ends."""
    with line(cable) as near:

        def send() -> None:
            near.sendall(data)
            near.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        parts = []
        while part := near.recv(65536):
            parts.append(part)
        sender.join(SECONDS)
    return b"".join(parts)


def is_dead(near: socket.socket) -> bool:
    try:
        near.sendall(b"?")
        return near.recv(1) == b""
    except OSError:
        return True


def reaches(cable: Cable) -> bool:
    """Tell whether a new line leads anywhere; one that is broken at once may already fail to be made."""
    try:
        with line(cable) as near:
            return not is_dead(near)
    except OSError:
        return False


def test_it_carries_everything_unchanged_and_counts_it(cable: Cable) -> None:
    data = bytes(range(256)) * 4096
    assert said_back(cable, data) == data
    assert cable.carried == 2 * len(data)


def test_an_end_of_one_side_reaches_the_other(cable: Cable) -> None:
    assert said_back(cable, b"") == b""


def test_a_cut_breaks_what_runs_and_what_comes(cable: Cable) -> None:
    with line(cable) as near:
        near.sendall(b"x")
        assert near.recv(1) == b"x"
        cable.cut()
        assert is_dead(near)
    assert not reaches(cable)
    assert (cable.whole, cable.carried) == (False, 2)


def test_it_carries_again_when_it_is_joined(cable: Cable) -> None:
    cable.cut()
    cable.cut()
    cable.join()
    assert cable.whole
    assert said_back(cable, b"back again") == b"back again"


def test_it_leads_nowhere_when_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = int(taken.getsockname()[1])
    with closing(Cable(nobody)) as cable:
        assert not reaches(cable)
