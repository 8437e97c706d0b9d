"""The language of an answer: a citizen's from the address or the form (no cookie), a member of staff's from the account."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, request, session
from flask_babel import Babel, force_locale  # type: ignore[import-untyped]

from appliance.web.context import Face, Tongue, g, web
from appliance.web.faces import face
from appliance.web.login import account

__all__ = ["force_locale", "here", "init_i18n", "lang", "languages", "named"]
CATALOGUES = Path(__file__).parent / "translations"


def init_i18n(app: Flask, translations: tuple[Path, ...]) -> None:
    """Translate *app*'s words; *translations* are further folders of catalogues."""
    folders = ";".join(str(folder) for folder in (CATALOGUES, *translations))
    Babel(app, default_translation_directories=folders, locale_selector=lang)
    app.jinja_env.globals.update(lang=lang, languages=languages, here=here)
    app.jinja_env.filters["named"] = named


def languages() -> tuple[Tongue, ...]:
    """Return the languages on offer, the default first."""
    return web().options.languages


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


def here(**changes: str) -> str:
    """Return this page's own address with some of its query changed; an empty value leaves that part out."""
    query = {**request.args.to_dict(), **changes}
    kept = {name: value for name, value in query.items() if value}
    return f"{request.path}?{urlencode(kept)}" if kept else request.path


def named(names: dict[str, str]) -> str:
    """Return a catalogue's name of something in this language, or in the first it has."""
    return names.get(lang()) or next(iter(names.values()), "")
