"""The server as a process of its own: told to stop, it finishes what it has begun, and tells machines how it is."""

from __future__ import annotations

import json
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.filing import submission
from tests.faults.world import Machine, wait_until


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Machine]:
    """Lend a centre whose server runs."""
    machine = Machine(tmp_path / "nbi", "centre", "NBI", "http://127.0.0.1:9")
    machine.configure()
    machine.cfms("init")
    machine.start()
    yield machine
    machine.kill()


def connection(machine: Machine) -> socket.socket:
    return socket.create_connection(("127.0.0.1", machine.port), timeout=20)


def refuses_connections(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # the door closed while we stood in it
        return False
    return False


def begin(machine: Machine, body: bytes) -> socket.socket:
    """Send the head of a submission; return once the server has begun to read it, which it says by asking for the rest."""
    half = connection(machine)
    asks = f"Host: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    half.sendall(f"POST /api/v1/feedback HTTP/1.1\r\n{asks}".encode())
    assert half.recv(100).startswith(b"HTTP/1.1 100 ")
    return half


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_takes_nobody_new_and_answers_whom_it_has_begun_to_read(centre: Machine, how: signal.Signals) -> None:
    assert centre.process is not None
    body = json.dumps(submission()).encode()
    with begin(centre, body) as half, connection(centre) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        with idle.makefile("rb") as answer:
            wait_until(lambda: answer.readline() == b"ok\n", "the answer is read to its end")
        centre.process.send_signal(how)
        wait_until(lambda: refuses_connections(centre.port), "nobody new is let in")
        assert idle.recv(100) == b""  # let go at once: it holds nobody's message
        half.sendall(body)
        assert half.recv(1000).startswith(b"HTTP/1.1 201 ")
    assert centre.process.wait(30) == 0
    assert centre.cases() == 1


def test_a_request_that_never_ends_does_not_keep_it_from_stopping(centre: Machine) -> None:
    assert centre.process is not None
    with begin(centre, b"never sent"):
        centre.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses_connections(centre.port), "nobody new is let in")
        centre.process.send_signal(signal.SIGTERM)  # whoever is in a hurry asks twice
        assert centre.process.wait(30) == 0


def test_a_port_that_is_taken_is_refused_in_a_sentence(centre: Machine) -> None:
    said = centre.cfms("serve", status=1)
    assert str(centre.port) in said["error"]
    assert "web.port" in said["error"]


def test_it_tells_machines_how_it_is(centre: Machine) -> None:
    assert get(centre, "/healthz") == (200, "ok\n")
    assert centre.post("/api/v1/feedback", submission())[0] == 201
    status, figures = get(centre, "/metrics")
    assert status == 200
    assert 'cfms_cases{kind="complaint",state="received"} 1' in figures.splitlines()


def get(machine: Machine, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{machine.port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
