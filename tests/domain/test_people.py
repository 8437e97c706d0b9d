"""Roles and their rights, and refusals that are sentences."""

from __future__ import annotations

import pytest

from appliance.domain.errors import InvalidInput, NotAllowed, Refusal, UnknownChoice
from appliance.domain.people import CENTRE_ROLES, HQ_ROLES, MANAGERS, Person, check_answers, check_role

ROLES = tuple(dict.fromkeys(CENTRE_ROLES + HQ_ROLES))
ANSWERING = {"officer", "supervisor", "manager", "case_officer"}
OPENING = ANSWERING | {"auditor", "administrator"}


def person(role: str, institution: str = "") -> Person:
    return Person("p1", "Amina", role, institution)


@pytest.mark.parametrize("role", ROLES)
def test_only_those_who_answer_citizens_may_answer(role: str) -> None:
    assert person(role).may_answer == (role in ANSWERING)
    if role in ANSWERING:
        check_answers(person(role))
    else:
        with pytest.raises(NotAllowed):
            check_answers(person(role))


@pytest.mark.parametrize("role", ROLES)
def test_only_those_who_answer_or_watch_may_open_cases(role: str) -> None:
    assert person(role).may_open == (role in OPENING)


@pytest.mark.parametrize("role", ROLES)
def test_only_managers_and_administrators_manage(role: str) -> None:
    assert person(role).may_manage == (role in {"manager", "administrator"})


@pytest.mark.parametrize("role", ["", "root", "Manager", "manager "])
def test_a_role_nobody_knows_may_nothing(role: str) -> None:
    nobody = person(role)
    assert not any((nobody.may_answer, nobody.may_open, nobody.may_manage))
    with pytest.raises(NotAllowed):
        check_role(nobody, MANAGERS)


class TestReadingAtHeadquarters:
    @pytest.mark.parametrize("escalated", ["hq", "caj"])
    def test_an_escalated_case_needs_no_reason(self, escalated: str) -> None:
        assert person("case_officer").may_read_at_hq(escalated=escalated, institution="NRB", filed_here=False)

    @pytest.mark.parametrize("escalated", ["", "supervisor", "manager"])
    def test_a_centres_own_case_does(self, escalated: str) -> None:
        assert not person("case_officer").may_read_at_hq(escalated=escalated, institution="NRB", filed_here=False)

    def test_a_case_filed_at_headquarters_does_not(self) -> None:
        assert person("case_officer").may_read_at_hq(escalated="", institution="", filed_here=True)

    def test_an_institutions_cases_are_its_officers_only_where_they_may_open_cases(self) -> None:
        assert person("auditor", "KRA").may_read_at_hq(escalated="", institution="KRA", filed_here=False)
        assert not person("auditor", "KRA").may_read_at_hq(escalated="", institution="NRB", filed_here=False)

    def test_no_institution_is_nobodys_institution(self) -> None:
        assert not person("case_officer", "").may_read_at_hq(escalated="", institution="", filed_here=False)

    def test_who_may_not_open_cases_reads_none(self) -> None:
        assert not person("analyst").may_read_at_hq(escalated="hq", institution="", filed_here=True)


class TestRefusals:
    def test_a_refusal_is_a_sentence_with_its_details_in_place(self) -> None:
        assert InvalidInput(field="login", reason="too short").message == "login: too short"

    def test_a_detail_that_is_missing_does_not_break_the_telling(self) -> None:
        assert UnknownChoice(field="kind").message == "kind: there is no choice {value}."

    def test_details_are_never_formatted_themselves(self) -> None:
        assert UnknownChoice(field="kind", value="{field.__class__}").message == "kind: there is no choice {field.__class__}."

    def test_every_refusal_says_something(self) -> None:
        for kind in Refusal.__subclasses__():
            assert (kind.__doc__ or "").strip()
