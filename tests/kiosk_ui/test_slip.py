"""Where a terminal has a printer the receipt's page prints; where it has none, the page shows the very lines it would print."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from flask.testing import FlaskClient

from appliance.channels.paper.printers import Printers
from appliance.settings import PrinterSettings
from appliance.usecases.open_case import Receipt
from appliance.web.i18n import lang
from appliance.web.qr import qr_svg
from kiosk_ui import slips
from tests.channels.paper.printer import NO_PAPER, Printer, plugged_in, read_paper
from tests.factories import Site, World, client_of

Press = Callable[..., tuple[int, str]]


@pytest.fixture
def receipt(world: World, centre: Site) -> Receipt:
    return world.file(centre)


@pytest.fixture
def printer(centre: Site) -> Iterator[Printer]:
    """Lend a printer at K1 of the centre."""
    with plugged_in(Printer()) as one:
        centre.node.printers = Printers(PrinterSettings(address=f"K1={one.address}"))
        yield one
    centre.node.printers = None


@pytest.fixture
def press(client: FlaskClient, receipt: Receipt) -> Press:
    """Lend a function that presses a button on the page of the receipt; it returns the status and the page."""

    def send(go: str = "", lang: str = "en", kiosk: str = "K1") -> tuple[int, str]:
        answer = client.post("/feedback", data={"at": "receipt", "id": receipt.id, "code": receipt.code, "lang": lang, "kiosk": kiosk, "go": go})
        return answer.status_code, unescape(answer.text)

    return send


def shown(page: str) -> list[str]:
    """Return the lines of the slip on the screen."""
    return [unescape(line) for line in re.findall(r'<p class="slip-preview__line[^"]*">([^<]*)</p>', page)]


@pytest.mark.parametrize("lang", ["en", "sw"])
def test_the_screen_shows_the_lines_that_are_printed(centre: Site, press: Press, lang: str) -> None:
    _, page = press(lang=lang)
    with plugged_in(Printer()) as printer:
        centre.node.printers = Printers(PrinterSettings(address=printer.address))
        assert press("print", lang)[0] == 200
        centre.node.printers = None
    paper = read_paper(printer.jobs[0])
    printed = [line for line in paper.text.split("\n") if not line or line.strip("-")]
    assert [line for line in shown(page) if line] == [line for line in printed if line]
    assert str(qr_svg(paper.codes[0], "x")).partition(">")[2] in page


def test_with_a_printer_the_button_prints_and_says_so(printer: Printer, press: Press, receipt: Receipt) -> None:
    _, page = press()
    assert 'name="go" value="print"' in page
    assert shown(page) == []
    status, page = press("print")
    assert (status, "is being printed" in page) == (200, True)
    assert receipt.ref in read_paper(printer.jobs[0]).text


@pytest.mark.parametrize(("lang", "says"), [("en", "needs paper"), ("sw", "haina karatasi")])
def test_a_printer_without_paper_leaves_the_code_on_the_screen(printer: Printer, press: Press, receipt: Receipt, lang: str, says: str) -> None:
    printer.answer = NO_PAPER
    status, page = press("print", lang)
    assert (status, says in page) == (503, True)
    assert receipt.code[-4:] in page
    assert 'name="go" value="print"' in page


def test_a_telephone_is_not_offered_the_terminals_printer(printer: Printer, press: Press) -> None:
    _, page = press(kiosk="")
    assert 'value="print"' not in page
    assert press("print", kiosk="")[0] == 422
    assert printer.connections == 0


def test_a_language_in_other_letters_is_printed_in_the_countrys_first(centre: Site, receipt: Receipt) -> None:
    with client_of(centre).application.test_request_context("/?lang=sw&kiosk=K1"), pytest.MonkeyPatch.context() as patched:
        patched.setattr(slips, "can_print", lambda words: "Tunza" not in words)  # as if Kiswahili were written in other letters
        assert slips.slip_of(centre.node, receipt).title == "Keep this paper"
        assert lang() == "sw"  # the page speaks on as before
