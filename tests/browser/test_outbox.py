"""What citizens say while the appliance is away waits sealed on the terminal, drains by itself, once each, and is never readable there."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import make_server

from sync.intake import open_intake

from appliance.domain.events import CaseOpened
from appliance.journal.intake_keys import IntakeKeys
from appliance.usecases import terminals
from appliance.wiring import create_app
from tests.browser.visits import FLAGS, Visit
from tests.factories import Mint, Site, World, world_in
from tests.faults.world import Machine

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask
    from playwright.sync_api import Browser, Dialog, Page, Request, Response

Begin = Callable[..., Visit]
MINT = Mint(51)
HOME = "/?kiosk=K1&lang=en"
SECRET = "Wanjiku of counter seven kept my card"

SEND = """async (all) => {
  const said = [];
  window.laters = window.laters || [];
  for (const [to, body] of all) {
    const {later, ...rest} = await cfms.outbox.send(to, body);
    if (later) later.then((receipt) => window.laters.push(receipt));
    said.push(rest);
  }
  return said;
}"""
DUMP = """async () => {
  const db = await new Promise((done) => { const it = indexedDB.open("cfms-outbox"); it.onsuccess = () => done(it.result); });
  const dump = {};
  for (const name of db.objectStoreNames) {
    const store = db.transaction(name).objectStore(name);
    const all = (it) => new Promise((done) => { it.onsuccess = () => done(it.result); });
    const [keys, values] = [await all(store.getAllKeys()), await all(store.getAll())];
    dump[name] = keys.map((key, at) => [key, name === "sealed" ? { kid: values[at].kid, sealed: [...values[at].sealed] } : values[at]]);
  }
  db.close();
  return dump;
}"""


def message(**more: object) -> dict[str, Any]:
    return {"id": MINT.id(), "code": MINT.code(), "kind": "complaint", "text": SECRET, **more}


def send(page: Page, *messages: dict[str, Any], to: str = "feedback") -> list[dict[str, Any]]:
    """Send through the outbox; return what it says of each."""
    said: list[dict[str, Any]] = page.evaluate(SEND, [[to, one] for one in messages])
    return said


def states(said: list[dict[str, Any]]) -> set[str]:
    return {str(one["state"]) for one in said}


def waiting(page: Page) -> int:
    return int(page.evaluate("() => cfms.outbox.waiting()"))


def aside(page: Page) -> int:
    return int(page.evaluate("() => cfms.outbox.aside()"))


def soon(page: Page, true: Callable[[], bool], what: str) -> None:
    """Wait until *true* is, while the page goes on with its work."""
    for _ in range(1200):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError(what)


def drained(page: Page) -> None:
    """Wait until nothing waits any more."""
    soon(page, lambda: waiting(page) == 0, "everything is registered")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_in(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="module")
def centre(world: World) -> Site:
    return world.centre("NBI", enrolled=False)


@pytest.fixture(scope="module")
def site(centre: Site, serve: Callable[[Flask], str]) -> str:
    return serve(create_app(centre.node))


def held(site: Site, *messages: dict[str, Any]) -> int:
    """Return how many openings of *messages* stand in the centre's log; a message registered twice would count twice."""
    ids = {str(one["id"]) for one in messages}
    return sum(event.id in ids for event in site.events() if isinstance(event, CaseOpened))


# --- sent, kept, drained --------------------------------------------------------------------------------------


def test_with_the_appliance_there_a_message_is_registered_and_nothing_stays(visit: Begin, site: str, centre: Site) -> None:
    page = visit(site, size="kiosk").open(HOME)
    one = message()
    (said,) = send(page, one)
    assert said["state"] == "registered"
    assert said["receipt"]["code"] == one["code"]
    assert said["receipt"]["proof"]
    assert page.evaluate(DUMP) == {"rows": [], "sealed": []}
    assert held(centre, one) == 1


def test_a_refusal_comes_back_as_a_sentence_and_nothing_stays(visit: Begin, site: str) -> None:
    page = visit(site, size="kiosk").open(HOME)
    (said,) = send(page, message(text="x" * 5000))
    assert said["state"] == "refused"
    assert said["problem"]["error"] == "TextTooLong"
    assert "4000" in said["problem"]["message"]
    assert waiting(page) == 0


