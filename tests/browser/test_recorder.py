"""Voice notes and photos from the browser's own microphone and camera, here made up: recorded, heard, deleted, sent, and let go of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from appliance.usecases.read_case import find_by_code
from appliance.wiring import create_app
from tests.browser.citizens import CARD, Citizen
from tests.browser.visits import Visit
from tests.factories import Site, World, world_in

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from playwright.sync_api import Browser

# Notes every stream that is lent, so that one left open is found.
_WATCH = """() => {
  window.lent = [];
  const lend = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => { const stream = await lend(wanted); window.lent.push(stream); return stream; };
}"""
_OPEN = "() => window.lent.flatMap((stream) => stream.getTracks()).filter((track) => track.readyState === 'live').length"
# A large picture with a place in it, as a phone's camera makes one: its points are noise, so that it has many bytes.
_LARGE = """async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 4000, height: 3000 });
  const context = canvas.getContext('2d');
  const points = context.createImageData(4000, 750);
  for (let at = 0; at < points.data.length; at += 65536) crypto.getRandomValues(points.data.subarray(at, at + 65536));
  for (let row = 0; row < 4; row += 1) context.putImageData(points, 0, row * 750);
  const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
  cfms.lay(document.getElementById('photo'), new File([blob], 'large.png', { type: 'image/png' }));
  document.getElementById('photo').dispatchEvent(new Event('change', { bubbles: true }));
  return blob.size;
}"""


_MEASURED = """async () => {
  const [file] = document.getElementById('photo').files;
  return [file.size, (await createImageBitmap(file)).width];
}"""

# A small machine takes its time to make a JPEG.
_SLOW = """(() => {
  const make = HTMLCanvasElement.prototype.toBlob;
  HTMLCanvasElement.prototype.toBlob = function (done, ...how) { make.call(this, (blob) => setTimeout(() => done(blob), 1000), ...how); };
})()"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_in(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="module")
def centre(world: World) -> Site:
    return world.centre("NBI")


@pytest.fixture(scope="module")
def site(centre: Site, serve: Callable[[Flask], str]) -> str:
    return serve(create_app(centre.node))


@pytest.fixture
def begin(listening: Browser) -> Iterator[Callable[..., Visit]]:
    """Lend visits with microphone and camera, held to the rules at the end."""
    begun: list[Visit] = []

    def one(base: str, **how: Any) -> Visit:
        begun.append(Visit(listening, base, **how))
        begun[-1].page.add_init_script(f"({_WATCH})()")
        return begun[-1]

    yield one
    for each in begun:
        each.close()
    assert [wrong for each in begun for wrong in each.wrong] == []


def at_the_message(visit: Visit, lang: str = "en", terminal: str = "K1", **how: Any) -> Citizen:
    """Return somebody who is asked what happened."""
    someone = Citizen(visit, lang, **how)
    someone.arrive(terminal=terminal)
    someone.choose("1")
    someone.choose("complaint")
    someone.choose(CARD)
    return someone


def part(someone: Citizen, mark: str, what: str) -> Any:
    return someone.page.locator(f"[data-{mark}] [data-do={what}]")


def record(someone: Citizen) -> None:
    """Record until there is something to hear."""
    part(someone, "record", "record").click()
    part(someone, "record", "stop").wait_for()
    someone.page.wait_for_function("() => Number(document.querySelector('[data-seconds]').textContent) >= 2")
    part(someone, "record", "stop").click()
    someone.page.locator("[data-record] [data-do=hear]").wait_for()


def attached(centre: Site, code: str) -> list[str]:
    """Return what came with the case of *code*."""
    return [one.kind for line in find_by_code(centre.node, code).lines for one in line.attached]


