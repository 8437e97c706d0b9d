"""The high-water file: the newest signed checkpoints, on a second medium (rule N5).

A database restored from yesterday, or cloned, looks perfectly healthy; only something that was not restored
with it can tell. Two slots are written in turn, so a power cut during one leaves the other whole. Written
and fsynced after COMMIT and before any caller learns that its act is done: a receipt on paper is therefore
always at or below the mark.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from sync.note import Checkpoint, NoteError, Verifier, open_note

from appliance.journal.keyring import sync_folder

SLOT = 4096  # bytes; one note is about 250


class HighWater:
    """The mark of one log."""

    def __init__(self, folder: Path, origin: str) -> None:
        """Keep the mark of *origin* under *folder*, made when it is not there."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / (origin.replace("/", "_") + ".mark")
        self._handle = -1
        self._turn = 0

    def write(self, note: str) -> None:
        """Record *note* durably: on return it is on the medium.

        Raises:
            OSError: the medium is full or broken; the next try opens the file anew.
        """
        try:
            if self._handle < 0:
                self._open()
            self._put(note.encode().ljust(SLOT, b"\0"), self._turn * SLOT)
            os.fdatasync(self._handle)
        except OSError:
            self.close()
            raise
        self._turn ^= 1

    def reserve(self) -> None:
        """Make the file at its full length, so that a log is begun only where its mark has room.

        Raises:
            OSError: it has none; no file is left.
        """
        try:
            self._open()
        except OSError:
            self.path.unlink(missing_ok=True)
            raise
        finally:
            self.close()

    def _open(self) -> None:
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        if os.fstat(self._handle).st_size < 2 * SLOT:
            self._put(b"\0" * (2 * SLOT), 0)  # later writes change no metadata
            os.fsync(self._handle)
            sync_folder(self.path.parent)

    def _put(self, data: bytes, at: int) -> None:
        if os.pwrite(self._handle, data, at) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # a medium that fills up takes a part without a word

    def read(self, verifier: Verifier) -> Checkpoint | None:
        """Return the larger of the slots that verify, or None when there is none."""
        best: Checkpoint | None = None
        data = self.path.read_bytes() if self.path.exists() else b""
        for slot in (data[:SLOT], data[SLOT : 2 * SLOT]):
            found = _checkpoint(slot.rstrip(b"\0"), verifier)
            if found and (best is None or found.size > best.size):
                best = found
        return best

    def close(self) -> None:
        """Close the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _checkpoint(raw: bytes, verifier: Verifier) -> Checkpoint | None:
    if not raw:
        return None
    try:
        return Checkpoint.parse(open_note(raw, [verifier]).text)
    except (NoteError, UnicodeDecodeError):
        return None  # a torn slot; the other one stands
