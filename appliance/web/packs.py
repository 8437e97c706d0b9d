"""Language packs: a country's own catalogues of words, compiled in memory when the server starts; what one lacks is said in the first language.

A pack may be partial, and is data: an entry without a translation, marked fuzzy, whose places differ from the English text's, or with signs
of markup that text has not, counts as missing, so that no slip of a translator can break a page.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import Translations

from appliance.domain.pack_files import PackRefused

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from babel.messages.catalog import Catalog, Message

# Where a text takes something in: %(name)s, %(num)d, {name}.
PLACE = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")


def read_pack(path: Path, lang: str) -> Catalog:
    """Return the catalogue in the file *path*, without what a page could not show.

    Raises:
        PackRefused: it is no catalogue, or the tables of languages do not know *lang*; with the file and the line.
    """
    try:
        Locale.parse(lang)
        with path.open("rb") as file:
            catalogue = read_po(file, locale=lang, abort_invalid=True)
    except (UnknownLocaleError, ValueError) as error:
        raise PackRefused(file=f"{path.parent.name}/{path.name}", line=1, reason=str(error)) from None
    except PoFileError as error:
        raise PackRefused(file=f"{path.parent.name}/{path.name}", line=error.lineno + 1, reason=str(error)) from None
    for message in list(catalogue):
        if message.id and not is_usable(message, catalogue.num_plurals):
            catalogue.delete(message.id, message.context)
    return catalogue


def is_usable(message: Message, forms: int) -> bool:
    """Tell whether *message* has a translation that can stand in the place of its English text."""
    texts = message.string if isinstance(message.string, (tuple, list)) else (message.string or "",)
    english = str(message.id[-1] if message.pluralizable else message.id)
    whole = len(texts) == (forms if message.pluralizable else 1) and all(texts)
    return whole and not message.fuzzy and all(_fits(text, english) for text in texts)


def _fits(text: str, english: str) -> bool:
    """Tell whether *text* takes in what *english* does and has none of the signs, which templates put on a page as they are, that it has not."""
    places, wanted = ({found[0] for found in PLACE.finditer(one)} for one in (text, english))
    return places == wanted and set('%<>&"') & set(PLACE.sub("", text)) <= set(PLACE.sub("", english)) - {"%"}


def translations(lang: str, folders: Iterable[Path], pack: Path | None, otherwise: Translations | None = None) -> Translations:
    """Return the words of *lang*: those of the program's own catalogues in *folders*, then those of the country's *pack*.

    Args:
        otherwise: where a word is looked up that is in none of them; the English text without.
    """
    made = Translations()
    for folder in folders:
        _add(made, Translations.load(folder, [lang]))
    if pack:
        compiled = io.BytesIO()
        write_mo(compiled, read_pack(pack, lang))
        compiled.seek(0)
        _add(made, Translations(compiled))
    if otherwise is not None:
        made.add_fallback(otherwise)
    return made


def _add(made: Translations, more: object) -> None:
    if isinstance(more, Translations):  # Babel's empty one otherwise
        made.merge(more)
        made.plural = more.plural  # merging takes the words alone
