"""A centre of a country whose pack was given more languages: what tests of language packs stand on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from appliance.settings import KioskSettings
from appliance.usecases.node import Node
from appliance.wiring import close_node, open_node
from tests.factories import PACK, world_in

HEAD = 'msgid ""\nmsgstr ""\n"Language: {lang}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {plurals}\\n"\n\n'
TWO = "nplurals=2; plural=(n != 1);"
SIX = "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"


def catalogue(lang: str, words: dict[str, str], plurals: str = TWO) -> str:
    """Return the text of a catalogue."""
    return HEAD.format(lang=lang, plurals=plurals) + "\n".join(f'msgid "{english}"\nmsgstr "{text}"\n' for english, text in words.items())


def pack_in(folder: Path, *, names: dict[str, str] | None = None, **catalogues: str) -> Path:
    """Return a copy of Kenya's pack in *folder*, with languages called *names* and the texts of *catalogues* added."""
    pack = folder / "ke"
    shutil.copytree(PACK, pack)
    listed = "".join(f'[[languages]]\ncode = "{code}"\nname = "{name}"\n\n' for code, name in (names or {}).items())
    main, after = (pack / "country.toml").read_text(encoding="utf-8"), "# What the charter clocks count."
    (pack / "country.toml").write_text(main.replace(after, listed + after, 1), encoding="utf-8")
    for code, text in catalogues.items():
        (pack / "languages" / f"{code}.po").write_text(text, encoding="utf-8")
    return pack


@contextmanager
def centre_speaking(folder: Path, languages: str, pack: Path = PACK) -> Iterator[Node]:
    """Lend a centre that offers its citizens *languages*."""
    with world_in(folder / "world") as world:
        centre = world.centre("NBI")
        settings = replace(centre.settings, country=pack, kiosk=KioskSettings(languages=languages))
        centre.close()
        node = open_node(settings, centre.warned.append)
        try:
            yield node
        finally:
            close_node(node)
