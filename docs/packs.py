"""Keeps the catalogues of country packs current: ``config/countries/<country>/languages/<language>.po``, which ``python -m docs.translate`` renews.

Such a catalogue holds every word that citizens may see, in one file for all packages; those without a translation stand there empty, for whoever
goes on. Comments of translators are kept, and so are the lines at the head of the file.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from babel.messages.pofile import read_po

from appliance.web.packs import is_usable
from docs import translate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from babel.messages.catalog import Catalog

# What staff alone see of the shared base; everything else there may come before a citizen's eyes.
STAFF = (
    "appliance/channels", "appliance/commands", "appliance/web/casework", "appliance/web/colleagues.py", "appliance/web/login.py",
    "appliance/web/templates/accounts", "appliance/web/templates/casework", "appliance/web/templates/layout_staff.html",
    "appliance/web/templates/login.html", "appliance/web/templates/resend.html", "appliance/usecases/accounts.py",
    "appliance/usecases/backup.py", "appliance/usecases/confirm_time.py", "appliance/usecases/enrol_centre.py",
    "appliance/usecases/import_catalogue.py", "appliance/usecases/manage_accounts.py", "appliance/usecases/run_exchange.py",
    "appliance/usecases/trust.py", "appliance/domain/catalogue.py", "appliance/domain/catalogue_build.py", "appliance/domain/catalogue_csv.py",
    "appliance/domain/clocks.py", "appliance/domain/ids.py", "appliance/domain/pack_files.py",
)  # fmt: skip
# The pages that a language must have before it is offered to anybody.
FIRST_PAGES = tuple(f"kiosk_ui/templates/kiosk/{name}.html" for name in ("home", "steps/rating", "steps/kind"))


def words() -> list[translate.Word]:
    """Return every word that citizens may see, citizens' own pages first."""
    found = [*translate.used("kiosk_ui"), *translate.used(translate.BASE)]
    return [word for word in found if not word.file.startswith(STAFF)]


def catalogues() -> list[Path]:
    """Return the catalogues of all country packs."""
    return sorted((translate.ROOT / "config/countries").glob("*/languages/*.po"))


def read(path: Path) -> Catalog:
    """Return the catalogue in the file *path* as it stands there."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def renewed(path: Path) -> bytes:
    """Return what the file *path* should hold: today's words, with the translations and comments that it has."""
    known, made = read(path), translate.Words(locale=path.stem, fuzzy=False)
    for word in words():
        old = known.get(word.id)
        if old is not None and old.id == word.id:
            flags = {"fuzzy"} if old.fuzzy else set[str]()
            made.add(word.id, old.string, [(word.file, 0)], flags, word.notes, old.user_comments)
        else:
            made.add(word.id, None, [(word.file, 0)], auto_comments=word.notes)
    return _head(path).encode() + translate.written(made)[0]


def _head(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(takewhile(lambda line: line.startswith("#"), lines))


def stale() -> dict[Path, bytes]:
    """Return the files that are not what they would be today, and what they would be."""
    wanted = {path: renewed(path) for path in catalogues()}
    return {path: data for path, data in wanted.items() if path.read_bytes() != data}


def faults(path: Path) -> Iterator[str]:
    """Yield what is wrong with a pack: translations that no page could show, and words of the first pages that are missing."""
    catalogue = read(path)
    first = {word.id for word in words() if word.file in FIRST_PAGES}
    for message in catalogue:
        if message.id and not is_usable(message, catalogue.num_plurals):
            if any(message.string or ()) and not message.fuzzy:
                yield f'{message.id!r} must keep its places, and may have none of the signs % < > & and " that the English text has not'
            elif message.id in first:
                yield f"{message.id!r} stands on the first pages and has no translation"
