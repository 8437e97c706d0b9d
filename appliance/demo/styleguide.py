"""The style guide: every part of the pages in every state, made by the macros that make the pages; served by the demo's own page only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, render_template
from werkzeug.datastructures import MultiDict

from appliance.web.app import base
from appliance.web.context import web
from appliance.web.forms import Choice, Form
from appliance.web.i18n import lang
from appliance.web.paging import Page
from appliance.web.texts import _
from appliance.web.words import KINDS, RESOLUTIONS, STATES

HERE = Path(__file__).parent
CODE = "48120973566120457983"
REFERENCE = "NBI-26A-004217-K"
PROOF = "feedback.example.go.ke/log/NBI/0badcafe 4217 " + "m3Zr0Qk5" * 18
INVITES = {"en": "How were you served?", "sw": "Umehudumiwaje?"}  # of the sample languages, each in itself
DAY = 86_400  # seconds
FACES = {"kiosk": "styleguide/kiosk.html", "desk": "styleguide/desk.html"}
_RULE = re.compile(r":root\{(--ink[^}]*)\}")

guide = Blueprint("styleguide", __name__, url_prefix="/styleguide", template_folder="templates", static_folder="static", static_url_path="/static")


@dataclass(frozen=True, slots=True)
class Token:
    """A custom property of the style sheets.

    Attributes:
        family: ``colour``, ``type``, ``space``, ``motion`` or ``shape``.
    """

    name: str
    value: str
    family: str


@guide.get("/")
def kiosk() -> str:
    """Show the parts as a citizen meets them, at a terminal or on a phone."""
    return _page("kiosk")


@guide.get("/desk")
def desk() -> str:
    """Show the same parts as staff meet them."""
    return _page("desk")


def _page(whose: str) -> str:
    return render_template(FACES[whose], whose=whose, terminal=lambda: "K1", tokens=tokens(), names=sorted(web().pictures.names()), **_samples())


@cache
def tokens() -> tuple[Token, ...]:
    """Return every token, as the built sheet has them."""
    found = _RULE.search((Path(base.static_folder or "") / "base.css").read_text(encoding="utf-8"))
    pairs = [one.partition(":") for one in found[1].split(";")] if found else []
    return tuple(Token(name, value.strip(), _family(name, value)) for name, _colon, value in pairs if name.startswith("--"))


def _family(name: str, value: str) -> str:
    if re.fullmatch(r"\s*#[0-9a-f]{3,6}", value):
        return "colour"
    if name.startswith(("--text", "--font", "--mono", "--leading", "--bold", "--regular", "--root", "--scale")):
        return "type"
    if name.startswith("--space"):
        return "space"
    return "motion" if name in ("--quick", "--pulse", "--ease") else "shape"


def _samples() -> dict[str, object]:
    """Return what the parts are filled with."""
    now = web().options.now()
    return {
        "now": now, "day": DAY, "code": CODE, "reference": REFERENCE, "invites": INVITES, "proof": PROOF, "due": now + 12 * DAY, "choice_of": Choice,
        "filled": Form(MultiDict({"text": _long(), "name": "Wanjiru", "phone": "0712 345 678", "photo": "added"})), "wrong": _wrong(),
        "long_text": _long(),
        "kinds": [Choice(code, str(words), "", code) for code, words in KINDS.items()],
        "services": _services(), "long_choice": Choice("long", _long(), _long(), "document"),
        "categories": [Choice(str(number), words, "", sign) for number, (words, sign) in enumerate(_categories())],
        "reasons": [Choice(code, str(words)) for code, words in RESOLUTIONS.items()], "states": tuple(STATES),
        "rows": Page(range(25), after="1764000000-abc", total=131),
    }  # fmt: skip


def _wrong() -> Form:
    """Return a form that was refused."""
    form = Form(MultiDict({"wrong-code": "1234"}))
    form.refuse("wrong-kind", _("Choose what you want to tell us."))
    form.refuse("wrong-text", _("Write a few words first."))
    form.refuse("wrong-code", _("A code has 20 digits, and this one has 4. Check it against your slip and type it again."))
    form.refuse("voice", _("That is not a voice note. Record it again."))
    form.refuse("wrong-consent", _("Tick the box, or take your telephone number away."))
    return form


def _long() -> str:
    """Return words that have no room, as they come: long ones, without a place to break them."""
    if lang() == "sw":
        return "Niliambiwa nirudi wiki ijayo kwa mara ya tatu; kitambulisho changu hakijulikani-kilipo-na-hakuna-anayejua-kilikoenda."
    return "I was told to come back next week for the third time; my card is at the counter-that-nobody-can-name-and-that-nobody-knows-of."


def _services() -> list[Choice]:
    return [
        Choice("40217", _("National identity card"), "", "id-card"),
        Choice("40415", _("Passport"), "", "passport"),
        Choice("40613", _("Driving licence"), "", "driving-licence"),
        Choice("40316", _("Birth certificate"), "", "birth"),
        Choice("40811", _("Health insurance"), _("Registration and cards"), "health"),
    ]


def _categories() -> tuple[tuple[str, str], ...]:
    return (
        (_("Long queue"), "clock"), (_("How staff treated me"), "person"), (_("Fees charged"), "coins"),
        (_("Access for persons with disabilities or older persons"), "wheelchair"), (_("Something else"), "dots"),
    )  # fmt: skip
