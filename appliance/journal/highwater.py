"""The high-water file: the newest signed checkpoints, on a second medium (rule N5).

A database restored from yesterday, or cloned, looks perfectly healthy; only something that was not restored
with it can tell. Two slots are written in turn, so a power cut during one leaves the other whole. Written
and fsynced after COMMIT and before any caller learns that its act is done: a receipt on paper is therefore
always at or below the mark.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from sync.note import Checkpoint, NoteError, Verifier, open_note

from appliance.journal.keyring import sync_folder

SLOT = 4096  # bytes; one note is about 250
_LOOKS = 100  # a writer syncs between two writes, so two looks agree long before


class HighWater:
    """The mark of one log."""

    def __init__(self, folder: Path, origin: str) -> None:
        """Keep the mark of *origin* under *folder*, made when it is not there."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / (origin.replace("/", "_") + ".mark")
        self._handle = -1
        self._turn = 0
        self._known = b""  # both slots as this process last left them

    def write(self, note: str, verifier: Callable[[], Verifier]) -> None:
        """Record *note* durably: on return it is on the medium. The newest mark before it is never the one written over.

        Args:
            verifier: gives that of the log's key, to tell a torn slot from a whole one; asked only where this process did not write last.

        Raises:
            OSError: the medium is full or broken; the next try opens the file anew.
        """
        try:
            if self._handle < 0:
                self._open()
            data = os.pread(self._handle, 2 * SLOT, 0)
            older = self._turn if data == self._known else 1 - _newest(data, verifier())[0]
            fresh = note.encode().ljust(SLOT, b"\0")
            self._put(fresh, older * SLOT)
            os.fdatasync(self._handle)
        except OSError:
            self.close()
            raise
        self._known = fresh + data[SLOT:] if older == 0 else data[:SLOT] + fresh
        self._turn = 1 - older

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
        size = os.fstat(self._handle).st_size
        if size < 2 * SLOT:
            self._put(b"\0" * (2 * SLOT - size), size)  # later writes change no metadata
            os.fsync(self._handle)
            sync_folder(self.path.parent)

    def _put(self, data: bytes, at: int) -> None:
        if os.pwrite(self._handle, data, at) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # a medium that fills up takes a part without a word

    def read(self, verifier: Verifier) -> Checkpoint | None:
        """Return the larger of the slots that verify, or None when there is none."""
        return _newest(self._whole(), verifier)[1]

    def read_note(self, verifier: Verifier) -> str:
        """Return the note in that slot, or '' when there is none."""
        data = self._whole()
        slot, mark = _newest(data, verifier)
        return data[slot * SLOT : (slot + 1) * SLOT].rstrip(b"\0").decode() if mark else ""

    def _whole(self) -> bytes:
        """Return both slots as they stood at one moment, b"" where there is no file.

        Another process may write between the first slot's reading and the second's; whoever reads the old first and the torn second
        would believe in an older mark. So it is read until two looks agree.
        """
        data = b""
        for _look in range(_LOOKS):
            before, data = data, self.path.read_bytes() if self.path.exists() else b""
            if data == before:
                break
        return data

    def close(self) -> None:
        """Close the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _newest(data: bytes, verifier: Verifier) -> tuple[int, Checkpoint | None]:
    """Return which slot holds the newest mark, and that mark; slot 1 and None when neither does."""
    found = [_checkpoint(data[at : at + SLOT].rstrip(b"\0"), verifier) for at in (0, SLOT)]
    sizes = [-1 if one is None else one.size for one in found]
    newest = 0 if sizes[0] > sizes[1] else 1
    return newest, found[newest]


def _checkpoint(raw: bytes, verifier: Verifier) -> Checkpoint | None:
    if not raw:
        return None
    try:
        return Checkpoint.parse(open_note(raw, [verifier]).text)
    except (NoteError, UnicodeDecodeError):
        return None  # a torn slot; the other one stands
