"""The first page: on a terminal it invites in every language, one tap on a face counts, and a reset forgets whoever stood there."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from appliance.domain import events as ev
from appliance.store.errors import StoreError
from kiosk_ui import counting
from tests.factories import Site, World, client_of
from tests.kiosk_ui.citizen import Citizen

Before = Callable[..., Citizen]


def _rated(site: Site, id: str) -> list[ev.Rated]:
    return [one for one in site.events() if isinstance(one, ev.Rated) and one.id == id]


def _count(site: Site) -> int:
    return sum(isinstance(one, ev.Rated) for one in site.events())


def test_a_terminal_invites_in_every_language_and_a_phone_in_its_owners(citizen: Before) -> None:
    terminal = citizen("sw")
    assert "Huduma ilikuwaje leo?" in terminal.open("/").text
    assert re.search(r'<a class="attract__words"[^>]* lang="en"[^>]*>How was the service today\?</a>', terminal.answers[-1].text)
    assert "How was the service today?" not in citizen("sw", kiosk="").open("/").text


def test_each_language_is_offered_by_its_own_name(citizen: Before) -> None:
    someone = citizen()
    someone.open("/")
    for code, name in (("en", "English"), ("sw", "Kiswahili")):
        assert re.search(rf'<a class="tool"[^>]* lang="{code}"[^>]*>\s*{name}\s*</a>', someone.answers[-1].text), name


@pytest.mark.parametrize("kiosk", ["K1", ""])
def test_one_tap_counts_even_if_the_person_walks_away(citizen: Before, centre: Site, kiosk: str) -> None:
    someone = citizen(kiosk=kiosk)
    someone.open("/")
    rated = someone.page.forms["answers"].fields["rated"]
    page = someone.pick("1")
    assert "Thank you. It counts." in page.title
    (tap,) = _rated(centre, rated)
    assert (tap.rating, tap.channel, tap.centre, tap.ticketed) == (1, "kiosk" if kiosk else "phone", "NBI", False)


def test_touched_twice_is_counted_once(citizen: Before, centre: Site) -> None:
    someone = citizen()
    someone.open("/")
    someone.pick("3")
    before = _count(centre)
    someone.again()
    assert "Thank you. It counts." in someone.page.title
    assert _count(centre) == before


def test_another_face_after_going_back_is_what_the_case_says(citizen: Before, centre: Site) -> None:
    someone = citizen()
    someone.open("/")
    rated = someone.page.forms["answers"].fields["rated"]
    someone.pick("4")
    someone.send("answers", ("go", "rating"))
    someone.pick("1")
    assert [one.rating for one in _rated(centre, rated)] == [4]
    someone.pick("complaint")
    someone.pick("40217")
    someone.send(text="")
    someone.send()
    someone.send()
    opened = [one for one in centre.events() if isinstance(one, ev.CaseOpened)][-1]
    assert (opened.rating, opened.rated) == (1, rated)


def test_without_a_face_nothing_is_counted_and_nobody_is_thanked_for_one(citizen: Before, centre: Site) -> None:
    someone = citizen()
    before = _count(centre)
    someone.open("/")
    page = someone.pick("")
    assert "What do you want to tell us?" in page.title
    assert "It counts" not in page.text
    assert ("go", "finish") not in page.forms["answers"].buttons
    assert _count(centre) == before


def test_leaving_after_the_tap_is_thanked_and_forgotten(citizen: Before) -> None:
    someone = citizen()
    someone.open("/")
    someone.pick("2")
    page = someone.send("answers", ("go", "finish"))
    assert "Thank you" in page.title
    assert someone.answers[-1].headers["Clear-Site-Data"] == '"cache"'
    assert "/?kiosk=K1&reset=1" in page.addresses
    assert "Thank you" not in someone.switch("sw", next(iter(page.forms))).title
    assert "Asante" in someone.page.title


def test_a_ticket_told_on_leaving_is_added_to_the_tap(citizen: Before, centre: Site) -> None:
    someone = citizen()
    someone.open("/")
    rated = someone.page.forms["answers"].fields["rated"]
    someone.pick("4")
    someone.send("answers", ("go", "finish"), ticket="A 117")
    assert [one.rated for one in centre.events() if isinstance(one, ev.RatingTicketed)][-1] == rated


def test_a_tap_that_could_not_be_kept_is_not_thanked_for(citizen: Before, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("gone")

    someone = citizen()
    someone.open("/")
    with monkeypatch.context() as broken:
        broken.setattr(counting, "rate", refuse)
        page = someone.pick("1")
    assert someone.status == 503
    assert "cannot be kept just now" in page.text
    assert "It counts" not in page.text
    assert "Thank you. It counts." in someone.pick("1").title


def test_the_chosen_face_is_never_shown_again(citizen: Before) -> None:
    someone = citizen()
    someone.open("/")
    faces = re.findall(r"<svg.*?</svg>", someone.answers[-1].text.split("choices--faces")[1], re.DOTALL)[:4]
    someone.to_review(rating="1")
    shown = [answer.text.split("<template")[0] for answer in someone.answers[1:]]
    assert len(shown) > 4
    assert not [page for page in shown for face in faces if face in page]


def test_a_reset_drops_what_the_browser_cached(client: FlaskClient) -> None:
    assert client.get("/?kiosk=K1&reset=1").headers["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in client.get("/?kiosk=K1").headers


def test_a_terminal_is_told_when_to_warn_and_to_wipe_and_a_phone_is_not(client: FlaskClient, centre: Site) -> None:
    kiosk = centre.node.settings.kiosk
    tag = re.search(r"<html[^>]*>", client.get("/?kiosk=K1").text)
    assert tag is not None
    assert f'data-kiosk="K1" data-idle-warn="{kiosk.idle_warn_seconds}" data-idle-wipe="{kiosk.idle_wipe_seconds}"' in tag[0]
    own = re.search(r"<html[^>]*>", client.get("/").text)
    assert own is not None
    assert "data-idle" not in own[0]


def test_the_look_survives_the_whole_way(citizen: Before) -> None:
    someone = citizen()
    someone.open("/", look="contrast")
    assert 'class="govuk-template contrast"' in someone.answers[-1].text
    someone.pick("2")
    someone.pick("complaint")
    someone.pick("40217")
    page = someone.send("answers", ("look", "contrast-large"), text="half a sent")
    assert 'class="govuk-template contrast large"' in someone.answers[-1].text
    assert page.forms["answers"].fields["text"] == "half a sent"
    someone.send(text="Words")
    someone.send()
    someone.send()
    assert 'class="govuk-template contrast large"' in someone.answers[-1].text
    assert "Your message is registered" in someone.page.title


def test_a_look_nobody_knows_is_none(client: FlaskClient) -> None:
    assert 'class="govuk-template"' in client.get("/?look=%22%3E").text


def test_headquarters_asks_for_no_face_before_it_knows_the_centre(world: World, centre: Site) -> None:
    someone = Citizen(client_of(world.hq), kiosk="")
    page = someone.open("/")
    assert "answers" not in page.forms
    assert any(where.startswith("/feedback?") for where in page.addresses)
    someone.open("/feedback")
    someone.send("answers", ("county", centre.node.catalogue.check_centre("NBI").county))
    assert "How were you served?" in someone.pick("NBI").title
    rated = someone.page.forms["answers"].fields["rated"]
    someone.pick("3")
    with world.hq.node.store.read() as db:
        (log,) = db.one("SELECT log FROM event WHERE id = :id", id=rated) or (0,)
        (origin,) = db.one("SELECT origin FROM log WHERE id = :log", log=log) or ("",)
    (tap,) = [one for one in world.hq.events(origin) if isinstance(one, ev.Rated) and one.id == rated]
    assert (tap.centre, tap.channel) == ("NBI", "web")
