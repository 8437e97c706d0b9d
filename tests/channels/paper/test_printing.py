"""Printers good and bad: what comes out of a real connection, and that none of them keeps anybody waiting."""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.channels.paper import lines, printers
from appliance.channels.paper.composing import compose
from appliance.channels.paper.lines import Device, way_to
from appliance.channels.paper.printers import TIMES, Printers
from appliance.domain.slips import lay_out
from appliance.settings import PrinterSettings
from appliance.usecases.print_slip import NoPrinter, PrinterOpen, PrinterSilent, SlipsEnough
from tests.channels.paper.printer import GOOD, LID_OPEN, NO_PAPER, Printer, plugged_in, read_paper
from tests.domain.test_slips import SLIP

QUICK = 0.5  # seconds of patience in tests; nothing here asserts how long anything took


def of(printer: Printer, *, answers: bool = True, columns: int = 42, patience: float = 20.0) -> Printers:
    return Printers(PrinterSettings(address=printer.address, answers=answers, columns=columns), patience)


@pytest.mark.parametrize("columns", [32, 42, 48])
def test_the_slip_comes_out_whole_and_is_cut(columns: int) -> None:
    with plugged_in(Printer()) as printer:
        of(printer, columns=columns).print("K1", "case", SLIP)
    (job,) = printer.jobs
    paper = read_paper(job)
    assert paper.large == ["1234 5678 9012", "3456 7890"]
    assert "NBI-26A-004217-K" in paper.text
    assert "Jumanne, 1 Desemba" in paper.text
    assert paper.codes == [SLIP.proof]
    assert paper.cuts == 1


def test_accents_are_printed_bare() -> None:
    with plugged_in(Printer()) as printer:
        of(printer).print("K1", "case", replace(SLIP, title="Iga ũhoro ũyũ \u2013 wega"))
    assert "Iga uhoro uyu - wega" in read_paper(printer.jobs[0]).text


def test_a_qr_fits_the_narrowest_roll() -> None:
    job = compose(lay_out(replace(SLIP, proof="https://hq.example/proof?p=" + "a" * 200), 32), 32)
    dots = job[job.index(b"\x1d(k\x03\x001C") + 7]
    assert 3 <= dots <= 32 * 12 // (61 + 8)


@pytest.mark.parametrize("answer", [NO_PAPER, LID_OPEN])
def test_a_printer_that_needs_somebody_prints_nothing_and_says_so(answer: bytes) -> None:
    with plugged_in(Printer(answer)) as printer, pytest.raises(PrinterOpen, match="Write the code down"):
        of(printer).print("K1", "case", SLIP)
    assert printer.jobs == [b""]


def test_paper_that_ends_under_the_slip_is_noticed() -> None:
    with plugged_in(Printer(GOOD, later=NO_PAPER)) as printer, pytest.raises(PrinterOpen):
        of(printer).print("K1", "case", SLIP)


@pytest.mark.parametrize("hangs_up", ["asked", "job"])
def test_a_printer_that_hangs_up_does_not_answer(hangs_up: str) -> None:
    with plugged_in(Printer(hangs_up=hangs_up)) as printer, pytest.raises(PrinterSilent, match="does not answer"):
        of(printer).print("K1", "case", SLIP)


def test_a_printer_that_says_nothing_keeps_nobody_waiting_and_prints_nothing() -> None:
    with plugged_in(Printer(b"")) as printer, pytest.raises(PrinterSilent):
        of(printer, patience=QUICK).print("K1", "case", SLIP)
    assert printer.jobs == [b""]


def test_a_printer_that_takes_no_bytes_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printers, "compose", lambda *_: bytes(64 * 1024**2))  # more than any buffer between us takes
    with socket.create_server(("127.0.0.1", 0)) as door, pytest.raises(PrinterSilent):
        of(Printer(port=door.getsockname()[1]), answers=False, patience=QUICK).print("K1", "case", SLIP)


def test_a_printer_that_is_not_there_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(PrinterSilent):
        of(Printer(port=port)).print("K1", "case", SLIP)


def test_a_printer_that_never_answers_can_be_said_to_be_such() -> None:
    with plugged_in(Printer(b"")) as printer:
        of(printer, answers=False).print("K1", "case", SLIP)
        printer_done(printer)
    assert read_paper(printer.jobs[0]).cuts == 1


def printer_done(printer: Printer) -> None:
    """Make sure that it has read all of the first connection: it takes the next one only then."""
    with socket.create_connection(("127.0.0.1", printer.port), timeout=20) as line:
        line.sendall(lines.ASK)
        line.shutdown(socket.SHUT_WR)
        assert line.recv(10) == printer.answer


