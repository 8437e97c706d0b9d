"""What a citizen agrees to who leaves contact details: a code in the log, which carries for how long they are kept.

``contact-about-case/90``: to be reached about this case, and forgotten 90 days after it has ended. Another promise needs another code, so
that nobody's details are kept longer than was said to them. The code without days is of cases filed before a number was told.
"""

from __future__ import annotations

import re

ABOUT_CASE = "contact-about-case"
_TOLD = re.compile(rf"{ABOUT_CASE}/([1-9][0-9]{{0,3}})")


def code_for(days: int) -> str:
    """Return the code of a promise to forget *days* days after the case has ended."""
    return f"{ABOUT_CASE}/{days}"


def is_promise(code: str) -> bool:
    """Tell whether *code* is one that citizens were ever asked to agree to."""
    return code == ABOUT_CASE or _TOLD.fullmatch(code) is not None


def days_of(code: str) -> int:
    """Return the days that *code* promised, 0 where it told none."""
    told = _TOLD.fullmatch(code)
    return int(told[1]) if told else 0
