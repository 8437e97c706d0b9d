"""The receipt on paper: for nobody but the holder of its code, with nothing on it that betrays what it is about, and kept nowhere."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from appliance.channels.paper.printers import Printers
from appliance.domain.codes import group_receipt_code
from appliance.domain.errors import CodeConflict
from appliance.domain.slips import Slip
from appliance.settings import PrinterSettings
from appliance.usecases.open_case import Receipt
from appliance.usecases.print_slip import NoPrinter, print_slip
from tests.channels.paper.printer import Paper, Printer, plugged_in, read_paper
from tests.domain.test_slips import SLIP
from tests.factories import Site, World, client_of

BRAND = ("huduma", "cfms", "feedback", "complaint", "malalamiko", "maoni", "corrupt", "passport", "queue")


@pytest.fixture
def centre(world: World) -> Site:
    return world.centre("NBI")


def printing(site: Site, printer: Printer) -> FlaskClient:
    """Plug *printer* in at K1 of *site*; return a client of its pages."""
    site.node.printers = Printers(PrinterSettings(address=f"K1={printer.address}"))
    return client_of(site)


def words_of(receipt: Receipt) -> Slip:
    assert receipt.code
    return SLIP


def ask(client: FlaskClient, receipt: Receipt, code: str = "", terminal: str = "K1", lang: str = "en") -> tuple[int, dict[str, object]]:
    said = client.post(f"/api/v1/slip?kiosk={terminal}", json={"id": receipt.id, "code": code or receipt.code, "lang": lang})
    assert isinstance(said.json, dict)
    return said.status_code, said.json


def test_without_a_printer_it_says_to_write_the_code_down(world: World, centre: Site) -> None:
    receipt = world.file(centre)
    with pytest.raises(NoPrinter, match="Write the code down"):
        print_slip(centre.node, receipt.id, receipt.code, "K1", words_of)
    assert ask(client_of(centre), receipt)[1]["error"] == "NoPrinter"


def test_another_code_prints_nothing(world: World, centre: Site) -> None:
    receipt, other = world.file(centre), world.file(centre)
    with plugged_in(Printer()) as printer:
        client = printing(centre, printer)
        with pytest.raises(CodeConflict):
            print_slip(centre.node, receipt.id, other.code, "K1", words_of)
        assert ask(client, receipt, other.code)[0] == 409
    assert printer.connections == 0


@pytest.fixture
def printed(world: World, centre: Site) -> Callable[..., tuple[Receipt, Paper]]:
    """Lend a function that files a message, prints its slip by the API, and returns what came out."""

    def file_and_print(lang: str = "en", **more: object) -> tuple[Receipt, Paper]:
        receipt = world.file(centre, "The queue for a passport did not move", lang=lang, **more)
        with plugged_in(Printer()) as printer:
            assert ask(printing(centre, printer), receipt, lang=lang) == (200, {"printed": True})
        return receipt, read_paper(printer.jobs[0])

    return file_and_print


@pytest.mark.parametrize(("lang", "says"), [("en", "Keep this paper"), ("sw", "Tunza karatasi hii")])
def test_it_tells_code_reference_date_and_where_to_read_the_answer(printed: Callable[..., tuple[Receipt, Paper]], lang: str, says: str) -> None:
    receipt, paper = printed(lang)
    assert " ".join(paper.large) == group_receipt_code(receipt.code)
    assert receipt.ref in paper.text
    assert says in paper.text
    assert "2026" in paper.text
    assert "hq.example/track" in paper.text
    assert paper.cuts == 1


def test_it_bears_no_emblem_and_nothing_of_the_matter(printed: Callable[..., tuple[Receipt, Paper]]) -> None:
    for lang in ("en", "sw"):
        _, paper = printed(lang)
        assert [word for word in BRAND if word in paper.text.lower()] == []


def test_its_qr_holds_the_proof_and_never_the_code(centre: Site, printed: Callable[..., tuple[Receipt, Paper]]) -> None:
    receipt, paper = printed()
    (code,) = paper.codes
    assert code == f"http://hq.example/proof?p={receipt.proof}"
    assert receipt.code not in code
    assert "p=" + receipt.proof in code
    assert client_of(centre).get("/proof?p=" + receipt.proof).status_code == 200


def test_a_printer_that_fails_is_told_in_a_sentence_and_the_receipt_stands(world: World, centre: Site) -> None:
    receipt = world.file(centre)
    with plugged_in(Printer(hangs_up="job")) as printer:
        client = printing(centre, printer)
        status, said = ask(client, receipt)
        assert (status, said["error"], said["message"]) == (503, "PrinterSilent", "The printer does not answer. Write the code down.")
        printer.hangs_up = ""
        assert ask(client, receipt)[0] == 200
        assert ask(client, receipt, terminal="K2")[1]["error"] == "NoPrinter"
    assert centre.number("SELECT count(*) FROM case_state") == 1


def test_it_stands_in_no_file_and_no_log(world: World, centre: Site, caplog: pytest.LogCaptureFixture) -> None:
    receipt = world.file(centre)
    with caplog.at_level(logging.DEBUG), plugged_in(Printer()) as printer:
        client = printing(centre, printer)
        assert ask(client, receipt)[0] == 200
        printer.hangs_up = "job"
        assert ask(client, receipt)[0] == 503
    for form in (receipt.code, group_receipt_code(receipt.code), receipt.code[-8:]):
        assert form not in caplog.text
        assert centre.holds_bytes(form.encode()) == []


def test_guessing_codes_at_the_printer_is_slowed_as_everywhere(world: World, centre: Site) -> None:
    receipt, other = world.file(centre), world.file(centre)
    with plugged_in(Printer()) as printer:
        client = printing(centre, printer)
        statuses = {ask(client, receipt, other.code)[0] for _ in range(centre.settings.limits.wrong_codes_per_hour + 1)}
        assert statuses == {409, 429}
        assert ask(client, receipt)[0] == 429
    assert printer.connections == 0


def test_what_is_no_question_is_refused(centre: Site) -> None:
    client = client_of(centre)
    assert client.post("/api/v1/slip", data=b"{").status_code == 400
    assert client.post("/api/v1/slip", json={"id": "x"}).status_code == 400
    assert client.post("/api/v1/slip", json={"id": "x", "code": "y"}).status_code in {409, 422}
