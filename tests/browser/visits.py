"""A visit of the pages as a person makes it, and what is measured on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser, ConsoleMessage, Page, Route

# Nothing of Chromium's own may reach out, and it runs as root in a container.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
    "--disable-default-apps", "--disable-sync", "--no-first-run", "--metrics-recording-only", "--force-color-profile=srgb",
]  # fmt: skip
MADE_UP = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]  # a microphone and a camera
SIZES = {"kiosk": (1080, 1920), "phone": (360, 740), "desk": (1280, 800), "narrow": (320, 640)}
KIOSK_TARGET, STAFF_TARGET = 72, 24  # CSS px: design (spec ui); WCAG 2.2, 2.5.8
PATIENCE = 15_000  # milliseconds a page may take before a test gives up

# What can be touched: each element with the box a finger may hit. A hidden radio button is touched by its label; a link inside a
# sentence is as small as its words (WCAG 2.5.8, inline).
_TARGETS = """() => {
  const boxes = [];
  for (const one of document.querySelectorAll('a[href], button, input, select, textarea, summary')) {
    if (one.type === 'hidden' || one.closest('.govuk-skip-link, [aria-hidden=true]')) continue;
    const label = one.labels && one.labels[0] && (one.type === 'radio' || one.type === 'checkbox') ? one.labels[0] : null;
    if (one.matches('a') && one.closest('p, li, dd, td, label') && getComputedStyle(one).display === 'inline') continue;
    const sizes = [one, label].filter(Boolean).map((it) => it.getBoundingClientRect());
    const width = Math.max(...sizes.map((it) => it.width)), height = Math.max(...sizes.map((it) => it.height));
    if (!width || !height || !one.checkVisibility()) continue;
    boxes.push([one.outerHTML.slice(0, 90), Math.round(width * 10) / 10, Math.round(height * 10) / 10]);
  }
  return boxes;
}"""
# How far a page must be scrolled sideways; a table scrolls inside its own frame, which may be (WCAG 1.4.10).
_SIDEWAYS = "() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
# Parts that are read or touched and lie over one another, none of them inside the other: words that left their box, or too little room.
_OVERLAPS = """() => {
  const all = [...document.querySelectorAll('h1, h2, h3, .choice, .govuk-button, .tool, .key, .govuk-label, .lead, .tag, .code__group, .govuk-hint')]
    .filter((one) => one.checkVisibility() && !one.closest('.govuk-visually-hidden, .govuk-checkboxes'));
  const boxes = all.map((one) => one.getBoundingClientRect());
  const found = [];
  for (let i = 0; i < all.length; i++) for (let j = i + 1; j < all.length; j++) {
    const [one, other] = [boxes[i], boxes[j]];
    const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
    const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
    if (wide <= 1 || high <= 1 || all[i].contains(all[j]) || all[j].contains(all[i])) continue;
    found.push(all[i].outerHTML.slice(0, 80) + ' / ' + all[j].outerHTML.slice(0, 80));
  }
  return found;
}"""
# Words cut off by the box they stand in.
_CUT = """() => [...document.querySelectorAll('.choice, .govuk-button, .tool, .key, .tag, .code__group, .notice, .idle, .door, h1, h2, h3')]
  .filter((one) => one.checkVisibility() && (one.scrollWidth > one.clientWidth + 2 && getComputedStyle(one).display !== 'inline'))
  .map((one) => one.outerHTML.slice(0, 90))"""
# Whether what has the focus looks different for having it.
_FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const shown = one.matches('input[type=radio], input[type=checkbox]') && one.labels[0] ? [one, one.labels[0], one.nextElementSibling] : [one];
  const marks = ['outlineStyle', 'outlineWidth', 'boxShadow', 'backgroundColor', 'borderBottom'];
  const look = (it) => { const style = getComputedStyle(it); return marks.map((mark) => style[mark]).join('|'); };
  const pairs = shown.filter(Boolean);
  const with_focus = pairs.map(look).join();
  one.blur();
  const without = pairs.map(look).join();
  one.focus({ focusVisible: true, preventScroll: true });
  return [one.outerHTML.slice(0, 90), with_focus !== without];
}"""


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing: pytest shows what matters."""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve *app* on a free port of the loopback while the block runs."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(20)
        server.server_close()


class Visit:
    """One person's visit: a browser with nothing in it, that notes what pages must never do.

    Attributes:
        page: Playwright's page.
        script: whether pages' scripts run.
        wrong: requests that left the site, and what the browser complained of (such as a policy that refused something).
        away: the server is out of reach on purpose, which Chromium tells of on its console.
    """

    def __init__(
        self, browser: Browser, base: str, *, size: str = "desk", script: bool = True, lang: str = "en", zoom: int = 1, worker: bool = False
    ) -> None:
        """Begin at the site *base*.

        Args:
            size: one of SIZES.
            script: whether pages' scripts run.
            lang: what the browser asks for.
            zoom: as the browser zooms: at 2 everything is twice as large, in half the room.
            worker: whether a service worker may stand between; what it asks for itself is not seen here.
        """
        width, height = SIZES[size]
        self.base, self.script, self.wrong, self.away = base, script, list[str](), False
        self._context = browser.new_context(
            viewport={"width": width // zoom, "height": height // zoom}, device_scale_factor=zoom, java_script_enabled=script,
            locale={"sw": "sw-KE"}.get(lang, "en-KE"), extra_http_headers={"Accept-Language": lang}, reduced_motion="reduce",
            has_touch=size in {"kiosk", "phone"}, service_workers="allow" if worker else "block",
        )  # fmt: skip
        self._context.set_default_timeout(PATIENCE)
        self._context.route("**/*", self._route)
        self.page: Page = self._context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))

    def _route(self, route: Route) -> None:
        url = route.request.url
        if url.startswith((self.base + "/", "data:", "blob:")):
            route.continue_()
        else:
            self.wrong.append(f"left the site: {url}")
            route.abort()

    def _heard(self, message: ConsoleMessage) -> None:
        # A page that answers 4xx on purpose is reported by Chromium as a failed resource.
        expected = ("status of 4", "net::ERR_", "status of 5") if self.away else ("status of 4",)
        if message.type == "error" and not any(words in message.text for words in expected):
            self.wrong.append(f"console: {message.text}")

    def open(self, path: str) -> Page:
        """Open *path* and return the page, once everything of it has loaded."""
        self.page.goto(self.base + path, wait_until="load")
        return self.page

    def unplug(self) -> None:
        """Take the network away; what the browser says of that is no fault from now on."""
        self.away = True
        self._context.set_offline(True)

    def plug_in(self) -> None:
        """Give the network back."""
        self._context.set_offline(False)

    def another(self, path: str) -> Page:
        """Open *path* in one more tab of the same browser."""
        page = self._context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        page.goto(self.base + path, wait_until="load")
        return page

    def violations(self) -> list[str]:
        """Return what axe finds wrong with the page as it stands, WCAG 2.2 A and AA and its best practices."""
        found = Axe().run(self.page).response["violations"]
        return [f"{one['id']}: {node['html'][:160]} {node.get('failureSummary', '')}" for one in found for node in one["nodes"]]

    def small_targets(self, least: float) -> list[str]:
        """Return what can be touched and is less than *least* pixels high or wide."""
        boxes: list[tuple[str, float, float]] = self.page.evaluate(_TARGETS)
        return [f"{width}x{height} {what}" for what, width, height in boxes if min(width, height) < least]

    def sideways(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        return int(self.page.evaluate(_SIDEWAYS))

    def crowded(self) -> list[str]:
        """Return what lies over something else, and what its box cuts off."""
        return [*self.page.evaluate(_OVERLAPS), *self.page.evaluate(_CUT)]

    def unseen_focus(self, most: int = 60) -> list[str]:
        """Walk the page by the Tab key; return where the focus cannot be seen."""
        unseen: list[str] = []
        seen: set[str] = set()
        for _ in range(most):
            self.page.keyboard.press("Tab")
            found: Any = self.page.evaluate(_FOCUS)
            if found is None or found[0] in seen:
                break
            seen.add(found[0])
            if not found[1]:
                unseen.append(found[0])
        return unseen

    def enlarge_text(self, times: float = 2) -> None:
        """Make text larger, as a browser's own setting does, without zooming the page."""
        self.page.evaluate("(times) => { const root = document.documentElement; const now = parseFloat(getComputedStyle(root).fontSize);"
                           " root.style.fontSize = `${now * times}px`; }", times)  # fmt: skip

    def close(self) -> None:
        """End the visit and forget everything of it."""
        self._context.close()
