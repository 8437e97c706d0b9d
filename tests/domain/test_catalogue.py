"""The catalogue: fast lookups, one order, and bytes that are always the same and never trusted."""

from __future__ import annotations

import json
import random

import msgspec
import pytest

from appliance.domain.catalogue import Catalogue, CatalogueBroken, Centre, County, DayChange, Desk, Institution, Service, name_in
from appliance.domain.catalogue_build import (
    MAX_CATALOGUE_BYTES,
    CatalogueTooLarge,
    build_catalogue,
    catalogue_from_json,
    catalogue_to_json,
)
from appliance.domain.country import Country
from appliance.domain.errors import UnknownChoice

KRA = Institution(code="KRA", names={"en": "Kenya Revenue Authority", "sw": "Mamlaka ya Ushuru ya Kenya"}, kind="authority")
PIN = Service(code="40712", names={"en": "KRA PIN"}, institution="KRA")
SMALL = Catalogue(country="ke", languages=("en", "sw"), institutions=(KRA,), services=(PIN,))


def changed(**parts: object) -> Catalogue:
    return msgspec.structs.replace(SMALL, **parts)


# --- looking up -----------------------------------------------------------------------------------------


def test_it_finds_everything_by_its_code(kenya: Country) -> None:
    catalogue = kenya.catalogue
    assert name_in(catalogue.check_service("40217").names, "sw") == "Kitambulisho cha taifa: ombi la kwanza"
    assert catalogue.check_institution("CAJ").referral == ("administration", "access-to-information")
    assert catalogue.check_centre("NBI").county == "47"
    county = catalogue.county("47")
    assert county is not None
    assert county.names["en"] == "Nairobi City"
    assert catalogue.check_category("delay", "complaint").cls == "maladministration"
    category = catalogue.category("delay")
    assert category is not None
    assert category.order == 1


def test_it_knows_nothing_by_another_code(kenya: Country) -> None:
    catalogue = kenya.catalogue
    found = (catalogue.service("1"), catalogue.institution("1"), catalogue.centre("1"), catalogue.desk("NBI", "1"))
    assert found == (None,) * 4
    for check in (catalogue.check_service, catalogue.check_institution, catalogue.check_centre):
        with pytest.raises(UnknownChoice, match="there is no choice nobody"):
            check("nobody")
    with pytest.raises(UnknownChoice):
        catalogue.check_category("honest", "complaint")


def test_it_offers_categories_of_a_kind_in_their_order(kenya: Country) -> None:
    complaint = [one.code for one in kenya.catalogue.categories_of("complaint")]
    assert complaint[:6] == ["delay", "conduct", "fees", "cleanliness", "access", "information"]
    assert complaint[-1] == "other"
    assert {one.cls for one in kenya.catalogue.categories_of("compliment")} == {"none"}


def test_it_tells_counter_services_from_online_ones(kenya: Country) -> None:
    assert kenya.catalogue.counter_services() == list(kenya.catalogue.services)
    assert not Service(code="5cfa3119ef70", names={"en": "x"}, institution="KRA").at_counter


def test_a_centres_desks_are_its_own() -> None:
    centre = Centre(code="NBI", names={"en": "Nairobi"}, county="47", town="Nairobi")
    desk = Desk(code="d1", centre="NBI", names={"en": "Desk 1"}, services=("40712",))
    county = {"code": "47", "names": {"en": "Nairobi"}, "column": 1, "row": 1}
    catalogue = build_catalogue(changed(centres=(centre,), desks=(desk,), counties=(msgspec.convert(county, County),)))
    assert catalogue.desk("NBI", "d1") == desk
    assert catalogue.desks_of("NBI") == [desk]
    assert catalogue.desks_of("MSA") == []


def test_a_name_falls_back_rather_than_be_missing() -> None:
    assert name_in({"en": "Post", "sw": "Posta"}, "sw", "en") == "Posta"
    assert name_in({"en": "Post"}, "sw", "en") == "Post"
    assert name_in({"en": "Post"}, "so") == "Post"


