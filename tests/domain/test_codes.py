"""Codes people read and type: what is minted can be read back, and what is mistyped is noticed."""

from __future__ import annotations

import hashlib
import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import codes
from appliance.domain.codes import (
    CENTRE_CODE,
    CodeWrongLength,
    Reference,
    ReferenceMistyped,
    SeriesUsedUp,
    ServiceCodeMistyped,
    check_receipt_code,
    check_service_code,
    format_reference,
    group_receipt_code,
    is_service_code,
    mint_receipt_code,
    parse_reference,
    receipt_code_from,
    rid_of,
    series_letters,
    service_code,
)
from appliance.domain.errors import CodeMistyped, Refusal

VECTOR = "31415926535897932317"
receipts = st.binary(min_size=8, max_size=8).map(receipt_code_from).filter(lambda code: code is not None).map(str)
centres = st.one_of([st.from_regex(form, fullmatch=True) for form in (r"[A-Z]{2,5}", r"[A-Z]{1,3}[0-9]{2}", r"[A-Z][0-9]{4}")])
series = st.builds(lambda epoch, hq: series_letters(epoch % 24 if hq else epoch, hq=hq), st.integers(0, 551), st.booleans())
references = st.builds(Reference, centres, st.integers(0, 99), series, st.integers(1, 999_999))


# --- receipt codes --------------------------------------------------------------------------------------


def test_it_accepts_the_published_vector_however_it_is_grouped() -> None:
    for typed in (VECTOR, "3141 5926 5358 9793 2317", "3141-5926-5358-9793-2317", " 3141\u20135926 5358.9793\u00a02317\n"):
        assert check_receipt_code(typed) == VECTOR
    assert group_receipt_code(VECTOR) == "3141 5926 5358 9793 2317"


def test_it_names_a_receipt_by_the_hash_the_spec_says() -> None:
    assert rid_of(VECTOR) == hashlib.sha256(b"cfms-rid/v1\n" + VECTOR.encode()).digest()


@given(receipts)
def test_it_reads_back_every_code_it_mints(code: str) -> None:
    assert check_receipt_code(group_receipt_code(code)) == code
    assert int(code) % 97 == 1


@given(receipts)
def test_it_notices_every_single_wrong_digit_of_a_receipt_code(code: str) -> None:
    for place in range(20):
        for digit in string.digits.replace(code[place], ""):
            with pytest.raises(CodeMistyped):
                check_receipt_code(code[:place] + digit + code[place + 1 :])


@given(receipts)
def test_it_notices_every_swap_of_neighbouring_digits_of_a_receipt_code(code: str) -> None:
    for place, (left, right) in enumerate(pairwise(code)):
        if left != right:
            with pytest.raises(CodeMistyped):
                check_receipt_code(code[:place] + right + left + code[place + 2 :])


@pytest.mark.parametrize("typed", ["", "1234", VECTOR[:-1], VECTOR + "0"])
def test_it_says_how_many_digits_there_are_when_some_are_missing_or_too_many(typed: str) -> None:
    with pytest.raises(CodeWrongLength, match="20 digits") if typed else pytest.raises(CodeMistyped):
        check_receipt_code(typed)


@pytest.mark.parametrize("typed", ["x" * 20, VECTOR[:-1] + "l", "٣١٤١٥٩٢٦٥٣٥٨٩٧٩٣٢٣١٧", "-" * 10_000])
def test_it_refuses_other_signs_than_digits(typed: str) -> None:
    with pytest.raises(CodeMistyped):
        check_receipt_code(typed)


@given(st.text(max_size=60))
def test_it_never_fails_on_what_people_type_but_with_a_refusal(typed: str) -> None:
    for check in (check_receipt_code, check_service_code, parse_reference):
        try:
            check(typed)
        except Refusal as refusal:
            assert refusal.message  # noqa: PT017  # both outcomes are fine


def test_it_draws_again_rather_than_favour_small_codes() -> None:
    last = 18 * 10**18 - 1
    assert receipt_code_from(last.to_bytes(8, "big")) == "9" * 18 + check_digits("9" * 18)
    assert receipt_code_from((last + 1).to_bytes(8, "big")) is None
    assert receipt_code_from(b"\xff" * 8) is None
    draws = iter([b"\xff" * 8, (last + 1).to_bytes(8, "big"), bytes(8)])
    assert mint_receipt_code(lambda size: next(draws)) == "0" * 18 + "98"


def check_digits(payload: str) -> str:
    return next(f"{digits:02d}" for digits in range(2, 99) if int(payload + f"{digits:02d}") % 97 == 1)


@given(st.integers(0, 10**18 - 1))
def test_it_gives_every_code_the_same_number_of_draws(payload: int) -> None:
    minted = {receipt_code_from((payload + turn * 10**18).to_bytes(8, "big")) for turn in range(18)}
    assert minted == {f"{payload:018d}" + check_digits(f"{payload:018d}")}


