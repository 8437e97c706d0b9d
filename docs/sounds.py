"""Keeps the recordings of citizens' pages: ``python -m docs.sounds`` makes drafts of what is missing, ``--check`` says how they stand.

``kiosk_ui/sounds/manifest.csv`` tells of each recording its language, words, file, length and who speaks: a person's name, or "draft" where
a machine does. The files are Ogg Opus, named by language and words; beside them ``<language>.json`` leads a page from words to file, with the
file's hash, so that a new recording is fetched and an old one kept for ever. ``--take`` puts a person's recording in the place of a draft.

Drafts are spoken by espeak-ng and encoded by opusenc (Debian: espeak-ng, opus-tools); nothing else needs these two.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import struct
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.domain.country import load_country
from appliance.settings import ErasureSettings, Limits
from appliance.web.packs import PLACE
from appliance.web.words import KINDS, RATINGS, STATES_FOR_CITIZENS
from docs import packs, translate

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST = translate.ROOT / "kiosk_ui/sounds/manifest.csv"
FOLDER = translate.ROOT / "kiosk_ui/static/sounds"
DRAFT = "draft"
VOICES = {"en": ("en-gb", "150"), "sw": ("sw", "140")}  # language to voice and words a minute; espeak-ng speaks no Somali
MOST_SECONDS = 60

# Where citizens' pages have what is read out (kiosk_ui/static/sound.js); of the rest of these files a word too many does no harm.
_READ = ("kiosk_ui/templates/kiosk/", "kiosk_ui/home.py", "kiosk_ui/offers.py", "kiosk_ui/questions.py", "kiosk_ui/steps.py", "kiosk_ui/track.py",
         "appliance/web/templates/macros/case.html", "appliance/web/templates/macros/forms.html", "appliance/web/templates/error.html")  # fmt: skip
_UNREAD = ("proof.html", "figures.html", "inert.html", "tools.html", "speaker.html")
# What scripts put there, and sentences with a number, recorded with the one that stands there unless the settings say otherwise.
_PUT_THERE = (
    "Are you still there?", "This screen is cleared soon, so that nobody sees what you wrote.", "I need more time", "Finish", "One moment, please",
    "This screen is ready again as soon as it reaches the office. Please ask at the counter.", "Record your voice", "Stop", "Take a photo",
    "Delete the voice note", "Photograph now", "No photo", "Delete the photo",
)  # fmt: skip
_NUMBERS = {
    "It is erased %(num)d days after your case has ended, or sooner if you ask the centre.": ErasureSettings().contact_days,
    "A voice note of %(num)d seconds at most": Limits().voice_seconds,
}


@dataclass(frozen=True, slots=True)
class Take:
    """A recording: a row of the manifest."""

    lang: str
    text: str
    file: str
    seconds: str
    by: str

    @property
    def path(self) -> Path:
        """Return where its file stands."""
        return FOLDER / self.lang / self.file


def name_of(lang: str, text: str) -> str:
    """Return the name of the file in which *text* is said."""
    return hashlib.sha256(f"{lang}\n{text}".encode()).hexdigest()[:10] + ".opus"


def heard(lang: str) -> list[str]:
    """Return what can be heard on citizens' pages in *lang*, in order; words that take something in cannot be recorded."""
    english = [word.id for word in packs.words() if word.file.startswith(_READ) and not word.file.endswith(_UNREAD)]
    english += [*_PUT_THERE, *(str(text) for words in (KINDS, RATINGS, STATES_FOR_CITIZENS) for text in words.values())]
    known = _translated(lang)
    texts = [known.get(text, "") if lang != "en" else text for text in english if isinstance(text, str)]
    texts += [(known.get(text, "") if lang != "en" else text) % {"num": number} for text, number in _NUMBERS.items()]
    for pack in sorted((translate.ROOT / "config/countries").iterdir()):
        catalogue = load_country(pack).catalogue
        names = [one.names for one in catalogue.categories] + [one.names for one in catalogue.counter_services()]
        texts += [one.get(lang, "") for one in names]
    return list(dict.fromkeys(" ".join(text.split()) for text in texts if text and not PLACE.search(text)))


def _translated(lang: str) -> dict[object, str]:
    found = [translate.translations(package, lang) for package in translate.PACKAGES if lang in translate.LANGUAGES]
    found += [packs.read(path) for path in packs.catalogues() if path.stem == lang]
    known: dict[object, str] = {}
    for message in (message for catalogue in found for message in catalogue):
        many = message.pluralizable and isinstance(message.string, tuple)
        known[message.id[-1] if many else message.id] = str((message.string or ("",))[-1] if many else message.string)
    return known


# --- what is there --------------------------------------------------------------------------------------


def takes() -> list[Take]:
    """Return the manifest."""
    with MANIFEST.open(encoding="utf-8", newline="") as file:
        return [Take(**row) for row in csv.DictReader(file)]


def listing(lang: str, known: list[Take]) -> bytes:
    """Return what pages load: words to file, with the first digits of the file's hash."""
    files = {one.text: f"{one.file}?v={hashlib.sha256(one.path.read_bytes()).hexdigest()[:8]}" for one in known if one.lang == lang}
    return json.dumps(files, ensure_ascii=False, indent=0, separators=(",", ":")).encode() + b"\n"


