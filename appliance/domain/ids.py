"""Ids: UUIDs as 32 lowercase hex digits, made of the time and random bytes the caller gives."""

from __future__ import annotations

import re

from appliance.domain.errors import Refusal

_TEN, _SIXTEEN = 10, 16
_ID = re.compile(r"[0-9a-f]{32}")


class IdRefused(Refusal):
    """That is not an id: 32 digits 0-9 and a-f are needed."""


def uuid7(milliseconds: int, ten: bytes) -> str:
    """Return a UUIDv7 (RFC 9562 §5.7): sortable by time, unguessable by its 74 random bits.

    Args:
        milliseconds: since 1970 UTC.
        ten: 10 random bytes.
    """
    if len(ten) != _TEN or not 0 <= milliseconds < 1 << 48:
        raise ValueError("uuid7 takes a 48-bit time and 10 random bytes")
    random = int.from_bytes(ten, "big") & ((1 << 74) - 1)
    return f"{milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & ((1 << 62) - 1):032x}"


def uuid4(sixteen: bytes) -> str:
    """Return a UUIDv4 of *sixteen* random bytes: it tells nothing of when (ids in sealed leaves, design §5)."""
    if len(sixteen) != _SIXTEEN:
        raise ValueError("uuid4 takes 16 random bytes")
    random = int.from_bytes(sixteen, "big") & ~(0xF << 76) & ~(0b11 << 62)
    return f"{random | 4 << 76 | 0b10 << 62:032x}"


def is_id(text: str) -> bool:
    """Tell whether *text* has the form of an id."""
    return _ID.fullmatch(text) is not None


def check_id(text: str) -> str:
    """Return the id typed or sent as *text*; dashes and capitals of the usual UUID form are forgiven.

    Raises:
        IdRefused: not 32 hex digits.
    """
    plain = text[:40].replace("-", "").lower()
    if not is_id(plain):
        raise IdRefused
    return plain


def milliseconds_of(id_: str) -> int | None:
    """Return the time within a UUIDv7, or None for an id of another kind."""
    return int(id_[:12], 16) if is_id(id_) and id_[12] == "7" else None
