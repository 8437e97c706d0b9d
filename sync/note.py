"""C2SP signed notes, checkpoints, cosignatures and tlog-proofs."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LOG, COSIGNER = 0x01, 0x04
MAX_NOTE, MAX_LINES = 64 * 1024, 64
_DASH = "\u2014 "
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_BAD_NAME = re.compile(r"[\s+\u0000-\u001f\u007f]")


class NoteError(ValueError):
    """The note is malformed, or a signature on it does not verify."""


def decode64(text: str, length: int | None = None) -> bytes:
    """Return the bytes of canonical, padded base64.

    Raises:
        NoteError: not canonical, or not *length* bytes.
    """
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise NoteError("not base64") from None
    if base64.b64encode(raw).decode() != text or (length is not None and len(raw) != length):
        raise NoteError("not canonical base64 of the right length")
    return raw


def check_name(name: str) -> str:
    """Return *name* when it may name a key: not empty, no white space, no plus sign."""
    if not name or _BAD_NAME.search(name) or any(c.isspace() for c in name):
        raise NoteError("not a key name")
    return name


def _key_id(name: str, kind: int, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def _vkey(name: str, kind: int, public: bytes) -> str:
    return f"{name}+{_key_id(name, kind, public).hex()}+{base64.b64encode(bytes([kind]) + public).decode()}"


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
        """Return the signature line over *text*."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self._key.sign(text.encode())).decode()}\n"

    def sign(self, text: str) -> str:
        """Return the whole note: *text*, a blank line, the signature."""
        return f"{text}\n{self.line(text)}"


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness's or mirror's key: timed Ed25519 over a checkpoint (alg 0x04, cosignature/v1)."""

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
        """Return the cosignature line over checkpoint *text*, made at *time* (unix seconds)."""
        signature = self._key.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + time.to_bytes(8, 'big') + signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key that checks signature lines under its name."""

    name: str
    alg: int
    key_id: bytes
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
            message = f"cosignature/v1\ntime {time}\n{text}".encode()
        try:
            self._key.verify(raw, message)
        except InvalidSignature:
            raise NoteError(f"the signature of {self.name} does not verify") from None
        return time


@lru_cache(maxsize=2048)
def _parse_vkey(vkey: str) -> Verifier:
    parts = vkey.split("+", 2)
    if len(parts) != 3 or not re.fullmatch("[0-9a-f]{8}", parts[1]):
        raise NoteError("not a verifier key")
    name, key_id, raw = check_name(parts[0]), bytes.fromhex(parts[1]), decode64(parts[2])
    if len(raw) != 33 or raw[0] not in (LOG, COSIGNER) or _key_id(name, raw[0], raw[1:]) != key_id:
        raise NoteError("not a verifier key of a known kind")
    return Verifier(name, raw[0], key_id, Ed25519PublicKey.from_public_bytes(raw[1:]))


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A signature that verified; ``time`` for a cosignature."""

    name: str
    alg: int
    time: int | None


@dataclass(frozen=True, slots=True)
class Note:
    """A note at least one known key signed."""

    text: str
    verified: tuple[VerifiedSignature, ...]


def split_note(raw: str | bytes) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Return a note's text and its signature lines as (name, key id, signature).

    Raises:
        NoteError: it is malformed.
    """
    if len(raw) > MAX_NOTE:
        raise NoteError("the note is too large")
    try:
        note = raw.decode() if isinstance(raw, bytes) else raw
        note.encode()
    except UnicodeError:
        raise NoteError("not UTF-8") from None
    if any(c < " " and c != "\n" for c in note):
        raise NoteError("a control character")
    cut = note.rfind("\n\n")
    if cut < 0 or not note.endswith("\n"):
        raise NoteError("no blank line before the signatures")
    lines = note[cut + 2 :].split("\n")[:-1]
    if not 1 <= len(lines) <= MAX_LINES:
        raise NoteError("no signature, or too many")
    return note[: cut + 1], [_split_line(line) for line in lines]


