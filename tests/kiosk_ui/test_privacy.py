"""What no citizens' page may ever do: set a cookie, be kept by a cache, show a secret in an address, load from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient

from appliance.web.headers import PAGE_POLICY
from tests.factories import Site, client_of
from tests.kiosk_ui.citizen import CONSENT, Citizen, Reader

Before = Callable[..., Citizen]
DASH = "\u2013"
WORDS, NAME, PHONE, EMAIL = "The third window was shut", "Wanjiku Kamau", "0712345678", "wanjiku@example.org"


@pytest.fixture
def walked(citizen: Before) -> Citizen:
    """Lend a citizen who has been on every page, refusals included."""
    someone = citizen()
    someone.open("/", q="40217")
    code = someone.file(text=WORDS, name=NAME, phone=PHONE, email=EMAIL, consent=CONSENT)
    someone.send("receipt", ("go", "check"), last_four="0000")
    someone.send("receipt", ("go", "check"), last_four=code[-4:])
    someone.follow("12")
    someone.follow(code)
    someone.send("reply", text=WORDS)
    someone.send("reply", text="")
    ask = next(name for name, one in someone.page.forms.items() if ("do", "ask-withdraw") in one.buttons)
    someone.send(ask, ("do", "ask-withdraw"))
    at_home = citizen(kiosk="")  # from a terminal no receipt leads away
    at_home.file()
    proof = next(where for where in at_home.page.addresses if where.startswith("/proof"))
    someone.open("/proof", p=unquote(proof.partition("p=")[2].partition("&")[0]))
    someone.open("/proof", p="nonsense")
    someone.open("/nowhere")
    someone.secrets = (code, code[:4] + " " + code[4:8], WORDS, NAME, PHONE, EMAIL, PHONE.removeprefix("0"))  # type: ignore[attr-defined]
    return someone


def test_no_page_sets_a_cookie_or_may_be_kept(walked: Citizen) -> None:
    assert len(walked.answers) > 15
    for answer in walked.answers:
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"


def test_every_page_has_the_strict_policy_and_nothing_inline(walked: Citizen) -> None:
    for answer in walked.answers:
        assert answer.headers["Content-Security-Policy"] == PAGE_POLICY
        assert "style=" not in answer.text
        assert "onclick=" not in answer.text
        assert answer.text.count("<script") == answer.text.count("<script src=")


def test_every_address_is_our_own_and_holds_no_secret(walked: Citizen) -> None:
    for answer in walked.answers:
        places = [*Reader(answer.text).addresses, answer.request.full_path, *(value for _, value in answer.headers)]
        for place in map(unquote, places):
            assert not [secret for secret in walked.secrets if secret in place], place  # type: ignore[attr-defined]
        assert all(where.startswith(("/", "#")) for where in Reader(answer.text).addresses)


def test_no_field_is_completed_by_the_browser(walked: Citizen) -> None:
    assert [name for answer in walked.answers for name in Reader(answer.text).uncompleted] == []


def test_the_code_is_shown_on_the_receipt_only(walked: Citizen) -> None:
    code = walked.secrets[0]  # type: ignore[attr-defined]
    groups = [code[at : at + 4] for at in range(0, 20, 4)]
    shown = [answer for answer in walked.answers if all(f">{group}<" in answer.text for group in groups)]
    assert {Reader(answer.text).title.removeprefix("Error: ") for answer in shown} == {f"Your message is registered {DASH} CFMS"}


def test_after_the_receipt_no_page_holds_contact_details(walked: Citizen) -> None:
    begun = next(number for number, answer in enumerate(walked.answers) if "Your message is registered" in Reader(answer.text).title)
    for answer in walked.answers[begun:]:
        assert not [secret for secret in (NAME, PHONE, EMAIL) if secret in answer.text]


@pytest.fixture
def open_client(centre: Site) -> FlaskClient:
    """Lend a client of the centre's pages where phones come by plain HTTP."""
    closed = centre.node.settings
    centre.node.settings = replace(closed, web=replace(closed.web, plain_http=True))
    try:
        return client_of(centre)
    finally:
        centre.node.settings = closed


@pytest.mark.parametrize("page", ["/track", "/feedback"])
def test_a_page_on_open_wifi_says_that_others_could_read_it(open_client: FlaskClient, page: str) -> None:
    words = "Others on this Wi-Fi could read this"
    near, far = Citizen(open_client), Citizen(open_client, address="192.168.8.20", kiosk="")
    for someone in (near, far):
        someone.open(page)
        if page == "/feedback":
            someone.pick("")
            someone.pick("complaint")
            someone.pick("40217")
    assert words in far.page.text
    assert words not in near.page.text


def test_a_page_by_https_does_not(open_client: FlaskClient) -> None:
    someone = Citizen(open_client, address="192.168.8.20")
    someone.environ["wsgi.url_scheme"] = "https"
    assert "Type your receipt code" in someone.open("/track").text
    assert "Others on this Wi-Fi" not in someone.page.text
