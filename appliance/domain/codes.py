"""The codes people read aloud, type and print: receipt codes, service codes, case references.

A receipt code is a secret and numeric, so that any keypad takes it (design §5). A service code is public and
stands on posters. A reference is public and names a case.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.domain.errors import CodeMistyped, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

RECEIPT_DIGITS = 20
_DRAW_BYTES = 8
_CHECK_RANGE = range(2, 99)  # what MOD 97-10 makes: never 00, 01 or 99
SERVICE_DIGITS = 5
_HALF = 13  # of 26 letters
_RANDOM_SPACE = 10**18
# 18 whole copies of the 18-digit space fit in 2^64; a draw beyond them would favour small codes.
_UNBIASED = 18 * _RANDOM_SPACE
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212._/\u200b\ufeff]+")
# A centre code is letters, then no digits, two or four. One check letter cannot tell 36 signs apart in one place; with an
# even number of digits, a letter mistaken for a digit or the other way always breaks the form instead.
_CENTRE = r"[A-Z]{1,5}(?:[0-9]{2}){0,2}"
_REFERENCE = re.compile(rf"({_CENTRE})([0-9]{{2}})([A-Z]{{1,2}})([0-9]{{6}}(?:[0-9]{{2}})?)([A-Z])")
CENTRE_CODE = re.compile(rf"(?=.{{2,5}}\Z){_CENTRE}")
_SERIES = "ABCDEFGJKLMNPQRSTUVWXYZ"  # no H (headquarters' own), no I, no O (read as digits)
HQ_SERIES = "H"
_SHORT_SEQUENCE = 999_999  # printed with six digits; what a busy centre numbers beyond it, with eight: an even number, as above
MAX_SEQUENCE = 99_999_999


class CodeWrongLength(CodeMistyped):
    """A code has 20 digits, and this one has {count}. Check it against your slip and type it again."""


class ServiceCodeMistyped(Refusal):
    """That is not a service code. Read the five digits on the poster again."""


class ReferenceMistyped(Refusal):
    """That is not a reference we know. It looks like NBI-26A-004217-K; check each sign and type it again."""


class SeriesUsedUp(Refusal):
    """There is no series left for epoch {epoch} of this year."""


# --- receipt codes --------------------------------------------------------------------------------------


def receipt_code_from(eight: bytes) -> str | None:
    """Return the receipt code of *eight* random bytes, or None for the one draw in 41 that must be repeated.

    Every code is equally likely: draws past the last whole multiple of 10^18 are refused, not folded back.
    """
    number = int.from_bytes(eight, "big")
    if len(eight) != _DRAW_BYTES or number >= _UNBIASED:
        return None
    payload = number % _RANDOM_SPACE
    return f"{payload:018d}{98 - payload * 100 % 97:02d}"  # ISO 7064 MOD 97-10


def mint_receipt_code(draw: Callable[[int], bytes]) -> str:
    """Return a fresh receipt code, calling *draw* (``os.urandom`` in production) for 8 bytes until unbiased."""
    while (code := receipt_code_from(draw(_DRAW_BYTES))) is None:
        continue
    return code


def check_receipt_code(text: str) -> str:
    """Return the 20 digits of the code typed as *text*, forgiving spaces and dashes.

    Raises:
        CodeWrongLength: digits are missing or too many.
        CodeMistyped: another sign than a digit, or the check digits do not fit.
    """
    code = _SEPARATORS.sub("", text[:200])
    if not (code.isascii() and code.isdigit()):
        raise CodeMistyped
    if len(code) != RECEIPT_DIGITS:
        raise CodeWrongLength(count=len(code))
    if int(code) % 97 != 1 or int(code[18:]) not in _CHECK_RANGE:
        raise CodeMistyped
    return code


def group_receipt_code(code: str) -> str:
    """Return *code* as it is shown: five groups of four."""
    return " ".join(code[at : at + 4] for at in range(0, RECEIPT_DIGITS, 4))


def rid_of(code: str) -> bytes:
    """Return the 32 bytes a store may know of a receipt *code* (spec keys, Receipt)."""
    return hashlib.sha256(b"cfms-rid/v1\n" + code.encode("ascii")).digest()


# --- service codes --------------------------------------------------------------------------------------


def service_code(prefix: int) -> str | None:
    """Return the five-digit service code of the four-digit *prefix*, or None where no digit would fit.

    The whole number leaves 1 when divided by 11, which catches every single wrong digit and every swap of
    neighbours; one prefix in eleven would need the "digit" ten and is skipped.
    """
    digit = (prefix + 1) % 11
    return f"{prefix:04d}{digit}" if digit in range(10) else None


def is_service_code(text: str) -> bool:
    """Tell whether *text* is a well-formed five-digit service code."""
    return len(text) == SERVICE_DIGITS and text.isascii() and text.isdigit() and int(text) % 11 == 1


def check_service_code(text: str) -> str:
    """Return the five digits typed as *text*, forgiving spaces and dashes.

    Raises:
        ServiceCodeMistyped: not five digits, or one is wrong.
    """
    code = _SEPARATORS.sub("", text[:50])
    if not is_service_code(code):
        raise ServiceCodeMistyped
    return code


# --- references -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reference:
    """The public name of a case.

    Attributes:
        centre: code of the centre the case belongs to.
        year: two digits.
        series: letters of the log epoch that numbered it (``series_letters``).
        sequence: 1 to 99,999,999 within centre, year and series.
    """

    centre: str
    year: int
    series: str
    sequence: int

    def __str__(self) -> str:
        """Return the form that is printed, such as ``NBI-26A-004217-K``."""
        return format_reference(self.centre, self.year, self.series, self.sequence)


def format_reference(centre: str, year: int, series: str, sequence: int) -> str:
    """Return the reference with its check letter.

    Args:
        centre: centre code.
        year: full or two-digit year.
        series: from ``series_letters``.
        sequence: 1 to 99,999,999.
    """
    number = f"{sequence:06d}" if sequence <= _SHORT_SEQUENCE else f"{sequence:08d}"
    if not 1 <= sequence <= MAX_SEQUENCE:
        raise ValueError("sequence out of range")
    head = f"{year % 100:02d}{series}"
    return f"{centre}-{head}-{number}-{_check_letter(centre + head + number)}"


def parse_reference(text: str) -> Reference:
    """Return the reference typed as *text*, forgiving case, spaces and dashes.

    One wrong sign, or two neighbours swapped, is always noticed.

    Raises:
        ReferenceMistyped: not of the form, or the check letter does not fit.
    """
    match = _REFERENCE.fullmatch(_SEPARATORS.sub("", text[:60]).upper())
    if not match:
        raise ReferenceMistyped
    centre, year, series, number, letter = match.groups()
    if not CENTRE_CODE.fullmatch(centre) or int(number) == 0 or _check_letter(centre + year + series + number) != letter:
        raise ReferenceMistyped
    return Reference(centre, int(year), series, int(number))


def series_letters(epoch: int, *, hq: bool = False) -> str:
    """Return the series of a log's *epoch*, counted from 0 within one centre and year.

    Centres take A to Z without H, I and O, then AA, AB and so on; headquarters takes H, then HA, HB and so on. The two
    never meet, since no centre's series begins with H.

    Raises:
        SeriesUsedUp: more epochs than letters (552 of a centre, 24 of headquarters).
    """
    size = len(_SERIES)
    if hq and 0 <= epoch <= size:
        return HQ_SERIES + (_SERIES[epoch - 1] if epoch else "")
    if not hq and 0 <= epoch < size:
        return _SERIES[epoch]
    if not hq and size <= epoch < size + size * size:
        first, second = divmod(epoch - size, size)
        return _SERIES[first] + _SERIES[second]
    raise SeriesUsedUp(epoch=epoch)


# The check letter is Verhoeff's scheme in the dihedral group of order 26, because 26 letters form no field:
# a weighted sum modulo 26 cannot catch every swap of letters (A and N differ by 13). Element r^i is i, r^i·s is
# 13+i. The map below is anti-symmetric (x·map(y) is never y·map(x) for two different x, y), which is what catches swaps.


def _product(left: int, right: int) -> int:
    turn = right % _HALF if left < _HALF else -(right % _HALF)
    return (left % _HALF + turn) % _HALF + _HALF * ((left // _HALF + right // _HALF) % 2)


_PRODUCT = [[_product(left, right) for right in range(26)] for left in range(26)]
# One of a hundred maps that serve; this one gives NBI-26A-004217 the K of our documents.
_SIGMA = [-i % _HALF for i in range(_HALF)] + [_HALF + (i + 3) % _HALF for i in range(_HALF)]
_LONGEST = 18


def _powers() -> list[list[int]]:
    rows = [list(range(26))]
    for _ in range(_LONGEST):
        rows.append([_SIGMA[value] for value in rows[-1]])
    return rows


_POWERS = _powers()


def _value(sign: str) -> int:
    return ord(sign) - 65 if sign >= "A" else ord(sign) - 48 + 11  # any place among the 26 would do


_VALUES = {sign: _value(sign) for sign in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_LAST = [{total: chr(65 + row.index(_PRODUCT[total].index(0))) for total in range(26)} for row in _POWERS]  # what brings a total to 0


def _check_letter(signs: str) -> str:
    total = 0
    for row, sign in zip(_POWERS, signs, strict=False):
        total = _PRODUCT[total][row[_VALUES[sign]]]
    return _LAST[len(signs)][total]
