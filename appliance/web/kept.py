"""What was typed and could not be taken: carried along in hidden fields, so that no refusal loses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import request

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

PREFIX = "kept-"
_NEVER = frozenset({"csrf_token", "password", "next", "lang"})
_MOST = 200  # fields


def kept_fields(form: MultiDict[str, str]) -> list[tuple[str, str]]:
    """Return every field of *form* worth keeping, in order."""
    return [(name, value) for name, value in form.items(multi=True) if name not in _NEVER and not name.startswith(PREFIX)][:_MOST]


def unkept(form: MultiDict[str, str]) -> list[tuple[str, str]]:
    """Return the fields that a page in between carried under ``kept-`` names."""
    return [(name.removeprefix(PREFIX), value) for name, value in form.items(multi=True) if name.startswith(PREFIX)][:_MOST]


def came_from_us(headers: Mapping[str, str] | None = None) -> bool:
    """Tell whether this request was sent by a page of ours: only then is what it holds offered for sending again."""
    said = request.headers if headers is None else headers
    site = said.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(said.get("Origin") or "").netloc == request.host
