"""What is compressed, what never is, and that a browser gets the same bytes in the end."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint, Flask, Response, make_response, request
from flask.testing import FlaskClient

from appliance.web.context import Face
from appliance.web.faces import add_face
from tests.web.world import PASSWORD, sample_app

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

BASE_CSS = (Path(__file__).parents[2] / "appliance/web/static/base.css").read_bytes()
GZIP = {"Accept-Encoding": "gzip, deflate, br, zstd"}
STATIC = "/static/web/base.css?v=1"
LONG = "Karibu Huduma. " * 200


def _face(name: str, prefix: str) -> Blueprint:
    pages = Blueprint(name, __name__, url_prefix=prefix)

    @pages.route("/long", methods=["GET", "POST"])
    def long() -> Response:
        return make_response(LONG + request.values.get("said", ""))

    @pages.get("/short")
    def short() -> str:
        return "<p>ok</p>"

    @pages.get("/wrong")
    def wrong() -> tuple[str, int]:
        return LONG, 409

    @pages.get("/cookie")
    def cookie() -> Response:
        answer = make_response(LONG)
        answer.set_cookie("who", "x")
        return answer

    @pages.get("/picture")
    def picture() -> Response:
        return Response(b"\xff\xd8" + b"x" * 5000, mimetype="image/jpeg")

    return pages


@pytest.fixture
def app() -> Flask:
    app = sample_app()
    add_face(app, _face("open", "/open"), Face.CITIZENS)
    add_face(app, _face("inner", "/desk/inner"), Face.STAFF)
    add_face(app, _face("machine", "/api/machine"), Face.MACHINES)
    return app


class Closing(FlaskClient):
    """A client that reads each answer to its end and closes it, as a server does."""

    def open(self, *args: Any, **how: Any) -> TestResponse:
        answer = super().open(*args, **how)
        answer.get_data()
        answer.close()
        return answer


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    app.test_client_class = Closing
    return app.test_client()


def test_a_static_file_comes_compressed_with_exactly_these_headers(client: FlaskClient) -> None:
    answer = client.get(STATIC, headers=GZIP)
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert answer.headers["ETag"].startswith('W/"')
    assert "Accept-Ranges" not in answer.headers
    assert gzip.decompress(answer.data) == BASE_CSS
    assert len(answer.data) < len(BASE_CSS) / 4


def test_a_file_is_compressed_once_and_the_same_bytes_come_each_time(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get(STATIC, headers=GZIP).data
    monkeypatch.setattr(gzip, "compress", None)  # whoever compressed again would fail
    assert client.get(STATIC, headers=GZIP).data == first


def test_who_does_not_ask_gets_the_file_as_it_is(client: FlaskClient) -> None:
    for headers in ({}, {"Accept-Encoding": "br"}, {"Accept-Encoding": "gzip;q=0"}, {"Accept-Encoding": "identity, gzip;q=0.5"}):
        answer = client.get(STATIC, headers=headers)
        assert "Content-Encoding" not in answer.headers
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.data == BASE_CSS


def test_a_browser_that_has_the_file_is_told_so_whichever_form_it_has(client: FlaskClient) -> None:
    for headers in (GZIP, {}):
        etag = client.get(STATIC, headers=headers).headers["ETag"]
        again = client.get(STATIC, headers={**headers, "If-None-Match": etag})
        assert again.status_code == 304
        assert again.headers["ETag"] == etag
        assert again.headers["Vary"] == "Accept-Encoding"
        assert again.data == b""


def test_a_range_is_of_the_file_as_it_is(client: FlaskClient) -> None:
    answer = client.get(STATIC, headers={**GZIP, "Range": "bytes=100-1999"})
    assert answer.status_code == 206
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Content-Range"] == f"bytes 100-1999/{len(BASE_CSS)}"
    assert answer.data == BASE_CSS[100:2000]


def test_head_says_what_get_would(client: FlaskClient) -> None:
    head, get = client.head(STATIC, headers=GZIP), client.get(STATIC, headers=GZIP)
    assert head.data == b""
    assert {name: value for name, value in head.headers if name != "Date"} == {name: value for name, value in get.headers if name != "Date"}


def test_a_page_that_citizens_read_comes_compressed(client: FlaskClient) -> None:
    answer = client.get("/open/long?said=asante", headers=GZIP)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert gzip.decompress(answer.data).decode() == LONG + "asante"
    assert client.get("/open/long").data.decode() == LONG


def test_a_sheet_of_another_blueprint_is_not_taken_for_the_first(client: FlaskClient) -> None:
    client.get(STATIC, headers=GZIP)
    plain, packed = client.get("/static/kiosk/kiosk.css?v=1"), client.get("/static/kiosk/kiosk.css?v=1", headers=GZIP)
    assert gzip.decompress(packed.data) == plain.data


@pytest.mark.parametrize("path", ["/open/short", "/open/wrong", "/open/cookie", "/open/picture", "/api/machine/long", "/nothing-here"])
def test_what_is_small_wrong_packed_already_or_not_a_citizens_page_is_left_alone(client: FlaskClient, path: str) -> None:
    assert "Content-Encoding" not in client.get(path, headers=GZIP).headers


def test_the_answer_to_a_form_is_never_compressed(client: FlaskClient) -> None:
    answer = client.post("/open/long", data={"said": "a secret"}, headers=GZIP)
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


def test_staffs_pages_are_never_compressed(client: FlaskClient) -> None:
    page = client.get("/staff/login", headers=GZIP)
    assert "Content-Encoding" not in page.headers
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    client.post("/staff/login", data={"csrf_token": token, "login": "amina", "password": PASSWORD})
    answer = client.get("/desk/inner/long?said=guess", headers=GZIP)
    assert answer.text == LONG + "guess"
    assert "Content-Encoding" not in answer.headers
