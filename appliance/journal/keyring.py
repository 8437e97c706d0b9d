"""The key folder: a node's private keys, outside the database and never in a backup (spec keys §2).

One file a key, mode 0600, in a folder of mode 0700. A key that is lost is never guessed or rebuilt: losing
a log key means a new epoch (rule N1).
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync.commitments import DataKey
from sync.note import Cosigner, Signer

from appliance.journal.entropy import random_bytes

INTAKE_LIST = "intake.list"  # which intake keys there are (intake_keys.py)
REPLACED = frozenset({"hq-data-current", "hq-keys.note", "roots", INTAKE_LIST})  # another process may put a newer one in place: read anew


class KeyMissing(Exception):
    """A key file is not there; what it opens stays shut."""


class Keyring:
    """A node's keys, read once and kept in memory."""

    def __init__(self, folder: Path) -> None:
        """Use *folder*, which is made (0700) when it is not there."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self._bytes: dict[str, bytes] = {}
        self._signers: dict[str, Signer] = {}
        self._cosigners: dict[str, Cosigner] = {}

    # --- files ------------------------------------------------------------------------------------------

    def has(self, name: str) -> bool:
        """Tell whether the key file *name* is there."""
        return (self.folder / name).exists()

    def load(self, name: str) -> bytes:
        """Return the bytes of key file *name*.

        Raises:
            KeyMissing: it is not there.
        """
        found = self._bytes.get(name)
        if found is None or name in REPLACED:
            try:
                found = (self.folder / name).read_bytes()
            except FileNotFoundError:
                raise KeyMissing(name) from None
            self._bytes[name] = found
        return found

    def save(self, name: str, value: bytes) -> bytes:
        """Write key file *name* durably (temporary file, fsync, rename, fsync of the folder)."""
        path = self.folder / name
        temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(handle, value)
            os.fsync(handle)
        finally:
            os.close(handle)
        temporary.rename(path)
        sync_folder(self.folder)
        self._bytes[name] = value
        return value

    def secret(self, name: str) -> bytes:
        """Return the 32-byte secret *name*, made on first use; of two processes that make it at once, one wins."""
        if not self.has(name):
            handle = os.open(self.folder / ".making", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if not self.has(name):
                    self.save(name, random_bytes(32))
            finally:
                os.close(handle)
        return self.load(name)

    def destroy(self, name: str) -> None:
        """Delete key file *name*, overwriting it first; what only it opened is gone."""
        path = self.folder / name
        if path.exists():
            with path.open("r+b") as file:
                file.write(b"\0" * path.stat().st_size)
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
            sync_folder(self.folder)
        self._bytes.pop(name, None)

    # --- log keys ---------------------------------------------------------------------------------------

    def make_log_key(self, origin: str) -> Signer:
        """Make the log key of a node's new epoch *origin*, and its cosigner and data keys."""
        epoch = _epoch(origin)
        self.save(f"log-{epoch}.seed", random_bytes(32))
        self.save(f"ack-{epoch}.seed", random_bytes(32))
        self.save(f"data-{epoch}.key", random_bytes(32))
        return self.log_signer(origin)

    def has_log_keys(self, origin: str) -> bool:
        """Tell whether log key, cosigner key and data key of a node's epoch *origin* are all here."""
        epoch = _epoch(origin)
        return all(self.has(name) for name in (f"log-{epoch}.seed", f"ack-{epoch}.seed", f"data-{epoch}.key"))

    def log_signer(self, origin: str) -> Signer:
        """Return the signer of own log *origin*: HQ's come from its master, a node's from its file.

        Raises:
            KeyMissing: this machine never held that key, or it was destroyed.
        """
        if origin not in self._signers:
            seed = self._hq_seed(origin) if self.has("log-master.seed") else self.load(f"log-{_epoch(origin)}.seed")
            self._signers[origin] = Signer.from_seed(origin, seed)
        return self._signers[origin]

    def _hq_seed(self, origin: str) -> bytes:
        info = b"cfms-hq-log/v1\n" + origin.encode()
        return HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(self.load("log-master.seed"))

    def acknowledger(self, origin: str) -> Cosigner:
        """Return the node cosigner ``<origin>/ack``, with which it acknowledges HQ's downlink."""
        return self._cosigner(f"{origin}/ack", f"ack-{_epoch(origin)}.seed")

    def mirror(self, domain: str) -> Cosigner:
        """Return HQ's cosigner ``<domain>/hq/mirror``."""
        return self._cosigner(f"{domain}/hq/mirror", "mirror.seed")

    def _cosigner(self, name: str, file: str) -> Cosigner:
        if name not in self._cosigners:
            self._cosigners[name] = Cosigner.from_seed(name, self.load(file))
        return self._cosigners[name]

    # --- data keys --------------------------------------------------------------------------------------

    def node_data_key(self, origin: str) -> DataKey:
        """Return the data key of a node's epoch *origin*."""
        return DataKey.from_bytes(self.load(f"data-{_epoch(origin)}.key"))

    def hq_data_key(self) -> DataKey:
        """Return HQ's current data key."""
        return self.hq_data_key_of(self.load("hq-data-current").decode())

    def hq_data_key_of(self, kid: str) -> DataKey:
        """Return HQ's data key *kid*, current or one of the last 35 days."""
        return DataKey.from_bytes(self.load(f"hq-data-{kid}.key"))

    def has_hq_data_key(self, kid: str) -> bool:
        """Tell whether HQ's data key *kid* is still here."""
        return self.has(f"hq-data-{kid}.key")

    def destroy_hq_data_key(self, kid: str) -> None:
        """Destroy HQ's data key *kid*: what was sealed to it alone stays shut for good."""
        self.destroy(f"hq-data-{kid}.key")

    def rotate_hq_data_key(self) -> DataKey:
        """Make a new HQ data key and name it current; the old file stays until it is destroyed."""
        raw = random_bytes(32)
        key = DataKey.from_bytes(raw)
        self.save(f"hq-data-{key.kid}.key", raw)
        self.save("hq-data-current", key.kid.encode())
        return key


def sync_folder(folder: Path) -> None:
    """Make a rename or unlink in *folder* durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _epoch(origin: str) -> str:
    return origin.rsplit("/", 1)[-1]
