"""Leaves that cannot be read, inside good batches: they are set aside, counted, shown on both sides, and block nothing."""

from __future__ import annotations

from unittest.mock import patch

from appliance.domain import events as ev
from appliance.journal.journal import Tx
from appliance.usecases.node import Node, new_id
from appliance.usecases.open_case import Submission, open_case
from appliance.usecases.run_exchange import exchange_state, run_exchange
from appliance.usecases.watch_centres import centre_state
from tests.faults.filing import submission
from tests.faults.world import World

ID = "0192f0a0b0c07d0e8f00112233445566"
BAD = {
    "empty": b"",
    "no JSON": b"not an event",
    "another JSON": b"[1,2,3]",
    "an unknown kind": b'{"t":"from-the-future","id":"%s","ts":1}' % ID.encode(),
    "a field of another kind": b'{"t":"beacon","id":"%s","ts":"noon","hq_time":1,"hq_head":""}' % ID.encode(),
    "a zero character": b'{"t":"closed","id":"%s","ts":1,"case":"%s","n":2,"reason":"\\u0000"}' % (ID.encode(), ID.encode()),
    "an opening of another's case": ev.encode(
        ev.CaseOpened(id=ID, ts=1, case=ID[::-1], n=1, ref="NBI-26A-000001-X", kind="complaint", centre="NBI", channel="kiosk", lang="en")
    ),
    "as large as a leaf can be": b"x" * 65_535,
}


def _append(node: Node, leaf: bytes) -> None:
    """Append *leaf* to the node's own log whatever it is, as a broken or a lying program would."""

    def act(tx: Tx) -> None:
        tx.append(ev.Beacon(id=new_id(tx.time), ts=tx.time.ts, hq_time=0, hq_head=""))

    with patch.object(ev, "encode", lambda _: leaf), patch.object(ev, "decode", lambda _: None):
        node.perform(act)


def test_bad_leaves_are_set_aside_counted_on_both_sides_and_block_nothing(world: World) -> None:
    world.hq.start()
    filed = []
    with world.machines[1].node() as node:
        for leaf in BAD.values():
            filed.append(open_case(node, Submission(**submission())))
            _append(node, leaf)
            filed.append(open_case(node, Submission(**submission())))
            run_exchange(node)
        run_exchange(node)  # brings HQ's count
        here = exchange_state(node)
    assert (here.unsent, here.quarantine) == (0, len(BAD))
    assert world.hq.references() == {one.id: one.ref for one in filed}
    with world.hq.read() as db:
        there = centre_state(db, "NBI")
    assert there is not None
    assert there.here == len(BAD)
    assert world.hq.number("SELECT count(*) FROM fork") == 0
    assert world.hq.verify()["ok"]
