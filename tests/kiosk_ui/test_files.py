"""A photo or voice note on pages without script: it waits in memory, comes with the message, and a bad one costs nothing that was typed."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from appliance.usecases.read_case import find_by_code
from tests.factories import Site
from tests.kiosk_ui.citizen import Citizen
from tests.usecases.recordings import IN_PARTS
from tests.usecases.test_photo import encoded, picture, telling

Before = Callable[..., Citizen]
PHOTO = encoded(picture())
NOISE = random.Random(3).randbytes(30 * 1024**2)  # no secret


@pytest.fixture
def writing(citizen: Before) -> Citizen:
    """Lend a citizen on the page of the message, with no face touched."""
    someone = citizen()
    someone.begin()
    someone.pick("complaint")
    someone.pick("40217")
    return someone


def _added(site: Site, code: str, line: int = 0) -> tuple[str, ...]:
    return find_by_code(site.node, code).lines[line].files


@pytest.mark.parametrize(("kind", "data", "words"), [("photo", PHOTO, "Photo added"), ("voice", IN_PARTS, "Voice note added")])
def test_a_file_alone_is_a_message(writing: Citizen, centre: Site, kind: str, data: bytes, words: str) -> None:
    writing.send("answers", None, **{kind: data})
    assert "May we reach you?" in writing.page.title
    assert words in writing.send("answers", ("go", "message")).text
    writing.send()
    assert "Added" in writing.send().text
    writing.send()
    assert _added(centre, writing.code) == (kind,)


def test_both_come_with_the_words_and_lie_nowhere_afterwards(writing: Citizen, centre: Site, client: FlaskClient) -> None:
    shelf = client.application.extensions["cfms-shelf"]
    before = len(shelf)
    writing.send(text="Look at this", photo=PHOTO, voice=IN_PARTS)
    assert len(shelf) == before + 2
    writing.send()
    writing.send()
    assert _added(centre, writing.code) == ("voice", "photo")
    assert len(shelf) == before


def test_what_was_added_can_be_taken_away_again(writing: Citizen, centre: Site) -> None:
    writing.send(text="Words", photo=PHOTO)
    page = writing.send("answers", ("go", "message"))
    page = writing.send("answers", ("drop", "photo"), text="Other words")
    assert "Photo added" not in page.text
    assert page.forms["answers"].fields["text"] == "Other words"
    writing.send()
    writing.send()
    writing.send()
    assert _added(centre, writing.code) == ()


def test_another_language_keeps_what_was_just_added(writing: Citizen) -> None:
    page = writing.send("answers", ("lang", "sw"), text="nusu ya", photo=PHOTO)
    assert "Picha imeongezwa" in page.text
    assert page.forms["answers"].fields["text"] == "nusu ya"


def test_nothing_the_camera_wrote_beside_the_picture_waits_in_memory(writing: Citizen, client: FlaskClient) -> None:
    writing.send(photo=telling())
    kept = client.application.extensions["cfms-shelf"].look(writing.page.forms["answers"].fields["photo"])
    assert b"Nairobi West" not in kept[1]


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [("photo", b"I am a text file called .jpg", "not a photo that can be read"), ("photo", PHOTO[: len(PHOTO) // 2], "damaged or not complete"),
     ("voice", b"RIFF not spoken", "not a recording that can be read"), ("photo", NOISE, "too large"), ("voice", NOISE, "too large")],
)  # fmt: skip
def test_a_file_that_cannot_be_taken_is_told_where_it_was_chosen_and_the_words_stay(writing: Citizen, kind: str, data: bytes, words: str) -> None:
    typed = "\u0645\u0631\u062d\u0628\u0627 \U0001f600 half a sentence"
    page = writing.send(text=typed, category="delay", **{kind: data})
    assert writing.status == 422
    assert page.title.startswith("Error: What happened?")
    assert words in page.text
    assert f'href="#{kind}"' in writing.answers[-1].text
    fields = page.forms["answers"].fields
    assert (fields["text"], fields["category"]) == (typed, "delay")
    writing.send()
    assert "May we reach you?" in writing.page.title


def test_a_file_that_lay_too_long_is_told_before_anything_is_sent(writing: Citizen, client: FlaskClient, centre: Site) -> None:
    writing.send(text="Words", photo=PHOTO)
    client.application.extensions["cfms-shelf"].drop(writing.page.forms["answers"].fields["photo"])
    writing.send()
    page = writing.send()
    assert writing.status == 422
    assert "was forgotten" in page.text
    assert page.forms["answers"].fields["text"] == "Words"
    writing.send()
    writing.send()
    writing.send()
    assert _added(centre, writing.code) == ()


# --- a case that is under way ---------------------------------------------------------------------------


def test_a_reply_may_be_a_voice_note_or_a_photo_and_the_story_says_so(citizen: Before, centre: Site) -> None:
    someone = citizen()
    code = someone.file()
    someone.follow(code)
    page = someone.send("reply", voice=IN_PARTS, photo=PHOTO)
    assert "Your words were added" in page.text
    assert "You added a voice note" in page.text
    assert "You added a photo" in page.text
    assert _added(centre, code, 1) == ("voice", "photo")


def test_a_reply_whose_photo_cannot_be_taken_keeps_its_words(citizen: Before, centre: Site) -> None:
    someone = citizen()
    code = someone.file()
    someone.follow(code)
    page = someone.send("reply", text="See the sign", photo=b"no photo", voice=IN_PARTS)
    assert someone.status == 422
    assert "not a photo that can be read" in page.text
    assert page.forms["reply"].fields["text"] == "See the sign"
    someone.send("reply")
    assert _added(centre, code, 1) == ("voice",)


def test_a_reply_of_nothing_is_asked_again(citizen: Before) -> None:
    someone = citizen()
    someone.follow(someone.file())
    someone.send("reply", text="")
    assert someone.status == 422


def test_a_photo_of_a_reply_can_be_taken_away(citizen: Before, centre: Site) -> None:
    someone = citizen()
    code = someone.file()
    someone.follow(code)
    page = someone.send("reply", ("lang", "en"), text="Words", photo=PHOTO)
    assert "Photo added" in page.text
    page = someone.send("reply", ("drop", "photo"))
    assert "Photo added" not in page.text
    someone.send("reply", text="Words")
    assert _added(centre, code, 1) == ()
