"""The pages open while the server is away: kept by the service worker, fresh when it is there, and nothing else is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error

from appliance.journal.intake_keys import IntakeKeys
from appliance.wiring import create_app
from kiosk_ui import worker
from tests.browser.test_outbox import Unsteady, drained, held, message, send, soon, unsteady
from tests.browser.visits import Visit
from tests.factories import Site, World, world_in

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Page

Begin = Callable[..., Visit]
__all__ = ["unsteady"]
KEPT = """async () => {
  const found = {};
  for (const name of await caches.keys()) found[name] = (await (await caches.open(name)).keys()).map((one) => one.url.replace(location.origin, ""));
  return found;
}"""


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


def settled(page: Page) -> None:
    """Wait until the worker is in place and answers for the page."""
    soon(page, lambda: bool(page.evaluate("() => Boolean(navigator.serviceWorker.controller)")), "the worker takes over")


def pages_kept(page: Page) -> list[str]:
    return [name for name in page.evaluate(KEPT) if name.startswith("cfms-pages-")]


@pytest.mark.parametrize("lang", ["en", "sw"])
def test_a_terminal_without_its_appliance_shows_home_and_feedback_in_each_language(visit: Begin, site: str, centre: Site, lang: str) -> None:
    # Given a terminal that was there once, in the other language
    terminal = visit(site, size="kiosk", worker=True)
    page = terminal.open("/?lang=en&kiosk=K1")
    settled(page)
    online = terminal.open(f"/?lang={lang}&kiosk=K1").locator("h1").first.inner_text()
    # When the appliance is away
    terminal.unplug()
    # Then home and feedback open, dressed as ever, for this terminal
    for path in (f"/?lang={lang}&kiosk=K1", f"/?lang={lang}&kiosk=K1&reset=1", f"/feedback?lang={lang}&kiosk=K1"):
        page = terminal.open(path)
        assert page.evaluate("() => [document.documentElement.lang, document.documentElement.dataset.kiosk]") == [lang, "K1"]
        assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(250, 246, 238)"
    assert terminal.open(f"/?lang={lang}&kiosk=K1&look=contrast-large").locator("html.contrast.large").count() == 1
    assert terminal.open(f"/?lang={lang}&kiosk=K1").locator("h1").first.inner_text() == online
    # And what is said there is kept, and goes when it is back
    one = message(lang=lang)
    assert send(page, one)[0]["state"] == "kept"
    page.reload()
    terminal.plug_in()
    drained(page)
    assert held(centre, one) == 1


def test_a_page_that_only_the_server_has_says_so_in_plain_words(visit: Begin, site: str) -> None:
    terminal = visit(site, size="kiosk", worker=True)
    page = terminal.open("/?lang=sw&kiosk=K1")
    settled(page)
    page = terminal.open("/track?lang=sw&kiosk=K1")
    page.get_by_role("textbox").first.fill("12345678901234567890")
    terminal.unplug()
    for path in ("/track?lang=sw&kiosk=K1", "/proof?lang=sw&p=x"):
        terminal.open(path)
        assert page.locator("a.choice").first.is_visible()
        assert page.evaluate("() => document.documentElement.lang") == "sw"
        assert terminal.violations() == []
        assert terminal.small_targets(72) == []
    terminal.plug_in()
    terminal.open("/track?lang=sw&kiosk=K1")
    assert page.get_by_role("textbox").count()


def test_a_form_that_was_sent_into_the_void_ends_on_that_page_and_is_kept_nowhere(visit: Begin, site: str) -> None:
    phone = visit(site, size="phone", worker=True)
    page = phone.open("/track?lang=en")
    settled(page)
    page.get_by_role("textbox").first.fill("12345678901234567890")
    phone.unplug()
    page.get_by_role("button", name="Show my case").click()
    page.get_by_text("needs a connection").wait_for()
    assert not [url for urls in page.evaluate(KEPT).values() for url in urls if "track" in url]


def test_pages_are_the_servers_as_long_as_it_answers_and_a_dead_proxy_is_nobody(visit: Begin, unsteady: tuple[Unsteady, str]) -> None:
    faulty, where = unsteady
    terminal = visit(where, size="kiosk", worker=True)
    page = terminal.open("/?lang=en&kiosk=K1")
    settled(page)
    faulty.seen.clear()
    terminal.open("/?lang=en&kiosk=K1")
    assert faulty.seen[0] == "/"
    terminal.away = True
    faulty.faults = {"/": ["503"], "/track": ["502"]}
    assert terminal.open("/?lang=en&kiosk=K1").locator("html[data-kiosk=K1]").count()
    terminal.open("/track?lang=en&kiosk=K1")
    assert page.get_by_text("needs a connection").is_visible()
    faulty.faults = {"/track": ["500"]}
    terminal.open("/track?lang=en&kiosk=K1")
    assert page.get_by_text("needs a connection").count() == 0


def test_only_citizens_pages_and_their_files_are_kept(visit: Begin, site: str) -> None:
    terminal = visit(site, size="desk", worker=True)
    page = terminal.open("/?lang=en")
    settled(page)
    for path in ("/desk", "/staff/login", "/track?lang=en", "/api/v1/services?find=id"):
        page.goto(site + path)
    page = terminal.open("/?lang=en")
    kept = {url.split("?")[0] for urls in page.evaluate(KEPT).values() for url in urls}
    assert {path for path in kept if not path.startswith("/static/")} == {*worker.SHELLS, worker.AWAY}
    assert "/static/web/base.css" in kept
    assert "/static/kiosk/bundles/own.js" in kept
    assert not any(path.startswith("/static/web/desk") for path in kept)
    terminal.unplug()
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):  # staff see what any browser says, and no citizens' page
        page.goto(f"{site}/desk")


def test_clearing_the_cache_when_a_citizen_leaves_does_not_take_the_pages_away(visit: Begin, site: str) -> None:
    terminal = visit(site, size="kiosk", worker=True)
    page = terminal.open("/?lang=en&kiosk=K1")
    settled(page)
    before = page.evaluate(KEPT)
    reset = f"{site}/?lang=en&kiosk=K1&reset=1"
    assert '"cache"' in page.request.get(reset).headers["clear-site-data"]
    page.goto(reset)
    assert page.evaluate(KEPT) == before
    terminal.unplug()
    assert terminal.open("/?lang=en&kiosk=K1").locator("html[data-kiosk=K1]").count()


def test_a_new_version_takes_the_place_of_the_old_one_whole(visit: Begin, world: World, serve: Callable[[Flask], str]) -> None:
    site = world.centre("KSM", enrolled=False)
    where = serve(create_app(site.node))
    terminal = visit(where, size="kiosk", worker=True)
    page = terminal.open("/?lang=en&kiosk=K1")
    settled(page)
    (before,) = pages_kept(page)
    IntakeKeys(site.node.keyring).renew(int(site.watch.now))
    new = IntakeKeys(site.node.keyring).current().kid
    page.reload()
    soon(page, lambda: before not in pages_kept(page), "the old one goes")
    terminal.unplug()
    assert str(terminal.open("/?lang=en&kiosk=K1").locator("meta[name=cfms-intake]").get_attribute("content")).startswith(new)


def test_a_recording_is_kept_once_it_was_heard(visit: Begin, site: str) -> None:
    terminal = visit(site, size="kiosk", worker=True)
    page = terminal.open("/?lang=en&kiosk=K1")
    settled(page)
    ask = "async (headers) => (await fetch('/static/kiosk/sounds/en.json', { headers })).status"
    assert page.evaluate(ask, {"Range": "bytes=0-"}) == 200
    terminal.unplug()
    assert page.evaluate(ask, {}) == 200


def test_chromium_finds_nothing_against_installing_it(visit: Begin, site: str) -> None:
    phone = visit(site, size="phone", worker=True)
    page = phone.open("/?lang=sw")
    settled(page)
    session = page.context.new_cdp_session(page)
    found = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A window without a trace, as tests have, installs nothing; that is all.
    assert [one["errorId"] for one in found if one["errorId"] != "in-incognito"] == []
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith("/manifest.webmanifest?lang=sw")
