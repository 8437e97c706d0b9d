"""No word of a page is written into it: everything a person reads goes through the catalogues."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from docs import translate

TEMPLATES = [path for package in translate.PACKAGES for path in translate.sources(package) if path.suffix in translate.PAGES]
# The demo tells sample stories, in whichever language their people speak; the figures of health.py are read by programs.
SPEAKING = [package for package in translate.PACKAGES if not package.endswith("demo")]
CODE = [path for package in SPEAKING for path in sorted((translate.ROOT / package).rglob("*.py")) if path.name != "health.py"]
# Said the same in every language: names of programs, units, languages, and of the people of the samples.
NAMES = {"CFMS", "Huduma Maoni", "CSV", "PDF", "JSON", "KB", "English", "Kiswahili", "Amina Wanjiru", "Kiprono Bett", "Wanjiru"}
READ_OUT = {"aria-label", "aria-description", "alt", "title", "placeholder", "label"}
MARKS = {"_", "_l", "_n", "gettext", "ngettext"}
_GIVEN = "\0"  # stands where Jinja puts something
_ENVIRONMENT = Environment(autoescape=True)
_WORD = re.compile(r"[^\W\d_]{2,}")
_CLASSES = re.compile(r"({% block \w+_(?:class|data) %}).*?({% endblock %})", re.DOTALL)  # a block of CSS classes or of attributes
_ATTRIBUTE = re.compile(r"""[\w-]+=("[^"]*"|'[^']*')""")  # one that a macro adds to a tag of another
# Calls that take what no page shows: programmers, the log and other programs read English.
_UNSEEN = {"ValueError", "TypeError", "RuntimeError", "debug", "info", "warning", "error", "exception", "_problem"}
# What looks like words of a person's language rather than a code, a class or an address.
_SENTENCE = re.compile(r"^[A-Z][\w']*([ ,:][\w' ,:;.?!%()-]*|[.?!])$")


class Read(HTMLParser):
    """Collects what a reader of a page sees or hears; what stands in ``code`` is a program's."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.code = tag == "code"
        self.texts += [value or "" for name, value in attrs if name in READ_OUT or (tag == "input" and name == "value")]

    def handle_endtag(self, tag: str) -> None:
        self.code = False

    def handle_data(self, data: str) -> None:
        if not self.code:
            self.texts.append(data)


def hard_words(source: str) -> Iterator[str]:
    """Yield words that stand in a template itself."""
    text = "".join(_GIVEN if kind == "variable_end" else value for kind, value in _plain(source))
    reader = Read()
    reader.feed(re.sub(rf"(<\w+){_GIVEN}", r"\1 ", text))  # attributes right behind a tag's name
    reader.close()
    for one in reader.texts:
        left = _ATTRIBUTE.sub("", one)
        for name in sorted(NAMES, key=len, reverse=True):
            left = re.sub(rf"\b{name}\b", "", left)
        if _WORD.search(left):
            yield " ".join(one.replace(_GIVEN, "…").split())


def _plain(source: str) -> Iterator[tuple[str, str]]:
    for _line, kind, value in _ENVIRONMENT.lex(_CLASSES.sub(r"\1\2", source)):
        if kind in {"data", "variable_end"}:
            yield kind, value


def hard_arguments(source: str) -> Iterator[str]:
    """Yield sentences that are handed to a macro without being marked."""
    yield from _unmarked(_ENVIRONMENT.parse(source))


def _unmarked(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in MARKS:
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and _SENTENCE.match(node.value) and node.value not in NAMES:
        yield node.value
    for child in node.iter_child_nodes():
        yield from _unmarked(child)


def hard_sentences(source: str) -> Iterator[str]:
    """Yield sentences that Python code hands on without marking them."""
    yield from _unmarked_code(ast.parse(source))


def _unmarked_code(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and _called(node) in MARKS | {"InvalidInput"} | _UNSEEN:
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # a docstring
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value and _SENTENCE.match(node.value):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from _unmarked_code(child)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def relative(path: Path) -> str:
    return str(path.relative_to(translate.ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_a_template_holds_no_words_of_its_own(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert [*hard_words(source), *hard_arguments(source)] == []


@pytest.mark.parametrize("path", CODE, ids=relative)
def test_code_hands_no_unmarked_sentence_to_a_page(path: Path) -> None:
    assert list(hard_sentences(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ("<p>{{ _('Hello') }} · 12 / {{ n }}</p>", []),
        ("<p class='big {{ css }}'>{% if x %}Yes{% endif %}</p>", ["Yes"]),
        ("<img alt='A map'>", ["A map"]),
        ("<input type=submit value='Send'>", ["Send"]),
        ("<p>{# Hello #}<!-- Hello --></p>", []),
        ("<p>Huduma Maoni</p>", []),
        ("<p><code>text-xl</code> Large</p>", ["Large"]),
        ("<li{{ marks|xmlattr }}>Wait</li>", ["Wait"]),
        ("<body{% block body_data %} data-channel={{ channel }}{% endblock %}>", []),
        ("<body class='{% block body_class %}kiosk{% endblock %}'>{% block main %}Main{% endblock %}", ["Main"]),
        ("{% block body_class %}kiosk{% endblock %}", []),
    ],
)
def test_words_in_a_template_are_found(source: str, found: list[str]) -> None:
    assert list(hard_words(source)) == found


def test_sentences_given_to_macros_and_by_code_are_found() -> None:
    assert list(hard_arguments("{{ button('Send it') }}{{ button(_('Send it'), kind='secondary') }}")) == ["Send it"]
    assert list(hard_sentences('"""A docstring here."""\nform.refuse("x", "Write it first.")\nform.refuse("x", _("Write it first."))')) == [
        "Write it first."
    ]
