"""What every answer carries, whoever it is for: headers, no cookie for citizens, a token for staff."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Blueprint, Flask, Response, render_template_string
from flask.testing import FlaskClient

from appliance.web.context import Face
from appliance.web.faces import add_face
from tests.web.world import PASSWORD, SampleAccounts, sample_app

PAGE = '{% extends "layout_kiosk.html" %}{% block title %}Page{% endblock %}{% block main %}<h1>Page</h1>{% endblock %}'
DESK = PAGE.replace("kiosk", "staff")
FACES = {"people": Face.CITIZENS, "desk": Face.STAFF, "api": Face.MACHINES}


@pytest.fixture
def app() -> Flask:
    """Lend an application with one page for each sort of visitor."""
    made = sample_app(SampleAccounts())
    for name, whose in FACES.items():
        blueprint = Blueprint(f"{name}_sample", __name__, url_prefix=f"/{name}")
        blueprint.add_url_rule("/page", view_func=_page(whose), methods=["GET", "POST"], endpoint="page")
        blueprint.add_url_rule("/crash", view_func=_crash, endpoint="crash")
        add_face(made, blueprint, whose)
    return made


def _page(whose: Face) -> Callable[[], Response | str]:
    def page() -> Response | str:
        if whose is Face.MACHINES:
            return Response("{}", content_type="application/json")
        return render_template_string(DESK if whose is Face.STAFF else PAGE)

    return page


def _crash() -> str:
    raise RuntimeError("Wanjiru")


def logged_in(app: Flask) -> FlaskClient:
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/staff/login").text)
    assert token
    answer = client.post("/staff/login", data={"csrf_token": token[1], "login": "amina", "password": PASSWORD})
    assert answer.status_code == 302
    return client


@pytest.mark.parametrize("path", ["/people/page", "/desk/page", "/nowhere", "/desk/nowhere", "/people/crash", "/staff/login"])
def test_a_page_lets_a_browser_load_nothing_from_elsewhere_and_keep_nothing(app: Flask, path: str) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = logged_in(app).get(path)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert {name: value for name, value in policy.items() if name.endswith("-src")}.keys() >= {"script-src", "style-src", "img-src"}
    assert set(policy.values()) <= {"'self'", "'none'", "'self' blob:"}  # a blob: is what the page itself has recorded
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in answer.headers["Permissions-Policy"]
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", answer.text)


@pytest.mark.parametrize(("path", "media"), [("/people/page", "(self)"), ("/desk/page", "()"), ("/nowhere", "()")])
def test_only_citizens_pages_may_use_microphone_and_camera(app: Flask, path: str, media: str) -> None:
    allowed = logged_in(app).get(path).headers["Permissions-Policy"].split(", ")
    assert {f"microphone={media}", f"camera={media}"} <= set(allowed)


def test_data_may_do_nothing_at_all(app: Flask) -> None:
    answer = app.test_client().get("/api/page")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/people/page", "/people/page?lang=sw", "/api/page", "/nowhere", "/static/web/base.js"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_citizens_and_machines_get_no_cookie(app: Flask, path: str, method: str) -> None:
    with app.test_client().open(path, method=method, data={"text": "The lift"} if method == "POST" else None) as answer:
        assert "Set-Cookie" not in answer.headers
        assert answer.headers.get("Vary", "").lower().find("cookie") == -1


def test_staffs_pages_ask_who_it_is(app: Flask) -> None:
    answer = app.test_client().get("/desk/page?case=7")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/staff/login?next=/desk/page?case%3D7"


@pytest.mark.parametrize("token", [None, "", "made up"])
def test_staffs_acts_need_the_token_of_our_own_page(app: Flask, token: str | None) -> None:
    client = logged_in(app)
    assert client.post("/desk/page", data={} if token is None else {"csrf_token": token}).status_code == 400


def test_with_the_token_they_go_through(app: Flask) -> None:
    client = logged_in(app)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/desk/page").text)
    assert token
    assert client.post("/desk/page", data={"csrf_token": token[1]}).status_code == 200


def test_a_blueprint_nobody_gave_a_face_counts_as_staffs(app: Flask) -> None:
    forgotten = Blueprint("forgotten", __name__, url_prefix="/forgotten")
    forgotten.add_url_rule("/page", view_func=lambda: "secret", endpoint="page")
    app.register_blueprint(forgotten)
    assert app.test_client().get("/forgotten/page").status_code == 302
