"""Photos and voice notes on the page of a case: seen and heard by whoever may open it, at a centre and at headquarters."""

from __future__ import annotations

import re

from appliance.usecases.erase_values import erase
from tests.desk.colleague import Colleague
from tests.factories import ADMINISTRATOR, Site, World, client_of
from tests.usecases.test_media import VOICE, filed, photo

PHOTO = photo(side=300)


def addresses(page: str) -> list[str]:
    """Return the addresses of what is seen and heard on a page."""
    return re.findall(r'(?:img|audio)[^>]* src="([^"]*/files/[^"]*)"', page)


def test_they_stand_beside_the_words_with_what_they_are_in_words(world: World, centre: Site, amina: Colleague) -> None:
    page = amina.read(f"/desk/cases/{filed(world, centre, PHOTO, VOICE).id}")
    seen, heard = addresses(page.answer.text)
    assert 'alt="Photo that the citizen added' in page.answer.text
    assert "Voice note, 3 seconds" in page.text
    assert amina.client.get(seen).data.startswith(b"\xff\xd8\xff")
    assert amina.client.get(heard).data.startswith(b"OggS")


def test_they_are_given_as_things_to_look_at_and_kept_by_no_browser(world: World, centre: Site, amina: Colleague) -> None:
    page = amina.read(f"/desk/cases/{filed(world, centre, PHOTO, VOICE).id}")
    for address, media in zip(addresses(page.answer.text), ("image/jpeg", "audio/ogg"), strict=True):
        answer = amina.client.get(address)
        assert answer.headers["Content-Type"] == media
        assert answer.headers["Content-Disposition"] == "inline"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_player_may_ask_for_a_part(world: World, centre: Site, amina: Colleague) -> None:
    _, heard = addresses(amina.read(f"/desk/cases/{filed(world, centre, PHOTO, VOICE).id}").answer.text)
    whole, part = amina.client.get(heard).data, amina.client.get(heard, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.data) == (206, whole[100:200])


def test_who_is_not_logged_in_gets_nothing(world: World, centre: Site, amina: Colleague) -> None:
    seen, _ = addresses(amina.read(f"/desk/cases/{filed(world, centre, PHOTO, VOICE).id}").answer.text)
    answer = client_of(centre).get(seen)
    assert answer.status_code == 302
    assert b"\xff\xd8\xff" not in answer.data


def test_who_may_not_open_a_case_gets_nothing_of_it(world: World, centre: Site, amina: Colleague) -> None:
    receipt = filed(world, centre, PHOTO, VOICE)
    trainee = Colleague(centre, "tatu", "trainee")
    seen, heard = addresses(amina.read(f"/desk/cases/{receipt.id}").answer.text)
    for address in (seen, heard):
        assert trainee.client.get(address).status_code == trainee.read(f"/desk/cases/{receipt.id}").status == 403


def test_headquarters_must_say_why_first_as_for_the_case_itself(world: World, centre: Site, amina: Colleague) -> None:
    receipt = filed(world, centre, PHOTO, VOICE)
    world.sync(centre)
    daudi, path = Colleague(world.hq, "daudi", "case_officer"), f"/hq/cases/{receipt.id}"
    seen = addresses(amina.read(f"/desk/cases/{receipt.id}").answer.text)[0].replace("/desk/", "/hq/")
    assert daudi.client.get(seen).status_code == 403
    page = daudi.follow(daudi.send(path, "/reason", reason="the citizen telephoned us"))
    assert addresses(page.answer.text)[0] == seen
    assert daudi.client.get(seen).data == amina.client.get(seen.replace("/hq/", "/desk/")).data
    assert Colleague(world.hq, "esther", "case_officer").client.get(seen).status_code == 403


def test_what_was_erased_is_said_to_be_and_can_be_had_no_more(world: World, centre: Site, amina: Colleague) -> None:
    receipt = filed(world, centre, PHOTO, VOICE)
    world.sync(centre)
    gone = addresses(amina.read(f"/desk/cases/{receipt.id}").answer.text)
    erase(world.hq.node, receipt.id, ADMINISTRATOR, ("text",), "court-order")
    world.sync(centre)
    page = amina.read(f"/desk/cases/{receipt.id}")
    assert "The photo was erased." in page.text
    assert "The voice note was erased." in page.text
    assert [amina.client.get(one).status_code for one in gone] == [404, 404]
