"""Receipts on telephones: a real gateway on the loopback takes, refuses, hangs up, and comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from appliance.channels.sms import gateway
from appliance.channels.sms.gateway import MOST_WAITING, PER_HOUR, Gateway, GatewayRefused, QueueFull
from appliance.domain.errors import TooMany

NUMBER, WORDS = "+254712345678", "1234 5678: jibu kabla ya 5 Desemba & zaidi"
PATIENCE = 10.0  # seconds a test waits for what must come


class Answers(BaseHTTPRequestHandler):
    """Notes what is asked, and answers as the test wishes."""

    def do_GET(self) -> None:
        """Take one message."""
        server = self.server
        assert isinstance(server, Kannel)
        server.asked.append({name: found[0] for name, found in parse_qs(urlsplit(self.path).query).items()})
        if (status := server.statuses.pop(0) if server.statuses else 202) == 0:
            self.close_connection = True
            return
        self.send_response(status)
        self.end_headers()
        server.took.set()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Kannel(ThreadingHTTPServer):
    """A gateway for tests.

    Attributes:
        statuses: what it answers next; 0 hangs up without an answer.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.asked: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self.took = threading.Event()

    @property
    def template(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/cgi-bin/sendsms?username=u&password=p&to={{to}}&text={{text}}"


@pytest.fixture
def kannel() -> Iterator[Kannel]:
    """Lend a gateway that answers."""
    server = Kannel()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def opened() -> Iterator[Callable[[str], Gateway]]:
    """Lend a function that opens our side; each is closed at the end."""
    begun: list[Gateway] = []

    def begin(template: str) -> Gateway:
        begun.append(Gateway(template))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


def wait_for(happened: Callable[[], bool]) -> None:
    """Wait until something has happened."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_a_message_reaches_the_gateway_with_number_and_words_whole(kannel: Kannel, opened: Callable[[str], Gateway]) -> None:
    opened(kannel.template).send(NUMBER, WORDS)
    wait_for(lambda: bool(kannel.asked))
    assert kannel.asked == [{"username": "u", "password": "p", "to": NUMBER, "text": WORDS}]


@pytest.mark.parametrize("first", [500, 0], ids=["refuses", "hangs up"])
def test_what_the_gateway_did_not_take_is_tried_again(
    first: int, kannel: Kannel, opened: Callable[[str], Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "_FIRST_PAUSE", 0.05)
    kannel.statuses = [first, first]
    opened(kannel.template).send(NUMBER, WORDS)
    wait_for(kannel.took.is_set if first == 0 else lambda: len(kannel.asked) == 3)
    assert [one["to"] for one in kannel.asked] == [NUMBER] * 3


def test_a_number_gets_only_so_many_an_hour_and_another_number_still_gets_its_own(kannel: Kannel, opened: Callable[[str], Gateway]) -> None:
    ours = opened(kannel.template)
    for _turn in range(PER_HOUR):
        ours.send(NUMBER, WORDS)
    with pytest.raises(TooMany) as refused:
        ours.send(NUMBER, WORDS)
    assert int(str(refused.value.details["seconds"])) > 0
    ours.send("+254722000000", WORDS)
    wait_for(lambda: len(kannel.asked) == PER_HOUR + 1)


def test_a_gateway_that_takes_nothing_fills_no_memory(opened: Callable[[str], Gateway], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gateway, "_run", lambda _self: None)
    ours = opened("http://127.0.0.1:9/?to={to}&text={text}")
    for turn in range(MOST_WAITING):
        ours.send(f"+2547{turn:08}", WORDS)
    with pytest.raises(QueueFull):
        ours.send("+254799999999", WORDS)


def test_a_message_is_given_up_after_its_time_and_the_log_names_neither_number_nor_words(
    kannel: Kannel, opened: Callable[[str], Gateway], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(gateway, "PATIENCE", 0.1)
    monkeypatch.setattr(gateway, "_FIRST_PAUSE", 0.04)
    kannel.statuses = [503] * 50
    with caplog.at_level("DEBUG", logger="cfms.sms"):
        opened(kannel.template).send(NUMBER, WORDS)
        wait_for(lambda: "dropped" in caplog.text)
    assert "503" in caplog.text
    assert not any(secret in caplog.text for secret in (NUMBER, "254712345678", "1234 5678", "password"))


@pytest.mark.parametrize("template", ["ftp://host/?to={to}&text={text}", "http://host/?to={to}", "http://host/?text={text}", "{to}{text}"])
def test_a_url_that_cannot_send_is_refused_at_the_start(template: str) -> None:
    with pytest.raises(GatewayRefused, match=r"http://|\{to\}"):
        Gateway(template)


@pytest.mark.parametrize(
    "template",
    [
        "http://host/?t={text}#{to}",
        "http://{to}.host/?t={text}",
        "http://us:pass@host/{to}/{text}",
        "http://host/ü?{to}{text}",
        "http://host/a b?{to}{text}",
    ],
)
def test_a_url_that_would_lose_a_part_on_the_way_is_refused_too(template: str) -> None:
    with pytest.raises(GatewayRefused, match=r"behind the host|ASCII"):
        Gateway(template)
