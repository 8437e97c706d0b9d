"""English and Kiswahili are whole: every word that a person may see has its translation, and the files hold today's words."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.catalog import Catalog

import appliance
import kiosk_ui
from appliance.domain.country import load_country
from appliance.domain.errors import InvalidInput, Refusal, UnknownChoice
from appliance.web.i18n import force_locale
from appliance.web.words import say
from docs import translate
from tests.web.world import sample_app

if TYPE_CHECKING:
    from collections.abc import Iterator

AGAIN = "run: python -m docs.translate"
BOTH = [(package, lang) for package in translate.PACKAGES for lang in translate.LANGUAGES]
# The same in both languages: names, signs and nothing but places.
SAME = {"USSD", "SMS", "%(day)s, %(time)s", "CSV", "QR", "CFMS", "Huduma Maoni", "PIN", "Wi-Fi"}


def kinds_of_refusal() -> Iterator[type[Refusal]]:
    for package in (appliance, kiosk_ui):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    waiting = [Refusal]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.split(".")[0] in {"appliance", "kiosk_ui"}:
            yield kind


@pytest.mark.parametrize(("package", "lang"), BOTH)
def test_every_word_is_translated_and_keeps_its_places(package: str, lang: str) -> None:
    assert list(translate.faults(translate.renewed(package, lang))) == []


@pytest.mark.parametrize("package", translate.PACKAGES)
def test_the_files_hold_todays_words(package: str) -> None:
    assert [str(path.relative_to(translate.ROOT)) for path in translate.stale([package])] == [], AGAIN


@pytest.mark.parametrize(("package", "lang"), BOTH)
def test_no_translation_is_left_in_english(package: str, lang: str) -> None:
    found = [message for message in translate.translations(package, lang) if message.id]
    assert [message.id for message in found if message.string == message.id and message.id not in SAME and not only_places(message.id)] == []


def only_places(text: object) -> bool:
    left = translate._PLACE.sub("", str(text))
    return not any(sign.isalpha() for sign in left)


@pytest.mark.parametrize("lang", translate.LANGUAGES)
def test_a_word_is_translated_in_one_way_wherever_it_stands(lang: str) -> None:
    # A node loads the catalogues of all its packages: of two translations, one would win by chance.
    said: dict[object, set[object]] = defaultdict(set)
    for package in translate.PACKAGES:
        for message in translate.translations(package, lang):
            if message.id:
                said[message.id].add(message.string)
    assert {word: strings for word, strings in said.items() if len(strings) > 1} == {}


@pytest.mark.parametrize("pack", sorted(path.name for path in (translate.ROOT / "config/countries").iterdir()))
def test_every_language_that_a_country_offers_has_catalogues(pack: str) -> None:
    offered = {one.code for one in load_country(translate.ROOT / "config/countries" / pack).ready_languages}
    assert offered <= {"en", *translate.LANGUAGES}


@pytest.mark.parametrize("lang", translate.LANGUAGES)
def test_every_refusal_has_its_sentence_in_every_language(lang: str) -> None:
    said = {message.id: message.string for package in translate.PACKAGES for message in translate.translations(package, lang)}
    for kind in kinds_of_refusal():
        sentence = (kind.__doc__ or "").strip().splitlines()[0]
        assert said.get(sentence) or only_places(sentence), kind.__name__


def test_every_reason_of_a_refusal_can_be_translated() -> None:
    # One put together at run time would reach a person in English, whatever they read.
    for package in translate.PACKAGES:
        for path in translate.sources(package):
            if path.suffix == ".py":
                for call in (node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call)):
                    if isinstance(call.func, ast.Name) and call.func.id == "InvalidInput":
                        given = {keyword.arg: keyword.value for keyword in call.keywords}
                        assert isinstance(given["reason"], ast.Constant), f"{path.name}:{call.lineno}"


def test_the_details_of_a_refusal_are_said_in_kiswahili_too() -> None:
    app = sample_app()
    with app.test_request_context("/?lang=sw"), force_locale("sw"):
        assert say(InvalidInput(field="password", reason="10 to 200 characters are needed")) == "Neno la siri: zinahitajika herufi 10 hadi 200"
        assert say(UnknownChoice(field="role", value="king")) == "Wadhifa: hakuna chaguo la king."
        assert say(UnknownChoice(field="unheard-of", value="x")) == "unheard-of: hakuna chaguo la x."


class TestTheTool:
    @pytest.fixture
    def package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        """Make a tree of two packages, so that nothing of ours is written."""
        for name in (translate.BASE, "kiosk_ui"):
            (tmp_path / name).mkdir(parents=True)
        (tmp_path / "appliance/web/base.py").write_text('class Refused(Refusal):\n    """Not {what}."""\n\n\nprint(_("Back"))\n')
        (tmp_path / "kiosk_ui/page.html").write_text(
            "{{ _('Back') }} {{ _('Hello %(name)s', name=who) }} {{ ngettext('%(num)d case', '%(num)d cases', 2) }}"
        )
        (tmp_path / "kiosk_ui/page.py").write_text('raise InvalidInput(field="text", reason="too short")\n')
        monkeypatch.setattr(translate, "ROOT", tmp_path)
        translate.refusals.cache_clear()
        yield "kiosk_ui"
        translate.refusals.cache_clear()

    def test_it_finds_words_refusals_and_reasons_and_leaves_shared_ones_to_the_base(self, package: str) -> None:
        assert [word.id for word in translate.words(translate.BASE)] == ["Back", "Not {what}."]
        assert [word.id for word in translate.words(package)] == ["Hello %(name)s", ("%(num)d case", "%(num)d cases"), "too short"]

    def test_it_carries_translations_over_and_drops_what_is_no_longer_said(self, package: str) -> None:
        kept, gone = translate.renewed(package, "sw"), "kiosk_ui/page.py"
        kept["Hello %(name)s"].string = "Habari %(name)s"
        path = translate.catalogue_path(package, "sw")
        path.parent.mkdir(parents=True)
        path.write_bytes(translate.written(kept)[0])
        (translate.ROOT / gone).write_text("")
        again = translate.renewed(package, "sw")
        assert again["Hello %(name)s"].string == "Habari %(name)s"
        assert "too short" not in again

    def test_it_writes_the_same_bytes_from_the_same_words(self, package: str) -> None:
        assert translate.written(translate.renewed(package, "sw")) == translate.written(translate.renewed(package, "sw"))
        assert b"Date" not in translate.written(translate.renewed(package, "sw"))[0]

    @pytest.mark.parametrize(
        ("string", "fault"),
        [
            ("", "no translation"),
            ("Habari", "must keep its places"),
            ("Habari %(jina)s", "must keep its places"),
            ("Habari %(name)s", ""),
        ],
    )
    def test_it_names_what_is_wrong_with_a_translation(self, package: str, string: str, fault: str) -> None:
        catalogue = Catalog(locale="sw")
        catalogue.add("Hello %(name)s", string)
        assert fault in "".join(translate.faults(catalogue))
        assert bool(list(translate.faults(catalogue))) == bool(fault)

    def test_it_wants_every_plural_form_and_nothing_fuzzy(self, package: str) -> None:
        catalogue = Catalog(locale="sw")
        catalogue.add(("%(num)d case", "%(num)d cases"), ("kesi %(num)d", ""))
        catalogue.add("Back", "Rudi", flags=["fuzzy"])
        assert len(list(translate.faults(catalogue))) == 2
