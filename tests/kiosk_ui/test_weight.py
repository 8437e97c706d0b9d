"""Citizens' pages stay light: every byte that goes over the wire is counted, heads too (bench/pages.py)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from appliance.wiring import create_app
from bench import pages
from bench.visitor import Visitor
from tests.browser.visits import served
from tests.factories import Site

KIB = 1024


@pytest.fixture(scope="module")
def port(centre: Site) -> Iterator[int]:
    """Lend the port of a centre's server."""
    with served(create_app(centre.node)) as base:
        yield int(base.rpartition(":")[2])


@pytest.fixture
def visitor(port: int) -> Iterator[Visitor]:
    """Lend a visitor whose browser has nothing yet."""
    with closing(Visitor(port)) as one:
        yield one


def test_the_first_page_of_a_terminal_is_60_kib_at_most_with_all_it_loads(visitor: Visitor) -> None:
    page, everything = pages.first_page(visitor)
    assert 5 * KIB < page < everything <= 60 * KIB
    assert any("terminal.js" in file for file in visitor.kept)


def test_the_whole_flow_with_script_is_250_kib_at_most(visitor: Visitor) -> None:
    _page, first = pages.first_page(visitor)
    assert first < pages.scripted_flow(visitor, first) <= 250 * KIB


def test_the_whole_flow_without_script_is_250_kib_at_most(visitor: Visitor) -> None:
    assert 60 * KIB < pages.plain_flow(visitor) <= 250 * KIB


def test_a_file_that_the_browser_has_is_not_counted_twice(visitor: Visitor) -> None:
    page = visitor.get("/?kiosk=K1")
    assert visitor.load(page) > 0
    assert visitor.load(page) == 0