def test_two_hundred_messages_wait_and_drain_once_each(visit: Begin, site: str, centre: Site) -> None:
    # Given a terminal that lost its appliance
    terminal = visit(site, size="kiosk")
    page = terminal.open(HOME)
    page.evaluate("() => { window.counts = []; document.addEventListener('cfms:waiting', (event) => window.counts.push(event.detail)); }")
    terminal.unplug()
    # When two hundred messages and a tap are given
    messages = [message() for _ in range(200)]
    assert states(send(page, *messages)) == {"kept"}
    assert states(send(page, {"id": MINT.id(), "rating": 4}, to="rating")) == {"kept"}
    assert waiting(page) == 201
    page.get_by_text("201 messages wait on this machine").wait_for()
    # Then they go by themselves when it is back, and whoever waited hears of it
    terminal.plug_in()
    drained(page)
    assert held(centre, *messages) == 200
    page.wait_for_function("() => window.laters.length === 201")
    told = {one["id"]: one for one in page.evaluate("() => window.laters")}
    assert set(told[messages[0]["id"]]) == {"id", "ref", "due"}
    page.get_by_text("on this machine").wait_for(state="hidden")
    counts = page.evaluate("() => window.counts")
    assert (max(counts), counts[-1]) == (201, 0)
    # And staff see that nothing waits
    soon(page, lambda: _heard(centre).get("K1") == (0, 0), "the terminal reports")


def _heard(site: Site) -> dict[str, tuple[int, int]]:
    with site.node.store.read() as db:
        return {one.name: (one.waiting, one.aside) for one in terminals.terminals(db)}


def test_what_waits_outlives_a_reload_and_a_closed_page(visit: Begin, site: str, centre: Site) -> None:
    terminal = visit(site, size="kiosk")
    page = terminal.open(HOME)
    terminal.unplug()
    messages = [message() for _ in range(3)]
    send(page, *messages)
    page.close()
    terminal.plug_in()
    page = terminal.another(HOME)
    drained(page)
    assert held(centre, *messages) == 3


def test_two_tabs_drain_one_outbox_once(visit: Begin, site: str, centre: Site) -> None:
    terminal = visit(site, size="kiosk")
    page = terminal.open(HOME)
    other = terminal.another(HOME)
    registered: list[str] = []

    def note(answer: Response) -> None:  # 200 is of one that was sent once more, since its first answer came too late
        if answer.url.split("?")[0].endswith("/sealed") and answer.status == 201:
            registered.append(json.loads(answer.request.post_data or "")["id"])

    for tab in (page, other):
        tab.on("response", note)
    terminal.unplug()
    mine, theirs = [message() for _ in range(20)], [message() for _ in range(20)]
    send(page, *mine)
    send(other, *theirs)
    assert waiting(page) == waiting(other) == 40
    terminal.plug_in()
    drained(page)
    drained(other)
    assert held(centre, *mine, *theirs) == 40
    assert set(registered) <= {one["id"] for one in (*mine, *theirs)}
    assert len(registered) == len(set(registered))
    page.wait_for_function("() => window.laters.length === 20")
    other.wait_for_function("() => window.laters.length === 20")


def test_a_ticket_told_while_the_tap_waits_goes_with_it(visit: Begin, site: str, centre: Site) -> None:
    terminal = visit(site, size="kiosk")
    page = terminal.open(HOME)
    terminal.unplug()
    tap = {"id": MINT.id(), "rating": 1}
    send(page, tap, {**tap, "ticket": "A17"}, to="rating")
    assert waiting(page) == 1
    terminal.plug_in()
    drained(page)
    (answer,) = send(page, tap, to="rating")
    assert answer["receipt"] == {"id": tap["id"], "ticketed": True, "again": True}


# --- what it may meet -----------------------------------------------------------------------------------------


class Unsteady:
    """Stands before an application and misbehaves as a test says, request by request.

    Attributes:
        faults: for each path, what to do with the next requests: "drop" registers and cuts the line, a status answers with it, "login"
            answers as a network's login page does, "" lets it through; when they are used up all goes through.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self.faults: dict[str, list[str]] = {}
        self.seen: list[str] = []
        self._guard = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        with self._guard:
            self.seen.append(path)
            faults = self.faults.get(path, [])
            fault = faults.pop(0) if faults else ""
        if fault == "drop":
            b"".join(self._app(environ, lambda *_: lambda _: None))
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        if fault == "login":
            start("200 OK", [("Content-Type", "text/html")])
            return [b"<h1>Welcome to Free WiFi</h1>"]
        if fault.isdigit():
            start(f"{fault} No", [("Content-Type", "text/html"), ("Retry-After", "2")])
            return [b"no"]
        return self._app(environ, start)


@pytest.fixture
def unsteady(centre: Site) -> Iterator[tuple[Unsteady, str]]:
    """Lend the centre's application behind something unsteady, and where it answers."""
    faulty = Unsteady(create_app(centre.node))
    server = make_server("127.0.0.1", 0, faulty, threaded=True)
    server.log = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield faulty, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(20)
    server.server_close()


