"""A form with a photo or a recording: read in memory, and where a file is too large everything typed before it is still there."""

from __future__ import annotations

import http.client
import json
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from flask import Flask, jsonify, request
from waitress.server import create_server

from appliance.commands.receiving import CEILING, FREE, Room, receive_in_memory
from appliance.web import uploads
from appliance.web.memory import MemoryRequest
from appliance.web.words import say
from tests.faults.world import wait_until
from tests.web.world import sample_app

MIB = 1024**2
MOST = 2 * MIB
THREADS = 2
LINE = "----line-of-a-browser"


def pages() -> Flask:
    """Return an application with a page that says what it was sent, and one that does not expect files."""
    app = sample_app()

    @app.post("/echo")
    def echo() -> tuple[Any, int]:
        request.max_content_length = MOST
        fields, files, too_large, cut_in = uploads.read()
        said = {name: len(data) for name, data in files.items()}
        why = say(too_large) if too_large else ""
        return jsonify(fields=fields.to_dict(flat=False), form=request.form.to_dict(), files=said, why=why, cut_in=cut_in), 413 if too_large else 200

    @app.post("/plain")
    def plain() -> tuple[Any, int]:
        request.max_content_length = MOST
        return jsonify(form=request.form.to_dict(), files=sorted(request.files)), 200

    return app


@contextmanager
def listening(app: Flask, room: Room) -> Iterator[int]:
    """Serve *app* as ``cfms serve`` does, in a thread, with *room* for bodies; lend the port."""
    sockets: dict[int, Any] = {}
    server = create_server(
        app, host="127.0.0.1", port=0, threads=THREADS, ident=None, map=sockets, max_request_body_size=CEILING, outbuf_overflow=16 * MIB
    )
    receive_in_memory(server, MOST, room)
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            server.asyncore.loop(timeout=0.05, map=sockets, count=1)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        stop.set()
        thread.join()
        server.task_dispatcher.shutdown()
        for line in list(sockets.values()):
            line.close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with listening(pages(), Room(MOST * THREADS)) as where:
        yield where


def part(name: str, data: bytes, filename: str = "") -> bytes:
    """Return one part of a form."""
    file = f'; filename="{filename}"\r\nContent-Type: image/jpeg' if filename else ""
    return f'--{LINE}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{LINE}--\r\n".encode()


TYPE = f"multipart/form-data; boundary={LINE}"
TYPED = (part("text", "Nimesubiri saa tatu. 😀".encode()), part("kind", b"complaint"), part("kind", b"twice"))


def send(port: int, body: bytes, path: str = "/echo", *, chunked: bool = False, kind: str = TYPE) -> tuple[int, dict[str, Any]]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        blocks = (body[at : at + 50_000] for at in range(0, len(body), 50_000))
        line.request("POST", path, blocks if chunked else body, {"Content-Type": kind, "Accept": "application/json"}, encode_chunked=chunked)
        answer = line.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text.startswith(b"{") else {"said": text.decode()}
    finally:
        line.close()


@pytest.mark.parametrize("chunked", [False, True])
def test_fields_and_files_come_as_they_were_sent(port: int, *, chunked: bool) -> None:
    status, said = send(port, form(*TYPED, part("photo", b"\xff\xd8" * 50_000, "a.jpg"), part("voice", b"", "")), chunked=chunked)
    assert status == 200
    assert said["fields"] == {"text": ["Nimesubiri saa tatu. 😀"], "kind": ["complaint", "twice"], "voice": [""]}
    assert said["files"] == {"photo": 100_000}
    assert said["form"]["kind"] == "complaint"  # whoever asks the request itself is told the same


def test_a_file_that_was_not_chosen_is_none(port: int) -> None:
    status, said = send(port, form(*TYPED, part("photo", b"", "x").replace(b'filename="x"', b'filename=""')))
    assert (status, said["files"]) == (200, {})


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("megabytes", [3, 30])
def test_a_photo_that_is_too_large_loses_nothing_that_was_typed(port: int, megabytes: int, *, chunked: bool) -> None:
    body = form(*TYPED, part("voice", b"OggS" * 1000, "a.ogg"), part("photo", bytes(megabytes * MIB), "a.jpg"), part("late", b"x"))
    status, said = send(port, body, chunked=chunked)
    assert status == 413
    assert said["why"] == "This photo or recording is too large: 2 MB fit. Choose a smaller one, or send your words without it."
    assert said["fields"] == {"text": ["Nimesubiri saa tatu. 😀"], "kind": ["complaint", "twice"]}
    assert said["files"] == {"voice": 4000}


def test_a_body_of_exactly_the_limit_is_whole_and_one_byte_more_is_not(port: int) -> None:
    short = form(*TYPED, part("photo", b"", "a.jpg"))
    whole = form(*TYPED, part("photo", bytes(MOST - len(short)), "a.jpg"))
    assert len(whole) == MOST
    assert send(port, whole)[1]["files"] == {"photo": MOST - len(short)}
    assert send(port, form(*TYPED, part("photo", bytes(MOST - len(short) + 1), "a.jpg")))[0] == 413


def test_a_text_that_is_too_large_is_kept_as_far_as_it_fits(port: int) -> None:
    status, said = send(port, form(part("kind", b"concern"), part("text", b"a" * 3 * MIB)))
    assert status == 413
    assert said["fields"]["kind"] == ["concern"]
    assert 0 < len(said["fields"]["text"][0]) < MOST


