"""Whatever the exchange may stop with is said in the reader's language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from appliance.desk.reasons import why
from appliance.web.i18n import force_locale
from appliance.wiring import create_app
from docs.translate import ROOT
from tests.factories import Site

SOURCES = sorted(path for part in ("sync", "appliance/usecases") for path in (ROOT / part).glob("*.py"))


def sentences(path: Path) -> Iterator[str]:
    """Yield every sentence that *path* stops the exchange with, what it fills in as "XX"."""
    for call in (node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call)):
        if isinstance(call.func, ast.Name) and call.func.id == "Stopped" and call.args:
            said = call.args[0]
            parts = said.values if isinstance(said, ast.JoinedStr) else [said]
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "XX" for part in parts)


SAID = [(path.name, sentence) for path in SOURCES for sentence in sentences(path)]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    site = Site(tmp_path_factory.mktemp("lone"), "centre", "NBI")
    yield create_app(site.node)
    site.close()


def test_the_sentences_are_found() -> None:
    assert len(SAID) > 25


@pytest.mark.parametrize(("file", "sentence"), SAID)
def test_every_sentence_of_the_exchange_is_said_in_kiswahili(app: Flask, file: str, sentence: str) -> None:
    with app.test_request_context("/desk/sync"), force_locale("sw"):
        said = why(sentence)
    assert said != sentence
    assert len(re.findall("XX", said)) == len(re.findall("XX", sentence))
    with app.test_request_context("/desk/sync"), force_locale("en"):
        assert why(sentence) == sentence


def test_a_sentence_nobody_knows_is_shown_as_it_is(app: Flask) -> None:
    with app.test_request_context("/desk/sync"), force_locale("sw"):
        assert why("Something a newer version says: 100 %.") == "Something a newer version says: 100 %."
        assert why("") == ""