def test_a_server_killed_between_registering_and_answering_doubles_nothing(visit: Begin, unsteady: tuple[Unsteady, str], centre: Site) -> None:
    faulty, where = unsteady
    terminal = visit(where, size="kiosk")
    terminal.away = True
    page = terminal.open(HOME)
    one = message()
    faulty.faults = {"/api/v1/feedback": ["drop"] * 3, "/api/v1/sealed": ["drop", ""]}
    (said,) = send(page, one)
    assert said["state"] == "kept"
    assert held(centre, one) == 1  # registered, and nobody heard
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    page.wait_for_timeout(300)
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    drained(page)
    assert held(centre, one) == 1
    (told,) = page.evaluate("() => window.laters")
    assert told["ref"]


@pytest.mark.parametrize("fault", ["429", "500", "503", "403", "login"])
def test_whatever_is_no_answer_of_ours_loses_nothing(visit: Begin, unsteady: tuple[Unsteady, str], centre: Site, fault: str) -> None:
    faulty, where = unsteady
    terminal = visit(where, size="kiosk")
    terminal.away = True
    page = terminal.open(HOME)
    one = message()
    faulty.faults = {"/api/v1/feedback": [fault], "/api/v1/sealed": [fault]}
    assert states(send(page, one)) == {"kept"}
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    soon(page, lambda: "/api/v1/sealed" in faulty.seen, "a round")
    page.reload()
    drained(page)
    assert held(centre, one) == 1


def test_a_message_refused_for_good_is_set_aside_counted_and_in_nobodys_way(visit: Begin, site: str, centre: Site) -> None:
    terminal = visit(site, size="kiosk")
    page = terminal.open(HOME)
    terminal.unplug()
    bad, good = message(kind="riot"), message()
    assert states(send(page, bad, good)) == {"kept"}
    terminal.plug_in()
    drained(page)
    assert held(centre, good) == 1
    assert aside(page) == 1
    soon(page, lambda: _heard(centre).get("K1") == (0, 1), "the terminal reports")
    rows = page.evaluate(DUMP)["rows"]
    assert [(row["id"], row["refused"]) for _, row in rows] == [(bad["id"], "EnvelopeRefused")]


def test_a_terminal_that_drains_tells_of_what_was_set_aside_before(visit: Begin, site: str) -> None:
    terminal = visit(site, size="kiosk")
    page = terminal.open(HOME)
    told: list[tuple[int, int]] = []

    def note(request: Request) -> None:
        if request.url.split("?")[0].endswith("/sealed"):
            said = json.loads(request.post_data or "")
            told.append((said["waiting"], said["aside"]))

    page.on("request", note)
    for all_of_them in ([message(kind="riot"), message()], [message()]):
        terminal.unplug()
        send(page, *all_of_them)
        terminal.plug_in()
        drained(page)
    assert told == [(1, 0), (0, 1), (0, 1)]
    page.wait_for_function("() => window.laters.length === 3")
    assert [one["refused"]["error"] for one in page.evaluate("() => window.laters") if "refused" in one] == ["EnvelopeRefused"]


def test_what_was_sealed_to_a_key_that_came_back_is_sent_after_all(visit: Begin, site: str, centre: Site) -> None:
    terminal = visit(site, size="kiosk")
    page = terminal.open(HOME)
    terminal.unplug()
    one = message()
    send(page, one)
    keys = IntakeKeys(centre.node.keyring)
    kept, now = keys.export(), int(centre.watch.now)
    keys.renew(now)
    keys.forget(now + 1)
    terminal.plug_in()
    soon(page, lambda: aside(page) == 1, "it is set aside")
    keys.take_back(kept)
    page.reload()
    soon(page, lambda: aside(page) == 0, "it is registered")
    assert held(centre, one) == 1


def test_a_full_outbox_refuses_in_words_only_what_cannot_be_sent(visit: Begin, site: str, centre: Site) -> None:
    terminal = visit(site, size="kiosk")
    page = terminal.open(HOME)
    terminal.unplug()
    taps = [{"id": MINT.id(), "rating": 3} for _ in range(501)]
    said = send(page, *taps, to="rating")
    assert [one["state"] for one in said] == ["kept"] * 500 + ["refused"]
    assert said[-1]["problem"]["error"] == "OutboxFull"
    assert said[-1]["problem"]["message"]
    assert waiting(page) == 500
    too_large = message(text="x" * (6 * 1024 * 1024))
    assert send(page, too_large)[0]["problem"]["error"] == "TooLarge"


