"""Who may log in to the demo, with which password, and how they were made."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.domain.people import Person
from appliance.usecases.accounts import accounts, add_account
from appliance.usecases.node import Node

PASSWORD = "karibu huduma"  # noqa: S105  # printed at every start; opens sample data on this machine alone


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample account."""

    role: str
    login: str
    name: str
    lang: str = "en"


OFFICER = Sample("officer", "amina", "Amina Wanjiru")
CENTRE_STAFF = (OFFICER, Sample("supervisor", "baraka", "Baraka Otieno", "sw"), Sample("manager", "chebet", "Chebet Koech"))
CASE_OFFICER = Sample("case_officer", "daudi", "Daudi Mutua")
HQ_STAFF = (CASE_OFFICER, Sample("administrator", "esther", "Esther Njeri"))


def add_staff(node: Node) -> None:
    """Make the sample accounts of *node*."""
    for one in HQ_STAFF if node.is_hq else CENTRE_STAFF:
        add_account(node, one.login, one.name, one.role, PASSWORD, lang=one.lang)


def person(node: Node, sample: Sample) -> Person:
    """Return the account made from *sample* as use cases see it."""
    with node.store.read() as db:
        return next(one.person for one in accounts(db) if one.login == sample.login)
