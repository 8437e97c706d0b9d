"""Devices that an account has logged in on: a cookie by which guesses made elsewhere do not slow its owner."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Request
    from werkzeug.wrappers import Response

    from appliance.web.context import Options

COOKIE = "cfms_device"
YEAR = 365 * 86_400  # seconds
_MOST = 12  # colleagues at one PC
_FORM = re.compile(r"[0-9a-f]{16}(\.[0-9a-f]{20}){1,12}")


def _mark(secret: bytes, device: str, login: str) -> str:
    said = f"cfms-device/v1\n{device}\n{login.strip().lower()}".encode()
    return hmac.digest(secret, said, hashlib.sha256).hex()[:20]


def _read(request: Request) -> tuple[str, list[str]]:
    value = request.cookies.get(COOKIE, "")
    device, *marks = value.split(".") if _FORM.fullmatch(value) else [""]
    return device, marks


def known(request: Request, secret: bytes, login: str) -> str:
    """Return the id of the asking device if *login* has logged in on it before, else ''."""
    device, marks = _read(request)
    mark = _mark(secret, device, login)
    return device if any(hmac.compare_digest(mark, one) for one in marks) else ""


def remember(request: Request, answer: Response, options: Options, login: str) -> None:
    """Mark the device as one that *login* has logged in on; the cookie names nobody."""
    device, marks = _read(request)
    device = device or secrets.token_hex(8)
    mark = _mark(options.secret, device, login)
    marks = [mark, *(one for one in marks if one != mark)][:_MOST]
    answer.set_cookie(
        COOKIE, ".".join((device, *marks)), max_age=YEAR, path="/staff", secure=options.https, httponly=True, samesite="Strict",
    )  # fmt: skip
