"""A node's first day: keys, first epochs, and at HQ the key note and the first catalogue."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import msgspec

from sync.note import Signer

from appliance.domain import events as ev
from appliance.domain.catalogue import Catalogue
from appliance.domain.catalogue_build import catalogue_to_json
from appliance.domain.errors import NotFound
from appliance.journal import objects
from appliance.journal.intake_keys import IntakeKeys
from appliance.journal.journal import Tx
from appliance.journal.keyring import Keyring
from appliance.projections import announcements
from appliance.usecases import logs, trust
from appliance.usecases.epochs import begin_epoch
from appliance.usecases.node import Node, new_id


def make_hq_keys(keyring: Keyring) -> None:
    """Make HQ's master, cosigner and first data key, those that are not there yet (spec keys §2)."""
    keyring.secret("log-master.seed")
    keyring.secret("mirror.seed")
    keyring.secret("nonce.key")
    if not keyring.has("hq-data-current") or not keyring.has_hq_data_key(keyring.load("hq-data-current").decode()):
        keyring.rotate_hq_data_key()


def make_roots(folder: Path, domain: str) -> None:
    """Make the two offline root keys in *folder*: HQ's and the Ombudsman's, each of which belongs into its own safe."""
    keyring = Keyring(folder)
    for name in ("hq", "ombudsman"):
        seed = keyring.secret(f"{name}-root.seed")
        (folder / f"{name}-root.vkey").write_text(Signer.from_seed(f"{domain}/{name}/root", seed).vkey + "\n")


def set_up_hq(node: Node, roots: Path) -> None:
    """Begin HQ's logs where they are missing, sign its key note with the root in *roots*, announce its data key.

    Called again after a restore, it signs a new key note, because the log ``all`` has a new origin then.
    """
    with node.store.read() as db:
        missing = logs.current(db, "all") is None
    if missing:
        begin_epoch(node, "all", "first")
    sign_key_note(node, roots)
    announce_data_key(node)


def sign_key_note(node: Node, roots: Path) -> None:
    """Sign HQ's key note anew when what it must say has changed; the root seeds are read from *roots* only here."""
    folder = Keyring(roots)
    root = Signer.from_seed(f"{node.settings.domain}/hq/root", folder.load("hq-root.seed"))
    ombudsman = Signer.from_seed(f"{node.settings.domain}/ombudsman/root", folder.load("ombudsman-root.seed"))
    node.keyring.save(trust.ROOTS_FILE, f"{root.vkey}\n{ombudsman.vkey}".encode())
    with node.store.read() as db:
        hq, everybody = logs.current(db, "hq"), logs.current(db, "all")
    if hq is None or everybody is None:
        raise NotFound
    before = trust.key_note(node) if node.keyring.has(trust.NOTE_FILE) else None
    serial = before.serial if before else 0
    note = trust.KeyNote(node.settings.domain, serial, hq.vkey, everybody.vkey, node.keyring.mirror(node.settings.domain).vkey)
    if note != before:
        # Higher than any before it, also where the note before was lost with the key folder.
        newer = trust.KeyNote(note.domain, max(serial + 1, node.clock.read().ts), note.hq, note.all, note.mirror)
        node.keyring.save(trust.NOTE_FILE, newer.sign(root).encode())


def announce_data_key(node: Node) -> None:
    """Announce HQ's current data key in log ``all`` when it is not the one announced last."""
    key = node.keyring.hq_data_key()

    def act(tx: Tx) -> None:
        known = announcements.hq_key(tx.db)
        all_log = logs.current(tx.db, "all")
        if all_log is None or (known is not None and known[0] == key.kid and _told(tx, all_log.id, ev.HqDataKey, "kid", key.kid)):
            return
        event = ev.HqDataKey(id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, kid=key.kid, key=base64.b64encode(key.public).decode())
        tx.append(event, log=all_log.id)

    node.perform(act)


def _told(tx: Tx, log: int, kind: type[ev.Event], name: str, value: object) -> bool:
    """Tell whether the current epoch of ``all`` says this: a centre that knows only this epoch must find it."""
    rows = tx.db.all("SELECT leaf FROM entry WHERE log = :log ORDER BY idx", log=log)
    events = (ev.decode(bytes(leaf)) for (leaf,) in rows)
    return any(isinstance(e, kind) and getattr(e, name) == value for e in events)


def publish_catalogue(node: Node, catalogue: Catalogue) -> int:
    """Publish *catalogue* to every centre by log ``all``; return its version.

    The file goes as objects, the leaf names them by hash: a centre fetches what it lacks.
    """
    data = catalogue_to_json(msgspec.structs.replace(catalogue, version=0))  # the leaf says which version it is

    def act(tx: Tx) -> int:
        newest, all_log = announcements.newest_catalogue(tx.db), logs.current(tx.db, "all")
        if all_log is None:
            raise NotFound
        digest = hashlib.sha256(data).hexdigest()
        same = newest is not None and newest.sha256 == digest
        version = (newest.version if newest else 0) + (not same)
        if same and _told(tx, all_log.id, ev.CataloguePublished, "version", version):
            return version
        chunks = objects.publish(tx.db, data, tx.time.ts)
        event = ev.CataloguePublished(
            id=new_id(tx.time), ts=tx.time.ts, q=tx.time.quality, version=version, sha256=digest, size=len(data), chunks=chunks
        )
        tx.append(event, log=all_log.id)
        return version

    return node.perform(act)


def make_node_keys(keyring: Keyring, now: int) -> None:
    """Make a node's keys that no epoch makes, those that are not there yet: peppers, session secret, intake key (spec keys §2)."""
    for name in ("pepper", "number.key", "search.key", "session.secret"):
        keyring.secret(name)
    intake = IntakeKeys(keyring)
    if not intake.listed():
        intake.renew(now)