# --- service codes --------------------------------------------------------------------------------------


def test_it_notices_every_single_wrong_digit_and_every_swap_in_all_service_codes() -> None:
    made = [code for prefix in range(10_000) if (code := service_code(prefix))]
    assert len(made) == 10_000 - 909
    assert "40217" in made
    for code in made:
        assert check_service_code(code) == code
        wrong = [code[:at] + digit + code[at + 1 :] for at in range(5) for digit in string.digits if digit != code[at]]
        swaps = [code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(4) if code[at] != code[at + 1]]
        assert not any(map(is_service_code, wrong + swaps))


@pytest.mark.parametrize("typed", ["", "4021", "40218", "40127", "402177", "4021x", "٤٠٢١٧"])
def test_it_refuses_what_is_no_service_code(typed: str) -> None:
    with pytest.raises(ServiceCodeMistyped):
        check_service_code(typed)


# --- references -----------------------------------------------------------------------------------------


def test_it_gives_the_reference_of_our_documents() -> None:
    assert format_reference("NBI", 2026, "A", 4217) == "NBI-26A-004217-K"


@given(centres)
def test_it_takes_centre_codes_of_letters_and_an_even_number_of_digits(centre: str) -> None:
    assert CENTRE_CODE.fullmatch(centre)
    assert not CENTRE_CODE.fullmatch(centre[:-1] + "-")


@given(references)
def test_it_reads_back_every_reference_however_it_is_typed(reference: Reference) -> None:
    printed = str(reference)
    for typed in (printed, printed.lower(), printed.replace("-", ""), printed.replace("-", " "), f"  {printed}\n"):
        assert parse_reference(typed) == reference


@given(references)
def test_it_notices_every_single_wrong_sign_of_a_reference(reference: Reference) -> None:
    plain = str(reference).replace("-", "")
    for place, right in enumerate(plain):
        for sign in (string.ascii_uppercase + string.digits).replace(right, ""):
            with pytest.raises(ReferenceMistyped):
                parse_reference(plain[:place] + sign + plain[place + 1 :])


@given(references)
def test_it_notices_every_swap_of_neighbouring_signs_of_a_reference(reference: Reference) -> None:
    plain = str(reference).replace("-", "")
    for place, (left, right) in enumerate(pairwise(plain)):
        if left != right:
            with pytest.raises(ReferenceMistyped):
                parse_reference(plain[:place] + right + left + plain[place + 2 :])


def test_its_check_scheme_is_proved_and_not_only_tried() -> None:
    """Verhoeff's condition: a group, a permutation, and no two signs that give the same product either way round."""
    product, sigma, signs = codes._PRODUCT, codes._SIGMA, range(26)
    assert sorted(sigma) == list(signs)
    assert all(product[product[x][y]][z] == product[x][product[y][z]] for x in signs for y in signs for z in signs)
    assert all(sorted(row) == list(signs) for row in product)
    assert all(product[x][sigma[y]] != product[y][sigma[x]] for x in signs for y in signs if x != y)


@pytest.mark.parametrize("typed", ["", "NBI", "NBI-26A-000000-A", "NBI-26A-004217", "NBI-26A-4217-K", "N-26A-004217-K", "NB1-26A-004217-K"])
def test_it_refuses_what_is_no_reference(typed: str) -> None:
    with pytest.raises(ReferenceMistyped):
        parse_reference(typed)


def test_a_centre_that_outgrows_six_digits_goes_on_with_eight() -> None:
    assert format_reference("NBI", 26, "A", 999_999).startswith("NBI-26A-999999-")
    longer = format_reference("NBI", 26, "A", 1_000_000)
    assert longer.startswith("NBI-26A-01000000-")
    assert parse_reference(longer).sequence == 1_000_000


@pytest.mark.parametrize("sequence", [0, -1, 100_000_000])
def test_it_makes_no_reference_past_eight_digits(sequence: int) -> None:
    with pytest.raises(ValueError, match="sequence"):
        format_reference("NBI", 26, "A", sequence)


def test_it_gives_centres_and_headquarters_series_that_never_meet() -> None:
    ours = [series_letters(epoch) for epoch in range(552)]
    theirs = [series_letters(epoch, hq=True) for epoch in range(24)]
    assert ours[:9] == list("ABCDEFGJK")
    assert ours[23:25] == ["AA", "AB"]
    assert theirs[:3] == ["H", "HA", "HB"]
    assert len({*ours, *theirs}) == 552 + 24
    assert not any(set(letters) & set("HIO") for letters in ours)


@pytest.mark.parametrize(("epoch", "hq"), [(552, False), (24, True), (-1, False), (-1, True)])
def test_it_says_when_the_series_of_a_year_are_used_up(epoch: int, *, hq: bool) -> None:
    with pytest.raises(SeriesUsedUp):
        series_letters(epoch, hq=hq)
