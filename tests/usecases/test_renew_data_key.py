"""HQ's data key is renewed each quarter, announced, and its predecessor destroyed 35 days later."""

from __future__ import annotations

from pathlib import Path

from appliance.usecases.renew_data_key import KEEP_OLD, QUARTER, renew_data_key
from tests.factories import world_in


def test_a_quarter_old_key_is_renewed_announced_and_after_35_days_destroyed(tmp_path: Path) -> None:
    with world_in(tmp_path) as world:
        centre, hq = world.centre("NBI"), world.hq.node
        first = hq.keyring.hq_data_key().kid
        assert not renew_data_key(hq)
        world.watch.pass_time(QUARTER)
        assert renew_data_key(hq)
        second = hq.keyring.hq_data_key().kid
        assert second != first
        assert not renew_data_key(hq)
        assert hq.keyring.has_hq_data_key(first)
        receipt = world.file(centre, "sealed to the new key")
        world.sync(centre)
        assert world.hq.number("SELECT count(*) FROM case_state WHERE id = :id", id=receipt.id) == 1
        world.watch.pass_time(KEEP_OLD + 1)
        renew_data_key(hq)
        assert not hq.keyring.has_hq_data_key(first)
        assert hq.keyring.hq_data_key().kid == second


def test_a_batch_sealed_to_a_key_that_is_gone_is_sealed_anew(tmp_path: Path) -> None:
    with world_in(tmp_path) as world:
        centre, hq = world.centre("NBI"), world.hq.node
        first = hq.keyring.hq_data_key().kid
        receipt = world.file(centre, "cut before the centre knew of the new key")
        loop = world.loop(centre)
        hello = loop.request

        def late(method: str, path: str, body: bytes = b"") -> object:
            if path == "/sync/v1/batch" and hq.keyring.has_hq_data_key(first):
                world.watch.pass_time(QUARTER)
                renew_data_key(hq)
                hq.keyring.destroy_hq_data_key(first)
            return hello(method, path, body)

        loop.request = late  # type: ignore[method-assign, assignment]
        world.sync(centre)
        assert [status for _, path, status in loop.asked if path == "/sync/v1/batch"][-3:] == [428, 200, 200]
        assert world.hq.number("SELECT count(*) FROM case_state WHERE id = :id", id=receipt.id) == 1
        assert world.hq.verify() == ""
