"""The keys of signed notes: who signs, who cosigns, and whom to believe (C2SP signed-note, tlog-cosignature)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LOG, COSIGNER = 0x01, 0x04  # Ed25519 over the text; timed Ed25519 over a checkpoint (cosignature/v1)
DASH = "\u2014 "
_KEY_ID = re.compile(r"[0-9a-f]{8}")
_BAD_IN_NAME = re.compile(r"[\s+\u0000-\u001f\u007f]")
_BAD_IN_TEXT = re.compile(r"[\u0000-\u0009\u000b-\u001f]")  # control characters but the newline


class NoteError(ValueError):
    """The note is malformed, or a signature on it does not verify."""


def decode64(text: str, length: int | None = None) -> bytes:
    """Return the bytes of canonical, padded base64 (RFC 4648 §4).

    Raises:
        NoteError: not canonical, or not *length* bytes.
    """
    try:
        raw = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error, or a character outside ASCII
        raise NoteError("not base64") from None
    if binascii.b2a_base64(raw, newline=False).decode() != text or (length is not None and len(raw) != length):
        raise NoteError("not canonical base64 of the right length")
    return raw


def check_name(name: str) -> str:
    """Return *name* when it may name a key: not empty, no Unicode space, no plus sign.

    Raises:
        NoteError: it may not.
    """
    if not name or _BAD_IN_NAME.search(name) or not _is_utf8(name):
        raise NoteError("not a key name")
    return name


def check_text(text: str) -> str:
    """Return *text* when it may be signed: it ends in a newline and has no other control character.

    Raises:
        NoteError: it may not.
    """
    if text[-1:] != "\n" or _BAD_IN_TEXT.search(text):
        raise NoteError("not a text that can be signed")
    return text


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, as JSON may carry it
        return False
    return True


def _key_id(name: str, alg: int, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([alg]) + public).digest()[:4]


def _vkey(name: str, alg: int, public: bytes) -> str:
    return f"{name}+{_key_id(name, alg, public).hex()}+{base64.b64encode(bytes([alg]) + public).decode()}"


def _cosigned(text: str, time: int) -> bytes:
    """Return what a cosignature signs; it does not name the cosigner, so each role has a key of its own."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _line(name: str, raw: bytes) -> str:
    return f"{DASH}{name} {binascii.b2a_base64(raw, newline=False).decode()}\n"


@dataclass(frozen=True, slots=True)
class Signer:
    """A log key: Ed25519 over the note's text (alg 0x01)."""

    name: str
    key_id: bytes
    vkey: str
    _key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Signer:
        """Return the signer of *name* whose private key is the 32-byte *seed*."""
        key = Ed25519PrivateKey.from_private_bytes(seed)
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return cls(check_name(name), _key_id(name, LOG, public), _vkey(name, LOG, public), key)

    def line(self, text: str) -> str:
        """Return the signature line over *text*; the same text always gives the same line.

        Raises:
            NoteError: the text does not end in a newline, or has another control character.
        """
        return _line(self.name, self.key_id + self._key.sign(check_text(text).encode()))

    def sign(self, text: str) -> str:
        """Return the whole note: *text*, a blank line, the signature line."""
        return f"{text}\n{self.line(text)}"


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness's or mirror's key: timed Ed25519 over a checkpoint (alg 0x04, cosignature/v1).

    Its line says: "at that time this was the largest consistent tree of this origin that I have seen", and from a
    mirror also: "and all of it is on my disk". Make it only when that is so.
    """

    name: str
    key_id: bytes
    vkey: str
    _key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Cosigner:
        """Return the cosigner of *name* whose private key is the 32-byte *seed*."""
        key = Ed25519PrivateKey.from_private_bytes(seed)
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return cls(check_name(name), _key_id(name, COSIGNER, public), _vkey(name, COSIGNER, public), key)

    def cosign(self, text: str, time: int) -> str:
        """Return the cosignature line over checkpoint *text*, made at *time* (unix seconds).

        Raises:
            NoteError: the text cannot be signed.
        """
        signature = self._key.sign(_cosigned(check_text(text), time))
        return _line(self.name, self.key_id + time.to_bytes(8, "big") + signature)


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key that checks signature lines under its name."""

    name: str
    alg: int
    key_id: bytes
    public: bytes
    _key: Ed25519PublicKey = field(repr=False)

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """Return the verifier of *vkey*: ``name+hex(keyID)+base64(alg‖key)``.

        Raises:
            NoteError: it is not one, or of an unknown algorithm.
        """
        return _parse_vkey(vkey)

    def check(self, text: str, raw: bytes) -> int | None:
        """Check signature bytes over *text*; return a cosignature's time.

        Raises:
            NoteError: it does not verify.
        """
        time = None
        message = text.encode()
        if self.alg == COSIGNER:
            if len(raw) != 72:
                raise NoteError("not a cosignature")
            time, raw = int.from_bytes(raw[:8], "big"), raw[8:]
            message = _cosigned(text, time)
        try:
            self._key.verify(raw, message)
        except InvalidSignature:
            raise NoteError(f"the signature of {self.name} does not verify") from None
        return time


@lru_cache(maxsize=2048)
def _parse_vkey(vkey: str) -> Verifier:
    parts = vkey.split("+", 2)
    if len(parts) != 3 or not _KEY_ID.fullmatch(parts[1]):
        raise NoteError("not a verifier key")
    name, key_id, raw = check_name(parts[0]), bytes.fromhex(parts[1]), decode64(parts[2])
    if len(raw) != 33 or raw[0] not in (LOG, COSIGNER) or _key_id(name, raw[0], raw[1:]) != key_id:
        raise NoteError("not a verifier key of a known kind")
    return Verifier(name, raw[0], key_id, raw[1:], Ed25519PublicKey.from_public_bytes(raw[1:]))
