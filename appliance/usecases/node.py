"""A running node: what every use case is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from appliance.domain import events as ev
from appliance.domain.catalogue import Catalogue
from appliance.domain.country import Country
from appliance.domain.errors import NotFound, SigningStopped
from appliance.domain.ids import uuid7
from appliance.journal.entropy import random_bytes
from appliance.journal.heads import LogNotOpen
from appliance.journal.journal import Journal, Time, Tx
from appliance.journal.keyring import Keyring
from appliance.projections.receipts import Tagger
from appliance.projections.registry import Projections
from appliance.settings import Settings
from appliance.store.db import Db
from appliance.store.store import Store
from appliance.usecases import facts, logs
from appliance.usecases.clock import DeviceClock

if TYPE_CHECKING:
    from appliance.usecases.print_slip import Printers
    from appliance.usecases.text_receipt import Texter

T = TypeVar("T")
CLOCK_DOUBT = "clock_doubt"  # fact: '1' from a logged step of the clock until somebody confirms the time


@dataclass(slots=True)
class Node:
    """One node, at a centre or at headquarters.

    Attributes:
        catalogue: the newest one; replaced whole when HQ publishes another.
        on_filed: told after each durable submission, so that the exchange can gather and go.
        texter: what sends short messages; None where nothing does.
        printers: the terminals' receipt printers; None where there are none.
    """

    settings: Settings
    store: Store
    keyring: Keyring
    journal: Journal
    projections: Projections
    tagger: Tagger
    country: Country
    catalogue: Catalogue
    clock: DeviceClock
    on_filed: Callable[[], None] = field(default=lambda: None)
    texter: Texter | None = None
    printers: Printers | None = None

    def log_for(self, db: Db, opened_in: int) -> int:
        """Return the row id of the own log in which an act on a case belongs.

        A centre writes its own log; HQ writes ``to/<centre>`` of the centre where the case was filed, and ``hq``
        for a case of no centre.

        Args:
            opened_in: row id of the log that holds the case's opening.

        Raises:
            NotFound: HQ has no log to that centre (its enrolment was revoked).
        """
        if not self.is_hq:
            return self.journal.own_log
        name = logs.by_id(db, opened_in).name
        target = logs.current(db, name if name == "hq" or name.startswith("to/") else f"to/{name}")
        if target is None or not target.own:
            raise NotFound
        return target.id

    @property
    def is_hq(self) -> bool:
        """Tell whether this node is headquarters."""
        return self.settings.role == "hq"

    def perform(self, act: Callable[[Tx], T], ids: Sequence[str] = ()) -> T:
        """Run *act* as one durable transaction at the device's time; a clock step is logged first.

        When another process (a command beside the server) has begun a new epoch meanwhile, this one follows it.

        Args:
            ids: those of the events it will append, where they are known: one question then serves a whole group of acts.

        Raises:
            SigningStopped: the log it belongs in takes nothing more, and no other has taken its place.
        """
        before = self.journal.own_log
        try:
            return self._perform(act, ids)
        except LogNotOpen as error:
            if self._newest_epoch() == before:
                raise SigningStopped from error
        return self._perform(act, ids)

    def _newest_epoch(self) -> int:
        """Take up the newest own log, where this thread's or another process's exchange has begun one; return its row id."""
        with self.store.read() as db:
            row = logs.current(db, "hq" if self.is_hq else self.settings.centre)
        if row is not None and row.own:
            self.journal.own_log, self.journal.letter = row.id, row.letter
        return self.journal.own_log

    def _perform(self, act: Callable[[Tx], T], ids: Sequence[str]) -> T:
        time = self.clock.read()
        if self.clock.step is None:
            return self.journal.perform(act, time, ids)
        step, self.clock.step = self.clock.step, None

        def stepped(tx: Tx) -> T:
            if self.journal.own_log:
                tx.append(ev.ClockStepped(id=new_id(time), ts=time.ts, q=time.quality, from_ts=step.before, to_ts=step.after, source=step.source))
                facts.put(tx.db, CLOCK_DOUBT, "1")
            return act(tx)

        try:
            return self.journal.perform(stepped, time, ids)
        except BaseException:
            self.clock.keep(step)  # its leaf was undone with the act; it goes in with the next one
            raise


def new_id(time: Time) -> str:
    """Return a new UUIDv7 as 32 hex digits."""
    return uuid7(time.ts * 1000, random_bytes(10))
