"""Refusals and failures: a plain sentence as page or JSON, what was typed kept, and nothing told that is not the reader's."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask, request
from werkzeug.exceptions import HTTPException

from appliance.domain import errors as refusals
from appliance.domain.errors import Refusal
from appliance.store.errors import StoreUnavailable
from appliance.usecases.accounts import LoginSlowed
from appliance.web.context import Face
from appliance.web.errors import status_of
from appliance.web.faces import add_face
from tests.web.world import sample_app

OURS = {"Sec-Fetch-Site": "same-origin"}
THROWN: dict[str, tuple[Exception, int]] = {
    "unknown": (refusals.UnknownCode(), 404), "slow": (refusals.TooMany(seconds=40), 429), "full": (refusals.StorageFull(), 507),
    "move": (refusals.IllegalMove(state="closed", move="reply"), 409), "role": (refusals.NotAllowed(), 403),
    "store": (StoreUnavailable("disk I/O error at /secret"), 503), "crash": (RuntimeError("Wanjiru wrote this"), 500),
}  # fmt: skip


@pytest.fixture
def app() -> Flask:
    """Lend an application whose pages fail as they are told."""
    made = sample_app()
    made.config["PROPAGATE_EXCEPTIONS"] = False
    for name, whose in (("people", Face.CITIZENS), ("machines", Face.MACHINES)):
        blueprint = Blueprint(name, __name__, url_prefix=f"/{name}")

        @blueprint.route("/<what>", methods=["GET", "POST"], endpoint="fail")
        def fail(what: str) -> str:
            if what == "large":
                request.max_content_length = 10
                request.get_data()
            raise THROWN[what][0]

        add_face(made, blueprint, whose)
    return made


@pytest.mark.parametrize("what", THROWN)
def test_it_answers_with_a_status_and_a_sentence(app: Flask, what: str) -> None:
    status = THROWN[what][1]
    page = app.test_client().get(f"/people/{what}")
    assert page.status_code == status
    assert page.content_type.startswith("text/html")
    assert "Wanjiru" not in page.text
    assert "/secret" not in page.text
    said = app.test_client().get(f"/machines/{what}")
    assert said.status_code == status
    assert said.json is not None
    assert set(said.json) == {"error", "message", "details"}
    assert "Wanjiru" not in said.text


def test_it_speaks_the_readers_language(app: Flask) -> None:
    assert "Hatuna kesi yenye nambari hiyo" in app.test_client().get("/people/unknown?lang=sw").text
    assert "haiwezi kujibiwa" in app.test_client().get("/people/move?lang=sw").text


def test_a_move_that_cannot_be_is_named_in_words(app: Flask) -> None:
    assert "A case that is closed cannot be replied to." in app.test_client().get("/people/move").text


def test_whoever_must_wait_is_told_how_long(app: Flask) -> None:
    assert app.test_client().get("/machines/slow").headers["Retry-After"] == "40"


@pytest.mark.parametrize("what", ["full", "slow", "store", "crash"])
def test_what_was_typed_stands_on_the_page_to_be_sent_again(app: Flask, what: str) -> None:
    typed = {"text": "The lift has been <b>broken</b> since Friday", "kind": "complaint", "password": "sesame", "csrf_token": "t"}
    page = app.test_client().post(f"/people/{what}", data=typed, headers=OURS).text
    assert 'name="text" value="The lift has been &lt;b&gt;broken&lt;/b&gt; since Friday"' in page
    assert 'name="kind" value="complaint"' in page
    assert "sesame" not in page


def test_unless_another_sites_page_sent_it(app: Flask) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
        assert "The lift" not in app.test_client().post("/people/full", data={"text": "The lift is broken"}, headers=headers).text


def test_what_is_too_large_is_refused_before_it_is_read(app: Flask) -> None:
    page = app.test_client().post("/people/large", data={"text": "x" * 100}, headers=OURS)
    assert page.status_code == 413
    assert "x" * 100 not in page.text


def test_a_wrong_method_names_the_right_ones(app: Flask) -> None:
    answer = app.test_client().delete("/people/full")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_refusal_of_the_senders_is_never_called_a_failure_of_ours() -> None:
    kinds = [kind for kind in vars(refusals).values() if isinstance(kind, type) and issubclass(kind, Refusal)]
    ours = {refusals.StorageFull, refusals.SigningStopped, refusals.PhotosWaiting}
    assert {kind for kind in kinds if status_of(kind.__new__(kind)) >= 500} == ours
    assert status_of(LoginSlowed(seconds=3)) == 429


def test_every_error_of_http_has_a_page(app: Flask) -> None:
    codes = {kind.code for kind in HTTPException.__subclasses__() if kind.code}
    with app.test_request_context("/nowhere"):
        from appliance.web.errors import on_http_error  # noqa: PLC0415 - after the application is made

        for code in sorted(codes):
            error = HTTPException()
            error.code = code
            answer = on_http_error(error)
            assert answer.status_code == code
            assert "<h1" in answer.get_data(as_text=True)
