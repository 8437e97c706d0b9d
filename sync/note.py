"""C2SP signed notes, checkpoints, tlog-proofs, and a checkpoint small enough for a QR code."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sync.merkle import verify_inclusion
from sync.signers import COSIGNER, DASH, LOG, Cosigner, NoteError, Signer, Verifier, check_name, check_text, decode64

__all__ = [
    "COSIGNER",
    "LOG",
    "MAX_LINES",
    "MAX_NOTE",
    "Checkpoint",
    "Cosigner",
    "Note",
    "NoteError",
    "Signer",
    "TlogProof",
    "VerifiedSignature",
    "Verifier",
    "add_signature",
    "check_name",
    "compact_note",
    "decode64",
    "expand_note",
    "open_note",
    "split_note",
]

MAX_NOTE = 64 * 1024  # bytes
MAX_LINES = 64  # signature lines; the standard asks for 16 at least
MAX_SIZE = 2**63 - 1  # leaves; what a database's integer holds
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
SignatureLine = tuple[str, bytes, bytes]
"""A signature line taken apart: name, key id, signature."""


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A signature that verified; ``time`` (unix seconds) for a cosignature."""

    name: str
    alg: int
    time: int | None


@dataclass(frozen=True, slots=True)
class Note:
    """A note at least one known key signed.

    Attributes:
        lines: every signature line, known or not.
        verified: those of known keys, in order.
    """

    text: str
    lines: tuple[SignatureLine, ...]
    verified: tuple[VerifiedSignature, ...]


def split_note(raw: str | bytes) -> tuple[str, list[SignatureLine]]:
    """Return a note's text and its signature lines; nothing is verified.

    Raises:
        NoteError: it is malformed, over 64 KiB, or has more than 64 signatures.
    """
    try:
        size, note = (len(raw), raw.decode()) if isinstance(raw, bytes) else (len(raw.encode()), raw)
    except UnicodeError:
        raise NoteError("not UTF-8") from None
    if size > MAX_NOTE:
        raise NoteError("the note is too large")
    check_text(note)
    cut = note.rfind("\n\n")
    if cut < 0:
        raise NoteError("no blank line before the signatures")
    lines = note[cut + 2 :].split("\n")[:-1]
    if not 1 <= len(lines) <= MAX_LINES:
        raise NoteError("no signature, or too many")
    return note[: cut + 1], [_split_line(line) for line in lines]


def _split_line(line: str) -> SignatureLine:
    name, space, encoded = line[2:].partition(" ")
    if not line.startswith(DASH) or not space:
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
    known = _by_name(verifiers)
    verified: list[VerifiedSignature] = []
    for name, key_id, signature in lines:
        verifier = known.get((name, key_id))
        if verifier is not None:
            verified.append(VerifiedSignature(name, verifier.alg, verifier.check(text, signature)))
    if not verified:
        raise NoteError("no known key signed it")
    return Note(text, tuple(lines), tuple(verified))


def _by_name(verifiers: Iterable[Verifier]) -> dict[tuple[str, bytes], Verifier]:
    known: dict[tuple[str, bytes], Verifier] = {}
    for one in verifiers:
        if known.setdefault((one.name, one.key_id), one).public != one.public:
            raise NoteError("two known keys share a name and an id")
    return known


def add_signature(note: str, line: str) -> str:
    """Return *note* with one more signature line.

    Raises:
        NoteError: *line* is not one whole signature line.
    """
    if not note.endswith("\n") or not line.startswith(DASH) or line.find("\n") != len(line) - 1:
        raise NoteError("not a signature line")
    return note + line


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's head: origin, size, root (tlog-checkpoint, no extension lines)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{binascii.b2a_base64(self.root).decode()}"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Return the checkpoint in a note's *text*.

        Raises:
            NoteError: not exactly origin, size and root.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:
            raise NoteError("not a checkpoint")
        return cls(lines[0], _size(lines[1]), decode64(lines[2], 32))


def _size(text: str) -> int:
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise NoteError("not a canonical number")
    return int(text)


# --- the QR form ----------------------------------------------------------------------------------------

_COMPACT = "CFMS1:"


