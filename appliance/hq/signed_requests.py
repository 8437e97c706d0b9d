"""Who speaks: every request of a centre carries a note by its log key over what it asks (spec keys K7)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from sync.link import request_text
from sync.note import NoteError, Verifier, check_name, open_note

from appliance.journal.keyring import Keyring
from appliance.usecases.answer_centre import sender_key
from appliance.usecases.node import Node

NONCE_SECONDS = 600
MAX_HEADER = 4096


class BadNonce(Exception):
    """The nonce is missing, stale or not ours; the answer brings a fresh one."""


class BadSignature(Exception):
    """The request is not signed by the key it names."""


class UnknownSender(Exception):
    """HQ takes nothing from that origin."""


def make_nonce(keyring: Keyring, now: int) -> str:
    """Return a nonce good for ten minutes.

    It is a time under a MAC, not a stored row: every request may be repeated without changing anything, so a
    replay inside the window gains nothing, and several HQ processes need no shared write for it.
    """
    stamp = now.to_bytes(8, "big")
    return base64.urlsafe_b64encode(stamp + _mac(keyring, stamp)).decode()


def check_nonce(keyring: Keyring, nonce: str, now: int) -> None:
    """Check that *nonce* is ours and fresh.

    Raises:
        BadNonce: it is not.
    """
    try:
        raw = base64.urlsafe_b64decode(nonce.encode())
    except (ValueError, binascii.Error):
        raise BadNonce from None
    stamp, mac = raw[:8], raw[8:]
    if not hmac.compare_digest(mac, _mac(keyring, stamp)) or abs(now - int.from_bytes(stamp, "big")) > NONCE_SECONDS:
        raise BadNonce


def _mac(keyring: Keyring, stamp: bytes) -> bytes:
    return hmac.digest(keyring.secret("nonce.key"), stamp, hashlib.sha256)[:16]


def sender_of(node: Node, header: str, method: str, path: str, body: bytes, *, shut_out: bool = False) -> str:
    """Return the origin that signed the request.

    Args:
        header: the request note in base64.
        path: path and query, as sent.
        shut_out: take it from a revoked log too.

    Raises:
        BadNonce, BadSignature, UnknownSender.
    """
    try:
        note = base64.b64decode(header[:MAX_HEADER], validate=True).decode()
        nonce = note.split("\n")[1]
        origin = check_name(note[note.rindex("\n— ") + 3 :].split(" ", 1)[0])
    except (ValueError, IndexError):
        raise BadNonce from None
    check_nonce(node.keyring, nonce, node.clock.read().ts)
    verifier = sender_key(node, origin, shut_out=shut_out)
    if verifier is None:
        raise UnknownSender
    _check_text(note, verifier, request_text(nonce, method, path, body))
    return origin


def _check_text(note: str, verifier: Verifier, expected: str) -> None:
    try:
        text = open_note(note, [verifier]).text
    except NoteError:
        raise BadSignature from None
    if text != expected:
        raise BadSignature
