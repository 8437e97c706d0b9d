"""Forgiving search: what people type, in either language, finds the service they mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.catalogue_csv import read_catalogue_csv
from appliance.domain.country import Country
from appliance.domain.service_search import ServiceIndex, fold

MEANT = [
    ("kitambulisho", "40217"),
    ("kitamblisho kilichopotea", "40228"),
    ("LOST ID", "40228"),
    ("cheti cha kuzaliwa", "40316"),
    ("birth certifcate", "40316"),
    ("kuzaliwa cheti", "40316"),
    ("beth sertificate", "40316"),
    ("NHIF", "40811"),
    ("bima ya afya", "40811"),
    ("police clearance", "40536"),
    ("good conduct", "40536"),
    ("log book", "40635"),
    ("mkopo wa masomo", "41031"),
    ("stima", "41812"),
    ("pesa za wazee", "41427"),
    ("kra pin", "40712"),
    ("foleni", "41922"),
    ("40217", "40217"),
]


@pytest.mark.parametrize(("typed", "code"), MEANT)
@pytest.mark.parametrize("language", ["en", "sw"])
def test_it_finds_what_people_mean(kenya: Country, typed: str, code: str, language: str) -> None:
    assert code in [service.code for service in kenya.catalogue.find_services(typed, language, limit=5)]


def test_it_offers_counter_services_before_the_long_list_of_online_ones(kenya: Country, pack: object) -> None:
    with (Path(str(pack)) / "ecitizen_extract.csv").open("rb") as stream:
        whole = read_catalogue_csv(stream).apply(kenya.catalogue)
    assert whole.find_services("birth certificate", "en")[0].code == "40316"
    assert not whole.find_services("excise licence", "en")[0].at_counter


@pytest.mark.parametrize("typed", ["", "   ", "?!", "xq", "ضعف", "zzzzzzzzz"])
def test_it_finds_nothing_rather_than_anything(kenya: Country, typed: str) -> None:
    assert kenya.catalogue.find_services(typed, "en") == []


@given(st.text(max_size=300), st.sampled_from(["en", "sw", "xx"]))
def test_it_never_fails_on_what_people_type(kenya: Country, typed: str, language: str) -> None:
    assert len(kenya.catalogue.find_services(typed, language, limit=5)) <= 5


def test_it_folds_case_accents_and_signs() -> None:
    assert fold("  Gĩkũyũ—ÉCOLE,No.5 ") == "gikuyu ecole no 5"


def test_it_keeps_its_own_order_between_equals_and_stops_at_the_limit() -> None:
    index = ServiceIndex((str(number), "same words") for number in range(50))
    assert [code for code, _ in index.find("same words", 3)] == ["0", "1", "2"]
    assert index.find("same", 1) == [("0", 1.0)]
