"""Checks that several use cases share."""

from __future__ import annotations

from appliance.domain.errors import InvalidInput, TextMissing, TextTooLong


def check_text(text: str, limit: int, *, needed: bool) -> None:
    """Check free text: there where it is needed, and of a size that fits."""
    if needed and not text.strip():
        raise TextMissing
    if len(text) > limit:
        raise TextTooLong(length=len(text), limit=limit)
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):  # neither can be stored
        raise InvalidInput(field="text", reason="a character in it cannot be kept; type it again")


def check_short(field: str, text: str, limit: int) -> None:
    """Check a code or number of one line: a desk, a consent, a ticket."""
    if len(text) > limit or not (text.isprintable() or not text):
        raise InvalidInput(field=field, reason="it is too long, or a character in it cannot be kept")