def test_a_page_that_expects_no_files_refuses_what_was_cut(port: int) -> None:
    for chunked in (False, True):
        status, said = send(port, form(*TYPED, part("photo", bytes(3 * MIB), "a.jpg")), "/plain", chunked=chunked)
        assert (status, said["error"]) == (413, "RequestEntityTooLarge")
    assert send(port, form(*TYPED, part("photo", b"x", "a.jpg")), "/plain")[1]["files"] == ["photo"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        form(b"--x"),
        form(part("text", b"a"))[:-30],
        b"--" + LINE.encode() + b"\r\nno head\r\n\r\nx\r\n--" + LINE.encode() + b"--\r\n",
    ],
)
def test_what_is_no_form_is_nobodys_crash(port: int, body: bytes) -> None:
    assert send(port, body)[0] == 200
    assert send(port, body, kind="multipart/form-data")[0] == 200


def test_hundreds_of_parts_are_too_many(port: int) -> None:
    assert send(port, form(*[part(f"p{number}", b"x") for number in range(200)]))[0] == 200
    assert send(port, form(*[part(f"p{number}", b"x") for number in range(201)]))[0] == 413


def test_a_form_without_files_is_read_as_ever(port: int) -> None:
    status, said = send(port, b"text=Asante&kind=compliment", kind="application/x-www-form-urlencoded")
    assert (status, said["fields"], said["files"]) == (200, {"text": ["Asante"], "kind": ["compliment"]}, {})


def head(path: str, length: int, kind: str = TYPE, more: str = "") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{more}\r\n".encode()


def first_line(line: socket.socket) -> bytes:
    with line.makefile("rb") as answer:
        return answer.readline()


@pytest.mark.parametrize(("length", "kind"), [(MOST + 1, "application/json"), (CEILING, TYPE)])
@pytest.mark.parametrize("expect", ["", "Expect: 100-continue\r\n"])
def test_what_no_page_can_speak_about_is_refused_by_its_head(port: int, length: int, kind: str, expect: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(head("/echo", length, kind, expect))
        said = first_line(line)
    assert said.startswith(b"HTTP/1.1 413 ")


def test_without_a_length_it_is_refused_as_soon_as_it_is_too_much(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        with suppress(ConnectionError):  # it hangs up in the middle of our words
            for _ in range(MOST // 65536 + 2):
                line.sendall(b"10000\r\n" + bytes(65536) + b"\r\n")
        with suppress(ConnectionResetError):
            assert first_line(line).startswith(b"HTTP/1.1 413 ")


def test_after_a_photo_that_was_too_large_the_same_connection_serves_on(port: int) -> None:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for size, status in ((3 * MIB, 413), (10, 200), (3 * MIB, 413)):
        line.request("POST", "/echo", form(*TYPED, part("photo", bytes(size), "a.jpg")), {"Content-Type": TYPE})
        answer = line.getresponse()
        answer.read()
        assert answer.status == status
    line.close()


def test_all_bodies_together_have_their_bound_and_who_comes_too_many_is_told() -> None:
    room = Room(MOST * THREADS)
    with listening(pages(), room) as port:
        held = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(THREADS)]
        for line in held:  # each holds nearly all that one may, and does not end
            line.sendall(head("/echo", MOST) + part("text", b"x")[:-2] + bytes(MOST - 1000))
        wait_until(lambda: room.left < THREADS * (FREE + 1000), "both are received")
        body = form(*TYPED, part("photo", bytes(MIB), "a.jpg"))
        status, said = send(port, body)
        assert (status, said["fields"]["kind"]) == (413, ["complaint", "twice"])
        assert said["why"] == "Too many photos and recordings are on their way just now. Send it again in a minute."
        assert send(port, body, kind="application/octet-stream")[0] == 503
        assert send(port, form(*TYPED, part("photo", bytes(FREE // 2), "a.jpg")))[0] == 200  # small ones get through
        for line in held:
            line.close()
        wait_until(lambda: room.left == MOST * THREADS, "what nobody will end is let go")
        assert send(port, body)[0] == 200
        wait_until(lambda: room.left == MOST * THREADS, "and what was answered")


def test_a_form_that_was_not_received_by_our_server_is_judged_by_its_length() -> None:
    client = pages().test_client()
    assert client.application.request_class is MemoryRequest
    answer = client.post("/echo", data=form(*TYPED, part("photo", bytes(3 * MIB), "a.jpg")), content_type=TYPE)
    assert answer.status_code == 413
    assert answer.json is not None
    assert answer.json["fields"]["kind"] == ["complaint", "twice"]


def test_nothing_of_a_form_is_written_to_a_file(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    for name in ("TemporaryFile", "SpooledTemporaryFile"):  # waitress and Werkzeug look there for theirs
        monkeypatch.setattr(tempfile, name, lambda *asked, **_: made.append(asked))
    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", lambda *asked, **_: made.append(asked))
    for path in ("/echo", "/plain"):
        for chunked in (False, True):
            assert send(port, form(part("text", b"x" * 400_000), part("photo", bytes(MIB), "a.jpg")), path, chunked=chunked)[0] == 200
            assert send(port, form(part("photo", bytes(5 * MIB), "a.jpg")), path, chunked=chunked)[0] == 413
    assert made == []
