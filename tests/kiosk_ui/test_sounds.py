"""Recordings: manifest, files and words agree, pages find them, and a person's voice takes a draft's place."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from appliance.domain.country import load_country
from appliance.web.words import KINDS, RATINGS
from docs import sounds, translate
from kiosk_ui import speaker
from tests.factories import PACK

AGAIN = "run: python -m docs.sounds (needs espeak-ng and opus-tools)"
MOST_BYTES = 3 * 1024**2  # of all recordings: they come with every installation


def test_manifest_files_and_lists_agree() -> None:
    known = sounds.takes()
    assert {one.path for one in known} == set(sounds.FOLDER.rglob("*.opus"))
    assert [path.name for path, data in sounds._listings(known).items() if path.read_bytes() != data] == [], AGAIN
    assert {path.stem for path in sounds.FOLDER.glob("*.json")} == {one.lang for one in known}


def test_every_recording_is_mono_opus_as_long_as_it_says_and_named_by_its_words() -> None:
    for one in sounds.takes():
        assert one.file == sounds.name_of(one.lang, one.text)
        assert sounds.seconds_of(one.path.read_bytes()) == float(one.seconds) > 0, one.text
        assert one.by, one.text


def test_recordings_stay_small() -> None:
    assert sum(path.stat().st_size for path in sounds.FOLDER.rglob("*")) < MOST_BYTES


@pytest.mark.parametrize("lang", sounds.VOICES)
def test_everything_that_can_be_heard_is_said(lang: str) -> None:
    said = {one.text for one in sounds.takes() if one.lang == lang}
    assert [text for text in sounds.heard(lang) if text not in said] == [], AGAIN


@pytest.mark.parametrize("lang", sounds.VOICES)
def test_faces_kinds_categories_and_services_can_be_heard(lang: str) -> None:
    catalogue = load_country(PACK).catalogue
    names = [one.names[lang] for one in catalogue.categories] + [one.names[lang] for one in catalogue.counter_services()]
    spoken = {message.id: message.string for package in translate.PACKAGES for message in translate.translations(package, lang)}
    names += [str(spoken.get(str(word), word)) for words in (KINDS, RATINGS) for word in words.values()]
    assert set(names) <= set(sounds.heard(lang))


# --- pages ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", sorted(speaker.HEARD))
def test_a_page_leads_to_its_languages_recordings_which_are_kept_for_ever(client: FlaskClient, lang: str) -> None:
    address = client.get(f"/?lang={lang}&kiosk=K1").get_data(as_text=True).partition('data-speaker="')[2].partition('"')[0]
    with client.get(address) as listed:
        assert listed.mimetype == "application/json"
        text, file = next(iter(json.loads(listed.data).items()))
    with client.get(f"{urlsplit(address).path.rpartition('/')[0]}/{lang}/{file}") as recording:
        assert str(recording.mimetype).startswith("audio/")
        assert "immutable" in recording.headers["Cache-Control"]
        assert recording.data == (sounds.FOLDER / lang / sounds.name_of(lang, text)).read_bytes()


def test_a_language_without_recordings_has_no_speaker(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaker, "HEARD", frozenset({"en"}))
    assert "data-speaker" in client.get("/?lang=en").get_data(as_text=True)
    page = client.get("/?lang=sw").get_data(as_text=True)
    assert "Huduma ilikuwaje leo?" in page
    assert "data-speaker" not in page


# --- the tool -------------------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lend a copy of the recordings, for the tool to write into."""
    shutil.copytree(sounds.FOLDER, tmp_path / "sounds")
    shutil.copy(sounds.MANIFEST, tmp_path / "manifest.csv")
    monkeypatch.setattr(sounds, "FOLDER", tmp_path / "sounds")
    monkeypatch.setattr(sounds, "MANIFEST", tmp_path / "manifest.csv")
    monkeypatch.setattr(sounds, "encode", lambda sound, opus, _kilobits: shutil.copy(sound, opus))
    return tmp_path


def test_a_persons_recording_takes_the_place_of_a_draft(copy: Path) -> None:
    other = next(one.path for one in sounds.takes() if one.text == "Wasiwasi")
    before = json.loads((sounds.FOLDER / "sw.json").read_text(encoding="utf-8"))
    sounds.take_in(other, "sw", "Lalamiko", "Achieng Otieno")
    take = next(one for one in sounds.takes() if one.text == "Lalamiko")
    assert (take.by, take.path.read_bytes()) == ("Achieng Otieno", other.read_bytes())
    after = json.loads((sounds.FOLDER / "sw.json").read_text(encoding="utf-8"))
    assert after.pop("Lalamiko") != before.pop("Lalamiko")  # another address, so that no browser keeps the draft
    assert after == before


def test_words_that_no_page_says_are_not_taken(copy: Path) -> None:
    with pytest.raises(ValueError, match="no page says"):
        sounds.take_in(sounds.takes()[0].path, "sw", "Neno lisilosemwa", "Achieng Otieno")


def test_the_check_tells_what_is_missing_unused_and_not_current(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = next(one for one in sounds.takes() if one.text == "Lalamiko")
    gone.path.unlink()
    (sounds.FOLDER / "sw" / "0000000000.opus").write_bytes(b"")
    wanted = {lang: sounds.heard(lang) for lang in sounds.VOICES}
    monkeypatch.setattr(sounds, "heard", lambda lang: [text for text in wanted[lang] if text != "Pongezi"] + ["Neno jipya"] * (lang == "sw"))
    told = list(sounds.problems())
    for sentence in (
        f"sw: the recording of 'Lalamiko' is missing: {gone.file}",
        "sw: no page says 'Pongezi' any more",
        "sw: nobody says 'Neno jipya'",
        "sw/0000000000.opus does not stand in the manifest",
    ):
        assert sentence in told


@pytest.mark.parametrize("data", [b"", b"OggS but no more", b"RIFF....WAVE"])
def test_what_is_not_opus_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="Ogg Opus"):
        sounds.seconds_of(data)
