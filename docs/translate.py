"""Keeps the translations whole: ``python -m docs.translate`` after changing a word, ``--check`` to be told and change nothing.

The English text is the message id, so English needs no catalogue. Every other language has one in each package that shows words,
``translations/<language>/LC_MESSAGES/messages.po`` and the compiled ``.mo`` beside it; both are written here byte for byte the same
whenever the words are the same. A word of the shared web base stands in its catalogue only, whoever else uses it. The catalogues of country
packs (``docs.packs``) and the lists for native speakers (``docs.reviewing``) are renewed with them.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
BASE = "appliance/web"
PACKAGES = (BASE, "appliance/desk", "appliance/hq", "appliance/demo", "kiosk_ui")
LANGUAGES = ("sw",)  # beside English, in which the words are written
PAGES = {".html", ".txt", ".xml"}

_KEYWORDS = {"_": None, "_l": None, "_n": (1, 2), "gettext": None, "ngettext": (1, 2)}
_NOTES = ("Translators:",)
_PLACE = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")

Id = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """A message as the code has it: one text, or singular and plural."""

    id: Id
    file: str
    notes: tuple[str, ...] = ()


class Words(Catalog):
    """A catalogue whose head tells what programs need to know and nothing that changes from run to run."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """The head, without the dates and versions that Babel's own has."""
        return [("Language", str(self.locale)), ("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", self.plural_forms)]

    @mime_headers.setter
    def mime_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        """Keep nothing of a head that was read."""


def catalogue_path(package: str, lang: str) -> Path:
    """Return where the catalogue of *package* in *lang* stands."""
    return ROOT / package / "translations" / lang / "LC_MESSAGES" / "messages.po"


def sources(package: str) -> list[Path]:
    """Return the files whose words belong to *package*; the base has those of everything that has no catalogue of its own."""
    top = ROOT / (package if package != BASE else "appliance")
    others = [ROOT / other for other in PACKAGES if other not in {package, BASE}]
    found = (path for path in top.rglob("*") if path.suffix in {".py", *PAGES} and "sass" not in path.parts)
    return sorted(path for path in found if not any(path.is_relative_to(other) for other in others))


