"""Figures of the last thirty days: faces, how far they can be believed, and promises kept; for staff in full, for everybody without small numbers.

They end with yesterday. Whoever watched the figures of the running day beside the terminal would see what the last person chose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from appliance.domain.suppression import hidden
from appliance.projections import ratings, tally
from appliance.projections.ratings import FACES
from appliance.store.db import Db
from appliance.usecases.node import Node

DAYS = 30
NATION = "*"  # in place of a centre's code

# A figure's name, and for each sum the names of its parts; what is in no column is only worked out to guard what is.
FACE = tuple(f"face_{face}" for face in FACES)
_WHOLES = {"given": (FACE, ("unticketed", "ticketed"), ("quick", "slow")), "promised": (("kept", "late"),)}
COLUMNS = (*FACE, "given", "unticketed", "quick", "promised", "kept")


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of one centre, or of the nation.

    Attributes:
        faces: how many touched each face, from very bad to very good.
        quick: less than three seconds after another tap on the same terminal.
        promised: cases to which an answer was promised for one of the days; kept: those that had it by then.
    """

    faces: tuple[int, int, int, int] = (0, 0, 0, 0)
    ticketed: int = 0
    quick: int = 0
    promised: int = 0
    kept: int = 0

    @property
    def given(self) -> int:
        """Return how many ratings there are."""
        return sum(self.faces)

    @property
    def unticketed(self) -> int:
        """Return how many were given without a ticket's number."""
        return self.given - self.ticketed

    def cells(self) -> dict[str, int]:
        """Return every figure by its name, those included that only guard others."""
        told = dict(zip(FACE, self.faces, strict=True))
        return told | {
            "given": self.given, "ticketed": self.ticketed, "unticketed": self.unticketed, "quick": self.quick, "slow": self.given - self.quick,
            "promised": self.promised, "kept": self.kept, "late": self.promised - self.kept,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of the figures open to everybody: None where a number is not shown."""

    centre: str
    counts: Mapping[str, int | None]

    @property
    def faces(self) -> tuple[int | None, ...]:
        """Return the counts of the four faces."""
        return tuple(self.counts[name] for name in FACE)

    def __getitem__(self, name: str) -> int | None:
        """Return the figure *name*."""
        return self.counts[name]


def span(node: Node) -> tuple[int, int]:
    """Return the first and last local day of the figures; both count from 1970-01-01."""
    today = node.projections.day_of(node.clock.read().ts)
    return today - DAYS, today - 1


def by_centre(node: Node, db: Db) -> dict[str, Figures]:
    """Return the figures of each centre that has any; at a centre, of itself."""
    first, last = span(node)
    mine = node.settings.centre
    faces: dict[str, list[ratings.Given]] = {}
    for one in ratings.given(db, first, last, mine):
        faces.setdefault(one.centre, []).append(one)
    kept = {one.centre: one for one in tally.promises(db, first, last, mine)}
    nothing = tally.Promise("", 0, 0)
    return {code: _figures(faces.get(code, ()), kept.get(code, nothing)) for code in sorted(faces.keys() | kept.keys() | ({mine} if mine else set()))}


def rated(node: Node, db: Db) -> Figures:
    """Return what was said of this centre, or at headquarters in the country; one question, and nothing of promises."""
    return _figures(ratings.given(db, *span(node), node.settings.centre), tally.Promise("", 0, 0))


def _figures(given: Sequence[ratings.Given], promise: tally.Promise) -> Figures:
    one, two, three, four = (sum(x.given for x in given if x.rating == face) for face in FACES)
    return Figures((one, two, three, four), sum(x.ticketed for x in given), sum(x.quick for x in given), promise.cases, promise.kept)


def total(parts: Mapping[str, Figures]) -> Figures:
    """Return the sum of *parts*."""
    all_of = list(parts.values())
    one, two, three, four = (sum(part.faces[at] for part in all_of) for at in range(len(FACES)))
    return Figures(
        (one, two, three, four), sum(x.ticketed for x in all_of), sum(x.quick for x in all_of), sum(x.promised for x in all_of),
        sum(x.kept for x in all_of),
    )  # fmt: skip


def for_everybody(node: Node, db: Db) -> list[Shown]:
    """Return what anybody may see: at headquarters the nation first and then each centre, at a centre itself alone."""
    parts = by_centre(node, db)
    lines = {NATION: total(parts), **parts} if node.is_hq else parts
    cells = {(code, name): count for code, one in lines.items() for name, count in one.cells().items()}
    shut = hidden(cells, list(_sums(list(lines), names=list(Figures().cells()))), node.settings.limits.smallest_count)
    # What is about no centre is a part of the nation, and no line of its own.
    return [Shown(code, {name: None if (code, name) in shut else cells[code, name] for name in COLUMNS}) for code in lines if code]


def _sums(lines: Sequence[str], names: Sequence[str]) -> Iterator[list[tuple[str, str]]]:
    """Yield the groups of cells of which one is the sum of the others: along each line, and down each column to the nation's."""
    for code in lines:
        for whole, ways in _WHOLES.items():
            yield from ([(code, whole), *((code, part) for part in parts)] for parts in ways)
    if len(lines) > 1:
        yield from ([(code, name) for code in lines] for name in names)
