"""A receipt on a narrow roll of paper: what it says, line by line, in letters that any printer has."""

from __future__ import annotations

import textwrap
import unicodedata
from dataclasses import dataclass
from enum import Enum
from typing import Final

RULE: Final = "-"
_GROUPS_A_LINE: Final = 3  # of four digits: 14 signs, which fit the narrowest roll at twice their width
# What no accent explains; the rest of what a small printer lacks is left out or becomes its bare letter.
_INSTEAD: Final = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\u2026": "...",
    "\u00b7": "-", "\u2022": "-", "\u00a0": " ", "\u202f": " ", "\u00df": "ss", "\u00e6": "ae", "\u00f8": "o", "\u0131": "i",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slip:
    """What a slip says. No emblem, and nothing of what the message is about: whoever finds it learns nothing.

    Attributes:
        code: 20 digits.
        facts: label and value, such as the reference.
        ways: heading and lines that tell where the answer can be read.
        proof: what the QR holds; never the code.
    """

    title: str
    code_label: str
    code: str
    warning: str
    facts: tuple[tuple[str, str], ...]
    ways_label: str
    ways: tuple[str, ...]
    proof: str
    proof_words: str

    @property
    def words(self) -> str:
        """Return all it says in letters."""
        facts = (part for fact in self.facts for part in fact)
        return "\n".join((self.title, self.code_label, self.warning, *facts, self.ways_label, *self.ways, self.proof_words))


class Style(Enum):
    """How a line is printed."""

    PLAIN = "plain"
    STRONG = "strong"
    LARGE = "large"  # twice as wide and high
    QR = "qr"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: text, or what a QR holds."""

    text: str
    style: Style = Style.PLAIN
    centred: bool = False

    @property
    def is_rule(self) -> bool:
        """Tell whether it is a line across the paper."""
        return bool(self.text) and not self.text.strip(RULE)


def lay_out(slip: Slip, columns: int) -> list[Line]:
    """Return *slip* line by line for a roll of *columns* signs."""
    groups = [slip.code[at : at + 4] for at in range(0, len(slip.code), 4)]
    return [
        *_strong(slip.title, columns),
        Line(RULE * columns),
        *_strong(slip.code_label, columns),
        Line(""),
        *(Line(" ".join(groups[at : at + _GROUPS_A_LINE]), Style.LARGE, centred=True) for at in range(0, len(groups), _GROUPS_A_LINE)),
        Line(""),
        *(Line(line.text, centred=True) for line in _plain(slip.warning, columns)),
        Line(RULE * columns),
        *(line for label, value in slip.facts for line in _plain(f"{label}: {value}", columns)),
        Line(""),
        *_strong(slip.ways_label, columns, centred=False),
        *(line for way in slip.ways for line in _plain(way, columns)),
        Line(""),
        Line(slip.proof, Style.QR, centred=True),
        *(Line(line.text, centred=True) for line in _plain(slip.proof_words, columns)),
    ]


def _plain(text: str, columns: int) -> list[Line]:
    return [Line(line) for line in textwrap.wrap(bare(text), columns)]


def _strong(text: str, columns: int, *, centred: bool = True) -> list[Line]:
    return [Line(line.text, Style.STRONG, centred) for line in _plain(text, columns)]


def bare(text: str) -> str:
    """Return *text* in the letters that every printer has: ĩ becomes i, a curly quote a straight one, and what has no such letter ``?``."""
    loose = unicodedata.normalize("NFKD", text.translate(_INSTEAD))
    return "".join(sign for sign in loose if not unicodedata.combining(sign)).encode("ascii", "replace").decode("ascii")


def can_print(text: str) -> bool:
    """Tell whether nothing of *text* is lost but accents; a language in other letters cannot be printed."""
    return bare(text).count("?") == text.count("?")
