"""What one request knows: Flask's ``g``, typed; there are no other request globals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from enum import Enum
from typing import TYPE_CHECKING, cast

from flask import current_app
from flask import g as flask_g

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.web.accounts import Account, Accounts
    from appliance.web.pictures import Pictures


class Face(Enum):
    """Whom a blueprint serves, which decides layout, language and whether there is a log-in."""

    CITIZENS = "citizens"
    STAFF = "staff"
    MACHINES = "machines"


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language the screens are translated into, by its own name; one that is not *whole* is for citizens' pages only."""

    code: str
    name: str
    whole: bool = True


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the pages of one node need to know of it.

    Attributes:
        secret: session secret, 32 bytes from the key folder; at headquarters the same in every process.
        languages: those on offer, the default first.
        zone: the country's time zone.
        territory: the country's code, by which days are written; '' for as the language does everywhere.
        accounts: who may log in.
        pictures: folder of drawings.
        home: path of staff's first page.
        place: name of the node as people know it, in a language; shown beside the product's name.
        https: browsers reach the server by HTTPS, so cookies are marked Secure.
        plain_http: citizens' pages answer devices that come without HTTPS over the network, too.
        idle: seconds without a touch after which a terminal warns, and wipes what the last citizen left.
        translations: folders of further catalogues.
        packs: the country's own catalogues, by language.
        now: the device's time, unix seconds.
    """

    secret: bytes
    languages: tuple[Tongue, ...]
    zone: tzinfo
    accounts: Accounts
    pictures: Path
    now: Callable[[], int]
    place: Callable[[str], str] = field(default=lambda _lang: "")
    territory: str = ""
    home: str = "/desk"
    https: bool = False
    plain_http: bool = False
    idle: tuple[int, int] = (45, 60)
    translations: tuple[Path, ...] = ()
    packs: Mapping[str, Path] = field(default_factory=dict)

    @property
    def whole_languages(self) -> tuple[Tongue, ...]:
        """Return the languages that staff's pages speak."""
        return tuple(tongue for tongue in self.languages if tongue.whole)


@dataclass(slots=True)
class Web:
    """The web layer of one application.

    Attributes:
        faces: whom each blueprint serves, by its name.
        open: names of the blueprints that may be reached in the open.
    """

    options: Options
    pictures: Pictures
    faces: dict[str, Face] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)


class Context:
    """What is kept for one request.

    Attributes:
        lang: language of the answer; set on first use by ``i18n.lang``.
        look: how the answer looks; set on first use by ``look.look``.
        account: the member of staff who asks; set on first use by ``login.account``.
    """

    lang: str
    look: str
    account: Account | None


g = cast("Context", flask_g)


def web() -> Web:
    """Return the web layer of the application that serves this request."""
    found: Web = current_app.extensions["cfms-web"]
    return found