@pytest.mark.parametrize("lang", ["en", "sw"])
def test_a_voice_note_alone_is_a_complaint(begin: Callable[..., Visit], site: str, centre: Site, lang: str) -> None:
    # Given somebody at a terminal who would rather speak
    someone = at_the_message(begin(site, size="kiosk", lang=lang), lang)
    # When they record, with seconds and size in sight
    part(someone, "record", "record").click()
    someone.page.wait_for_function("() => Number(document.querySelector('[data-seconds]').textContent) >= 1")
    assert 0 < someone.page.evaluate("() => document.querySelector('[data-bar]').value") < 1
    assert "120" in someone.page.locator("[data-record] .media__now").inner_text()
    assert int(someone.page.locator("[data-size]").inner_text()) > 0
    someone.seen()
    part(someone, "record", "stop").click()
    someone.page.locator("[data-record] [data-do=hear]").wait_for()
    someone.seen()
    # Then the microphone is off, and they can hear it
    assert someone.page.evaluate(_OPEN) == 0
    part(someone, "record", "hear").click()
    someone.page.wait_for_function("() => document.querySelector('[data-record] audio').currentTime > 0.2")
    part(someone, "record", "hear").wait_for()  # at its end it can be heard again
    # And can delete it and record another
    part(someone, "record", "delete").click()
    assert not part(someone, "record", "hear").is_visible()
    record(someone)
    # And it goes with the message, back and forth
    someone.go_on()
    someone.tap(someone.page.locator("button[name=go][value=back]"))
    assert part(someone, "record", "hear").is_visible()
    someone.go_on()
    someone.go_on()
    assert someone.page.locator("main [data-row=voice]").is_visible()
    someone.go_on()
    assert attached(centre, someone.code()) == ["voice"]
    assert someone.faults == []


@pytest.mark.parametrize("way", ["on", "back", "language"])
def test_who_goes_on_without_touching_stop_has_spoken_all_the_same(begin: Callable[..., Visit], site: str, centre: Site, way: str) -> None:
    someone = at_the_message(begin(site, size="kiosk"), look=False)
    part(someone, "record", "record").click()
    someone.page.wait_for_function("() => Number(document.querySelector('[data-seconds]').textContent) >= 2")
    if way == "back":
        someone.tap(someone.page.locator("button[name=go][value=back]"))
        someone.choose(CARD)
    elif way == "language":
        someone.page.locator("a.tool[lang=sw]").click()
        someone.page.wait_for_function("() => document.documentElement.lang === 'sw'")
        part(someone, "record", "hear").wait_for()
    for _ in range(3):
        someone.go_on()
    assert attached(centre, someone.code()) == ["voice"]


@pytest.mark.parametrize("lang", ["en", "sw"])
def test_a_photo_is_taken_looked_at_and_sent(begin: Callable[..., Visit], site: str, centre: Site, lang: str) -> None:
    someone = at_the_message(begin(site, size="kiosk", lang=lang), lang)
    part(someone, "camera", "look").click()
    someone.page.locator("[data-camera] video").wait_for()
    someone.page.wait_for_function("() => document.querySelector('[data-camera] video').videoWidth > 0")
    someone.seen()
    part(someone, "camera", "take").click()
    someone.page.locator("[data-camera] img").wait_for()
    someone.seen()
    assert someone.page.evaluate(_OPEN) == 0
    part(someone, "camera", "delete").click()
    part(someone, "camera", "look").click()
    part(someone, "camera", "take").click()
    someone.page.locator("[data-camera] img").wait_for()
    for _ in range(3):
        someone.go_on()
    assert attached(centre, someone.code()) == ["photo"]
    assert someone.faults == []


@pytest.mark.parametrize("way", ["taken", "chosen"])
def test_who_goes_on_while_a_photo_is_being_made_has_made_it_all_the_same(begin: Callable[..., Visit], site: str, centre: Site, way: str) -> None:
    visit = begin(site, size="kiosk" if way == "taken" else "phone")
    visit.page.add_init_script(_SLOW)
    someone = at_the_message(visit, terminal="K1" if way == "taken" else "", look=False)
    someone.chip()
    if way == "taken":
        part(someone, "camera", "look").click()
        someone.page.wait_for_function("() => document.querySelector('[data-camera] video').videoWidth > 0")
        part(someone, "camera", "take").click()
    else:
        assert someone.page.evaluate(_LARGE) > 30_000_000
    for _ in range(3):
        someone.go_on()
    assert attached(centre, someone.code()) == ["photo"]


