"""Over the network without HTTPS only citizens' pages answer, and nobody but our own proxy says where a request came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import Blueprint, Flask, request

from appliance.web.context import Face
from appliance.web.faces import add_face
from appliance.web.transport import SOMEWHERE, Proxies, is_local
from tests.web.world import sample_app

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

PHONE, HERE = "192.168.4.17", "127.0.0.1"
FACES = {"people": (Face.CITIZENS, False), "desk": (Face.STAFF, False), "sync": (Face.MACHINES, False), "api": (Face.MACHINES, True)}
LOCAL = {"127.0.0.1": True, "::1": True, "::1%lo": True, "10.0.0.1": False, "": False, "unknown": False}


def faces_app(*, plain_http: bool, proxies: int = 0) -> Flask:
    """Return an application with one page for each sort of visitor, which says who asks and how."""
    app = sample_app(plain_http=plain_http)
    for name, (whose, opened) in FACES.items():
        blueprint = Blueprint(f"{name}_sample", __name__, url_prefix=f"/{name}/sample")
        blueprint.add_url_rule("/", view_func=_seen, endpoint="seen")
        add_face(app, blueprint, whose, in_the_open=opened)
    app.wsgi_app = Proxies(app.wsgi_app, proxies)  # type: ignore[method-assign]
    return app


def _seen() -> str:
    return f"{request.remote_addr} {request.scheme}"


def ask(app: Flask, path: str, address: str = PHONE, scheme: str = "http", **headers: str) -> TestResponse:
    client = app.test_client()
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(path, base_url=f"{scheme}://feedback.example", environ_base={"REMOTE_ADDR": address}, headers=said)


@pytest.mark.parametrize(("path", "status"), [("/people/sample/", 200), ("/api/sample/", 200), ("/desk/sample/", 403), ("/sync/sample/", 403)])
def test_a_phone_on_the_wifi_sees_citizens_pages_only(path: str, status: int) -> None:
    assert ask(faces_app(plain_http=True), path).status_code == status


@pytest.mark.parametrize("path", ["/people/sample/", "/api/sample/", "/desk/sample/", "/sync/sample/", "/nowhere", "/desk/nowhere"])
def test_nothing_answers_in_the_open_unless_the_settings_say_so(path: str) -> None:
    assert ask(faces_app(plain_http=False), path).status_code == 403


@pytest.mark.parametrize("path", ["/people/sample/", "/sync/sample/"])
@pytest.mark.parametrize("how", [{"address": PHONE, "scheme": "https"}, {"address": HERE}, {"address": "::1"}, {"address": "127.8.9.10"}])
def test_everything_answers_over_https_and_on_the_machine_itself(path: str, how: dict[str, str]) -> None:
    assert ask(faces_app(plain_http=False), path, **how).status_code == 200


def test_staffs_log_in_is_neither_shown_nor_taken_in_the_open() -> None:
    app = faces_app(plain_http=True)
    page = ask(app, "/staff/login")
    assert page.status_code == 403
    assert "Set-Cookie" not in page.headers
    assert "https://" in page.text
    assert "password" not in page.text
    sent = app.test_client().post("/staff/login", data={"login": "amina", "password": "x"}, environ_base={"REMOTE_ADDR": PHONE})
    assert sent.status_code == 403
    assert "Set-Cookie" not in sent.headers


def test_a_refusal_in_the_open_is_drawn_like_any_page() -> None:
    with ask(faces_app(plain_http=False), "/static/web/base.css") as styles:
        assert styles.status_code == 200


class TestWhoIsBelieved:
    """Each answer is the address and the scheme that the page was told."""

    def seen(self, proxies: int, address: str = HERE, **headers: str) -> str:
        app = faces_app(plain_http=True, proxies=proxies)
        return ask(app, "/people/sample/", address, **headers).text

    def test_nobody_speaks_for_another_over_the_network(self) -> None:
        assert self.seen(1, PHONE, X_Forwarded_For=HERE, X_Forwarded_Proto="https") == f"{PHONE} http"

    def test_the_proxy_of_the_settings_does(self) -> None:
        assert self.seen(1, X_Forwarded_For=PHONE, X_Forwarded_Proto="https") == f"{PHONE} https"

    def test_only_as_many_as_there_are(self) -> None:
        assert self.seen(1, X_Forwarded_For=f"{HERE}, {PHONE}") == f"{PHONE} http"
        assert self.seen(2, X_Forwarded_For=f"{HERE}, {PHONE}, 10.0.0.1") == f"{PHONE} http"

    @pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded", "X_Real_Ip", "Via"])
    def test_a_proxy_the_settings_do_not_know_makes_nobody_local(self, header: str) -> None:
        assert self.seen(0, **{header: "whoever"}) == f"{SOMEWHERE} http"

    def test_neither_does_one_that_says_less_than_was_promised(self) -> None:
        assert self.seen(2, X_Forwarded_For=PHONE) == f"{SOMEWHERE} http"

    def test_the_machine_itself_needs_no_proxy(self) -> None:
        assert self.seen(1) == f"{HERE} http"


@pytest.mark.parametrize("address", LOCAL)
def test_only_a_loopback_address_is_local(address: str) -> None:
    assert is_local({"REMOTE_ADDR": address}) is LOCAL[address]
