"""The language of an answer: a citizen's from the address or the form (no cookie), a member of staff's from the account."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from babel import Locale
from flask import Flask, request, session
from flask_babel import Babel, force_locale  # type: ignore[import-untyped]

from appliance.web.context import Face, Tongue, g, web
from appliance.web.faces import face
from appliance.web.login import account
from appliance.web.packs import translations

if TYPE_CHECKING:
    from babel.support import Translations

    from appliance.web.context import Options

__all__ = ["force_locale", "here", "init_i18n", "lang", "languages", "named", "text_direction"]
CATALOGUES = Path(__file__).parent / "translations"


def init_i18n(app: Flask, options: Options) -> None:
    """Translate *app*'s words into the languages that *options* offer.

    Raises:
        PackRefused: a catalogue of the country cannot be read.
    """
    babel = Babel(app, locale_selector=lang)
    with app.app_context():  # where the words of a language are looked up first
        babel.domain_instance.cache.update(_words(options, babel.domain))
    app.jinja_env.globals.update(lang=lang, languages=languages, here=here, text_direction=text_direction)
    app.jinja_env.filters["named"] = named


def _words(options: Options, domain: str) -> dict[tuple[str, str], Translations]:
    """Return the words of each language as Flask-Babel keeps them; the first language's stand behind those of a partial one."""
    folders = (CATALOGUES, *options.translations)
    first = translations(options.languages[0].code, folders, options.packs.get(options.languages[0].code))
    made = {(options.languages[0].code, domain): first}
    for tongue in options.languages[1:]:
        otherwise = None if tongue.whole else first
        made[tongue.code, domain] = translations(tongue.code, folders, options.packs.get(tongue.code), otherwise)
    return made


def languages() -> tuple[Tongue, ...]:
    """Return the languages on offer, the default first: to citizens those of which a part is translated, too."""
    return web().options.whole_languages if face() is Face.STAFF else web().options.languages


def lang() -> str:
    """Return the language of this answer."""
    if not hasattr(g, "lang"):
        g.lang = _choose()
    return g.lang


def _choose() -> str:
    ready = [tongue.code for tongue in languages()]
    for wanted in _wanted():
        if wanted in ready:
            return wanted
    return request.accept_languages.best_match(ready) or ready[0]


def _wanted() -> list[str]:
    """Return what was asked for, best first."""
    asked = [request.form.get("lang", "")] if request.method == "POST" else []
    asked.append(request.args.get("lang", ""))
    if face() is Face.STAFF:
        person = account()
        asked += [session.get("lang", ""), person.lang if person else ""]
    return asked


def text_direction() -> str:
    """Return how this answer's language is written, ``ltr`` or ``rtl``."""
    return _direction(lang())


@cache
def _direction(code: str) -> str:
    return Locale(code).text_direction


def here(**changes: str) -> str:
    """Return this page's own address with some of its query changed; an empty value leaves that part out."""
    query = {**request.args.to_dict(), **changes}
    kept = {name: value for name, value in query.items() if value}
    return f"{request.path}?{urlencode(kept)}" if kept else request.path


def named(names: dict[str, str]) -> str:
    """Return a catalogue's name of something in this language, or in the first it has."""
    return names.get(lang()) or next(iter(names.values()), "")
