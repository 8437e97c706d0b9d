"""Holidays: the pack's table says what the library says, changes win, and the library is imported only past the table."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from appliance.domain.country import Country
from appliance.domain.holidays import Holiday, HolidayTable, library_days

XMAS = Holiday(date(2026, 12, 25), {"en": "Christmas Day", "sw": "Krismasi"})


def test_the_packs_table_is_the_librarys_but_for_the_days_kept_by_hand(kenya: Country) -> None:
    by_hand = {date(2024, 6, 17), date(2025, 6, 6), date(2026, 5, 27), date(2027, 8, 10)}
    years = range(2024, 2041)
    ours = {day for year in years for day in kenya.holidays.days(year)}
    assert by_hand <= ours
    assert ours - by_hand == {one.day for one in library_days("ke", years)}


def test_every_holiday_has_a_name_in_both_languages(kenya: Country) -> None:
    days = [kenya.holidays.holiday(day) for year in range(2024, 2041) for day in kenya.holidays.days(year)]
    assert all(one is not None and one.names["en"] and one.names["sw"] for one in days)


def test_a_day_gazetted_later_is_added_and_one_struck_out_is_gone() -> None:
    boxing = Holiday(date(2026, 12, 26), {"en": "Boxing Day"})
    table = HolidayTable("ke", [XMAS], range(2026, 2027)).with_changes([boxing], [XMAS.day])
    assert table.days(2026) == {boxing.day}
    assert table.holiday(XMAS.day) is None
    assert table.with_changes([XMAS], []).holiday(XMAS.day) == XMAS


def test_a_year_past_the_table_is_asked_of_the_library() -> None:
    table = HolidayTable("ke", [XMAS], range(2026, 2027), removed=frozenset({date(2041, 12, 26)}))
    assert date(2041, 12, 12) in table.days(2041)
    assert date(2041, 12, 26) not in table.days(2041)


def test_a_year_before_the_table_has_none_and_a_country_the_library_does_not_know_has_none() -> None:
    assert HolidayTable("ke", [XMAS], range(2026, 2027)).days(1970) == frozenset()
    assert HolidayTable("zz", [], range(2026, 2027)).days(2030) == frozenset()


@pytest.mark.parametrize("module", ["holidays", "dateutil"])
def test_loading_the_pack_and_reckoning_a_due_date_does_not_import_the_library(module: str, pack: object) -> None:
    """It would cost a centre 20 MB of memory."""
    program = (
        "import sys; from pathlib import Path; from appliance.domain.country import load_country;"
        f"load_country(Path({str(pack)!r})).dues_of(1795521600, 'complaint'); sys.exit({module!r} in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
