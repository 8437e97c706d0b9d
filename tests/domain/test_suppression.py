"""Small numbers are hidden, and no sum gives one away; large ones stay."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.suppression import hidden

LINE = ("a", "b", "c", "d", "sum")


def _line(*parts: int) -> dict[str, int]:
    return dict(zip(LINE, (*parts, sum(parts)), strict=True))


def test_large_numbers_and_none_at_all_are_shown() -> None:
    assert hidden(_line(5, 0, 9, 100), [LINE], 5) == frozenset()


def test_a_small_one_takes_the_next_smallest_with_it() -> None:
    assert hidden(_line(4, 30, 9, 100), [LINE], 5) == {"a", "c"}


def test_two_small_ones_hide_each_other() -> None:
    assert hidden(_line(4, 30, 1, 100), [LINE], 5) == {"a", "c"}


def test_one_among_none_takes_the_sum_or_a_nothing_with_it() -> None:
    assert hidden(_line(0, 0, 0, 3), [LINE], 5) == {"d", "sum"}


def test_a_sum_down_the_column_is_guarded_too() -> None:
    cells = {(place, name): count for place, counts in (("x", (3, 40, 43)), ("y", (50, 60, 110)), ("z", (53, 100, 153))) for name, count in
             zip(("bad", "good", "all"), counts, strict=True)}  # fmt: skip
    rows = [[(place, name) for name in ("bad", "good", "all")] for place in "xyz"]
    columns = [[(place, name) for place in "xyz"] for name in ("bad", "good", "all")]
    assert hidden(cells, rows + columns, 5) == {("x", "bad"), ("x", "good"), ("y", "bad"), ("y", "good")}


@given(st.lists(st.lists(st.integers(0, 30), min_size=4, max_size=4), min_size=2, max_size=6), st.integers(2, 8))
def test_no_sum_has_a_single_hidden_part_and_nothing_small_is_shown(table: list[list[int]], smallest: int) -> None:
    lines = [[*row, sum(row)] for row in table]
    lines.append([sum(column) for column in zip(*lines, strict=True)])
    cells = {(at, name): count for at, line in enumerate(lines) for name, count in enumerate(line)}
    groups = [[(at, name) for name in range(5)] for at in range(len(lines))] + [[(at, name) for at in range(len(lines))] for name in range(5)]
    shut = hidden(cells, groups, smallest)
    assert all(key in shut for key, count in cells.items() if 0 < count < smallest)
    assert all(len(shut.intersection(group)) != 1 for group in groups)
    if all(not 0 < count < smallest for count in cells.values()):
        assert not shut