def test_leaving_the_question_lets_go_of_microphone_and_camera(begin: Callable[..., Visit], site: str) -> None:
    someone = at_the_message(begin(site, size="kiosk"), look=False)
    part(someone, "record", "record").click()
    part(someone, "camera", "look").click()
    someone.page.wait_for_function("() => window.lent.length === 2")
    someone.page.locator("[data-camera] video").wait_for()
    assert someone.page.evaluate(_OPEN) == 2
    someone.tap(someone.page.locator("button[name=go][value=back]"))
    someone.page.wait_for_function(f"() => ({_OPEN})() === 0")


def test_a_wipe_lets_go_of_the_microphone(begin: Callable[..., Visit], site: str) -> None:
    someone = at_the_message(begin(site, size="kiosk"), look=False)
    part(someone, "record", "record").click()
    someone.page.wait_for_function("() => window.lent.length === 1")
    assert someone.page.evaluate(f"() => {{ document.dispatchEvent(new Event('cfms:wipe')); return ({_OPEN})(); }}") == 0


def test_who_speaks_is_not_asked_whether_anybody_is_there(begin: Callable[..., Visit], site: str) -> None:
    visit = begin(site, size="kiosk")
    visit.page.clock.install()
    someone = at_the_message(visit, look=False)
    part(someone, "record", "record").click()
    for _ in range(6):
        someone.page.clock.run_for(10_000)
        someone.page.wait_for_timeout(600)
    assert someone.page.locator("dialog").count() == 0
    assert someone.page.locator("[data-record] [data-while=recording]").first.is_visible()


def test_a_recording_stops_by_itself_when_it_is_full(begin: Callable[..., Visit], site: str) -> None:
    someone = at_the_message(begin(site, size="kiosk"), look=False)
    someone.page.evaluate("() => { document.body.dataset.voiceSeconds = '1'; }")
    someone.tap(someone.page.locator("button[name=go][value=back]"))
    someone.choose(CARD)
    part(someone, "record", "record").click()
    someone.page.locator("[data-record] [data-do=hear]").wait_for()
    assert "full" in (someone.page.locator("[data-record] [data-say]").text_content() or "")


def test_a_large_photo_of_a_phone_is_made_small_before_it_is_sent(begin: Callable[..., Visit], site: str, centre: Site) -> None:
    someone = at_the_message(begin(site, size="phone"), terminal="", look=False)
    assert someone.page.evaluate(_LARGE) > 30_000_000
    someone.page.locator("[data-camera] img").wait_for()
    size, width = someone.page.evaluate(_MEASURED)
    assert width == 1600
    assert size < 4_000_000
    for _ in range(3):
        someone.go_on()
    assert attached(centre, someone.code()) == ["photo"]


def test_what_is_no_photo_is_said_and_the_words_stay(begin: Callable[..., Visit], site: str, tmp_path: Path) -> None:
    (tmp_path / "list.jpg").write_text("milk, bread, tea")
    someone = at_the_message(begin(site, size="phone"), terminal="", look=False)
    someone.page.locator("#text").fill("Here is the sign")
    someone.page.locator("#photo").set_input_files(tmp_path / "list.jpg")
    someone.page.get_by_text("That is not a photo we can read.").wait_for()
    assert someone.page.locator("#photo").evaluate("(one) => one.files.length") == 0
    assert someone.page.locator("#text").input_value() == "Here is the sign"


def test_a_refused_microphone_is_a_plain_sentence(browser: Browser, site: str) -> None:
    visit = Visit(browser, site, size="kiosk")
    someone = at_the_message(visit, look=False)
    part(someone, "record", "record").click()
    someone.page.locator("[data-record] [role=alert]").wait_for()
    assert "microphone" in someone.page.locator("[data-record] [role=alert]").inner_text()
    assert part(someone, "record", "record").is_visible()
    visit.close()


def test_without_any_device_a_terminal_offers_neither(browser: Browser, site: str) -> None:
    visit = Visit(browser, site, size="kiosk")
    visit.page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    someone = at_the_message(visit, look=False)
    assert not someone.page.locator("[data-record]").is_visible()
    assert not someone.page.locator("[data-camera]").is_visible()
    visit.close()