@cache
def refusals() -> frozenset[str]:
    """Return the name of every class of refusal in the program."""
    bases: dict[str, set[str]] = {}
    for path in (*sorted((ROOT / "appliance").rglob("*.py")), *sorted((ROOT / "kiosk_ui").rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {base.id for base in node.bases if isinstance(base, ast.Name)}
    known = {"Refusal"}
    while more := {name for name, of in bases.items() if of & known} - known:
        known |= more
    return frozenset(known)


def used(package: str) -> list[Word]:
    """Return every word in the files of *package*, by file and in the order in which they stand there."""
    return [word for path in sources(package) for word in _words_of(path)]


def words(package: str) -> list[Word]:
    """Return every word whose translation belongs to *package*: those that the shared base has too are left to it."""
    found = used(package)
    shared = set() if package == BASE else {word.id for word in words(BASE)}
    return [word for word in found if word.id not in shared]


def _words_of(path: Path) -> Iterator[Word]:
    file, code = path.relative_to(ROOT).as_posix(), path.suffix == ".py"
    method = "python" if code else "jinja2.ext:babel_extract"
    for _line, text, notes, _context in extract(method, io.BytesIO(path.read_bytes()), _KEYWORDS, _NOTES, {"silent": "false"}):
        yield Word(tuple(text) if isinstance(text, tuple) else text, file, tuple(notes))
    if code:
        yield from (Word(text, file) for text in _said(ast.parse(path.read_bytes())))


def _said(tree: ast.Module) -> Iterator[str]:
    """Yield what refusals say (``web.words.say``): the first line of each class's docstring, and the reasons given to InvalidInput."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in refusals():
            sentence = (ast.get_docstring(node) or "").partition("\n")[0].strip()
            if re.search(r"[^\W\d_]", _PLACE.sub("", sentence)):
                yield sentence
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "InvalidInput":
            for keyword in node.keywords:
                if keyword.arg == "reason" and isinstance(keyword.value, ast.Constant):
                    yield str(keyword.value.value)


def translations(package: str, lang: str) -> Catalog:
    """Return the translations on disk, an empty catalogue where there are none yet."""
    path = catalogue_path(package, lang)
    if not path.exists():
        return Catalog(locale=lang)
    with path.open("rb") as file:
        return read_po(file, locale=lang)


def renewed(package: str, lang: str) -> Words:
    """Return the catalogue as it should be: today's words, each with the translation it has."""
    known, made = translations(package, lang), Words(locale=lang, fuzzy=False)
    for word in words(package):
        old = known.get(word.id)
        same = old is not None and old.id == word.id and not old.fuzzy
        made.add(word.id, old.string if same and old else None, [(word.file, 0)], auto_comments=word.notes)
    return made


def written(catalogue: Words) -> tuple[bytes, bytes]:
    """Return *catalogue* as the bytes of its ``.po`` and ``.mo`` files."""
    text, compiled = io.BytesIO(), io.BytesIO()
    write_po(text, catalogue, width=120, omit_header=True, include_lineno=False)
    write_mo(compiled, catalogue)
    head = "".join(f'"{name}: {value}\\n"\n' for name, value in catalogue.mime_headers)
    return f'msgid ""\nmsgstr ""\n{head}\n'.encode() + text.getvalue().rstrip(b"\n") + b"\n", compiled.getvalue()


def faults(catalogue: Catalog) -> Iterator[str]:
    """Yield what is wrong with each translation, as a sentence that names the word."""
    for message in catalogue:
        if message.id and (fault := _fault(message, catalogue.num_plurals)):
            yield f"{message.id!r} {fault}"


def _fault(message: Message, forms: int) -> str:
    texts = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    if message.fuzzy:
        return "is marked fuzzy"
    if len(texts) != (forms if message.pluralizable else 1) or not all(texts):
        return "has no translation"
    wanted = places(str(message.id[-1] if message.pluralizable else message.id))
    if any(places(str(text)) != wanted for text in texts):
        return f"must keep its places {sorted(wanted)}"
    return ""


def places(text: str) -> set[str]:
    """Return the placeholders in *text*, as they are written."""
    return {found[0] for found in _PLACE.finditer(text)}


def stale(packages: Iterable[str] = PACKAGES) -> dict[Path, bytes]:
    """Return the files that are not what they would be today, and what they would be."""
    wanted: dict[Path, bytes] = {}
    for package in packages:
        for lang in LANGUAGES:
            path = catalogue_path(package, lang)
            wanted[path], wanted[path.with_suffix(".mo")] = written(renewed(package, lang))
    return {path: data for path, data in wanted.items() if not path.exists() or path.read_bytes() != data}


def main() -> int:
    """Write the catalogues and what is made from them, or only say how they stand; return 1 where something is to be done."""
    from docs import packs, reviewing  # noqa: PLC0415 - both are made of this module

    parser = argparse.ArgumentParser(prog="python -m docs.translate", description="Bring the catalogues of translations up to date.")
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help=f"which of {', '.join(PACKAGES)}; all without")
    parser.add_argument("--check", action="store_true", help="write nothing; say what is not as it should be")
    parser.add_argument("--review", action="store_true", help="write the lists for native speakers only, from the catalogues as they are")
    asked = parser.parse_args()
    packages = [package.rstrip("/") for package in asked.packages] or list(PACKAGES)
    if unknown := set(packages) - set(PACKAGES):
        parser.error(f"no such package: {', '.join(sorted(unknown))}")
    changed = {} if asked.review else {**stale(packages), **packs.stale()}
    _put(changed, check=asked.check)
    lists = reviewing.stale()  # made from the catalogues as they are now
    _put(lists, check=asked.check)
    missing = [f"{package} {lang}: {fault}" for package in packages for lang in LANGUAGES for fault in faults(renewed(package, lang))]
    missing += [f"{path.relative_to(ROOT)}: {fault}" for path in packs.catalogues() for fault in packs.faults(path)]
    for fault in missing:
        print(fault)
    return 1 if missing or (asked.check and (changed or lists)) else 0


def _put(files: dict[Path, bytes], *, check: bool) -> None:
    for path, data in files.items():
        print("is not current:" if check else "wrote", path.relative_to(ROOT))
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


if __name__ == "__main__":
    sys.exit(main())
