"""Files beside the leaves: each encrypted whole under a key of its own, and cut into chunks named by their SHA-256.

A file is a box in chunks (spec keys K1). The leaf names the chunks in order and so vouches for every byte; the file's
key is a value in a box of its own, so that whatever is true of boxes (commitments, key lists, erasure) is true of files.
Nothing here draws randomness: key and nonce are passed in, as in ``sync.commitments``.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from sync.batch_parts import MAX_OBJECT
from sync.commitments import KEY_SIZE, NONCE_SIZE

CHUNK = MAX_OBJECT
MAX_FILE = 4 * 1024**2  # bytes
_TAG = 16  # bytes
_PREFIX = "file-"


class FileError(ValueError):
    """The chunks are not the file that was named."""


def field_of(place: int) -> str:
    """Return the field whose box holds the key of the event's file number *place*, from 0."""
    return f"{_PREFIX}{place}"


def is_field(field: str) -> bool:
    """Tell whether *field* holds the key of a file."""
    return field.startswith(_PREFIX)


def chunks_of(size: int) -> int:
    """Return how many chunks a file of *size* bytes is cut into."""
    return -(-(NONCE_SIZE + size + _TAG) // CHUNK)


MAX_CHUNKS = chunks_of(MAX_FILE)


def _aad(origin: str, event_id: str, field: str) -> bytes:
    return f"cfms/file/v1\n{origin}\n{event_id}\n{field}".encode()


def seal_file(key: bytes, nonce: bytes, data: bytes, origin: str, event_id: str, field: str) -> list[bytes]:
    """Return the chunks of *data*: nonce ‖ ChaCha20-Poly1305, bound to origin, event and field, each chunk but the last full.

    Args:
        key: 32 random bytes, used for this file only.
        nonce: 12 bytes.

    Raises:
        ValueError: the file is empty or over 4 MiB.
    """
    if not 0 < len(data) <= MAX_FILE:
        raise ValueError("a file has 1 byte at least and 4 MiB at most")
    whole = nonce + ChaCha20Poly1305(key).encrypt(nonce, data, _aad(origin, event_id, field))
    return [whole[at : at + CHUNK] for at in range(0, len(whole), CHUNK)]


def open_file(key: bytes, chunks: Sequence[bytes], size: int, origin: str, event_id: str, field: str) -> bytes:
    """Return the file of *size* bytes that *chunks*, in order, are made of.

    Raises:
        FileError: they do not open, or make another size.
    """
    if not 0 < size <= MAX_FILE or len(key) != KEY_SIZE or sum(map(len, chunks)) != NONCE_SIZE + size + _TAG:
        raise FileError("the file has another size")
    whole = b"".join(chunks)
    try:
        return ChaCha20Poly1305(key).decrypt(whole[:NONCE_SIZE], whole[NONCE_SIZE:], _aad(origin, event_id, field))
    except InvalidTag:
        raise FileError("the file does not open") from None
