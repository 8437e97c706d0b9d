"""Salted commitments, encrypted boxes and their key lists (spec log §4, spec keys K1 and K2).

Nothing here draws randomness: salts, nonces and box keys are passed in, drawn in blocks by the caller, because each
small ``os.urandom`` gives up the interpreter lock and a busy centre seals thousands of values (spec speed, lesson 2).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

_CONTEXT = b"cfms/pii/v1\n"
_INNER = bytes(b ^ 0x36 for b in range(256))
_OUTER = bytes(b ^ 0x5C for b in range(256))
_INNER_REST = b"\x36" * 32 + _CONTEXT  # the pad beyond a salt of half a block, and what every message begins with
_OUTER_REST = b"\x5c" * 32
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
KEY_SIZE = SALT_SIZE = 32  # bytes
NONCE_SIZE = 12  # bytes
OVERHEAD = NONCE_SIZE + SALT_SIZE + 16  # bytes a box is larger than its value: nonce, salt, tag
MAX_VALUE = 64 * 1024  # bytes


class BoxMismatch(ValueError):
    """The box does not open, or holds another value than the leaf committed to."""


class KeyListError(ValueError):
    """The key list does not open, or is not of whole keys."""


def commit(salt: bytes, field: str, value: bytes) -> bytes:
    """Return HMAC-SHA256(salt, ``cfms/pii/v1`` ‖ field ‖ value), its parts set apart by newlines.

    Two plain hashes, since ``hmac`` gives up the interpreter lock. It hides the value as long as the salt is secret,
    and no second value fits it.

    Args:
        salt: 32 random bytes, used once.
        field: a name without a newline.
    """
    if len(salt) != SALT_SIZE or "\n" in field:
        raise ValueError("a salt is 32 bytes, and a field's name has no newline")
    inner = sha256(salt.translate(_INNER) + _INNER_REST + field.encode() + b"\n" + value).digest()
    return sha256(salt.translate(_OUTER) + _OUTER_REST + inner).digest()


def _aad(origin: str, event_id: str, field: str) -> bytes:
    return f"cfms/pii/v1\n{origin}\n{event_id}\n{field}".encode()


def seal_box(key: bytes, nonce: bytes, salt: bytes, value: bytes, origin: str, event_id: str, field: str) -> bytes:
    """Return the box of *value*: nonce ‖ ChaCha20-Poly1305 of salt ‖ value, bound to origin, event and field.

    Args:
        key: 32 random bytes, used for this box only (K1).
        nonce: 12 bytes.
        salt: the 32 bytes the value's commitment was made with.
    """
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, salt + value, _aad(origin, event_id, field))


def open_box(key: bytes, box: bytes, origin: str, event_id: str, field: str) -> tuple[bytes, bytes]:
    """Return the salt and value in *box*.

    Raises:
        BoxMismatch: it does not open.
    """
    try:
        plain = ChaCha20Poly1305(key).decrypt(box[:NONCE_SIZE], box[NONCE_SIZE:], _aad(origin, event_id, field))
    except (InvalidTag, ValueError):
        raise BoxMismatch("the box does not open") from None
    if len(plain) < SALT_SIZE:
        raise BoxMismatch("the box has no salt")
    return plain[:SALT_SIZE], plain[SALT_SIZE:]


def check_box(key: bytes, box: bytes, commitment: bytes, origin: str, event_id: str, field: str) -> bytes:
    """Return the value in *box* when it is what *commitment* says.

    Raises:
        BoxMismatch: it does not open, or holds something else.
    """
    salt, value = open_box(key, box, origin, event_id, field)
    if "\n" in field or commit(salt, field, value) != commitment:
        raise BoxMismatch("the box holds another value")
    return value


def kid_of(public: bytes) -> str:
    """Return the key id of an X25519 public key (32 raw bytes): 16 hex digits."""
    return sha256(b"cfms-hpke/v1\n\x00\x20" + public).digest()[:8].hex()


class DataKey:
    """An X25519 private key that key lists are sealed to."""

    def __init__(self, private: X25519PrivateKey) -> None:
        """Wrap *private*."""
        self.private = private
        self.public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.kid = kid_of(self.public)

    def __repr__(self) -> str:
        return f"DataKey({self.kid})"

    @classmethod
    def generate(cls) -> DataKey:
        """Return a new key, from the system's randomness."""
        return cls(X25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, raw: bytes) -> DataKey:
        """Return the key of 32 raw private bytes."""
        return cls(X25519PrivateKey.from_private_bytes(raw))

    def to_bytes(self) -> bytes:
        """Return the 32 raw private bytes, for the key folder and nowhere else."""
        return self.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


def _info(kid: str, origin: str, start: int, end: int, boxes: bytes) -> bytes:
    return f"cfms-keys/v1\n{kid}\n{origin}\n{start}\n{end}\n{base64.b64encode(sha256(boxes).digest()).decode()}\n".encode()


def seal_keys(public: bytes, keys: Sequence[bytes], origin: str, start: int, end: int, boxes: bytes) -> bytes:
    """Return the key list of a batch, sealed by HPKE to *public* (spec keys K2).

    It opens only for that key, and only beside the very boxes it was made for.

    Args:
        public: the recipient's X25519 public key, 32 raw bytes.
        keys: box keys in the order of the batch's boxes.
        boxes: the batch's boxes as bytes.

    Raises:
        ValueError: a key is not 32 bytes, or *public* is no usable key.
    """
    if any(len(key) != KEY_SIZE for key in keys):
        raise ValueError("a box key is 32 bytes")
    recipient = X25519PublicKey.from_public_bytes(public)
    return _SUITE.encrypt(b"".join(keys), recipient, info=_info(kid_of(public), origin, start, end, boxes))


def open_keys(key: DataKey, sealed: bytes, origin: str, start: int, end: int, boxes: bytes) -> list[bytes]:
    """Return the box keys in a sealed key list, in the order of the boxes.

    Raises:
        KeyListError: it was sealed to another key or for another batch, or is damaged.
    """
    try:
        plain = _SUITE.decrypt(sealed, key.private, info=_info(key.kid, origin, start, end, boxes))
    except (InvalidTag, ValueError):
        raise KeyListError("the key list does not open") from None
    if len(plain) % KEY_SIZE:
        raise KeyListError("the key list is not of whole keys")
    return [plain[at : at + KEY_SIZE] for at in range(0, len(plain), KEY_SIZE)]
