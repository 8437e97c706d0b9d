"""The calm door: it says who takes a report of corruption or danger; it takes none, and nothing on it is recorded."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.factories import Site
from tests.kiosk_ui.citizen import Citizen

Before = Callable[..., Citizen]


@pytest.mark.parametrize("lang", ["en", "sw"])
def test_it_names_who_takes_such_a_report(citizen: Before, centre: Site, lang: str) -> None:
    page = citizen(lang).open("/report")
    numbers = [one for one in centre.node.country.numbers.values() if one.about]
    assert {one.about for one in numbers} == {"danger", "corruption", "office"}
    for one in numbers:
        assert one.names[lang] in page.text
        assert one.number in page.text


def test_nothing_can_be_written_there(citizen: Before) -> None:
    someone = citizen()
    page = someone.open("/report")
    main = someone.answers[-1].text.split("<main")[1].split("</main>")[0]
    assert not [tag for tag in ("<form", "<input", "<textarea", "<button") if tag in main]
    assert all(not form.action for form in page.forms.values())


def test_nothing_is_recorded_of_a_look_at_it(citizen: Before, centre: Site) -> None:
    before = centre.number("SELECT count(*) FROM entry"), len(list(centre.events()))
    citizen().open("/report")
    assert (centre.number("SELECT count(*) FROM entry"), len(list(centre.events()))) == before


@pytest.mark.parametrize("kiosk", ["K1", ""])
def test_the_first_page_leads_there(citizen: Before, portal: Citizen, kiosk: str) -> None:
    for someone in (citizen(kiosk=kiosk), portal):
        door = next(where for where in someone.open("/").addresses if where.startswith("/report"))
        assert "Report corruption or danger" in someone.open(door.partition("?")[0]).title