def test_each_terminal_prints_on_its_own_and_telephones_on_none() -> None:
    with plugged_in(Printer()) as one, plugged_in(Printer()) as other:
        both = Printers(PrinterSettings(address=f"K1={one.address}, K2={other.address}"))
        both.print("K2", "case", SLIP)
        assert (one.connections, other.connections) == (0, 1)
        assert (both.has("K1"), both.has("K9"), both.has("")) == (True, False, False)
        for terminal in ("K9", ""):
            with pytest.raises(NoPrinter):
                both.print(terminal, "case", SLIP)
        shared = Printers(PrinterSettings(address=f"K1={one.address}, {other.address}"))
        shared.print("K9", "case", SLIP)
        assert (one.connections, other.connections) == (0, 2)
        assert not shared.has("")


def test_one_slip_is_printed_three_times_at_most_and_failures_do_not_count() -> None:
    with plugged_in(Printer(NO_PAPER)) as printer:
        mine = of(printer)
        for _ in range(2):
            with pytest.raises(PrinterOpen):
                mine.print("K1", "case", SLIP)
        printer.answer = GOOD
        for _ in range(TIMES):
            mine.print("K1", "case", SLIP)
        with pytest.raises(SlipsEnough, match="3 times"):
            mine.print("K1", "case", SLIP)
        mine.print("K1", "another", SLIP)


def test_slips_come_out_one_after_another() -> None:
    with plugged_in(Printer()) as printer:
        mine = of(printer)
        threads = [threading.Thread(target=mine.print, args=("K1", f"case {number}", SLIP)) for number in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(30)
    assert [read_paper(job).cuts for job in printer.jobs] == [1] * 8


def test_a_second_slip_does_not_wait_for_a_printer_that_hangs_under_the_first() -> None:
    with plugged_in(Printer(b"")) as printer:
        mine = of(printer, patience=QUICK)
        refused: list[type[Exception]] = []

        def try_it(id: str) -> None:
            try:
                mine.print("K1", id, SLIP)
            except PrinterSilent as error:
                refused.append(type(error))

        threads = [threading.Thread(target=try_it, args=(f"case {number}",)) for number in range(3)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(30)
        assert refused == [PrinterSilent] * 3


# --- device files and USB -------------------------------------------------------------------------------


def test_a_device_file_takes_the_slip(tmp_path: Path) -> None:
    pipe = tmp_path / "lp0"
    os.mkfifo(pipe)
    took: list[bytes] = []
    reader = threading.Thread(target=lambda: took.append(pipe.read_bytes()))
    reader.start()
    job = compose(lay_out(SLIP, 42), 42)
    for _ in range(2000):  # until the reader has opened its end
        try:
            Device(str(pipe)).send(job, 20)
        except PrinterSilent:
            continue
        break
    reader.join(30)
    assert took == [job]


def test_a_device_that_takes_nothing_keeps_nobody_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "lp0"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(PrinterSilent):
            Device(str(pipe)).send(bytes(10_000_000), QUICK)
    finally:
        os.close(end)


def test_an_ordinary_file_is_no_printer_so_no_code_stays_on_disk(tmp_path: Path) -> None:
    file = tmp_path / "lp0"
    file.touch()
    for path in (file, tmp_path / "none"):
        with pytest.raises(PrinterSilent):
            Device(str(path)).send(b"1234 5678", QUICK)
    assert file.read_bytes() == b""


class Bus:
    """A printer on USB as python-escpos shows one."""

    def __init__(self, answer: bytes = GOOD, error: Exception | None = None) -> None:
        self.answer, self.error = answer, error
        self.sent, self.closed = b"", False

    def open(self) -> None:
        if self.error:
            raise self.error

    def _raw(self, data: bytes) -> None:
        self.sent += data

    def _read(self) -> bytes:
        return self.answer

    def close(self) -> None:
        self.closed = True


def test_a_printer_on_usb_is_found_by_vendor_and_product(monkeypatch: pytest.MonkeyPatch) -> None:
    bus = Bus()
    asked: list[tuple[int, ...]] = []

    def found(*which: int, **_: int) -> Bus:
        asked.append(which)
        return bus

    monkeypatch.setattr("escpos.printer.Usb", found)
    way_to("usb://04b8:0e15", answers=True).send(b"slip", 4)
    assert asked == [(0x04B8, 0x0E15)]
    assert bus.sent == lines.ASK + b"slip" + lines.ASK
    assert bus.closed


@pytest.mark.parametrize(("bus", "error"), [(Bus(b""), PrinterSilent), (Bus(NO_PAPER), PrinterOpen), (Bus(error=OSError()), PrinterSilent)])
def test_a_printer_on_usb_that_fails_says_so(monkeypatch: pytest.MonkeyPatch, bus: Bus, error: type[Exception]) -> None:
    monkeypatch.setattr("escpos.printer.Usb", lambda *_, **__: bus)
    with pytest.raises(error):
        way_to("usb://04b8:0e15", answers=True).send(b"slip", 4)
    assert bus.closed


def test_no_printer_on_the_bus_is_a_silent_one() -> None:
    with pytest.raises(PrinterSilent):
        way_to("usb://ffff:fffe", answers=True).send(b"slip", 4)
