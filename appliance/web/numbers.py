"""Numbers and shares as people of this country write them."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale
from babel.numbers import format_decimal, format_percent
from flask import Flask

from appliance.web.dates import locale_here


def number(value: float) -> str:
    """Return *value* with its thousands told apart."""
    return _number(value, locale_here())


@lru_cache(maxsize=4096)
def _number(value: float, locale: Locale) -> str:
    """Return *value* as *locale* writes it; a table of centres shows hundreds, and writing one takes longer than finding it."""
    return str(format_decimal(value, locale=locale))


def share(part: float) -> str:
    """Return *part*, a fraction of 1, in whole per cent."""
    return str(format_percent(part, locale=locale_here()))


def init_numbers(app: Flask) -> None:
    """Give templates the filters ``number`` and ``share``."""
    app.jinja_env.filters["number"] = number
    app.jinja_env.filters["share"] = share