def compact_note(note: str) -> str:
    """Return the QR form of a checkpoint *note* that its log key signed first; later lines are left out.

    ``CFMS1:`` ‖ the origin with ``~`` for each ``/log/`` ‖ ``:`` ‖ base64url, without padding, of root[32] ‖
    keyID[4] ‖ signature[64] ‖ the size, big-endian without leading zeros. That is 182 characters for an origin of 41
    and up to 16 million leaves; all of them may stand in a URL's query or fragment as they are.

    Raises:
        NoteError: it is not such a note, or its origin has a ``~``.
    """
    lines = note.split("\n", 5)
    if len(lines) != 6 or lines[3] or lines[4][:2] != DASH:
        raise NoteError("not a checkpoint note")
    origin, size = lines[0], _size(lines[1])
    name, _, signature = lines[4][2:].partition(" ")
    if name != origin or "~" in origin:
        raise NoteError("not signed by its log key first, or not of an origin that has a QR form")
    raw = decode64(lines[2], 32) + decode64(signature, 68) + size.to_bytes((size.bit_length() + 7) // 8, "big")
    return f"{_COMPACT}{origin.replace('/log/', '~')}:{base64.urlsafe_b64encode(raw).decode().rstrip('=')}"


def expand_note(compact: str) -> str:
    """Return the note that *compact* stands for, byte for byte; nothing is verified.

    Raises:
        NoteError: it is not exactly what ``compact_note`` makes of a note.
    """
    origin, _, packed = compact.removeprefix(_COMPACT).rpartition(":")
    try:
        raw = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    except ValueError:
        raise NoteError("not a compact note") from None
    if not 100 <= len(raw) <= 108:
        raise NoteError("not a compact note")
    name = check_name(origin.replace("~", "/log/"))
    text = Checkpoint(name, int.from_bytes(raw[100:], "big"), raw[:32]).text()
    note = f"{text}\n{DASH}{name} {base64.b64encode(raw[32:100]).decode()}\n"
    if compact_note(note) != compact:
        raise NoteError("not a canonical compact note")
    return note


# --- tlog-proofs ----------------------------------------------------------------------------------------

_PROOF = "c2sp.org/tlog-proof@v1"
MAX_PROOF = 63  # hashes; enough for any tree below 2^63 leaves


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A leaf's inclusion proof with the checkpoint note it is under (c2sp.org/tlog-proof@v1).

    Attributes:
        extra: data beside the proof that nothing vouches for.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: str
    extra: bytes = b""

    def text(self) -> str:
        """Return the proof as text, the note verbatim."""
        extra = f"extra {base64.b64encode(self.extra).decode()}\n" if self.extra else ""
        hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in self.hashes)
        return f"{_PROOF}\n{extra}index {self.index}\n{hashes}\n{self.note}"

    @classmethod
    def parse(cls, text: str) -> TlogProof:
        """Return the proof in *text*; nothing is verified.

        Raises:
            NoteError: it is not one.
        """
        head, blank, note = text.partition("\n\n")
        title, *lines = head.split("\n")
        if not blank or len(text) > 2 * MAX_NOTE or title != _PROOF:
            raise NoteError("not a tlog-proof")
        extra = decode64(lines.pop(0).removeprefix("extra ")) if lines and lines[0].startswith("extra ") else None
        if not lines or not lines[0].startswith("index ") or len(lines) > 1 + MAX_PROOF or extra == b"":
            raise NoteError("not a tlog-proof")
        return cls(_size(lines[0].removeprefix("index ")), tuple(decode64(one, 32) for one in lines[1:]), note, extra or b"")

    def verify(self, leaf: bytes, log: Verifier, cosigners: Sequence[Verifier] = (), quorum: int = 0) -> Checkpoint:
        """Return the checkpoint that *leaf* is proved to be under.

        Args:
            leaf: the leaf's hash.
            log: the log's key; its name is the origin the checkpoint must have.
            quorum: how many of *cosigners* must have signed.

        Raises:
            NoteError: the checkpoint is not that log's, or too few cosigned it.
            ProofError: the leaf is not where the proof says.
        """
        checkpoint = Checkpoint.parse(open_note(self.note, [log]).text)
        if checkpoint.origin != log.name:
            raise NoteError("not signed by the log itself")
        signed = open_note(self.note, [log, *cosigners]).verified
        names = {one.name for one in cosigners}
        if len({one.name for one in signed if one.alg == COSIGNER and one.name in names}) < quorum:
            raise NoteError("too few have cosigned it")
        verify_inclusion(self.index, checkpoint.size, leaf, self.hashes, checkpoint.root)
        return checkpoint
