"""The line to HQ over real sockets: signed requests, a nonce that is renewed, a cut line that is told from an answer."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sync.link import MAX_ANSWER, NONCE_HEADER, REQUEST_HEADER, HttpLink, LinkDown, request_text

PATIENCE = 20  # seconds any step may take


class Peer:
    """A server that answers each request by the next of its bytes, then closes or keeps the line."""

    def __init__(self, answers: list[bytes], *, close: bool) -> None:
        """Answer by *answers*, one after another; *close* the line after each."""
        self.answers, self.close_each = answers, close
        self.requests: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="peer")
        self._thread.start()

    def _serve(self) -> None:
        while self.answers:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with line:
                line.settimeout(PATIENCE)
                self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        while self.answers:
            request = _read_request(line)
            if not request:
                return
            self.requests.append(request)
            line.sendall(self.answers.pop(0))
            if self.close_each:
                return

    def stop(self) -> None:
        """Stop listening."""
        self.answers = []
        with socket.socket() as knock:
            knock.settimeout(PATIENCE)
            knock.connect_ex(("127.0.0.1", self.port))
        self._thread.join(PATIENCE)
        self._listener.close()


def _read_request(line: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        part = line.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(one.split(b":")[1]) for one in head.split(b"\r\n") if one.lower().startswith(b"content-length")), 0)
    while len(body) < length:
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def answering(*answers: bytes, close: bool = False) -> Iterator[Peer]:
    """Lend a peer."""
    peer = Peer(list(answers), close=close)
    try:
        yield peer
    finally:
        peer.stop()


@contextmanager
def linked(peer: Peer, sign: Callable[[str], str] = lambda text: f"signed {text}", base: str = "") -> Iterator[HttpLink]:
    """Lend a link to *peer*."""
    link = HttpLink(f"http://127.0.0.1:{peer.port}{base}", sign, timeout=PATIENCE)
    try:
        yield link
    finally:
        link.close()


def answer(body: bytes = b"", status: str = "200 OK", nonce: str = "", more: str = "") -> bytes:
    """Return an HTTP answer."""
    header = f"{NONCE_HEADER}: {nonce}\r\n" if nonce else ""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{header}{more}\r\n".encode() + body


def note_in(request: bytes) -> str:
    """Return what the request's header holds, decoded."""
    (line,) = [one for one in request.split(b"\r\n") if one.startswith(REQUEST_HEADER.encode())]
    return base64.b64decode(line.split(b": ")[1]).decode()


def test_a_request_is_signed_over_nonce_method_path_and_body() -> None:
    with answering(answer(b"ok")) as peer, linked(peer) as link:
        assert link.request("POST", "/sync/v1/batch", b"body").text == "ok"
        expected = f"cfms-request/v1\n-\nPOST /sync/v1/batch\n{base64.b64encode(hashlib.sha256(b'body').digest()).decode()}\n"
        assert note_in(peer.requests[0]) == f"signed {expected}" == f"signed {request_text('-', 'POST', '/sync/v1/batch', b'body')}"
        assert peer.requests[0].endswith(b"\r\n\r\nbody")


def test_a_nonce_that_is_refused_is_renewed_once_and_the_next_is_used() -> None:
    refused = answer(status="401 Unauthorized", nonce="n1")
    with answering(refused, answer(b"ok", nonce="n2"), answer(b"again")) as peer, linked(peer) as link:
        assert link.request("GET", "/a").status == 200
        assert link.request("GET", "/b").status == 200
        assert [note_in(one).split("\n")[1] for one in peer.requests] == ["-", "n1", "n2"]
        assert peer.connections == 1


def test_a_second_refusal_is_the_answer() -> None:
    refused = answer(status="401 Unauthorized", nonce="n1")
    with answering(refused, refused) as peer, linked(peer) as link:
        assert link.request("GET", "/a").status == 401
        assert len(peer.requests) == 2


def test_a_kept_line_that_has_died_is_opened_anew_and_asked_again() -> None:
    with answering(answer(b"one"), answer(b"two"), close=True) as peer, linked(peer) as link:
        assert [link.request("GET", "/a").text, link.request("GET", "/b").text] == ["one", "two"]
        assert peer.connections == 2


@pytest.mark.parametrize(
    "cut",
    [
        b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\n\r\nno length",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal", b"nonsense\r\n\r\n",
    ],
)  # fmt: skip
def test_an_answer_that_is_cut_anywhere_is_no_answer(cut: bytes) -> None:
    with answering(cut, cut, close=True) as peer, linked(peer) as link, pytest.raises(LinkDown):
        link.request("GET", "/a")


def test_an_answer_without_end_is_given_up() -> None:
    with answering(answer(b"x" * (MAX_ANSWER + 1)), close=True) as peer, linked(peer) as link, pytest.raises(LinkDown, match="too large"):
        link.request("GET", "/a")


def test_the_largest_answer_is_taken() -> None:
    with answering(answer(b"x" * MAX_ANSWER)) as peer, linked(peer) as link:
        assert len(link.request("GET", "/a").body) == MAX_ANSWER


def test_nobody_there_is_a_line_that_is_down() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refused, and nobody else's
        link = HttpLink(f"http://127.0.0.1:{taken.getsockname()[1]}", str, timeout=PATIENCE)
        with pytest.raises(LinkDown):
            link.request("GET", "/a")


def test_headers_are_found_whatever_their_case() -> None:
    with answering(answer(b"ok", more="CFMS-Thing: 7\r\n")) as peer, linked(peer) as link:
        assert link.request("GET", "/a").headers["cfms-thing"] == "7"
