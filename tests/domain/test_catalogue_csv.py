"""Importing services: all of a file or none of it, and every reason why with its line."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.catalogue_build import catalogue_from_json, catalogue_to_json
from appliance.domain.catalogue_csv import ImportPlan, ImportRefused, agencies_beside, read_catalogue_csv
from appliance.domain.country import Country
from appliance.domain.csv_rows import MAX_BYTES, MAX_PROBLEMS, MAX_ROWS

OWN = "code,name_en,name_sw,institution,charter_ack_hours,charter_resolve_days,assumption\n"
ONLINE = "service_id,agency_id,service_name\n"
AGENCIES = "agency_id,agency_name\n2b98660dbb71,Ombudsman\n"


def read(text: str, agencies: str | None = None, country: Country | None = None) -> ImportPlan:
    beside = io.BytesIO(agencies.encode()) if agencies is not None else None
    return read_catalogue_csv(io.BytesIO(text.encode()), agencies=beside, catalogue=country.catalogue if country else None)


def reasons(text: str | bytes, agencies: str | None = None, country: Country | None = None) -> list[tuple[int, str]]:
    raw = text.encode() if isinstance(text, str) else text
    beside = io.BytesIO(agencies.encode()) if agencies is not None else None
    with pytest.raises(ImportRefused) as refused:
        read_catalogue_csv(io.BytesIO(raw), agencies=beside, catalogue=country.catalogue if country else None)
    assert f"line {refused.value.reasons[0].line}" in refused.value.message
    return [(problem.line, problem.reason) for problem in refused.value.reasons]


# --- what imports ---------------------------------------------------------------------------------------


def test_all_of_the_ecitizen_list_imports_and_is_published_and_found(ecitizen: Path, kenya: Country) -> None:
    services = ecitizen / "ecitizen_services.csv"
    beside = agencies_beside(services)
    assert beside is not None
    with services.open("rb") as stream, beside.open("rb") as agencies:
        plan = read_catalogue_csv(stream, agencies=agencies)
    assert (plan.source, len(plan.services), len(plan.institutions)) == ("ecitizen", 5_489, 286)
    assert plan.count_against(kenya.catalogue) == (5_489, 0, 0)
    whole = plan.apply(kenya.catalogue)
    assert len(whole.services) == 5_489 + len(kenya.catalogue.services)
    assert plan.count_against(whole) == (0, 0, 5_489)
    raw = catalogue_to_json(whole)
    assert catalogue_from_json(raw) == whole
    assert len(raw) < 3 * 256 * 1024
    assert whole.find_services("Lodge complaints", "en")[0].institution == "2b98660dbb71"


def test_a_search_over_the_whole_list_takes_milliseconds(ecitizen: Path) -> None:
    with (ecitizen / "ecitizen_services.csv").open("rb") as stream, (ecitizen / "ecitizen_agencies.csv").open("rb") as agencies:
        plan = read_catalogue_csv(stream, agencies=agencies)
    whole = catalogue_from_json(catalogue_to_json(plan.apply(catalogue_from_json(EMPTY))))
    whole.find_services("warm", "en")
    started = time.perf_counter()
    for _ in range(10):
        whole.find_services("beth cetificate aplication", "en")
    assert (time.perf_counter() - started) / 10 < 0.05


EMPTY = b'{"format":"cfms-catalogue/v1","catalogue":{"country":"ke","languages":["en","sw"]}}'


def test_the_packs_extract_imports_without_any_other_file(pack: Path, kenya: Country) -> None:
    with (pack / "ecitizen_extract.csv").open("rb") as stream:
        plan = read_catalogue_csv(stream)
    assert plan.source == "ecitizen"
    assert 0 < len(plan.services) <= 60
    assert plan.apply(kenya.catalogue).service(plan.services[0].code) == plan.services[0]


def test_the_packs_own_services_import(pack: Path, kenya: Country) -> None:
    with (pack / "services.csv").open("rb") as stream:
        plan = read_catalogue_csv(stream, catalogue=kenya.catalogue)
    assert (plan.source, len(plan.services), plan.institutions) == ("services", len(kenya.catalogue.services), ())
    assert plan.count_against(kenya.catalogue) == (0, 0, len(plan.services))
    assert plan.apply(kenya.catalogue) == kenya.catalogue


def test_a_service_of_the_same_code_is_replaced(kenya: Country) -> None:
    plan = read(OWN + "40217,Identity card,Kitambulisho,NRB,9,14,yes\n", country=kenya)
    assert plan.count_against(kenya.catalogue) == (0, 1, 0)
    after = plan.apply(kenya.catalogue)
    assert after.check_service("40217").names == {"en": "Identity card", "sw": "Kitambulisho"}
    assert len(after.services) == len(kenya.catalogue.services)


def test_it_reads_what_spreadsheets_write() -> None:
    rows = '"aa11","2b98660dbb71"," Lodge  a ""big""\ncomplaint &amp; more "\r\n,,\r\n'
    plan = read_catalogue_csv(
        io.BytesIO(b"\xef\xbb\xbf" + ("Service_ID,agency_id,Service_Name\r\n" + rows).encode()),
        agencies=io.BytesIO(AGENCIES.encode()),
    )
    assert [service.names for service in plan.services] == [{"en": 'Lodge a "big" complaint & more'}]


def test_only_agencies_with_a_service_are_taken() -> None:
    plan = read(ONLINE + "aa11,2b98660dbb71,Lodge\n", AGENCIES + "ffffffffffff,Idle office\n")
    assert [one.code for one in plan.institutions] == ["2b98660dbb71"]


# --- what does not --------------------------------------------------------------------------------------


def test_one_bad_row_imports_nothing_and_says_which() -> None:
    found = reasons(ONLINE + "aa11,2b98660dbb71,Lodge\naa12,000000000000,Follow\naa13,2b98660dbb71,Appeal\n", AGENCIES)
    assert found == [(3, "agency_id: there is no agency '000000000000'")]


def test_every_bad_row_is_told_at_once(kenya: Country) -> None:
    rows = [
        "40218,A,A,NRB,9,14,yes",
        "40228,B,B,NOBODY,9,14,yes",
        "40239,C,C,NRB,9,14,",
        "40316,D,D,NRB,x,14,yes",
        "40316,E,E,NRB,9,14,yes",
    ]
    rows += [
        "40327,,F,NRB,9,14,yes",
        "40338,G,G,NRB,9,14,perhaps",
        "40349,H,H,NRB,9,99999,yes",
        "40415,I,I,NRB,9,14",
        "BAD CODE,J,J,NRB,,,",
    ]
    found = dict(reasons(OWN + "\n".join(rows), country=kenya))
    assert found == {
        2: "code: 40218 has a wrong last digit; 40217 would do",
        3: "institution: there is no 'NOBODY'",
        4: "charter times need a source, or assumption = yes",
        5: "charter_ack_hours: 'x' is not a number",
        6: "code: '40316' stands on line 5 already",
        8: "assumption: say yes or no, not 'perhaps'",
        9: "resolve_days: expected int <= 10000",
        10: "6 fields, where the header has 7",
        11: "code: signs stand there that it may not have",
    }


def test_the_line_is_that_of_the_file_even_after_a_name_over_two_lines() -> None:
    found = reasons(ONLINE + 'aa11,2b98660dbb71,"Lodge\na complaint"\n\naa12,nobody,Follow\n', AGENCIES)
    assert [line for line, _ in found] == [5]


def test_past_a_hundred_reasons_only_their_number_is_kept() -> None:
    with pytest.raises(ImportRefused) as refused:
        read(ONLINE + "".join(f"a{row},nobody,x\n" for row in range(500)), AGENCIES)
    assert len(refused.value.reasons) == MAX_PROBLEMS
    assert refused.value.count == 500


@pytest.mark.parametrize(
    ("raw", "line", "reason"),
    [
        (b"", 1, "the file is empty"),
        (b"\n\n\n", 1, "the file is empty"),
        (ONLINE.encode(), 1, "there is a header, but no row"),
        (b"a;b;c\n1;2;3\n", 1, "semicolons"),
        (b"service_id,agency_id,service_name,agency_id\n", 1, "two columns 'agency_id'"),
        (b"service_id,agency_id,,service_name\n", 1, "column 3 has no name"),
        (b"one,two\n1,2\n", 1, "the header needs code, institution"),
        (b"code,institution\n40217,NRB\n", 1, "the header lacks name_en"),
        (b"code,name_en,institution,fee\n40217,ID,NRB,1000\n", 1, "there is no column 'fee'"),
        (ONLINE.encode("utf-16"), 1, "UTF-16"),
        (ONLINE.encode() + b"aa11,2b98660dbb71,caf\xe9\n", 2, "not in UTF-8"),
        (ONLINE.encode() + b'aa11,2b98660dbb71,"never closed\naa12,2b98660dbb71,x\n', 2, "quotation mark"),
        (ONLINE.encode() + b'aa11,2b98660dbb71,"x" y\n', 2, "quotation mark"),
        (ONLINE.encode() + b"aa11,2b98660dbb71,x\x00y\n", 2, "control sign"),
        (ONLINE.encode() + b"aa11,2b98660dbb71,x\x1b[2Jy\n", 2, "control sign"),
        (ONLINE.encode() + "aa11,2b98660dbb71,x\u202ey\n".encode(), 2, "reorders text"),
        (ONLINE.encode() + b"aa11,2b98660dbb71,x&#8238;y\n", 2, "reorders text"),
        (ONLINE.encode() + b"aa11,2b98660dbb71," + b"x" * 241 + b"\n", 2, "names: expected str of length <= 240"),
        (ONLINE.encode() + b"aa11,2b98660dbb71," + b"x" * 4_001 + b"\n", 2, "4001 characters, and 4000 fit"),
        (ONLINE.encode() + b"aa11,2b98660dbb71,\n", 2, "names"),
        (ONLINE.encode() + b"AA/11,2b98660dbb71,x\n", 2, "code: signs"),
        (b" " * (MAX_BYTES + 1), 1, "larger than 16 MB"),
    ],
)
def test_it_refuses_a_bad_file_by_line_and_reason(raw: bytes, line: int, reason: str) -> None:
    found = reasons(raw, AGENCIES)
    assert found[0][0] == line
    assert reason in found[0][1]


def test_it_asks_for_the_agencies_when_they_are_missing(tmp_path: Path) -> None:
    assert "ecitizen_agencies.csv" in reasons(ONLINE + "aa11,2b98660dbb71,Lodge\n")[0][1]
    assert agencies_beside(tmp_path / "services.csv") is None


@pytest.mark.parametrize(
    ("agencies", "reason"),
    [
        ("agency_id,name\nx,y\n", "the agencies' header lacks agency_name"),
        ("agency_id,agency_name\n2b98660dbb71,\n", "names"),
        ("agency_id,agency_name\n2b98660dbb71,A\n2b98660dbb71,B\n", "has two names"),
    ],
)
def test_it_refuses_bad_agencies(agencies: str, reason: str) -> None:
    assert reason in reasons(ONLINE + "aa11,2b98660dbb71,Lodge\n", agencies)[0][1]


def test_it_stops_at_the_largest_number_of_rows() -> None:
    found = reasons(ONLINE + "".join(f"a{row},2b98660dbb71,x\n" for row in range(MAX_ROWS + 1)), AGENCIES)
    assert found == [(MAX_ROWS + 2, f"there are more than {MAX_ROWS} rows")]


@given(st.binary(max_size=400), st.sampled_from([b"", ONLINE.encode(), OWN.encode()]))
def test_it_answers_any_bytes_with_a_plan_or_a_refusal(raw: bytes, header: bytes) -> None:
    try:
        plan = read_catalogue_csv(io.BytesIO(header + raw), agencies=io.BytesIO(AGENCIES.encode()))
    except ImportRefused as refused:
        assert refused.count >= len(refused.reasons) > 0  # noqa: PT017  # both outcomes are fine
    else:
        assert plan.services
