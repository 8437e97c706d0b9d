"""Photos and voice notes of pages without script: kept in memory under a token from the page that took them to the one that sends them."""

from __future__ import annotations

from typing import Final, Literal

from appliance.domain.errors import Refusal
from appliance.usecases.media import Upload, clean
from appliance.usecases.node import Node
from appliance.web import uploads
from appliance.web.forms import Form
from appliance.web.shelf import shelf
from appliance.web.texts import _

KINDS: Final[tuple[Literal["voice", "photo"], ...]] = ("voice", "photo")


def take_files(node: Node, form: Form, posted: uploads.Posted) -> None:
    """Put what came with this request on the shelf, its tokens into *form*; a sentence where it cannot be taken, and the rest is kept."""
    for kind in KINDS:
        if data := posted.files.get(kind):
            try:
                (cleaned,) = clean([Upload(kind=kind, data=data)], node.settings.limits)
                form.values[kind] = shelf().put(kind, cleaned.data)
            except Refusal as error:
                form.refuse(kind, error)
    if posted.too_large is not None:
        form.refuse(posted.cut_in if posted.cut_in in KINDS else "photo", posted.too_large)


def drop_file(form: Form, kind: str) -> None:
    """Take the file of *kind* away again."""
    if kind in KINDS:
        shelf().drop(form.value(kind))
        form.values[kind] = ""


def check_files(form: Form) -> None:
    """Put a sentence at each file that lay too long: it is gone from memory, and only its owner can add it again."""
    for kind in KINDS:
        token = form.value(kind)
        if token and shelf().look(token) is None:
            form.values[kind] = ""
            form.refuse(kind, _("It lay here for more than ten minutes and was forgotten. Add it again, or go on without it."))


def files_of(form: Form) -> list[Upload]:
    """Return each file that was added."""
    found = [(kind, shelf().look(form.value(kind))) for kind in KINDS if form.value(kind)]
    return [Upload(kind=kind, data=one[1]) for kind, one in found if one is not None]


def forget_files(form: Form) -> None:
    """Forget the files, once they are registered."""
    for kind in KINDS:
        shelf().drop(form.value(kind))
