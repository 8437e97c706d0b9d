"""The clock of a centre or of HQ jumps: entries keep their order, the jump is in the log, nothing is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from appliance.domain import events as ev
from appliance.usecases.clock import DeviceClock
from appliance.usecases.node import Node
from appliance.usecases.open_case import Receipt, Submission, open_case
from appliance.usecases.run_exchange import link_to_hq, run_exchange
from tests.faults.filing import file_case, file_cases, submission, track
from tests.faults.following import reply
from tests.faults.serving import served
from tests.faults.settable_clock import YEAR, SettableClock
from tests.faults.world import Machine, World, wait_until


class Clock:
    """A wall clock that can be set, beside a steady one that cannot."""

    def __init__(self, node: Node) -> None:
        """Give *node* this clock."""
        self.shift = 0.0
        node.clock = DeviceClock(600, wall=lambda: max(0.0, time.time() + self.shift), synchronised=lambda: False)


@pytest.fixture
def centre(world: World) -> Machine:
    """Return the centre NBI, HQ's server running."""
    world.hq.start()
    return world.machines[1]


@pytest.fixture
def node(centre: Machine) -> Iterator[Node]:
    """Return its node in this process."""
    with centre.node() as node:
        yield node


def _file(node: Node) -> Receipt:
    return open_case(node, Submission(**submission()))


def _own_events(node: Node) -> list[ev.Event]:
    with node.store.read() as db:
        rows = db.all("SELECT leaf FROM entry WHERE log = :log ORDER BY idx", log=node.journal.own_log)
    return [ev.decode(bytes(leaf)) for (leaf,) in rows]


@pytest.mark.parametrize("shift", [-10 * YEAR, YEAR, -100 * YEAR], ids=["ten-years-back", "one-year-on", "to-1970"])
def test_a_clock_that_jumps_is_logged_and_refuses_nothing(world: World, centre: Machine, node: Node, shift: float) -> None:
    clock = Clock(node)
    receipts = [_file(node)]
    clock.shift = shift
    receipts += [_file(node), _file(node)]
    run_exchange(node)
    clock.shift = 0.0
    receipts.append(_file(node))
    run_exchange(node)
    assert [one.index for one in receipts] == sorted(one.index for one in receipts)
    events = _own_events(node)
    assert [e.id for e in events if isinstance(e, ev.CaseOpened)] == [one.id for one in receipts]
    steps = [e for e in events if isinstance(e, ev.ClockStepped)]
    assert len(steps) == 2
    there, back = steps
    expected = max(-time.time(), shift)
    assert abs(there.to_ts - there.from_ts - expected) < 5
    assert abs(back.to_ts - back.from_ts + expected) < 5
    assert len({one.ref for one in receipts}) == len(receipts)
    assert world.hq.references() == centre.references()
    assert centre.verify()["ok"]
    assert world.hq.verify()["ok"]


def test_a_jump_is_logged_even_when_the_first_act_after_it_is_refused(node: Node) -> None:
    clock = Clock(node)
    sent = Submission(**submission())
    first = open_case(node, sent)
    clock.shift = YEAR
    assert open_case(node, sent).index == first.index
    assert not [e for e in _own_events(node) if isinstance(e, ev.ClockStepped)]
    _file(node)
    assert len([e for e in _own_events(node) if isinstance(e, ev.ClockStepped)]) == 1


def test_a_clock_that_went_back_while_the_appliance_was_off_is_logged(centre: Machine) -> None:
    with centre.node() as node:
        Clock(node).shift = YEAR
        _file(node)
        run_exchange(node)
    with centre.node() as node:
        _file(node)
        steps = [e for e in _own_events(node) if isinstance(e, ev.ClockStepped)]
        run_exchange(node)
    assert steps[-1].source == "start"


def test_a_jump_of_headquarters_clock_stops_no_exchange(world: World, centre: Machine, node: Node) -> None:
    world.hq.stop()
    with world.hq.node() as hq, served(hq, world.hq.port):
        clock = Clock(hq)
        link = link_to_hq(node)
        for shift in (0.0, -10 * YEAR, YEAR, 0.0):
            clock.shift = shift
            _file(node)
            run_exchange(node, link)
    assert world.hq.references() == centre.references()
    assert world.hq.cases() == 4
    assert world.hq.verify()["ok"]


@pytest.mark.parametrize("shift", [-10 * YEAR, YEAR], ids=["ten-years-back", "one-year-on"])
def test_a_server_whose_clock_jumps_goes_on_by_itself_through_restarts_too(world: World, centre: Machine, shift: int) -> None:
    clock = SettableClock(centre.folder / "clock")
    centre.environment = clock.environment
    centre.start()
    filed = file_cases(centre, 2)
    wait_until(lambda: centre.cfms("status")["unsent"] == 0, "the exchange has come to rest")
    clock.set(shift)
    reply(world.hq, filed[0].id, "We are looking into it.")  # nothing is filed here: the planned exchange must bring it
    wait_until(lambda: "We are looking into it." in str(track(centre, filed[0].code)), "the reply comes", every=0.2)
    filed += file_cases(centre, 2)
    wait_until(lambda: world.hq.cases() == 4, "HQ has what was filed after the jump")
    wait_until(lambda: abs(centre.cfms("status")["clock_offset"] - shift) < 60, "the centre knows how wrong it is", every=0.5)
    assert abs(_offset_seen_at_hq(world) - shift) < 60
    for wrong in (shift, 0):  # a restart with the wrong clock, and one that puts it right
        centre.stop()
        clock.set(wrong)
        centre.start()
        filed.append(file_case(centre))
    wait_until(lambda: world.hq.cases() == 6, "HQ has everything")
    centre.stop()
    _check_order(centre, [one.id for one in filed])
    assert world.hq.references() == centre.references()
    assert centre.verify()["ok"]
    assert world.hq.verify()["ok"]


def _offset_seen_at_hq(world: World) -> int:
    return world.hq.number("SELECT max(node_time - at) FROM ops_heard")


def _check_order(centre: Machine, filed: list[str]) -> None:
    """The log holds the cases in the order they were filed, and each jump as a step between them."""
    with centre.node() as node:
        events = _own_events(node)
    assert [e.id for e in events if isinstance(e, ev.CaseOpened)] == filed
    assert [e for e in events if isinstance(e, ev.ClockStepped)]
