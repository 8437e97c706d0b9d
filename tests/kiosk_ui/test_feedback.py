"""The way from the first touch to the receipt: every answer is kept, nothing is lost on the way back, and once is once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance.domain import events as ev
from appliance.projections import cases
from appliance.usecases.read_case import story
from kiosk_ui.answers import ELSE
from tests.factories import Site, World
from tests.kiosk_ui.citizen import CONSENT, Citizen

Before = Callable[..., Citizen]


def _opened(site: Site, id: str) -> ev.CaseOpened:
    return next(one for one in site.events() if isinstance(one, ev.CaseOpened) and one.id == id)


def _filed(citizen: Citizen) -> str:
    return next(form.fields["id"] for form in citizen.page.forms.values() if "id" in form.fields)


@pytest.mark.parametrize("lang", ["en", "sw"])
def test_the_answers_become_a_case_in_the_citizens_language(citizen: Before, centre: Site, lang: str) -> None:
    someone = citizen(lang)
    someone.file(kind="concern", service="40217", text="Lifti haifanyi kazi", rating="1")
    opened = _opened(centre, _filed(someone))
    assert (opened.kind, opened.service, opened.rating, opened.lang) == ("concern", "40217", 1, lang)
    assert (opened.channel, opened.centre, opened.consent) == ("kiosk", "NBI", "")
    with centre.node.store.read() as db:
        assert story(db, opened.id).lines[0].text == "Lifti haifanyi kazi"


def test_a_device_of_ones_own_is_a_phone_and_a_terminal_a_kiosk(citizen: Before, centre: Site) -> None:
    someone = citizen(kiosk="")
    someone.file()
    assert _opened(centre, _filed(someone)).channel == "phone"


@pytest.mark.parametrize("kind", ["complaint", "concern", "suggestion", "compliment"])
def test_every_kind_has_its_way_and_its_categories(citizen: Before, centre: Site, kind: str) -> None:
    someone = citizen()
    someone.begin()
    someone.pick(kind)
    someone.pick(ELSE)
    category = centre.node.catalogue.categories_of(kind)[0].code
    assert f'value="{category}"' in someone.answers[-1].text
    someone.send(text="Words", category=category)
    someone.send()
    someone.send()
    opened = _opened(centre, _filed(someone))
    assert (opened.kind, opened.category, opened.service, opened.rating) == (kind, category, "", 0)


@pytest.mark.parametrize(("face", "said"), [("4", {}), ("", {"category": "delay"}), ("", {"text": "Words"})])
def test_a_face_or_a_chip_or_a_word_is_enough(citizen: Before, face: str, said: dict[str, str]) -> None:
    someone = citizen()
    someone.begin(face)
    someone.pick("complaint")
    someone.pick("40217")
    someone.send(**said)
    someone.send()
    someone.send()
    assert "Your message is registered" in someone.page.title


def test_nothing_at_all_is_asked_again(citizen: Before) -> None:
    someone = citizen()
    someone.begin()
    someone.pick("complaint")
    someone.pick("40217")
    assert "Touch what it is about" in someone.send(text="  ").text
    assert someone.status == 422


def test_back_and_change_lose_nothing(citizen: Before) -> None:
    someone = citizen()
    someone.begin()
    someone.pick("complaint")
    someone.pick("40217")
    someone.send("answers", ("go", "service"), text="half a sent", category="delay")
    assert someone.page.forms["answers"].fields["text"] == "half a sent"
    someone.pick("40415")
    assert someone.page.forms["answers"].fields["text"] == "half a sent"
    assert someone.page.forms["answers"].fields["category"] == "delay"
    someone.send(text="a whole sentence")
    page = someone.send(name="Wanjiku", phone="0712 345 678", consent=CONSENT)
    assert all(word in page.text for word in ("a whole sentence", "Wanjiku", "0712 345 678", "Delay or long queue", "Passport"))
    someone.send("answers", ("change", "message"))
    page = someone.send(text="another sentence")
    assert "Is this right?" in page.title  # back where the change was asked for
    assert all(word in page.text for word in ("another sentence", "Wanjiku", "Delay or long queue"))
    someone.send("answers", ("change", "contact"))
    page = someone.send("answers", ("go", "review"), name="Njeri")
    assert "Njeri" in page.text


def test_another_language_keeps_what_was_just_typed(citizen: Before) -> None:
    someone = citizen()
    someone.begin()
    someone.pick("complaint")
    someone.pick("40217")
    page = someone.send("answers", ("lang", "sw"), text="half a sent", category="fees")
    assert "Ni nini kilitokea?" in page.title
    assert page.forms["answers"].fields["text"] == "half a sent"
    assert page.forms["answers"].fields["category"] == "fees"
    assert page.forms["answers"].fields["lang"] == "sw"


def test_sent_twice_or_reloaded_is_one_case_with_one_receipt(citizen: Before, centre: Site) -> None:
    someone = citizen()
    code = someone.file()
    first, count = someone.page.text, centre.number("SELECT count(*) FROM case_state")
    someone.again()
    assert (someone.status, someone.code, someone.page.text) == (200, code, first)
    assert centre.number("SELECT count(*) FROM case_state") == count


def test_another_kind_drops_a_category_it_does_not_have(citizen: Before, centre: Site) -> None:
    someone = citizen()
    someone.begin()
    someone.pick("complaint")
    someone.pick("40217")
    someone.send(text="Words", category="delay")
    someone.send()
    someone.send("answers", ("change", "kind"))
    someone.pick("compliment")
    someone.send()
    assert _opened(centre, _filed(someone)).category == ""


# --- services -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "found"), [("kitambulsho", "Kitambulisho"), ("pasport", "Pasipoti"), ("KRA", "KRA")])
def test_a_service_is_found_by_a_slip_of_the_finger(citizen: Before, typed: str, found: str) -> None:
    someone = citizen("sw")
    someone.begin()
    someone.pick("complaint")
    page = someone.send(find=typed)
    assert found in page.text
    assert page.forms["answers"].fields["find"] == typed


def test_nothing_found_says_so_and_leaves_something_else(citizen: Before) -> None:
    someone = citizen()
    someone.begin()
    someone.pick("complaint")
    assert "Nothing was found" in someone.send(find="zzzzqqq").text
    someone.pick(ELSE)
    assert "What happened?" in someone.page.title


def test_all_services_of_the_counters_can_be_shown(citizen: Before, centre: Site) -> None:
    someone = citizen()
    someone.begin()
    few = len(someone.pick("complaint").forms["answers"].buttons)
    every = someone.send("answers", ("go", "all")).forms["answers"].buttons
    assert len(every) > few
    assert {("pick", one.code) for one in centre.node.catalogue.counter_services()} <= set(every)


def test_no_service_touched_and_nothing_looked_for_asks_again(citizen: Before) -> None:
    someone = citizen()
    someone.begin()
    someone.pick("complaint")
    assert "Choose the service" in someone.send().text
    assert someone.status == 422


def test_the_posters_number_typed_is_the_service_itself(citizen: Before) -> None:
    someone = citizen()
    someone.begin()
    someone.pick("complaint")
    page = someone.send(find="402 17")
    assert "What happened?" in page.title
    assert page.forms["answers"].fields["service"] == "40217"


def test_a_posters_qr_leads_past_the_question_of_the_service(citizen: Before) -> None:
    someone = citizen()
    home = someone.open("/", q="40217")
    assert "National identity card" in home.text
    assert home.forms["answers"].fields["service"] == "40217"
    assert "National identity card" in someone.pick("2").text
    assert "What happened?" in someone.pick("complaint").title
    someone.send("answers", ("go", "kind"))
    someone.pick("complaint")
    someone.send(text="Words")
    someone.send()
    someone.send("answers", ("change", "service"))  # it can still be changed
    assert "Passport" in someone.pick("40415").text


def test_a_poster_nobody_knows_is_looked_for_instead(citizen: Before) -> None:
    someone = citizen()
    someone.begin(q="passport")
    assert "Passport" in someone.pick("complaint").text


# --- contact --------------------------------------------------------------------------------------------


def test_contact_needs_the_tick_and_the_tick_is_recorded(citizen: Before, centre: Site) -> None:
    someone = citizen()
    page = someone.to_review(phone="0712 345 678")
    assert "Tick the box" in page.text
    assert (someone.status, page.forms["answers"].fields["phone"]) == (422, "0712 345 678")
    someone.send(consent=CONSENT)
    someone.send()
    opened = _opened(centre, _filed(someone))
    assert opened.consent == CONSENT
    with centre.node.store.read() as db:
        assert story(db, opened.id, contact=True).contact == {"phone": "+254712345678"}


@pytest.mark.parametrize("good", ["0712345678", "+254 712 345 678", "254712345678", "0712-345-678", "00254712345678"])
def test_a_telephone_number_is_taken_as_people_write_it(citizen: Before, good: str) -> None:
    assert "Is this right?" in citizen().to_review(phone=good, consent=CONSENT).title


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [("phone", "12345", "not a telephone number"), ("phone", "call me", "not a telephone number"), ("email", "amina at home", "not an e-mail"),
     ("name", "x" * 200, "Shorten this"), ("name", "a\0b", "cannot be kept")],
)  # fmt: skip
def test_contact_that_cannot_be_right_is_asked_again_and_kept(citizen: Before, field: str, typed: str, words: str) -> None:
    someone = citizen()
    page = someone.to_review(consent=CONSENT, **{field: typed})
    assert someone.status == 422
    assert page.title.startswith("Error:")
    assert words in page.text
    assert page.forms["answers"].fields[field].replace("\ufffd", "\0") == typed


def test_a_text_too_long_is_kept_to_be_shortened(citizen: Before, centre: Site) -> None:
    someone, long = citizen(), "x" * (centre.node.settings.limits.text_chars + 1)
    someone.begin()
    someone.pick("complaint")
    someone.pick("40217")
    page = someone.send(text=long)
    assert someone.status == 422
    assert "Shorten this" in page.text
    assert page.forms["answers"].fields["text"] == long
    someone.send(text=long[1:])
    assert someone.status == 200


# --- what a page was not asked ---------------------------------------------------------------------------


def test_a_damaged_code_is_minted_anew_before_anything_is_registered(citizen: Before) -> None:
    someone = citizen()
    someone.begin()
    minted = someone.page.forms["answers"].fields["code"]
    page = someone.send("answers", ("pick", "complaint"), code=minted[:-1])
    assert page.forms["answers"].fields["code"] != minted
    assert len(page.forms["answers"].fields["code"]) == 20


@pytest.mark.parametrize("wrong", [{"kind": "riot"}, {"service": "99999"}, {"rating": "9"}, {"category": "x"}, {"text": "", "rating": ""}])
def test_answers_that_were_tampered_with_are_asked_again(citizen: Before, wrong: dict[str, str]) -> None:
    someone = citizen()
    someone.to_review(kind="complaint", text="Words")
    someone.send(**wrong)
    if "category" in wrong or wrong.get("rating"):
        assert someone.status == 200  # an unknown category or face is left out
    else:
        assert someone.status == 422
        assert "Error:" in someone.page.title


def test_a_page_nobody_knows_begins_anew(citizen: Before) -> None:
    someone = citizen()
    someone.begin("1")
    assert "How were you served?" in someone.send(at="nowhere", rating="").title


# --- headquarters ---------------------------------------------------------------------------------------


def test_on_the_internet_a_centre_is_chosen_and_gets_the_case(portal: Citizen, world: World, centre: Site) -> None:
    assert "Which centre" in portal.open("/feedback").title
    county = centre.node.catalogue.check_centre("NBI").county
    portal.send("answers", ("county", county))
    portal.pick("NBI")
    portal.file(kind="complaint", text="Filed from home")
    case = _filed(portal)
    world.sync(centre)
    with centre.node.store.read() as db:
        row = cases.get(db, case)
        assert row is not None
        assert (row.centre, row.channel) == ("NBI", "web")
        assert story(db, case).lines[0].text == "Filed from home"


@pytest.mark.parametrize("path", ["/", "/feedback"])
def test_on_the_internet_a_posters_address_tells_the_centre(portal: Citizen, world: World, path: str) -> None:
    page = portal.open(path, q="40217", centre="NBI")
    assert "How was the service today?" in page.text or "How were you served?" in page.title
    assert page.forms["answers"].fields["centre"] == "NBI"
    portal.pick("4")
    assert "What was good?" in portal.pick("compliment").title, "the service is known, too"
    portal.send(text="It was quick")
    portal.send()
    portal.send()
    with world.hq.node.store.read() as db:
        row = cases.get(db, _filed(portal))
    assert row is not None
    assert (row.centre, row.service) == ("NBI", "40217")


def test_on_the_internet_an_address_with_a_centre_nobody_knows_asks_for_it(portal: Citizen) -> None:
    assert "answers" not in portal.open("/", q="40217", centre="XXX").forms
    assert "Which centre" in portal.open("/feedback", q="40217", centre="XXX").title


def test_the_centre_of_an_address_can_be_changed(portal: Citizen) -> None:
    portal.open("/feedback", centre="NBI")
    assert "Which centre" in portal.send("answers", ("go", "centre")).title


def test_a_countys_only_centre_is_chosen_at_once(portal: Citizen, centre: Site) -> None:
    listed = centre.node.catalogue.centres
    only = next(one for one in listed if [other.county for other in listed].count(one.county) == 1)
    portal.open("/feedback")
    page = portal.send("answers", ("county", only.county))
    assert "How were you served?" in page.title
    assert page.forms["answers"].fields["centre"] == only.code


def test_a_message_about_no_one_centre_stays_at_headquarters(portal: Citizen, world: World) -> None:
    portal.open("/feedback")
    portal.pick(ELSE)
    portal.file(text="About all of them")
    with world.hq.node.store.read() as db:
        row = cases.get(db, _filed(portal))
        assert row is not None
        assert row.centre == ""


def test_no_centre_chosen_asks_again(portal: Citizen) -> None:
    portal.open("/feedback")
    portal.send()
    assert "Which centre" in portal.page.title


def test_a_centre_never_asks_which_centre(citizen: Before) -> None:
    assert "centre" not in citizen().open("/feedback").title
