"""Small numbers that figures open to everybody must not show, because somebody could be recognised in them.

A number below the smallest is hidden; and where it could be worked out again from a sum, one more number of that sum is hidden with it,
the next smallest: the usual two steps of statistical offices (primary and complementary cell suppression).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def hidden(cells: Mapping[K, int], sums: Sequence[Sequence[K]], smallest: int) -> frozenset[K]:
    """Return which of *cells* are not to be shown.

    Args:
        sums: groups of cells of which one is the sum of the others; each tells its last hidden cell.
        smallest: the smallest number other than none that may be shown.
    """
    shut = {key for key, count in cells.items() if 0 < count < smallest}
    grew = True
    while grew:
        grew = False
        for group in sums:
            if len(shut.intersection(group)) == 1:
                shut.add(min((key for key in group if key not in shut), key=lambda key: (not cells[key], cells[key])))
                grew = True
    return frozenset(shut)
