"""A box is stolen: headquarters takes nothing more of it, at once, and a new box goes on; nobody else can shut a box out."""

from __future__ import annotations

from appliance.usecases import logs
from appliance.usecases.run_exchange import exchange_state
from tests.faults.filing import file_case
from tests.faults.following import check_held, check_sound, file_at
from tests.faults.relay import Passing, relay_to
from tests.faults.world import Machine, World

REASON = "stolen in the night"


def _origin(centre: Machine) -> str:
    with centre.node() as node, node.store.read() as db:
        return logs.by_id(db, node.journal.own_log).origin


def test_a_stolen_box_is_shut_out_at_once_and_a_new_one_takes_its_place(world: World) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    filed = file_at(centre, 4, sync=True)
    origin = _origin(centre)
    world.hq.cfms("enrol", "--revoke", origin, "--reason", REASON)
    before = world.hq.references()
    kept = file_at(centre, 3, sync=False)  # the thief may type what he likes
    assert centre.cfms("sync", status=1)["error"]
    assert world.hq.references() == before
    assert _origin(centre) == origin, "a bare refusal began a new epoch"
    with centre.node() as node:
        assert exchange_state(node).closed == REASON, "the reason stands in the log of all, which it may still read"
    fresh = world.add_centre("NBI", "new-box")
    fresh.cfms("init")
    world.enrol(fresh)
    more = file_at(fresh, 3, sync=True)
    check_held(more, fresh, world.hq)
    assert set(world.hq.references()) == {one.id for one in filed + more}
    assert {one.id for one in filed + kept} <= set(centre.references()), "the stolen box lost what it had"
    check_sound(world.hq, fresh, centre)


def test_a_box_shut_out_in_the_middle_of_an_exchange_still_keeps_what_citizens_say(world: World) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    origin = _origin(centre)
    other = world.add_centre("MSA")
    other.cfms("init")
    world.enrol(other)
    with relay_to(world.hq.port) as relay:
        revoked: list[str] = []

        def revoke(passing: Passing) -> None:
            if passing.step == "hello" and relay.steps.count("hello") == 2:
                world.hq.cfms("enrol", "--revoke", origin, "--reason", REASON)
                revoked.append(origin)

        relay.answered = revoke
        centre.hq_url = f"http://127.0.0.1:{relay.port}"
        centre.configure()
        assert centre.cfms("sync", status=1)["error"]
    assert revoked
    other.sync()
    with other.node() as node:
        assert exchange_state(node).closed == ""
    centre.hq_url = f"http://127.0.0.1:{world.hq.port}"
    centre.configure()
    centre.start()
    receipt = file_case(centre)  # what citizens say is still kept
    centre.stop()
    assert receipt.id in centre.references()
    check_sound(world.hq, centre)


def test_nothing_that_only_claims_to_be_headquarters_shuts_a_box_out(world: World) -> None:
    (centre,) = world.machines[1:]
    world.hq.start()
    origin = _origin(centre)
    with relay_to(world.hq.port) as relay:
        centre.hq_url = f"http://127.0.0.1:{relay.port}"
        centre.configure()
        for status in (404, 410, 423):

            def shut_out(passing: Passing, status: int = status) -> None:
                passing.status = status

            relay.answered = shut_out
            assert str(status) in str(centre.cfms("sync", status=1)["error"])
            assert _origin(centre) == origin
        relay.begin()
        filed = file_at(centre, 2, sync=True)
    check_held(filed, centre, world.hq)
    check_sound(world.hq, centre)
