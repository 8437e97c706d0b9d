"""Backups: a checked copy of the database, encrypted to the centre's backup key; and the way back (spec keys K5, path 7).

Behind the database stand the intake keys, by which terminals' outboxes open (spec keys §2): SQLite reads as many pages as its header
names, so what follows them is no part of it. Every other key stays in the key folder (rule N1).
"""

from __future__ import annotations

import calendar
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pyrage

from appliance.domain.errors import Refusal
from appliance.journal.intake_keys import IntakeKeys
from appliance.journal.keyring import Keyring, sync_folder
from appliance.journal.verify import verify_logs
from appliance.store.store import Store
from appliance.usecases import facts
from appliance.usecases.epochs import PUT_BACK

RECIPIENT = "backup.recipient"
SUFFIX = ".cfms.age"
_MARK = b"cfms-intake-keys/v1\n"
STAMP = "%Y%m%dT%H%M%SZ"
Progress = Callable[[int, int], None]


class NoBackupKey(Refusal):
    """There is no backup key yet: run `cfms init` again, print the key it shows, and put it in the safe."""


class WrongBackupKey(Refusal):
    """That key does not open this backup. Type the key that was printed when this appliance was set up."""


class BackupBroken(Refusal):
    """This backup is damaged ({why}). Take the one before it."""


class AlreadyThere(Refusal):
    """There is a database here already ({name}). Move it away first; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Backup:
    """One archive on disk."""

    path: Path
    made_at: int
    size: int


def make_backup_key(keyring: Keyring) -> str | None:
    """Make the backup key pair when there is none; return the private half, to be printed once and kept on paper."""
    if keyring.has(RECIPIENT):
        return None
    identity = pyrage.x25519.Identity.generate()
    keyring.save(RECIPIENT, str(identity.to_public()).encode())
    return str(identity)


def back_up(store: Store, keyring: Keyring, folder: Path, now: int, keep_days: int, progress: Progress | None = None) -> Backup:
    """Write today's archive: copied by SQLite's backup API, checked, encrypted, fsynced, renamed; old ones go.

    Of the key folder it holds the intake keys alone (rule N1). A crash at any step leaves only a temporary file, removed next time.

    Raises:
        NoBackupKey.
    """
    if not keyring.has(RECIPIENT):
        raise NoBackupKey
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for stale in folder.glob(".making-*"):
        stale.unlink()
    recipient = pyrage.x25519.Recipient.from_str(keyring.load(RECIPIENT).decode())
    name = time.strftime(STAMP, time.gmtime(now)) + SUFFIX
    plain, sealed = folder / f".making-{name}.db", folder / f".making-{name}"
    try:
        store.backup_to(plain, progress)
        with plain.open("ab") as file:
            file.write(_behind(IntakeKeys(keyring)))
        pyrage.encrypt_file(str(plain), str(sealed), [recipient])
        _sync_file(sealed)
        sealed.rename(folder / name)
        sync_folder(folder)
    finally:
        plain.unlink(missing_ok=True)
        sealed.unlink(missing_ok=True)
    forget_old(folder, now, keep_days)
    return Backup(folder / name, now, (folder / name).stat().st_size)


def _behind(keys: IntakeKeys) -> bytes:
    """Return what stands behind the database in an archive: the intake keys, how long that is, and a mark."""
    kept = msgspec.json.encode(keys.export())
    return kept + len(kept).to_bytes(8, "big") + _MARK


def _cut(file: Path) -> list[tuple[int, bytes]]:
    """Take the intake keys off the end of *file*; none where the archive is older than they are."""
    tail = 8 + len(_MARK)
    with file.open("r+b") as held:
        size = held.seek(0, os.SEEK_END)
        held.seek(max(0, size - tail))
        end = held.read()
        if not end.endswith(_MARK):
            return []
        start = size - tail - int.from_bytes(end[:8], "big")
        held.seek(start)
        kept = msgspec.json.decode(held.read(size - tail - start), type=list[tuple[int, bytes]])
        held.truncate(start)
    return kept


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def backups(folder: Path) -> list[Backup]:
    """Return the archives in *folder*, newest first; each is named after its time, which copying does not change."""
    found = [Backup(path, made_at, path.stat().st_size) for path in folder.glob("*" + SUFFIX) if (made_at := _made_at(path)) is not None]
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def _made_at(path: Path) -> int | None:
    try:
        return calendar.timegm(time.strptime(path.name.removesuffix(SUFFIX), STAMP))
    except ValueError:  # somebody's own file
        return None


def forget_old(folder: Path, now: int, keep_days: int) -> int:
    """Delete archives older than *keep_days*: no copy holding box keys lives longer (spec keys K5). Return how many.

    An archive of a time to come was made while the clock was wrong: nobody knows how old it is, so it goes too. The one
    just made holds all that any of them holds.
    """
    old = [one for one in backups(folder) if not now - keep_days * 86400 <= one.made_at <= now]
    for one in old:
        one.path.unlink()
    return len(old)


def restore(archive: Path, identity: str, target: Path, open_checked: Callable[[Path], Store], keyring: Keyring) -> Path:
    """Open *archive* with the paper key, verify it whole, and only then put it in place as *target*; its intake keys into *keyring*.

    The node begins a new epoch at its next start, also where its keys and marks are still there and nothing was lost: what
    was erased since stands in the archive (rule N1, spec log §4.8).

    Args:
        identity: the private key from paper, ``AGE-SECRET-KEY-1…``.
        open_checked: opens a database file, bringing its schema up to date.

    Raises:
        AlreadyThere, WrongBackupKey, BackupBroken: nothing was changed.
    """
    for held in (target, target.with_name(target.name + "-wal")):  # SQLite would replay an old log into the restored file
        if held.exists():
            raise AlreadyThere(name=held.name)
    archive.open("rb").close()  # a file that cannot be read is named
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for stale in target.parent.glob(".restoring-*"):  # of a restore that was cut off
        shutil.rmtree(stale)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".restoring-") as name:
        fresh = Path(name) / target.name
        _decrypt(archive, identity, fresh)
        intake = _cut(fresh)
        store = open_checked(fresh)
        try:
            with store.read() as db:
                wrong = verify_logs(db)
            store.write(lambda db: facts.put(db, PUT_BACK, "1"))
        finally:
            store.close()
        if wrong:
            raise BackupBroken(why=f"{wrong.what}, entry {wrong.index}")
        _sync_file(fresh)
        IntakeKeys(keyring).take_back(intake)
        shutil.move(fresh, target)
        sync_folder(target.parent)
    return target


def _decrypt(archive: Path, identity: str, fresh: Path) -> None:
    try:
        key = pyrage.x25519.Identity.from_str(identity.strip())
        pyrage.decrypt_file(str(archive), str(fresh), [key])
    except pyrage.IdentityError:
        raise WrongBackupKey from None
    except pyrage.DecryptError as error:
        raise (WrongBackupKey if "matching" in str(error).lower() else BackupBroken(why="it cannot be decrypted")) from None
    except OSError as error:
        if error.errno:  # the disk's word, not the archive's
            raise
        raise BackupBroken(why="it cannot be decrypted") from None