def _split_line(line: str) -> tuple[str, bytes, bytes]:
    name, space, encoded = line[2:].partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteError("not a signature line")
    raw = decode64(encoded)
    if len(raw) < 5:
        raise NoteError("a signature that is too short")
    return check_name(name), raw[:4], raw[4:]


def open_note(raw: str | bytes, verifiers: Sequence[Verifier]) -> Note:
    """Return the note in *raw*; unknown signatures are ignored, a known key that fails rejects the whole.

    Raises:
        NoteError: malformed, a known key's signature is wrong, or no known key signed.
    """
    text, lines = split_note(raw)
    known = {(v.name, v.key_id): v for v in verifiers}
    verified: list[VerifiedSignature] = []
    for name, key_id, signature in lines:
        verifier = known.get((name, key_id))
        if verifier is not None:
            verified.append(VerifiedSignature(name, verifier.alg, verifier.check(text, signature)))
    if not verified:
        raise NoteError("no known key signed it")
    return Note(text, tuple(verified))


def add_signature(note: str, line: str) -> str:
    """Return *note* with one more signature line."""
    return note + line


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's head: origin, size, root (tlog-checkpoint, no extension lines)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Return the checkpoint in a note's *text*.

        Raises:
            NoteError: not exactly origin, size and root.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not _DECIMAL.fullmatch(lines[1]):
            raise NoteError("not a checkpoint")
        return cls(lines[0], int(lines[1]), decode64(lines[2], 32))


_COMPACT = "CFMS1:"


def compact_note(note: str) -> str:
    """Return the QR form of a checkpoint *note* signed by its log key alone: about 180 characters, reversible."""
    text, lines = split_note(note)
    checkpoint = Checkpoint.parse(text)
    name, key_id, signature = lines[0]
    if name != checkpoint.origin or len(signature) != 64:
        raise NoteError("not signed by its log key first")
    packed = base64.urlsafe_b64encode(checkpoint.root + key_id + signature).decode().rstrip("=")
    return f"{_COMPACT}{checkpoint.origin}:{checkpoint.size}:{packed}"


def expand_note(compact: str) -> str:
    """Return the note that *compact* stands for, byte for byte.

    Raises:
        NoteError: it is not one.
    """
    origin, _, rest = compact.removeprefix(_COMPACT).rpartition(":")[0].rpartition(":")
    packed = compact.rpartition(":")[2]
    if not compact.startswith(_COMPACT) or not _DECIMAL.fullmatch(rest):
        raise NoteError("not a compact note")
    try:
        raw = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    except (binascii.Error, ValueError):
        raise NoteError("not a compact note") from None
    if len(raw) != 100:
        raise NoteError("not a compact note")
    text = Checkpoint(check_name(origin), int(rest), raw[:32]).text()
    return f"{text}\n{_DASH}{origin} {base64.b64encode(raw[32:]).decode()}\n"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A leaf's inclusion proof with the checkpoint note it is under (c2sp.org/tlog-proof@v1)."""

    index: int
    hashes: tuple[bytes, ...]
    note: str
    extra: bytes = b""

    def text(self) -> str:
        """Return the proof as text."""
        extra = f"extra {base64.b64encode(self.extra).decode()}\n" if self.extra else ""
        hashes = "".join(f"{base64.b64encode(h).decode()}\n" for h in self.hashes)
        return f"c2sp.org/tlog-proof@v1\n{extra}index {self.index}\n{hashes}\n{self.note}"

    @classmethod
    def parse(cls, text: str) -> TlogProof:
        """Return the proof in *text*.

        Raises:
            NoteError: it is not one.
        """
        head, blank, note = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or len(text) > MAX_NOTE or lines[0] != "c2sp.org/tlog-proof@v1":
            raise NoteError("not a tlog-proof")
        extra = decode64(lines.pop(1)[6:]) if len(lines) > 1 and lines[1].startswith("extra ") else b""
        if len(lines) < 2 or not lines[1].startswith("index ") or not _DECIMAL.fullmatch(lines[1][6:]) or len(lines) > 66:
            raise NoteError("not a tlog-proof")
        return cls(int(lines[1][6:]), tuple(decode64(line, 32) for line in lines[2:]), note, extra)
