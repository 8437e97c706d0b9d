"""Writes the lists for native speakers, ``docs/review/<language>.md``: what citizens see, in English and translated, and who has reviewed it.

A review is a line of ``docs/review/reviewed.csv`` and holds for exactly that translation: when the words change, it has to be read again.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from appliance.domain.country import load_country
from docs import packs, translate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from appliance.domain.country import Country

COLUMNS = ("lang", "english", "translation", "by", "date")
INTRODUCTION = """\
<!-- Written by python -m docs.translate. Do not edit. -->
# {name}: the words citizens see, for native speakers

{done} of {all} reviewed. Please read each as if it stood on a screen in a public office: is it right, is it what people say, is it kind?
If a line is good, add it to [reviewed.csv](reviewed.csv) with your name and the date. If it is not, change the translation in `{where}`
and run `python -m docs.translate`. A review holds for exactly these words; whoever changes them makes the line unreviewed again.
Places such as `%(day)s` and `{{count}}` are filled in by the program and must stay as they are.
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One text and its translation, both on one line, and where they stand."""

    english: str
    translation: str
    where: str


def folder() -> Path:
    """Return where the lists and the reviews stand."""
    return translate.ROOT / "docs/review"


def reviews() -> dict[tuple[str, str, str], str]:
    """Return who reviewed what: language, English and translation, to name and date."""
    with (folder() / "reviewed.csv").open(encoding="utf-8", newline="") as file:
        return {(row["lang"], row["english"], row["translation"]): f"{row['by']}, {row['date']}" for row in csv.DictReader(file)}


def lines(lang: str) -> Iterator[Line]:
    """Yield everything citizens see that has a translation into *lang*: the program's words, then the countries' names."""
    if lang in translate.LANGUAGES:
        known = {message.id: message.string for package in translate.PACKAGES for message in translate.translations(package, lang)}
    else:
        known = {message.id: message.string for path in packs.catalogues() if path.stem == lang for message in packs.read(path)}
    for word in packs.words():
        texts = known.get(word.id) or ""
        if any(texts):
            yield Line(_flat(word.id), _flat(texts), word.file)
    for path in sorted((translate.ROOT / "config/countries").iterdir()):
        yield from _names(load_country(path), lang)


def _names(country: Country, lang: str) -> Iterator[Line]:
    """Yield the names in a country pack, where it has them in *lang*."""
    catalogue, first = country.catalogue, country.languages[0].code
    named: tuple[tuple[str, Sequence[Any]], ...] = (
        ("categories.csv", catalogue.categories), ("services.csv", catalogue.services), ("institutions.csv", catalogue.institutions),
        ("centres.csv", catalogue.centres), ("country.toml", [*country.escalation, *country.numbers.values()]),
    )  # fmt: skip
    for file, members in named:
        for one in members:
            if lang in one.names:
                yield Line(one.names[first], one.names[lang], f"config/countries/{country.code}/{file}")


def _flat(text: object) -> str:
    """Return *text* on one line; singular and plural stand beside each other."""
    texts = text if isinstance(text, (tuple, list)) else (text,)
    return " / ".join(dict.fromkeys(" ".join(str(one).split()) for one in texts))


def written(lang: str, name: str) -> str:
    """Return the list of *lang*, a language that calls itself *name*."""
    known, found = reviews(), list(dict.fromkeys(lines(lang)))
    by = {line: known.get((lang, line.english, line.translation), "") for line in found}
    where = f"*/translations/{lang}/LC_MESSAGES/messages.po" if lang in translate.LANGUAGES else f"config/countries/*/languages/{lang}.po"
    parts = [INTRODUCTION.format(name=name, done=sum(map(bool, by.values())), all=len(found), where=where)]
    for file, group in groupby(found, lambda line: line.where):
        rows = [f"| {_cell(line.english)} | {_cell(line.translation)} | {_cell(by[line]) or 'no'} |" for line in group]
        parts.append("\n".join([f"## `{file}`", "", f"| English | {name} | reviewed |", "|---|---|---|", *rows, ""]))
    return "\n".join(parts)


def _cell(text: str) -> str:
    for sign in "\\|*<[":  # what Markdown would take for its own
        text = text.replace(sign, "\\" + sign)
    return text


def stale() -> dict[Path, bytes]:
    """Return the lists that are not what they would be today, and what they would be."""
    names = {one.code: one.name for path in (translate.ROOT / "config/countries").iterdir() for one in load_country(path).languages}
    langs = sorted({*translate.LANGUAGES, *(path.stem for path in packs.catalogues())})
    wanted = {folder() / f"{lang}.md": written(lang, names.get(lang, lang)).encode() for lang in langs}
    return {path: data for path, data in wanted.items() if not path.exists() or path.read_bytes() != data}
