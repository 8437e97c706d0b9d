"""The receipt: a code to keep, a date, a proof that anybody may scan, and a check that the code was kept."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from appliance.domain.codes import check_receipt_code
from tests.factories import Site, client_of
from tests.kiosk_ui.citizen import Citizen

Before = Callable[..., Citizen]


def test_the_receipt_shows_code_reference_date_and_how_to_follow(citizen: Before) -> None:
    someone = citizen()
    code = someone.file()
    assert check_receipt_code(code) == code
    page = someone.answers[-1].text
    assert re.findall(r'<span aria-hidden="true">(\d{4})</span>', page) == [code[at : at + 4] for at in range(0, 20, 4)]
    assert re.search(r"NBI-26A-\d{6}-[A-Z]", page)
    assert "You have an answer by:" in page
    assert "How to follow your case" in page
    assert "hq.example" in page  # where headquarters answers on the internet


def test_the_qr_leads_to_the_proof_at_headquarters_and_never_holds_the_code(centre: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr("appliance.web.app.qr_svg", lambda data, _title: str(drawn.append(data)))  # type: ignore[func-returns-value]
    code = Citizen(client_of(centre)).file()
    assert drawn
    assert all(re.fullmatch(r"http://hq\.example/proof\?p=CFMS1:[A-Za-z0-9.~/:_-]+", one) for one in drawn)
    assert all(code not in one for one in drawn)


def test_the_slip_to_print_says_nothing_of_what_it_is_about(citizen: Before) -> None:
    someone = citizen()
    someone.file(kind="complaint", service="40217", text="They asked for tea")
    slip = someone.answers[-1].text.split('<div class="slip">')[1].split("</div>")[0]
    assert someone.code[:4] in slip
    for word in ("complaint", "Complaint", "identity", "tea", "Huduma Maoni"):
        assert word not in slip


def test_the_last_four_digits_are_checked(citizen: Before) -> None:
    someone = citizen()
    code = someone.file()
    page = someone.send("receipt", ("go", "check"), last_four="0000" if code[-4:] != "0000" else "1111")
    assert someone.status == 422
    assert "not the last four digits" in page.text
    assert someone.code == code
    assert "You have your code" in someone.send("receipt", ("go", "check"), last_four=f" {code[-4:]} ").title


def test_the_receipt_can_be_read_in_another_language(citizen: Before) -> None:
    someone = citizen()
    code = someone.file()
    form = next(name for name, one in someone.page.forms.items() if ("lang", "sw") in one.buttons)
    page = someone.send(form, ("lang", "sw"))
    assert "Ujumbe wako umesajiliwa" in page.title
    assert someone.code == code
    back = next(name for name, one in page.forms.items() if ("lang", "en") in one.buttons)
    assert "Your message is registered" in someone.send(back, ("lang", "en")).title


def test_nobody_gets_a_receipt_by_a_code_of_their_own(citizen: Before) -> None:
    someone, other = citizen(), citizen()
    someone.file()
    mine = dict(someone.page.forms["receipt"].fields)
    other.file()
    other.send("receipt", ("go", "check"), **{**mine, "code": other.code})
    assert other.status == 409
    assert mine["code"] not in other.answers[-1].text


def test_digits_that_were_typed_survive_another_language_and_look(citizen: Before) -> None:
    someone = citizen()
    someone.file()
    for touched in (("lang", "sw"), ("look", "large")):
        page = someone.send("receipt", touched, last_four="12")
        assert page.forms["receipt"].fields["last_four"] == "12"
        assert someone.status == 200


def test_where_there_is_no_printer_the_slip_is_shown_as_it_would_be_printed(citizen: Before) -> None:
    someone = citizen()
    code = someone.file()
    preview = someone.answers[-1].text.split('class="slip-preview"')[1].split("</div>")[0]
    assert all(code[at : at + 4] in preview for at in range(0, 20, 4))
    assert ("go", "print") not in someone.page.forms["receipt"].buttons


class _Printers:
    """A printer at terminal K1 that remembers what it was given."""

    def __init__(self) -> None:
        self.printed: list[tuple[str, str]] = []

    def has(self, terminal: str) -> bool:
        return terminal == "K1"

    def print(self, terminal: str, id: str, _slip: object) -> None:
        self.printed.append((terminal, id))

    def close(self) -> None:
        """Nothing is open."""


def test_a_terminal_with_a_printer_prints_the_slip(citizen: Before, centre: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    printers = _Printers()
    monkeypatch.setattr(centre.node, "printers", printers)
    someone, other = citizen(), citizen(kiosk="K2")
    code = someone.file()
    page = someone.send("receipt", ("go", "print"), last_four="12")
    assert "The slip is being printed" in page.text
    assert (someone.code, page.forms["receipt"].fields["last_four"]) == (code, "12")
    assert printers.printed == [("K1", page.forms["receipt"].fields["id"])]
    other.file()
    assert ("go", "print") not in other.page.forms["receipt"].buttons


def test_finishing_leads_a_terminal_to_where_it_forgets(citizen: Before) -> None:
    someone, own = citizen(), citizen(kiosk="")
    someone.file()
    assert "/?kiosk=K1&reset=1" in someone.page.addresses
    own.file()
    assert not [where for where in own.page.addresses if "reset" in where]
