"""Three ways to a printer, each of which gives up in time: the network, USB, and a device file."""

from __future__ import annotations

import os
import re
import select
import socket
import stat
import time
from typing import Final, Protocol

from appliance.usecases.print_slip import PrinterOpen, PrinterSilent

PATIENCE: Final = 4.0  # seconds for a whole slip, the printer's answers included
# DLE EOT n, answered at once whatever the printer is busy with: 2 tells why it is off line, 4 how much paper there is.
ASK: Final = b"\x10\x04\x02\x10\x04\x04"
_LID, _PAPER_STOP, _FAULT, _PAPER_END = 0x04, 0x20, 0x40, 0x60
_ADDRESS = re.compile(r"(?:tcp://(?P<host>[^:]+):(?P<port>\d+)|usb://(?P<vendor>\w{4}):(?P<product>\w{4})|file://(?P<path>/.+))")


class Way(Protocol):
    """A way to one printer."""

    def send(self, job: bytes, seconds: float) -> None:
        """Hand *job* over within *seconds*.

        Raises:
            PrinterSilent, PrinterOpen: it was not, or not all of it.
        """


def way_to(address: str, *, answers: bool) -> Way:
    """Return the way to *address* (printer.address); *answers*: the printer says how it is when it is asked."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ValueError("no printer's address")
    if found["host"]:
        return Network(found["host"], int(found["port"]), answers=answers)
    if found["path"]:
        return Device(found["path"])
    return Usb(int(found["vendor"], 16), int(found["product"], 16), answers=answers)


def check_state(answer: bytes) -> None:
    """Check what the printer answered to ``ASK``.

    Raises:
        PrinterSilent: it hung up instead, or its answer is none.
        PrinterOpen: somebody must see to it.
    """
    if len(answer) < 2:
        raise PrinterSilent
    offline, paper = answer[0], answer[1]
    if offline & (_LID | _PAPER_STOP | _FAULT) or paper & _PAPER_END:
        raise PrinterOpen


class Network:
    """A printer with an address of its own (port 9100, "raw")."""

    def __init__(self, host: str, port: int, *, answers: bool) -> None:
        """Reach it at *host*, an IP address: looking a name up could take longer than anybody waits."""
        self._host, self._port, self._answers = host, port, answers

    def send(self, job: bytes, seconds: float) -> None:
        """Ask how it is, hand *job* over, and ask again: only then is it sure that all of it arrived."""
        end = time.monotonic() + seconds
        try:
            with socket.create_connection((self._host, self._port), timeout=seconds) as line:
                self._ask(line, end)
                line.settimeout(_left(end))
                line.sendall(job)
                self._ask(line, end)
        except OSError:  # refused, hung, or hung up; what the system says of it is nobody's concern here
            raise PrinterSilent from None

    def _ask(self, line: socket.socket, end: float) -> None:
        if not self._answers:
            return
        line.settimeout(_left(end))
        line.sendall(ASK)
        answer = b""
        while len(answer) < 2:
            line.settimeout(_left(end))
            if not (more := line.recv(16)):
                break
            answer += more
        check_state(answer)


class Device:
    """A printer that the system shows as a device file, such as /dev/usb/lp0; it is not asked how it is."""

    def __init__(self, path: str) -> None:
        """Write to *path*."""
        self._path = path

    def send(self, job: bytes, seconds: float) -> None:
        """Write *job* as fast as the device takes it. An ordinary file is no printer: a copy of the code would stay in it."""
        end = time.monotonic() + seconds
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
            try:
                if stat.S_ISREG(os.fstat(file).st_mode):
                    raise PrinterSilent
                while job:
                    if not select.select([], [file], [], _left(end))[1]:
                        raise PrinterSilent
                    job = job[os.write(file, job) :]
            finally:
                os.close(file)
        except OSError:
            raise PrinterSilent from None


class Usb:
    """A printer on the bus of this machine, by vendor and product."""

    def __init__(self, vendor: int, product: int, *, answers: bool) -> None:
        """Find it when it is needed."""
        self._vendor, self._product, self._answers = vendor, product, answers

    def send(self, job: bytes, seconds: float) -> None:
        """Ask how it is, hand *job* over, and ask again."""
        from escpos.exceptions import Error  # noqa: PLC0415 - see composing.py
        from escpos.printer import Usb as Printer  # noqa: PLC0415
        from usb.core import USBError  # noqa: PLC0415

        printer = Printer(self._vendor, self._product, timeout=int(seconds * 1000 / 5))  # open, ask, send, ask
        try:
            printer.open()
            self._ask(printer)
            printer._raw(job)  # noqa: SLF001 - its only door for bytes that are ready
            self._ask(printer)
        except (Error, USBError, OSError, ValueError):  # ValueError: no USB library on this machine
            raise PrinterSilent from None
        finally:
            printer.close()

    def _ask(self, printer: object) -> None:
        if self._answers:
            printer._raw(ASK)  # type: ignore[attr-defined]  # noqa: SLF001 - no types
            check_state(bytes(printer._read()))  # type: ignore[attr-defined]  # noqa: SLF001


def _left(end: float) -> float:
    """Return the seconds left until *end*.

    Raises:
        TimeoutError: there are none.
    """
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
