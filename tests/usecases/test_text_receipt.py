"""A receipt goes to the telephone whose number was left with the message, for nobody but the holder of its code."""

from __future__ import annotations

import pytest

from appliance.domain.errors import CodeConflict
from appliance.usecases.erase_values import erase
from appliance.usecases.text_receipt import NoNumber, NoTexter, text_receipt
from tests.factories import MANAGER, Site, World

NUMBER = "+254712345678"


class Noted:
    """Notes what it was given to send."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send(self, number: str, words: str) -> None:
        """Note it."""
        self.sent.append((number, words))

    def close(self) -> None:
        """Have nothing to close."""


@pytest.fixture
def centre(world: World) -> Site:
    site = world.centre("NBI")
    site.node.texter = Noted()
    return site


def sent(site: Site) -> list[tuple[str, str]]:
    assert isinstance(site.node.texter, Noted)
    return site.node.texter.sent


def test_it_goes_to_the_number_left_with_the_message(world: World, centre: Site) -> None:
    receipt = world.file(centre, phone=NUMBER, consent="contact-about-case")
    text_receipt(centre.node, receipt.id, receipt.code, lambda one: f"{one.code} {one.ref}")
    assert sent(centre) == [(NUMBER, f"{receipt.code} {receipt.ref}")]


def test_another_code_sends_nothing(world: World, centre: Site) -> None:
    receipt, other = world.file(centre, phone=NUMBER, consent="contact-about-case"), world.file(centre)
    with pytest.raises(CodeConflict):
        text_receipt(centre.node, receipt.id, other.code, lambda one: one.code)
    assert sent(centre) == []


def test_without_a_number_or_a_gateway_it_says_to_write_the_code_down(world: World, centre: Site) -> None:
    receipt = world.file(centre)
    with pytest.raises(NoNumber, match="Write the code down"):
        text_receipt(centre.node, receipt.id, receipt.code, lambda one: one.code)
    centre.node.texter = None
    with pytest.raises(NoTexter, match="Write the code down"):
        text_receipt(centre.node, receipt.id, receipt.code, lambda one: one.code)


def test_a_number_that_was_erased_gets_nothing(world: World, centre: Site) -> None:
    receipt = world.file(centre, phone=NUMBER, consent="contact-about-case")
    erase(centre.node, receipt.id, MANAGER, ("phone",), "dpa-s40")
    with pytest.raises(NoNumber):
        text_receipt(centre.node, receipt.id, receipt.code, lambda one: one.code)


@pytest.mark.parametrize("number", ["+8821612345678", "+25471234567", "+254712345678,+254712345679", "0712 345 678"])
def test_a_number_that_this_country_does_not_have_gets_nothing(world: World, centre: Site, number: str) -> None:
    receipt = world.file(centre, phone=number, consent="contact-about-case")
    with pytest.raises(NoNumber):
        text_receipt(centre.node, receipt.id, receipt.code, lambda one: one.code)
    assert sent(centre) == []
