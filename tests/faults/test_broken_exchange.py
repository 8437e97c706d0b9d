"""Either side killed, or the line cut at any byte, during an exchange: nothing lost, nothing double, no hand needed."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sync.exchange import Stopped
from sync.link import LinkDown

from appliance.usecases.node import Node
from appliance.usecases.open_case import Submission, open_case
from appliance.usecases.run_exchange import run_exchange
from tests.faults.filing import Crowd, submission
from tests.faults.proxy import WHOLE, Proxy
from tests.faults.world import Machine, World, soak, wait_until

ROUNDS = 200 if soak() else 8  # test_killed_at_each_step meets every step on purpose
SMALL = "batch_leaves = 7\n"  # many batches, so that many steps can be met


def _file_here(node: Node, count: int) -> list[str]:
    return [open_case(node, Submission(**submission())).id for _ in range(count)]


def _check_both(world: World, centre: Machine) -> None:
    """Everything is at HQ once, and both sides are sound."""
    at_centre, at_hq = centre.references(), world.hq.references()
    assert at_hq == at_centre
    assert world.hq.number("SELECT count(*) FROM box") == centre.number("SELECT count(*) FROM box")
    assert world.hq.number("SELECT count(*) FROM quarantine") == 0
    assert centre.verify()["ok"]
    assert world.hq.verify()["ok"]


class Persistent:
    """Exchanges in a thread again and again, at once after each failure, and files a few cases in between."""

    def __init__(self, node: Node) -> None:
        """Start for *node*."""
        self.node, self.failures, self.filed = node, 0, 0
        self.broken: list[BaseException] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.filed += len(_file_here(self.node, 20))
                run_exchange(self.node)
            except LinkDown:
                self.failures += 1
                time.sleep(0.02)
            except Stopped as error:
                self.broken.append(error)
                return

    def stop(self) -> None:
        """End after the exchange that is running."""
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()
        assert not self.broken, self.broken


@contextmanager
def _through(world: World, centre: Machine, proxy: Proxy) -> Iterator[Node]:
    """Lend the centre's node in this process, its line to HQ led through *proxy*."""
    centre.hq_url = f"http://127.0.0.1:{proxy.port}"
    centre.configure()
    try:
        with centre.node() as node:
            yield node
    finally:
        proxy.close()
        centre.hq_url = f"http://127.0.0.1:{world.hq.port}"
        centre.configure()


def test_killing_the_centre_during_exchanges_loses_and_doubles_nothing(world: World) -> None:
    (centre,) = world.machines[1:]
    centre.extra["sync"] = SMALL
    centre.configure()
    world.hq.start()
    shown: set[str] = set()
    for _ in range(ROUNDS):
        centre.start()
        crowd = Crowd(centre.port, 2)
        time.sleep(random.uniform(0.05, 0.5))
        centre.kill()
        crowd.stop()
        shown |= {one.id for one in crowd.filed}
    centre.start()
    wait_until(lambda: world.hq.cases() == centre.cases(), "HQ has everything", every=0.3)
    assert shown <= set(world.hq.references())
    _check_both(world, centre)


def test_killing_headquarters_during_exchanges_loses_and_doubles_nothing(world: World) -> None:
    (centre,) = world.machines[1:]
    centre.extra["sync"] = SMALL
    centre.configure()
    with centre.node() as node:
        persistent = Persistent(node)
        for _ in range(ROUNDS):
            world.hq.start()
            time.sleep(random.uniform(0.02, 0.4))
            world.hq.kill()
        world.hq.start()
        persistent.stop()
        run_exchange(node)
    assert persistent.failures
    assert persistent.filed == world.hq.cases()
    _check_both(world, centre)


def test_a_line_that_is_cut_at_random_bytes_loses_and_doubles_nothing(world: World) -> None:
    (centre,) = world.machines[1:]
    centre.extra["sync"] = SMALL
    world.hq.start()
    wanted = 2000 if soak() else 80
    proxy = Proxy(world.hq.port, lambda: int(10 ** random.uniform(0, 5)))
    with _through(world, centre, proxy) as node:
        persistent = Persistent(node)
        wait_until(lambda: proxy.cuts >= wanted or bool(persistent.broken), "many cuts")
        proxy.budget = lambda: WHOLE
        persistent.stop()
        run_exchange(node)
        assert run_exchange(node).sent == 0
    assert persistent.filed == world.hq.cases()
    _check_both(world, centre)


def test_a_line_that_falls_silent_is_given_up_and_taken_up_again(world: World) -> None:
    (centre,) = world.machines[1:]
    centre.extra["sync"] = "timeout_seconds = 2\n"
    world.hq.start()
    proxy = Proxy(world.hq.port, lambda: 3000, silent=True)
    with _through(world, centre, proxy) as node:
        _file_here(node, 50)
        started = time.monotonic()
        with suppress(LinkDown):
            run_exchange(node)
        assert time.monotonic() - started < 10
        proxy.budget = lambda: WHOLE
        run_exchange(node)
    _check_both(world, centre)
