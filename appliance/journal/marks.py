"""The marks a node keeps on a second medium: of logs it signs, and at HQ of logs it cosigned (rule N5, spec log §3).

Whatever left this machine under one of its signatures lies at or below a mark that a restored database cannot take back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sync.note import Verifier

from appliance.domain.errors import StorageFull
from appliance.journal.highwater import HighWater
from appliance.store.db import Db

logger = logging.getLogger("cfms.journal")


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed head: its log's vkey, and the note."""

    vkey: str
    note: str


@contextmanager
def _medium() -> Iterator[None]:
    """Say in the domain's words, and in the log, that the medium takes nothing."""
    try:
        yield
    except OSError as error:
        logger.error("the high-water mark cannot be written: %s", error.strerror)  # noqa: TRY400  # a full medium is no defect
        raise StorageFull from error


class Marks:
    """The marks of one node, written behind its writer's groups."""

    def __init__(self, folder: Path) -> None:
        """Keep them under *folder*."""
        self._folder = folder
        self._files: dict[str, HighWater] = {}
        self._touched: dict[str, Signed] = {}
        self._doubtful: set[str] = set()  # origins of a group that failed, perhaps after all in the database
        self._owed: dict[str, Signed] = {}  # committed, but not on the medium yet

    def of(self, origin: str) -> HighWater:
        """Return the mark of log *origin*."""
        if origin not in self._files:
            self._files[origin] = HighWater(self._folder, origin)
        return self._files[origin]

    def touch(self, origin: str, signed: Signed) -> None:
        """Note that the running group has signed or cosigned *origin* anew."""
        self._touched[origin] = signed

    def begin(self, db: Db) -> None:
        """Let the marks catch up with earlier groups before another one is committed.

        Raises:
            StorageFull: the medium takes nothing; nothing more is committed before it does.
        """
        self._touched.clear()
        for origin in self._doubtful:
            self._owe_doubtful(db, origin)
        self._doubtful.clear()
        self._write()

    def _owe_doubtful(self, db: Db, origin: str) -> None:
        """Owe the mark of a log whose last group failed: were it committed after all, a repeated act would be answered from it."""
        row = db.one("SELECT own, vkey, size, note, ack_note FROM log WHERE origin = :origin", origin=origin)
        if row is not None and row[2]:
            note = row[3] if row[0] else row[4]
            if note:
                self._owed[origin] = Signed(row[1], note)

    def committed(self) -> None:
        """Put the group's marks on their medium.

        Raises:
            StorageFull: it takes nothing. What was committed stays, and is owed its mark.
        """
        self._owed.update(self._touched)
        self._write()

    def rolled_back(self) -> None:
        """Drop the group's marks: it is not in the database, as far as one can tell; an error may hide that COMMIT was done."""
        self._doubtful |= self._touched.keys()
        self._touched.clear()

    def _write(self) -> None:
        with _medium():
            for origin, signed in list(self._owed.items()):
                self.of(origin).write(signed.note, partial(Verifier.parse, signed.vkey))
                del self._owed[origin]

    def owe(self, db: Db) -> None:
        """See to it that the next group first lets the marks catch up: a power cut may have come between COMMIT and a mark.

        Called at start, once the node has found that it is the newest copy.
        """
        for origin, vkey, size, note in db.all("SELECT origin, vkey, size, note FROM log WHERE own = 1 AND state = 'open' AND size > 0"):
            mark = self.of(origin).read(Verifier.parse(vkey))
            if mark is not None and mark.size < size:
                self._owed[origin] = Signed(vkey, note)

    def reserve(self, origin: str) -> None:
        """Make room for the mark of a log that is about to begin.

        Raises:
            StorageFull: there is none; begin no log, or every start would begin another.
        """
        with _medium():
            self.of(origin).reserve()

    def close(self) -> None:
        """Close their files."""
        for mark in self._files.values():
            mark.close()
