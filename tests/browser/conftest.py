"""One Chromium for all browser tests: Debian's own, without a network, a fresh profile for every visit."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.visits import FLAGS, MADE_UP, Visit, served

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files go that a browser left in the middle: the test server (Werkzeug's, which serves no citizen) forgets to close them."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"))


def _chromium() -> str:
    """Return the path of Chromium; a machine without it skips these tests, unless it promised to have one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        assert os.environ.get("CFMS_REQUIRE_CHROMIUM") != "1", "CFMS_REQUIRE_CHROMIUM=1, and no chromium is installed here"
        pytest.skip("no chromium is installed here")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Lend a running Chromium."""
    path = _chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def listening(browser: Browser) -> Iterator[Browser]:
    """Lend one more Chromium, with a microphone that beeps and a camera that shows a clock, lent to every page that asks."""
    running = browser.browser_type.launch(executable_path=_chromium(), args=[*FLAGS, *MADE_UP])
    yield running
    running.close()


@pytest.fixture(scope="module")
def wifi(browser: Browser) -> Iterator[Browser]:
    """Lend one more Chromium, to which ``huduma.lan`` is this machine: a name without HTTPS, as on a centre's Wi-Fi."""
    running = browser.browser_type.launch(executable_path=_chromium(), args=[*FLAGS, "--host-resolver-rules=MAP huduma.lan 127.0.0.1"])
    yield running
    running.close()


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Flask], str]]:
    """Lend a function that serves an application on a free port of the loopback, and returns where."""
    with ExitStack() as running:
        yield lambda app: running.enter_context(served(app))


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Lend a function that begins a visit (arguments as ``Visit``'s); at the end every visit must have kept to the rules."""
    begun: list[Visit] = []

    def begin(base: str, **how: object) -> Visit:
        begun.append(Visit(browser, base, **how))  # type: ignore[arg-type]
        return begun[-1]

    yield begin
    for one in begun:
        one.close()
    assert [wrong for one in begun for wrong in one.wrong] == []
