"""The shell of each language, look and terminal is made once, and anew when the catalogue is another."""

from __future__ import annotations

import msgspec
import pytest
from flask import Flask

from appliance.usecases.node import Node
from appliance.wiring import create_app
from kiosk_ui import shell
from tests.factories import Site


@pytest.fixture
def app(centre: Site) -> Flask:
    """Return an application that has answered nobody yet."""
    return create_app(centre.node)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Node]:
    """Note each time a shell is made."""
    seen: list[Node] = []
    render = shell._render

    def noted(node: Node) -> object:
        seen.append(node)
        return render(node)

    monkeypatch.setattr(shell, "_render", noted)
    return seen


def inert(app: Flask, path: str) -> str:
    return app.test_client().get(path).text.partition("<template data-step")[2]


def test_a_shell_is_made_once_for_each_language_look_and_terminal(app: Flask, made: list[Node]) -> None:
    asked = ["/", "/?lang=sw", "/?look=large", "/?kiosk=K1", "/?kiosk=K2"]
    first = [inert(app, path) for path in asked]
    assert len(made) == len(asked)
    assert [inert(app, path) for path in asked] == first
    assert len(made) == len(asked)
    assert len(set(first)) == len(asked)


def test_the_first_page_and_feedback_share_one(app: Flask, made: list[Node]) -> None:
    app.test_client().get("/")
    app.test_client().get("/feedback")
    assert len(made) == 1


def test_another_catalogue_is_shown_at_once(app: Flask, centre: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    old = centre.node.catalogue
    service = old.counter_services()[0]
    assert "A service by another name" not in inert(app, "/")
    changed = msgspec.structs.replace(service, names={**service.names, "en": "A service by another name"})
    others = tuple(one for one in old.services if one.code != service.code)
    monkeypatch.setattr(centre.node, "catalogue", msgspec.structs.replace(old, services=(changed, *others)))
    assert "A service by another name" in inert(app, "/")


def test_terminals_that_somebody_makes_up_do_not_fill_the_memory(app: Flask) -> None:
    for number in range(shell.MOST + 5):
        app.test_client().get(f"/?kiosk=X{number}")
    kept = app.extensions["cfms-shells"]._kept[1]
    assert len(kept) == shell.MOST
    assert ("en", "", f"X{shell.MOST + 4}", False) in kept
