"""The country pack: Kenya is whole, and a pack with a fault is refused with the file and the line."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from appliance.domain import cases
from appliance.domain.catalogue import DayChange, Service
from appliance.domain.clocks import HOUR
from appliance.domain.country import Country, load_country
from appliance.domain.pack_files import PackRefused

TUESDAY = 1_795_521_600  # 24 November 2026, 15:00 in Nairobi


# --- Kenya ----------------------------------------------------------------------------------------------


def test_kenya_has_its_counties_each_on_a_tile_of_its_own(kenya: Country) -> None:
    counties = kenya.catalogue.counties
    assert [county.code for county in counties] == [f"{number:02d}" for number in range(1, 48)]
    assert len({(county.column, county.row) for county in counties}) == 47


def test_every_county_has_a_centre(kenya: Country) -> None:
    served = Counter(centre.county for centre in kenya.catalogue.centres)
    assert set(served) == {county.code for county in kenya.catalogue.counties}
    assert served["47"] == 5
    assert len(kenya.catalogue.centres) >= 50


def test_everything_has_a_name_in_every_ready_language(kenya: Country) -> None:
    assert [one.code for one in kenya.ready_languages] == ["en", "sw"]
    catalogue = kenya.catalogue
    names = [one.names for one in catalogue.counties] + [one.names for one in catalogue.centres]
    names += [one.names for one in catalogue.institutions] + [one.names for one in catalogue.services]
    names += [one.names for one in catalogue.categories] + [one.names for one in kenya.escalation]
    names += [one.names for one in kenya.statutes.values()] + [one.names for one in kenya.numbers.values()]
    assert all(set(one) == {"en", "sw"} for one in names)


def test_every_service_is_at_a_counter_with_a_picture_and_an_institution_behind_it(kenya: Country) -> None:
    services = kenya.catalogue.services
    assert 40 <= len(services) <= 80
    assert all(one.at_counter and one.picture and kenya.catalogue.institution(one.institution) for one in services)
    assert all(one.source or one.assumption for one in services)


def test_those_who_take_referrals_are_there(kenya: Country) -> None:
    subjects = {subject for one in kenya.catalogue.institutions for subject in one.referral}
    assert {"administration", "corruption", "human-rights", "discrimination"} <= subjects


def test_its_charter_and_categories_speak_of_every_kind_of_message(kenya: Country) -> None:
    assert set(kenya.charter) == set(cases.KINDS)
    assert all(kenya.catalogue.categories_of(kind) for kind in cases.KINDS)
    assert {one.cls for one in kenya.catalogue.categories} == {
        "maladministration",
        "administrative-injustice",
        "misconduct-integrity",
        "none",
    }


def test_the_pictures_of_services_and_categories_are_described(kenya: Country, pack: Path) -> None:
    described = (pack / "README.md").read_text(encoding="utf-8")
    pictures = {one.picture for one in kenya.catalogue.services} | {one.picture for one in kenya.catalogue.categories}
    assert not [picture for picture in pictures if picture not in described]


def test_a_services_own_charter_goes_before_the_countrys(kenya: Country) -> None:
    quick = Service(code="5cfa3119ef70", names={"en": "x"}, institution="KRA", ack_hours=2, resolve_days=3)
    bare = Service(code="5cfa3119ef71", names={"en": "x"}, institution="KRA")
    assert kenya.charter_of("complaint", quick) == (2, 3)
    assert kenya.charter_of("complaint", bare) == kenya.charter_of("complaint") == (9, 14)
    assert kenya.charter_of("compliment", quick) == kenya.charter_of("compliment")


def test_it_promises_dates_in_working_time(kenya: Country) -> None:
    dues = kenya.dues_of(TUESDAY, "complaint", kenya.catalogue.service("40217"))
    assert [datetime.fromtimestamp(ts, kenya.zone).strftime("%m-%d %H:%M") for ts in (dues.ack, dues.resolve)] == [
        "11-25 15:00",
        "12-14 15:00",
    ]


def test_a_day_gazetted_by_headquarters_moves_the_promise(kenya: Country) -> None:
    change = DayChange(date="2026-11-25", names={"en": "Day of prayer"})
    assert kenya.dues_of(TUESDAY, "complaint", changes=[change]).ack == kenya.dues_of(TUESDAY, "complaint").ack + 24 * HOUR
    works = DayChange(date="2026-12-25", names={"en": "x"}, works=True)
    assert kenya.working_time([works]).is_working_day(date(2026, 12, 25))
    assert kenya.working_time([works]) is kenya.working_time([works])


def test_the_ladder_rises_with_the_working_hours_past_the_due_time(kenya: Country) -> None:
    time = kenya.working_time()
    due = time.add_hours(TUESDAY, 9)
    assert [step.to for step in kenya.escalation] == ["officer", "supervisor", "manager", "hq", "caj"]
    reached = [kenya.step_at(due, now).to for now in (due - 1, due, *(time.add_hours(due, late) for late in (1, 18, 44, 45, 135, 900)))]
    assert reached == ["officer", "officer", "supervisor", "manager", "manager", "hq", "caj", "caj"]


def test_the_clocks_of_the_statutes_are_those_of_the_acts(kenya: Country) -> None:
    lengths = {code: (one.clock.length, one.clock.unit) for code, one in kenya.statutes.items()}
    assert lengths["ati-request"] == (21, "days")
    assert lengths["ati-life-liberty"] == (48, "hours")
    assert lengths["faa-reasons"] == (30, "days")
    assert lengths["dpa-breach-commissioner"] == (72, "hours")


def test_it_runs_where_there_is_no_time_zone_database(kenya: Country, pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(key: str) -> None:
        raise KeyError(key)

    monkeypatch.setattr("appliance.domain.country.ZoneInfo", missing)
    assert load_country(pack).dues_of(TUESDAY, "complaint") == kenya.dues_of(TUESDAY, "complaint")


# --- packs with a fault ---------------------------------------------------------------------------------


@pytest.fixture
def broken(pack: Path, tmp_path: Path) -> Path:
    """Return a copy of the pack to break."""
    return Path(shutil.copytree(pack, tmp_path / "ke"))


def refusal(folder: Path) -> str:
    with pytest.raises(PackRefused) as refused:
        load_country(folder)
    return refused.value.message


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("country.toml", 'currency = "KES"', 'currency = "kes"', "country.toml, line 6: Expected str matching regex"),
        ("country.toml", 'currency = "KES"', 'curency = "KES"', "country.toml, line 6: Object contains unknown field curency"),
        ("country.toml", 'friday = ["08:00-17:00"]', 'friday = ["8-5"]', "line 70: friday: '8-5' is not a span"),
        ("country.toml", 'friday = ["08:00-17:00"]', 'freitag = ["08:00-17:00"]', "unknown field freitag"),
        (
            "country.toml",
            "after_hours = { value = 18, assumption = true }",
            "after_hours = { value = 18 }",
            "a source is missing",
        ),
        (
            "country.toml",
            "after_hours = { value = 18, assumption = true }",
            "after_hours = { value = 99, assumption = true }",
            "must rise",
        ),
        ("country.toml", 'kind = "concern"', 'kind = "complaint"', "each kind of message once"),
        ("country.toml", 'kind = "concern"', 'kind = "rumour"', "Invalid enum value"),
        ("country.toml", 'code = "sw"\nname', 'code = "en"\nname', "a language stands twice"),
        ("country.toml", "[hours]", "[hours", "country.toml, line"),
        ("holidays.toml", "date = 2027-08-10", "date = 2027-13-10", "holidays.toml, line"),
        ("holidays.toml", "years = [2024, 2040]", "years = [2024]", "holidays.toml, line 5"),
        ("holidays.csv", "2026-12-25,", "2026-12-32,", "holidays.csv, line"),
        ("counties.csv", "02,Kwale,Kwale,8,7", "02,Kwale,Kwale,x,7", "counties.csv, line 3: column: 'x' is not a number"),
        ("counties.csv", "02,Kwale,Kwale,8,7", "02,Kwale,Kwale,8,6", "tile 8,6 stands twice"),
        ("counties.csv", "02,Kwale,Kwale,8,7", "01,Kwale,Kwale,8,7", "counties.csv, line 3: code: '01' stands on line 2 already"),
        ("centres.csv", "code,name_en", "code,nombre,name_en", "centres.csv, line 1: there is no column 'nombre'"),
        ("centres.csv", "name_en,", "name_fr,", "centres.csv, line 1: the column 'name_en' is missing"),
        ("centres.csv", "BGM,", "Bungoma,", "centres.csv, line 2: code: signs stand there"),
        ("services.csv", "40217,", "40218,", "services.csv, line 2: code: 40218 has a wrong last digit; 40217 would do"),
        ("services.csv", ",NRB,id-card", ",NOBODY,id-card", "no institution NOBODY"),
        ("categories.csv", "maladministration", "laziness", "categories.csv, line 2: cls"),
        ("institutions.csv", ",commission,", ",club,", "institutions.csv, line"),
    ],
)
def test_it_refuses_what_it_does_not_know_with_file_and_line(broken: Path, file: str, old: str, new: str, reason: str) -> None:
    text = (broken / file).read_text(encoding="utf-8")
    assert old in text
    (broken / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert reason in refusal(broken)


@pytest.mark.parametrize("file", ["country.toml", "holidays.toml", "holidays.csv", "services.csv", "centres.csv"])
def test_it_refuses_a_pack_with_a_file_missing_or_in_another_encoding(broken: Path, file: str) -> None:
    (broken / file).write_bytes("é".encode("latin-1"))
    assert file in refusal(broken)
    assert "UTF-8" in refusal(broken)
    (broken / file).unlink()
    assert f"{file}, line 1: cannot be read" in refusal(broken)


def test_a_second_country_needs_no_python(broken: Path) -> None:
    """Another code, language and time zone: the same program."""
    text = (broken / "country.toml").read_text(encoding="utf-8")
    text = text.replace('code = "ke"', 'code = "tz"').replace('"KES"', '"TZS"').replace("Africa/Nairobi", "Africa/Dar_es_Salaam")
    (broken / "country.toml").write_text(text, encoding="utf-8")
    country = load_country(broken)
    assert (country.code, country.currency, country.catalogue.country) == ("tz", "TZS", "tz")