def seconds_of(data: bytes) -> float:
    """Return how long an Ogg Opus recording of one channel is.

    Raises:
        ValueError: it is none.
    """
    head = data.find(b"OpusHead")
    if not data.startswith(b"OggS") or head < 0 or data[head + 9] != 1:
        raise ValueError("this is not Ogg Opus of one channel")
    (skipped,) = struct.unpack_from("<H", data, head + 10)
    samples: int = struct.unpack_from("<q", data, data.rfind(b"OggS") + 6)[0]
    return round((samples - int(skipped)) / 48_000, 1)


def problems() -> Iterator[str]:
    """Yield what is not as it should be, as sentences."""
    known = takes()
    said = {(one.lang, one.text) for one in known}
    for lang in VOICES:
        yield from (f"{lang}: nobody says {text!r}" for text in heard(lang) if (lang, text) not in said)
    can_be_heard = {lang: set(heard(lang)) for lang in {one.lang for one in known}}
    for one in known:
        if one.text not in can_be_heard[one.lang]:
            yield f"{one.lang}: no page says {one.text!r} any more"
        if not one.path.is_file():
            yield f"{one.lang}: the recording of {one.text!r} is missing: {one.file}"
    for path in sorted(set(FOLDER.rglob("*.opus")) - {one.path for one in known}):
        yield f"{path.relative_to(FOLDER)} does not stand in the manifest"
    if all(one.path.is_file() for one in known):
        yield from (f"{path.name} is not current" for path, data in _listings(known).items() if not path.exists() or path.read_bytes() != data)


def _listings(known: list[Take]) -> dict[Path, bytes]:
    return {FOLDER / f"{lang}.json": listing(lang, known) for lang in sorted({one.lang for one in known})}


# --- what is made ---------------------------------------------------------------------------------------


def draft(lang: str, text: str) -> Take:
    """Let the machine say *text*."""
    voice, speed = VOICES[lang]
    take = Take(lang, text, name_of(lang, text), "", DRAFT)
    take.path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(suffix=".wav") as wave:
        _run("espeak-ng", "-z", "-v", voice, "-s", speed, "-w", wave.name, "--", text)
        encode(Path(wave.name), take.path, 12)
    return replace(take, seconds=str(seconds_of(take.path.read_bytes())))


def encode(sound: Path, opus: Path, kilobits: int) -> None:
    """Encode the file *sound* (WAV or FLAC), without what else such a file may tell."""
    small = ("--speech", "--downmix-mono", "--bitrate", str(kilobits), "--framesize", "60", "--padding", "0", "--serial", "1")
    _run("opusenc", "--quiet", *small, "--discard-comments", "--discard-pictures", str(sound), str(opus))


def _run(program: str, *arguments: str) -> None:
    subprocess.run([program, *arguments], check=True)  # noqa: S603 - both programs by our own words alone


def take_in(sound: Path, lang: str, text: str, by: str) -> None:
    """Put a person's recording in the place of what there was.

    Raises:
        ValueError: no page says *text*, or the recording is too long.
    """
    if text not in heard(lang):
        raise ValueError(f"no page says {text!r} in {lang}")
    name = name_of(lang, text)
    with tempfile.TemporaryDirectory() as folder:
        encode(sound, Path(folder) / name, 20)
        data = (Path(folder) / name).read_bytes()
    take = Take(lang, text, name, str(seconds_of(data)), by)
    if float(take.seconds) > MOST_SECONDS:
        raise ValueError(f"the recording is longer than {MOST_SECONDS} seconds")
    take.path.parent.mkdir(parents=True, exist_ok=True)
    take.path.write_bytes(data)
    write([*(one for one in takes() if (one.lang, one.text) != (lang, text)), take])


def write(known: list[Take]) -> None:
    """Write the manifest and what pages load, sorted; a file that no row names goes."""
    known = sorted(known, key=lambda one: (one.lang, one.text))
    with MANIFEST.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, [one.name for one in fields(Take)], lineterminator="\n")
        rows.writeheader()
        rows.writerows(asdict(one) for one in known)
    for path in set(FOLDER.rglob("*.opus")) - {one.path for one in known}:
        path.unlink()
    for path, data in _listings(known).items():
        path.write_bytes(data)


def renew() -> None:
    """Make drafts of what is missing, and drop drafts of what no page says any more; people's recordings stay."""
    wanted = {(lang, text) for lang in VOICES for text in heard(lang)}
    known = [one for one in takes() if one.by != DRAFT or (one.lang, one.text) in wanted]
    missing = wanted - {(one.lang, one.text) for one in known if one.path.is_file()}
    known = [one for one in known if (one.lang, one.text) not in missing]
    write([*known, *(draft(lang, text) for lang, text in sorted(missing))])


def main() -> int:
    """Do what is asked; return 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m docs.sounds", description="Keep the recordings of citizens' pages.")
    parser.add_argument("--check", action="store_true", help="write nothing; say what is missing, unused or not current")
    parser.add_argument("--take", type=Path, metavar="FILE", help="a person's recording, WAV or FLAC; with --lang, --text and --by")
    for name, words in (("lang", "its language, such as sw"), ("text", "the words as they stand on the page"), ("by", "who speaks")):
        parser.add_argument(f"--{name}", help=words)
    asked = parser.parse_args()
    if asked.take:
        if not (asked.lang and asked.text and asked.by):
            parser.error("--take needs --lang, --text and --by")
        try:
            take_in(asked.take, asked.lang, asked.text, asked.by)
        except ValueError as error:
            parser.error(str(error))
    elif not asked.check:
        renew()
    found = list(problems())
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
