"""A slip fits its roll, and is in letters that any printer has."""

from __future__ import annotations

import pytest

from appliance.domain.slips import Slip, Style, bare, can_print, lay_out

SLIP = Slip(
    title="Tunza karatasi hii", code_label="Nambari yako ya siri:", code="12345678901234567890", warning="Usimwonyeshe mtu yeyote.",
    facts=(("Kumbukumbu", "NBI-26A-004217-K"), ("Jibu kufikia", "Jumanne, 1 Desemba 2026")), ways_label="Kusoma jibu",
    ways=("Kituoni: andika nambari kwenye mashine yoyote", "Intaneti: maoni.huduma.example.go.ke/track"), proof="https://hq.example/proof?p=abc",
    proof_words="Mraba huu ni uthibitisho wako. Hauna nambari yako ya siri.",
)  # fmt: skip


@pytest.mark.parametrize("columns", [32, 42, 48, 64])
def test_every_line_fits_the_roll(columns: int) -> None:
    for line in lay_out(SLIP, columns):
        if line.style is not Style.QR:
            assert len(line.text) * (2 if line.style is Style.LARGE else 1) <= columns
            assert line.text == bare(line.text)


def test_the_code_stands_in_groups_of_four_and_nowhere_else() -> None:
    lines = lay_out(SLIP, 42)
    assert [line.text for line in lines if line.style is Style.LARGE] == ["1234 5678 9012", "3456 7890"]
    others = "".join(line.text for line in lines if line.style is not Style.LARGE)
    assert "1234" not in others.replace(" ", "")


def test_nothing_that_was_to_be_said_is_lost() -> None:
    said = " ".join(" ".join(line.text for line in lay_out(SLIP, 32)).split())
    for words in SLIP.words.split("\n"):
        assert bare(words) in said
    assert SLIP.proof in said


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Mũno ĩno", "Muno ino"),
        ("ng\u2019ombe \u2013 \u201csawa\u201d\u2026", 'ng\'ombe - "sawa"...'),
        ("Straße, ærø", "Strasse, aero"),
        ("7\u00a0siku", "7 siku"),
        ("*384#", "*384#"),
    ],
)
def test_letters_a_small_printer_lacks_become_their_bare_ones(written: str, printed: str) -> None:
    assert bare(written) == printed
    assert can_print(written)


@pytest.mark.parametrize("written", ["መልእክትዎ", "رسالتك", "😀", "ĩ 漢"])
def test_other_letters_cannot_be_printed_and_that_is_known(written: str) -> None:
    assert not can_print(written)
    assert can_print("Was it fixed?")
