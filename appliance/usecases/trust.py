"""Whom this node believes: the two roots, HQ's key note, and the logs that follow from it (spec keys §2, Trust)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sync.note import NoteError, Signer, Verifier, open_note

from appliance.domain.errors import Refusal
from appliance.projections import announcements
from appliance.store.db import Db
from appliance.usecases import logs
from appliance.usecases.logs import LogRow
from appliance.usecases.node import Node

ROOTS_FILE, NOTE_FILE = "roots", "hq-keys.note"


class UntrustedKeys(Refusal):
    """Headquarters' keys are not signed by the root this appliance trusts."""


class NotEnrolled(Refusal):
    """This appliance is not enrolled with headquarters yet."""


@dataclass(frozen=True, slots=True)
class KeyNote:
    """HQ's public keys as its root signed them: vkeys of the logs ``hq`` and ``all`` and of its cosigner."""

    domain: str
    serial: int
    hq: str
    all: str
    mirror: str

    def text(self) -> str:
        """Return the text that the root signs."""
        return f"{self.domain}/keys\n{self.serial}\n{self.hq}\n{self.all}\n{self.mirror}\n"

    def sign(self, root: Signer) -> str:
        """Return the note, signed by HQ's *root*."""
        return root.sign(self.text())


def parse_key_note(note: str, roots: Sequence[str]) -> KeyNote:
    """Return the key note in *note*, signed by one of *roots*.

    Raises:
        UntrustedKeys: no root signed it, or it is not a key note.
    """
    try:
        text = open_note(note, [Verifier.parse(root) for root in roots]).text
    except NoteError:
        raise UntrustedKeys from None
    lines = text.splitlines()
    if len(lines) != 5 or not lines[0].endswith("/keys") or not lines[1].isdecimal():
        raise UntrustedKeys
    return KeyNote(lines[0].removesuffix("/keys"), int(lines[1]), lines[2], lines[3], lines[4])


def roots_hash(roots: Sequence[str]) -> bytes:
    """Return the ten bytes by which an enrolment token names the roots."""
    return hashlib.sha256("\n".join(roots).encode()).digest()[:10]


def roots_of(node: Node) -> list[str]:
    """Return the root vkeys this node trusts, HQ's first.

    Raises:
        NotEnrolled: it trusts none yet.
    """
    if not node.keyring.has(ROOTS_FILE):
        raise NotEnrolled
    return node.keyring.load(ROOTS_FILE).decode().split()


def key_note(node: Node) -> KeyNote:
    """Return HQ's key note as this node holds it.

    Raises:
        NotEnrolled, UntrustedKeys.
    """
    if not node.keyring.has(NOTE_FILE):
        raise NotEnrolled
    return parse_key_note(node.keyring.load(NOTE_FILE).decode(), roots_of(node))


def hq_mirror(node: Node) -> Verifier:
    """Return the verifier of HQ's cosigner."""
    return Verifier.parse(key_note(node).mirror)


def all_origin(node: Node) -> str:
    """Return the origin of HQ's log ``all`` by the key note."""
    return Verifier.parse(key_note(node).all).name


def adopt_keys(node: Node, note: str) -> bool:
    """Take *note* as HQ's key note when its serial is higher than the one held; True when it was taken.

    Durable order: the mirror row first, then the file; a crash in between repeats the whole.

    Raises:
        UntrustedKeys: no trusted root signed it, or it is for another domain.
    """
    new = parse_key_note(note, roots_of(node))
    if new.domain != node.settings.domain:
        raise UntrustedKeys
    if node.keyring.has(NOTE_FILE) and key_note(node).serial >= new.serial:
        return False
    origin = Verifier.parse(new.all).name

    def add(db: Db) -> None:
        if logs.by_origin(db, origin) is None:
            db.run("UPDATE log SET state = 'closed' WHERE name = 'all' AND own = 0")
            logs.add_mirror(db, origin, "all", new.all)

    node.store.write(add)
    node.keyring.save(NOTE_FILE, note.encode())
    return True


def down_log(node: Node, db: Db, name: str) -> LogRow | None:
    """Return the mirror of HQ's log ``all``, or with name ``to`` of the log HQ speaks to this centre in."""
    if name == "all":
        return logs.by_origin(db, all_origin(node))
    epoch = announcements.epoch_of(db, logs.by_id(db, node.journal.own_log).origin)
    return logs.by_origin(db, epoch.down_origin) if epoch else None


def public_key(text: str) -> bytes:
    """Return the 32 bytes of a base64 X25519 public key.

    Raises:
        ValueError: it is not one.
    """
    raw = base64.b64decode(text, validate=True)
    if len(raw) != 32:
        raise ValueError("an X25519 key has 32 bytes")
    return raw
