"""Public holidays of a country: a table that ships with its pack, with later years from the ``holidays`` library.

The table is made from the library and not read from it, because importing the library costs 20 MB of a centre's memory;
``library_days`` is how the table was made, and what a test holds it against.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date


@dataclass(frozen=True, slots=True)
class Holiday:
    """One day on which offices are closed, with its names by language."""

    day: date
    names: Mapping[str, str]


class HolidayTable:
    """The holidays of a country, year by year."""

    def __init__(self, country: str, listed: Iterable[Holiday], years: range, removed: frozenset[date] = frozenset()) -> None:
        """Take the *listed* holidays of *years*; a year after them is asked of the library, one before them has none.

        Args:
            country: ISO code, as the library knows it.
            listed: every holiday within *years*, and any that is known beyond.
            years: the years the list covers whole.
            removed: days that are no holidays whatever the list or the library says.
        """
        self._country = country
        self._years = years
        self._removed = removed
        self._listed: dict[int, dict[date, Holiday]] = {year: {} for year in years}
        for holiday in listed:
            if holiday.day not in removed:
                self._listed.setdefault(holiday.day.year, {})[holiday.day] = holiday
        self._later: dict[int, Mapping[date, Holiday]] = {}

    def with_changes(self, added: Iterable[Holiday], removed: Iterable[date]) -> HolidayTable:
        """Return this table with days gazetted since, and without days taken off."""
        extra = list(added)
        gone = (self._removed - {one.day for one in extra}) | frozenset(removed)
        kept = [one for year in self._listed.values() for one in year.values()]
        return HolidayTable(self._country, [*kept, *extra], self._years, gone)

    def days(self, year: int) -> frozenset[date]:
        """Return the holidays of *year*."""
        return frozenset(self._year(year))

    def holiday(self, day: date) -> Holiday | None:
        """Return the holiday on *day*, if it is one."""
        return self._year(day.year).get(day)

    def _year(self, year: int) -> Mapping[date, Holiday]:
        # Before the table only a wrong clock asks (1970 on a board without battery): not worth 20 MB.
        if year < self._years.stop:
            return self._listed.get(year, {})
        if year not in self._later:
            known = {one.day: one for one in library_days(self._country, [year]) if one.day not in self._removed}
            self._later[year] = {**known, **self._listed.get(year, {})}
        return self._later[year]


def library_days(country: str, years: Iterable[int], language: str = "en_US") -> list[Holiday]:
    """Return what the ``holidays`` library knows of *country* in *years*; none where it is absent or knows no such country.

    Importing it costs 20 MB, so late and rarely.
    """
    try:
        library: Any = importlib.import_module("holidays")
        days = library.country_holidays(country.upper(), years=list(years), language=language)
    except (ImportError, NotImplementedError):
        return []
    return [Holiday(day, {language[:2]: name}) for day, name in sorted(days.items())]