# --- holding together -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"services": (PIN, PIN)}, "service 40712 stands twice"),
        ({"institutions": ()}, "service 40712: no institution KRA"),
        (
            {"institutions": (KRA, msgspec.structs.replace(KRA, code="KPA", names={"sw": "Bandari"}))},
            "institution KPA: no name in en",
        ),
        ({"centres": (Centre(code="NBI", names={"en": "x"}, county="47", town="x"),)}, "centre NBI: no county 47"),
        ({"desks": (Desk(code="d1", centre="NBI", names={"en": "x"}),)}, "desk d1: no centre NBI"),
        ({"languages": ()}, "it has no language"),
        ({"day_changes": (DayChange(date="2027-01-01", names={"en": "x"}),) * 2}, "day 2027-01-01 stands twice"),
    ],
)
def test_it_refuses_a_catalogue_that_does_not_hold_together(parts: dict[str, object], reason: str) -> None:
    with pytest.raises(CatalogueBroken, match=reason):
        build_catalogue(changed(**parts))


@pytest.mark.parametrize("code", ["HQ", "ALL", "TO"])
def test_it_refuses_a_centre_named_like_a_part_of_the_system(kenya: Country, code: str) -> None:
    centre = Centre(code=code, names={"en": "x"}, county="47", town="x")
    with pytest.raises(CatalogueBroken, match="taken by the system"):
        build_catalogue(msgspec.structs.replace(kenya.catalogue, centres=(centre,)))


# --- published bytes ------------------------------------------------------------------------------------


def test_the_same_catalogue_is_always_the_same_bytes(kenya: Country) -> None:
    raw = catalogue_to_json(kenya.catalogue)
    read = catalogue_from_json(raw)
    assert read == kenya.catalogue
    assert catalogue_to_json(read) == raw


def test_the_order_its_parts_came_in_does_not_show_in_its_bytes(kenya: Country) -> None:
    mixed = {}
    for part in ("institutions", "services", "centres", "categories", "counties"):
        members = list(getattr(kenya.catalogue, part))
        random.Random(7).shuffle(members)
        mixed[part] = tuple(members)
    assert catalogue_to_json(msgspec.structs.replace(kenya.catalogue, **mixed)) == catalogue_to_json(kenya.catalogue)


def test_names_are_sorted_by_language_in_the_bytes() -> None:
    turned = msgspec.structs.replace(KRA, names=dict(reversed(KRA.names.items())))
    assert catalogue_to_json(changed(institutions=(turned,))) == catalogue_to_json(SMALL)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"format":"cfms-catalogue/v2","catalogue":{"country":"ke","languages":["en"]}}',
        b'{"format":"cfms-catalogue/v1","catalogue":{"country":"ke","languages":[]}}',
        b'{"format":"cfms-catalogue/v1","catalogue":{"country":"ke","languages":["en"]},"more":1}',
    ],
)
def test_it_refuses_bytes_that_are_no_catalogue(raw: bytes) -> None:
    with pytest.raises(CatalogueBroken):
        catalogue_from_json(raw)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("services", 0, "code"), "40712\n"),
        (("services", 0, "code"), "../../etc"),
        (("services", 0, "ack_hours"), -1),
        (("services", 0, "ack_hours"), 1_000_000),
        (("services", 0, "names"), {}),
        (("services", 0, "names", "en"), "x" * 241),
        (("institutions", 0, "kind"), "party"),
        (("version",), -1),
        (("languages",), ["en", "../x"]),
    ],
)
def test_it_checks_every_field_of_what_it_reads(path: tuple[str | int, ...], value: object) -> None:
    document = json.loads(catalogue_to_json(SMALL))
    place = document["catalogue"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(CatalogueBroken):
        catalogue_from_json(json.dumps(document).encode())


def test_it_refuses_what_is_too_large_to_publish() -> None:
    with pytest.raises(CatalogueTooLarge, match=str(MAX_CATALOGUE_BYTES)):
        catalogue_from_json(b" " * (MAX_CATALOGUE_BYTES + 1))
