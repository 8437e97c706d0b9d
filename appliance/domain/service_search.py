"""Forgiving search over names: three-letter pieces of words, so that a half word or a slip still finds its service."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NOT_WORD = re.compile(r"[\W_]+")
MAX_QUERY = 100
# Below this share of the query's pieces, a hit is more often noise than a guess (tried on misspelt service names).
_ENOUGH = 0.45
# A 16-bit index holds the postings in half the memory; no catalogue may hold more services than it counts.
MAX_ENTRIES = 65_535


def fold(text: str) -> str:
    """Return *text* as it is searched: no case, no accents, words of letters and digits only."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _NOT_WORD.sub(" ", "".join(sign for sign in plain if not unicodedata.combining(sign))).strip()


def _pieces(text: str) -> set[str]:
    return {padded[at : at + 3] for word in fold(text).split() for padded in (f"  {word} ",) for at in range(len(padded) - 2)}


def share_found(query: str, text: str) -> float:
    """Return the share of the *query*'s pieces that *text* has."""
    wanted = _pieces(query[:MAX_QUERY])
    return len(wanted & _pieces(text)) / len(wanted) if wanted else 0.0


class ServiceIndex:
    """An index of codes by the pieces of their texts; built once, about 0.1 s and 2 MB for 5,500 services."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        """Index *entries*: pairs of code and text."""
        self._codes: list[str] = []
        self._postings: dict[str, array[int]] = {}
        for place, (code, text) in enumerate(entries):
            if place >= MAX_ENTRIES:
                raise ValueError("too many entries for the index")
            self._codes.append(code)
            for piece in _pieces(text):
                self._postings.setdefault(piece, array("H")).append(place)

    def find(self, query: str, limit: int) -> list[tuple[str, float]]:
        """Return up to *limit* codes with their score, best first; the score is the share of the query found, in twentieths."""
        wanted = _pieces(query[:MAX_QUERY])
        if not wanted:
            return []
        counts: Counter[int] = Counter()
        for piece in wanted:
            counts.update(self._postings.get(piece, ()))
        enough = _ENOUGH * len(wanted)
        hits = [(count, -place) for place, count in counts.items() if count >= enough]
        hits.sort(reverse=True)
        return [(self._codes[-place], round(count / len(wanted) * 20) / 20) for count, place in hits[:limit]]
