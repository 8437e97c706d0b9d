"""Posters for walls and counters: a question, a code, and the ways to answer, each on one sheet of A4."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from flask import render_template
from markupsafe import Markup

from appliance.domain.catalogue import Desk, Names, Service, name_in
from appliance.domain.codes import is_service_code
from appliance.domain.errors import Refusal
from appliance.usecases.node import Node
from appliance.web.i18n import force_locale, languages
from appliance.web.texts import _

LONG: Final = 38  # signs of a name that make two lines of large letters
SMS_WORD: Final = "MAONI"  # spec channels: what a message about a service begins with
_STATIC = Path(__file__).parent / "static"
_TOKENS = re.compile(r":root\{[^}]*--ink:[^}]*\}")


class PosterUnknown(Refusal):
    """There is no desk or counter service {code} here."""


class LanguageUnknown(Refusal):
    """There is no language {code} here. There are: {known}."""


@dataclass(frozen=True, slots=True)
class Said:
    """A poster's words in one language.

    Attributes:
        lang: code of the language.
        name: of the desk or service.
    """

    lang: str
    name: str
    ask: str
    promise: str
    scan: str
    type_it: str


@dataclass(frozen=True, slots=True)
class Poster:
    """One poster.

    Attributes:
        code: what is typed.
        url: what the QR holds.
        picture: name of the drawing.
        place: the centre's name in the first language.
        dial: USSD string, '' where the country has none.
        send: number and beginning of a short message, '' where the country has none.
    """

    code: str
    url: str
    picture: str
    place: str
    dial: str
    send: str
    said: tuple[Said, ...]

    @property
    def is_long(self) -> bool:
        """Tell whether its names need smaller letters."""
        return max(len(one.name) for one in self.said) > LONG or len(self.said) > 2


@dataclass(frozen=True, slots=True)
class Printing:
    """How posters are to be: languages in order, and where telephones find the pages."""

    node: Node
    langs: tuple[str, ...]
    url: str

    def everything(self) -> list[Poster]:
        """Return a poster of every desk here, and of every service of their counters."""
        node = self.node
        desks = node.catalogue.desks_of(node.settings.centre)
        offered = {code for desk in desks for code in desk.services}
        services = [one for one in node.catalogue.counter_services() if not offered or one.code in offered]
        return [*(self.of_desk(one) for one in desks), *(self.of_service(one) for one in services)]

    def named(self, desks: Sequence[str], services: Sequence[str]) -> list[Poster]:
        """Return the posters of *desks* and *services*, by code.

        Raises:
            PosterUnknown: of one that is not here.
        """
        catalogue, made = self.node.catalogue, []
        for code in desks:
            desk = catalogue.desk(self.node.settings.centre, code)
            if desk is None:
                raise PosterUnknown(code=code)
            made.append(self.of_desk(desk))
        for code in services:
            service = catalogue.service(code)
            if service is None or not service.at_counter:
                raise PosterUnknown(code=code)
            made.append(self.of_service(service))
        return made

    def of_desk(self, desk: Desk) -> Poster:
        """Return the poster of *desk*."""
        first = self.node.catalogue.service(desk.services[0]) if len(desk.services) == 1 else None
        return self._poster(desk.code, desk.names, first.picture if first else "desk")

    def of_service(self, service: Service) -> Poster:
        """Return the poster of *service*."""
        return self._poster(service.code, service.names, service.picture or "generic")

    def _poster(self, code: str, names: Names, picture: str) -> Poster:
        centre = self.node.catalogue.centre(self.node.settings.centre)
        place = name_in(centre.names, self.langs[0]) if centre else ""
        dial, send = self._numbers(code)
        said = tuple(self._said(lang, name_in(names, lang)) for lang in self.langs)
        where = urlencode({"q": code, **({"centre": centre.code} if centre else {})})  # the portal could not know which centre's wall it is
        return Poster(code, f"{self.url.rstrip('/')}/?{where}", picture, place, dial, send, said)

    def _said(self, lang: str, name: str) -> Said:
        with force_locale(lang):
            return Said(
                lang=lang,
                name=name,
                ask=_("How was the service today?"),
                promise=_("Tell us in one minute. You need not give your name."),
                scan=_("Scan it with a phone"),
                type_it=_("or type this number at a terminal"),
            )

    def _numbers(self, code: str) -> tuple[str, str]:
        """Return what is dialled and what is sent, where the country has such numbers and *code* is one that keypads can send."""
        ussd, sms = (self.node.country.numbers.get(name) for name in ("cfms-ussd", "cfms-sms"))
        if not is_service_code(code):
            return "", ""
        dial = f"{ussd.number.removesuffix('#')}*{code}#" if ussd and ussd.number else ""
        return dial, " ".join(("SMS", f"{sms.number}:", SMS_WORD, code, "…")) if sms and sms.number else ""


def check_languages(wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the languages *wanted*, or the first two on offer where none is.

    Raises:
        LanguageUnknown: the words are not translated into one of them.
    """
    known = [tongue.code for tongue in languages()]
    for code in wanted:
        if code not in known:
            raise LanguageUnknown(code=code, known=", ".join(known))
    return tuple(dict.fromkeys(wanted)) or tuple(known[:2])


def whole_page(posters: Sequence[Poster]) -> str:
    """Return *posters* as one file that needs nothing beside it."""
    return render_template("posters.html", posters=posters, styles=Markup("\n".join(_styles())))  # noqa: S704 - our own files


def _styles() -> Iterator[str]:
    """Yield the sheets a file of its own must hold: the tokens, and how a poster looks."""
    tokens = _TOKENS.search((_STATIC / "base.css").read_text(encoding="utf-8"))
    if tokens is None:
        raise ValueError("base.css holds no tokens")
    yield tokens[0]
    yield (_STATIC / "posters.css").read_text(encoding="utf-8")
