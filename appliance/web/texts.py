"""Marking and translating words, typed: the only door to Flask-Babel's untyped functions."""

from __future__ import annotations

import flask_babel  # type: ignore[import-untyped]

# The names by which texts are found when the catalogues are made (catalogues.py).
__all__ = ["_", "_l", "_n"]


def _(text: str, **values: object) -> str:
    """Return *text* in the language of the answer, its ``%(name)s`` places filled with *values*."""
    return str(flask_babel.gettext(text, **values))


def _n(one: str, many: str, number: int, **values: object) -> str:
    """Return *one* or *many* in the language of the answer, whichever suits *number*, which fills ``%(num)d``."""
    return str(flask_babel.ngettext(one, many, number, **values))


def _l(text: str) -> object:
    """Return *text* as something that is translated when ``str`` is called on it, for words kept in tables."""
    lazy: object = flask_babel.lazy_gettext(text)
    return lazy
