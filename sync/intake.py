"""Envelopes in which a terminal keeps a message until its appliance is back: RFC 9180 in base mode, to the intake key (spec keys §2).

The suite is one that browsers can speak by WebCrypto alone: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from sync.commitments import DataKey, kid_of

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
OVERHEAD = 32 + 16  # bytes an envelope is larger than what is in it: the sender's share, and the tag


class EnvelopeShut(ValueError):
    """The envelope was sealed to another key or under another id, or is damaged; which of these is not told."""


def _info(kid: str, id: str) -> bytes:
    return f"cfms-intake/v1\n{kid}\n{id}\n".encode()


def seal_intake(public: bytes, id: str, plain: bytes) -> bytes:
    """Return *plain* sealed to the intake key *public* (32 raw bytes) under the message's *id*, as kiosk_ui/static/seal.js does."""
    return _SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(public), info=_info(kid_of(public), id))


def open_intake(key: DataKey, id: str, sealed: bytes) -> bytes:
    """Return what was sealed to *key* under *id*.

    Raises:
        EnvelopeShut: it does not open.
    """
    try:
        return _SUITE.decrypt(sealed, key.private, info=_info(key.kid, id))
    except (InvalidTag, ValueError):
        raise EnvelopeShut("the envelope does not open") from None
