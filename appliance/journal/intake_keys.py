"""Intake keys: terminals seal to the current one what waits for this appliance; older ones still open what waited (spec keys §2).

Which keys there are, and since when, stands in one small file beside them that is replaced whole: at headquarters several processes
share the folder. It tells nothing secret.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from sync.commitments import DataKey

from appliance.journal.entropy import random_bytes
from appliance.journal.keyring import INTAKE_LIST, KeyMissing, Keyring


@dataclass(frozen=True, slots=True)
class Listed:
    """One intake key: its id, and the moment (unix seconds) from which terminals seal to it."""

    kid: str
    since: int


class IntakeKeys:
    """The intake keys in one key folder, oldest first; the newest is the one to seal to."""

    def __init__(self, keyring: Keyring) -> None:
        """Use the folder of *keyring*."""
        self._keyring = keyring

    def listed(self) -> list[Listed]:
        """Return every key that still opens."""
        try:
            lines = self._keyring.load(INTAKE_LIST).decode().splitlines()
        except KeyMissing:
            return []
        return [Listed(kid, int(since)) for kid, _, since in (line.partition(" ") for line in lines)]

    def current(self) -> DataKey:
        """Return the key to seal to.

        Raises:
            KeyMissing: none was made yet.
        """
        known = self.listed()
        if not known:
            raise KeyMissing(INTAKE_LIST)
        return self._key(known[-1].kid)

    def find(self, kid: str) -> DataKey | None:
        """Return the key *kid*, or None where it never was, or is destroyed."""
        return self._key(kid) if any(one.kid == kid for one in self.listed()) else None

    def renew(self, now: int, older_than: int = 0) -> bool:
        """Make a new key where the newest has served *older_than* seconds, or there is none; tell whether one was made.

        With 0 one is made whatever the clock says, and the newest is always the last. Its file is durable before the list
        names it: a crash in between leaves a key that nobody sealed to.
        """
        with self._alone():
            known = self.listed()
            newest = known[-1].since if known else now
            if known and older_than and now < newest + older_than:
                return False
            self._write([*known, self._made(random_bytes(32), max(now, newest))])
        return True

    def forget(self, before: int) -> int:
        """Destroy each key whose successor came before the moment *before*: what still waits under it stays shut. Return how many."""
        with self._alone():
            known = self.listed()
            over = [old for old, successor in pairwise(known) if successor.since < before]
            if over:
                self._write([one for one in known if one not in over])
            for old in over:
                self._keyring.destroy(_file(old.kid))
        return len(over)

    def export(self) -> list[tuple[int, bytes]]:
        """Return every key with the moment it began, for the encrypted archive and nothing else (spec keys §2)."""
        return [(one.since, self._keyring.load(_file(one.kid))) for one in self.listed()]

    def take_back(self, kept: Sequence[tuple[int, bytes]]) -> None:
        """Take keys of an archive that are not here any more; terminals may still hold what was sealed to them."""
        with self._alone():
            known = {one.kid: one for one in self.listed()}
            for since, raw in kept:
                if DataKey.from_bytes(raw).kid not in known:
                    back = self._made(raw, since)
                    known[back.kid] = back
            self._write(sorted(known.values(), key=lambda one: one.since))

    def _made(self, raw: bytes, since: int) -> Listed:
        kid = DataKey.from_bytes(raw).kid
        self._keyring.save(_file(kid), raw)
        return Listed(kid, since)

    def _write(self, known: Sequence[Listed]) -> None:
        self._keyring.save(INTAKE_LIST, "".join(f"{one.kid} {one.since}\n" for one in known).encode())

    def _key(self, kid: str) -> DataKey:
        return DataKey.from_bytes(self._keyring.load(_file(kid)))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other process change the list meanwhile."""
        handle = os.open(self._keyring.folder / ".making", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _file(kid: str) -> str:
    return f"intake-{kid}.key"
