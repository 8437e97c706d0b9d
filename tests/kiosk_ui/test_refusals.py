"""Whatever refuses a message, the page says why in a sentence and what was typed is on it, ready to be sent again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from appliance.domain.errors import Refusal, SigningStopped, StorageFull
from appliance.store.errors import StoreError
from kiosk_ui import feedback, following
from tests.factories import Site
from tests.kiosk_ui.citizen import CONSENT, Citizen

Before = Callable[..., Citizen]
REFUSALS = [(StorageFull(), 507, "The store is full"), (SigningStopped(), 503, "journal"), (StoreError("gone"), 503, "cannot be kept just now")]


def _raise(error: Exception) -> Callable[..., None]:
    def refuse(*_: object, **__: object) -> None:
        raise error

    return refuse


@pytest.mark.parametrize(("error", "status", "words"), REFUSALS)
def test_a_refused_message_stays_on_the_page_and_can_be_sent_again(
    citizen: Before, monkeypatch: pytest.MonkeyPatch, error: Refusal | StoreError, status: int, words: str
) -> None:
    someone = citizen()
    someone.to_review(text="Nobody shall lose this", name="Wanjiku", consent=CONSENT)
    code = someone.page.forms["answers"].fields["code"]
    with monkeypatch.context() as broken:
        broken.setattr(feedback, "open_case", _raise(error))
        page = someone.send()
    assert someone.status == status
    assert words in page.text
    assert all(kept in page.text for kept in ("Nobody shall lose this", "Wanjiku"))
    someone.send()
    assert (someone.status, someone.code) == (200, code)


@pytest.mark.parametrize("lang", ["en", "sw"])
def test_the_refusal_speaks_the_citizens_language(citizen: Before, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    someone = citizen(lang)
    someone.to_review()
    monkeypatch.setattr(feedback, "open_case", _raise(StorageFull()))
    assert ("The store is full" in someone.send().text) == (lang == "en")
    assert ("Hifadhi imejaa" in someone.page.text) == (lang == "sw")


@pytest.mark.parametrize(("error", "status", "words"), REFUSALS)
def test_a_refused_reply_stays_on_the_page_and_can_be_sent_again(
    citizen: Before, monkeypatch: pytest.MonkeyPatch, error: Refusal | StoreError, status: int, words: str
) -> None:
    someone = citizen()
    someone.follow(someone.file())
    with monkeypatch.context() as broken:
        broken.setattr(following, "write_again", _raise(error))
        page = someone.send("reply", text="It rained in")
    assert someone.status == status
    assert words in page.text
    assert page.forms["reply"].fields["text"] == "It rained in"
    assert "Your words were added" in someone.send("reply").text


def test_a_ticket_that_cannot_be_kept_is_asked_again_where_it_was_typed(client: FlaskClient) -> None:
    page = client.post("/feedback", data={"at": "kind", "pick": "complaint", "rating": "1", "ticket": "B\u00a0417", "lang": "sw"})
    assert page.status_code == 422
    assert page.text.count("Kuna alama isiyoweza kuhifadhiwa. Andika tena.") == 2  # at the top and at the field
    assert 'value="B\u00a0417"' in page.text
    assert "ticket:" not in page.text


@pytest.mark.parametrize("go", ["", "finish"])
@pytest.mark.parametrize("face", ["5", "very bad", "\u00b2"])
def test_a_face_that_is_none_of_ours_is_as_good_as_none(client: FlaskClient, centre: Site, face: str, go: str) -> None:
    page = client.post("/feedback", data={"at": "kind", "pick": "complaint", "ticket": "B-1", "rating": face, "go": go})
    assert page.status_code == 200
    assert f'value="{face}"' not in page.text
    assert centre.number("SELECT count(*) FROM rating WHERE rating NOT IN (1, 2, 3, 4)") == 0


def test_a_body_that_is_too_large_is_refused_before_it_is_read(citizen: Before, monkeypatch: pytest.MonkeyPatch) -> None:
    someone = citizen()
    someone.to_review()
    someone.send(text="x" * (9 * 1024 * 1024))
    assert someone.status == 413
    assert "too large" in someone.page.text
