"""A receipt sent to the telephone: offered only where it can be done, short, and silent about what it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from appliance.domain.errors import TooMany
from tests.factories import Site
from tests.kiosk_ui.citizen import Citizen

Before = Callable[..., Citizen]
CONTACT = {"phone": "0712 345 678", "consent": "contact-about-case/90"}


class Telephones:
    """Notes what was sent, or refuses."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.refuses = False

    def send(self, number: str, words: str) -> None:
        """Note it."""
        if self.refuses:
            raise TooMany(seconds=900)
        self.sent.append((number, words))

    def close(self) -> None:
        """Have nothing to close."""


@pytest.fixture
def telephones(centre: Site) -> Iterator[Telephones]:
    """Let the centre have a gateway for the length of a test."""
    found = Telephones()
    centre.node.texter = found
    yield found
    centre.node.texter = None


@pytest.mark.parametrize("lang", ["en", "sw"])
def test_the_code_reaches_the_number_in_one_short_message(lang: str, citizen: Before, telephones: Telephones) -> None:
    someone = citizen(lang=lang)
    code = someone.file(text="They asked for tea", **CONTACT)
    someone.send("receipt", ("go", "text"))
    [(number, words)] = telephones.sent
    assert number == "+254712345678"
    assert " ".join(code[at : at + 4] for at in range(0, 20, 4)) in words
    assert len(words) <= 160
    assert words.isascii()  # one part of GSM-7
    assert not any(word in words.lower() for word in ("tea", "complaint", "lalamiko", "identity", "kitambulisho"))


def test_it_is_offered_neither_without_a_number_nor_without_a_gateway(citizen: Before, telephones: Telephones, centre: Site) -> None:
    someone = citizen()
    someone.file()
    assert ("go", "text") not in someone.page.forms["receipt"].buttons
    centre.node.texter = None
    another = citizen()
    another.file(**CONTACT)
    assert ("go", "text") not in another.page.forms["receipt"].buttons
    assert telephones.sent == []


def test_a_refusal_stands_on_the_receipt_and_nothing_is_lost(citizen: Before, telephones: Telephones) -> None:
    someone = citizen()
    code = someone.file(**CONTACT)
    telephones.refuses = True
    page = someone.send("receipt", ("go", "text"), last_four="12")
    assert someone.status == 429
    assert "900" in page.text
    assert someone.code == code
    assert page.forms["receipt"].fields["last_four"] == "12"