# --- what a thief of the terminal finds -----------------------------------------------------------------------


def test_nothing_readable_lies_in_the_database_or_anywhere_in_the_browsers_folder(browser: Browser, site: str, centre: Site, tmp_path: Path) -> None:
    # Given a terminal with a folder of its own on disk
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile", executable_path="/usr/bin/chromium", args=FLAGS, viewport={"width": 1080, "height": 1920}
    )
    page = context.new_page()
    page.goto(site + HOME)
    context.set_offline(True)
    one, tap = message(phone="+254712345678"), {"id": MINT.id(), "rating": 2, "ticket": "TICKET-B17"}
    send(page, one)
    send(page, tap, to="rating")
    # When somebody looks at every record
    dump = page.evaluate(DUMP)
    context.close()
    # Then there are ids, sizes and ciphertext of one length, and no word
    assert len(dump["sealed"]) == 2
    assert {len(value["sealed"]) for _, value in dump["sealed"]} == {4096 + 48}
    words = [SECRET, "Wanjiku", one["code"], one["phone"], "TICKET-B17", "complaint", '"rating"']
    assert [word for word in words if word in json.dumps(dump["rows"])] == []
    everything = b"".join(bytes(value["sealed"]) for _, value in dump["sealed"])
    for file in (tmp_path / "profile").rglob("*"):
        everything += file.read_bytes() if file.is_file() else b""
    found = [
        word
        for word in (SECRET, "Wanjiku", one["code"], one["phone"], "TICKET-B17")
        for way in ("utf-8", "utf-16-le")
        if word.encode(way) in everything
    ]
    assert found == []
    assert one["id"].encode() in everything or one["id"].encode("utf-16-le") in everything  # the search does find what is there


def test_what_the_browser_seals_opens_with_the_standards_own_implementation(visit: Begin, site: str, centre: Site) -> None:
    page = visit(site, size="kiosk").open(HOME)
    key = IntakeKeys(centre.node.keyring).current()
    for text, size in (("", 4096), ("hujambo 🎉 " * 30, 4096), ("x" * 4096, 8192), ("x" * 60_000, 65536), ("é" * 70_000, 3 * 65536)):
        one = message(text=text)
        sealed = page.evaluate(
            "async (body) => { const it = await cfms.seal({to: 'feedback', body}); return { kid: it.kid, sealed: [...it.sealed] }; }", one
        )
        assert sealed["kid"] == key.kid
        plain = open_intake(key, one["id"], bytes(sealed["sealed"]))
        assert len(plain) == size
        assert json.loads(plain) == {"to": "feedback", "body": one}


# --- plain HTTP, and a server that is really gone -------------------------------------------------------------


def test_where_the_browser_cannot_seal_it_waits_with_the_page_and_whoever_leaves_is_asked(visit: Begin, site: str, centre: Site) -> None:
    phone = visit(site, size="phone")
    phone.page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    page = phone.open("/?lang=en")
    phone.unplug()
    one = message(channel="phone")
    assert states(send(page, one)) == {"kept"}
    page.mouse.click(5, 5)
    asked: list[str] = []

    def hear(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", hear)
    page.close(run_before_unload=True)
    soon(page, lambda: asked == ["beforeunload"], "the question")
    phone.plug_in()
    drained(page)
    assert held(centre, one) == 1
    assert "cfms-outbox" not in [each["name"] for each in page.evaluate("() => indexedDB.databases()")]


def test_a_server_that_is_stopped_and_started_again_gets_everything(visit: Begin, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "nbi", "centre", "NBI", hq_url="http://127.0.0.1:9")
    machine.configure()
    machine.cfms("init")
    machine.start()
    try:
        terminal = visit(f"http://127.0.0.1:{machine.port}", size="kiosk")
        terminal.away = True
        page = terminal.open(HOME)
        machine.kill()
        messages = [message() for _ in range(5)]
        assert states(send(page, *messages)) == {"kept"}
        assert waiting(page) == 5
        machine.start()
        drained(page)  # by itself, nobody touches anything
        machine.stop()
        assert machine.cases() == 5
        assert set(machine.references()) == {one["id"] for one in messages}
        assert machine.verify()["ok"]
    finally:
        machine.stop()
