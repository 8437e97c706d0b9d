"""Waiting for what a test needs, with an end; acts that wait in one group."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from appliance.store.db import Db
from appliance.store.store import Store

PATIENCE = 60  # seconds; only a defect takes so long


def wait_until(true: Callable[[], bool]) -> None:
    """Wait until *true*."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.002)


class Caller(threading.Thread):
    """A thread that asks for one write and keeps what came of it."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        """Ask at once."""
        super().__init__(daemon=True)
        self._ask = ask
        self.value: Any = None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Ask, and keep the answer."""
        try:
            self.value = self._ask()
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            self.error = error

    def answer(self) -> Any:
        """Return the value or the error, once there is one."""
        self.join(PATIENCE)
        assert not self.is_alive(), "it never came back"
        return self.error if self.error is not None else self.value


class NotHeldUp(Exception):
    """No group can begin now, not even one that holds the writer up."""


@contextmanager
def held_up(store: Store) -> Iterator[None]:
    """Keep the writer busy inside the block, so that what is asked for meanwhile makes one group."""
    busy, go_on = threading.Event(), threading.Event()

    def hold(_: Db) -> None:
        busy.set()
        go_on.wait(PATIENCE)

    holder = Caller(lambda: store.write(hold))
    wait_until(lambda: busy.is_set() or not holder.is_alive())
    if not busy.is_set():
        raise NotHeldUp from holder.error
    try:
        yield
    finally:
        go_on.set()
        holder.answer()


def ask_together(store: Store, *acts: Callable[[Db], Any]) -> list[Any]:
    """Let the acts wait in one group, in this order; return value or error of each."""
    return call_together(store, *[lambda act=act: store.write(act) for act in acts])


def call_together(store: Store, *calls: Callable[[], Any]) -> list[Any]:
    """Make the calls, each of which writes once, wait in one group, in this order; return value or error of each."""
    callers = []
    with held_up(store):
        for count, call in enumerate(calls, start=1):
            callers.append(Caller(call))
            wait_until(lambda count=count: len(store.writer._queue) == count)  # type: ignore[misc]
    return [caller.answer() for caller in callers]
