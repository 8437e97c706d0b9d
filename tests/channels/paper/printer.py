"""A receipt printer on the network: a real listener that takes bytes and answers, or fails as printers do; and a reader of its paper."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

ASK = b"\x10\x04\x02\x10\x04\x04"
GOOD, NO_PAPER, LID_OPEN = b"\x12\x12", b"\x32\x72", b"\x16\x12"


@dataclass
class Printer:
    """One printer.

    Attributes:
        answer: what it says when it is asked how it is; b'' for nothing.
        later: what it says from the second time on; None for the same.
        hangs_up: it hangs up when it is first asked, or as soon as a job comes.
        jobs: the bytes of each connection, questions left out.
        connections: how many there were.
    """

    answer: bytes = GOOD
    later: bytes | None = None
    hangs_up: str = ""
    jobs: list[bytes] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    @property
    def address(self) -> str:
        """Return it as the settings name it."""
        return f"tcp://127.0.0.1:{self.port}"

    def serve(self, line: socket.socket) -> None:
        """Take one connection to its end."""
        self.connections += 1
        self.jobs.append(b"")
        asked, rest = 0, b""
        while data := line.recv(4096):
            rest += data
            while ASK in rest:
                before, _, rest = rest.partition(ASK)
                self.jobs[-1] += before
                if self.hangs_up == "asked":
                    return
                line.sendall(self.answer if not asked or self.later is None else self.later)
                asked += 1
            if rest and not ASK.startswith(rest):
                self.jobs[-1] += rest
                rest = b""
                if self.hangs_up == "job":
                    return


@contextmanager
def plugged_in(printer: Printer) -> Iterator[Printer]:
    """Serve *printer* from a thread."""
    door = socket.create_server(("127.0.0.1", 0))
    printer.port = door.getsockname()[1]

    def run() -> None:
        with suppress(OSError):  # the door was closed: unplugged
            while True:
                line, _ = door.accept()
                with line, suppress(ConnectionError):
                    line.settimeout(20)
                    printer.serve(line)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield printer
    finally:
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join(30)


@dataclass
class Paper:
    """What a job puts on paper.

    Attributes:
        text: its letters, line by line.
        large: the lines that are twice as wide and high.
        codes: what its QR codes hold.
        cuts: how often it is cut.
    """

    text: str
    large: list[str]
    codes: list[str]
    cuts: int


_TAKE_ONE = {b"\x1b!", b"\x1bE", b"\x1ba", b"\x1bt", b"\x1bd", b"\x1dV"}  # commands of one byte more


def read_paper(job: bytes) -> Paper:
    """Return what *job* prints; raise where it holds something that is neither a known command nor a plain letter."""
    paper, line, wide, at = Paper("", [], [], 0), "", False, 0
    while at < len(job):
        two = job[at : at + 2]
        if two == b"\x1b@":
            at += 2
        elif two in _TAKE_ONE:
            wide = job[at + 2] & 0x30 == 0x30 if two == b"\x1b!" else wide
            paper.cuts += two == b"\x1dV"
            at += 3
        elif job[at : at + 3] == b"\x1d(k":
            end = at + 5 + int.from_bytes(job[at + 3 : at + 5], "little")
            paper.codes += [job[at + 8 : end].decode("ascii")] if job[at + 5 : at + 8] == b"1P0" else []
            at = end
        elif job[at] == 10:
            paper.text += line + "\n"
            paper.large += [line] if wide and line else []
            line, at = "", at + 1
        elif 32 <= job[at] < 127:
            line, at = line + chr(job[at]), at + 1
        else:
            raise AssertionError(f"an unknown command: {job[at : at + 8]!r}")
    return paper
