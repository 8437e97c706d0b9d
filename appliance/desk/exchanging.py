"""An exchange that somebody asked for at the desk: it runs beside the pages, since a slow link may take minutes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import current_app

from sync.exchange import Stopped
from sync.link import LinkDown

from appliance.domain.errors import Refusal
from appliance.usecases.node import Node
from appliance.usecases.run_exchange import run_exchange

log = logging.getLogger("cfms.desk")
PATIENCE = 5.0  # seconds a page waits for it before it says "still running"


@dataclass(slots=True)
class Errand:
    """The exchange asked for last, at most one at a time."""

    _guard: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Tell whether it is under way."""
        return self._thread is not None and self._thread.is_alive()

    def send(self, exchange: Callable[[], object]) -> None:
        """Begin *exchange* unless one is under way, and wait a little for its end."""
        with self._guard:
            if not self.running:
                self._thread = threading.Thread(target=exchange, name="exchange-now", daemon=True)
                self._thread.start()
            thread = self._thread
        if thread is not None:
            thread.join(PATIENCE)


def errand() -> Errand:
    """Return this application's errand."""
    found: Errand = current_app.extensions.setdefault("cfms-errand", Errand())
    return found


def exchange_of(node: Node) -> Callable[[], object]:
    """Return what exchanges now: the jobs, which keep the back-off in step, or the use case where no jobs run.

    How it went is recorded by the use case, and the page of the exchange shows it from there.
    """
    jobs = current_app.extensions.get("cfms-jobs")
    return _logged(jobs.exchange_now if jobs is not None else lambda: run_exchange(node))


def _logged(run: Callable[[], object]) -> Callable[[], None]:
    def exchange() -> None:
        try:
            run()
        except (LinkDown, Stopped, Refusal):
            log.info("the exchange asked for at the desk did not finish")  # the page says why
        except Exception:
            log.exception("the exchange asked for at the desk failed")
            raise

    return exchange
