"""The intake key: made with the node, renewed yearly, its predecessor open for 35 days more, kept in archives and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sync.intake import EnvelopeShut, open_intake, seal_intake

from appliance.journal.intake_keys import IntakeKeys
from appliance.journal.keyring import Keyring
from appliance.usecases.open_sealed import EnvelopeRefused, KeyGone, open_sealed
from appliance.usecases.renew_intake_key import KEEP_OLD, YEAR, renew_intake_key
from tests.factories import Mint, Site, World, world_in

MINT = Mint(31)


def _sealed(site: Site, **more: object) -> tuple[str, str, bytes]:
    """Return what a terminal of *site* keeps of one message: key id, message id, envelope."""
    body = {"id": MINT.id(), "code": MINT.code(), "kind": "complaint", "text": "The queue did not move", **more}
    key = IntakeKeys(site.node.keyring).current()
    message = str(body["id"])
    return key.kid, message, seal_intake(key.public, message, json.dumps({"to": "feedback", "body": body}).encode() + b"   ")


def _kids(site: Site) -> list[str]:
    return [one.kid for one in IntakeKeys(site.node.keyring).listed()]


@pytest.fixture
def centre(world: World) -> Site:
    return world.centre("NBI", enrolled=False)


def test_a_year_old_key_is_renewed_and_the_old_one_opens_35_days_more(world: World, centre: Site) -> None:
    waited, forgotten = _sealed(centre), _sealed(centre)
    (first,) = _kids(centre)
    world.watch.pass_time(YEAR - 1)
    assert not renew_intake_key(centre.node)
    world.watch.pass_time(1)
    assert renew_intake_key(centre.node)
    assert not renew_intake_key(centre.node)
    assert _kids(centre)[0] == first
    assert _sealed(centre)[0] == _kids(centre)[1]
    world.watch.pass_time(KEEP_OLD)
    renew_intake_key(centre.node)
    assert open_sealed(centre.node, *waited).ref
    world.watch.pass_time(1)
    renew_intake_key(centre.node)
    assert first not in _kids(centre)
    assert not (centre.keys / f"intake-{first}.key").exists()
    with pytest.raises(KeyGone):
        open_sealed(centre.node, *forgotten)


def test_a_clock_that_jumped_shuts_nothing(world: World, centre: Site) -> None:
    waited = _sealed(centre)
    world.watch.jump(2 * YEAR)
    assert not renew_intake_key(centre.node)
    assert open_sealed(centre.node, *waited).ref


def test_a_restart_keeps_the_key(centre: Site) -> None:
    waited = _sealed(centre)
    centre.reopen()
    assert open_sealed(centre.node, *waited).ref


def test_two_processes_with_one_folder_make_one_key_and_follow_each_others(tmp_path: Path) -> None:
    here, there = IntakeKeys(Keyring(tmp_path)), IntakeKeys(Keyring(tmp_path))
    assert here.renew(1000)
    assert not there.renew(1000, YEAR)
    assert there.current().kid == here.current().kid
    assert there.renew(1000 + YEAR, YEAR)
    assert here.current().kid == there.current().kid
    assert here.forget(1000 + YEAR + 1) == 1
    assert [one.kid for one in there.listed()] == [here.current().kid]


def test_an_envelope_opens_for_its_key_and_id_alone(centre: Site) -> None:
    kid, message, sealed = _sealed(centre)
    key = IntakeKeys(centre.node.keyring).current()
    for other_id, other in ((MINT.id(), sealed), (message, sealed[:-1]), (message, b""), (message, bytes(32) + sealed[32:])):
        with pytest.raises(EnvelopeShut):
            open_intake(key, other_id, other)
        with pytest.raises(EnvelopeRefused):
            open_sealed(centre.node, kid, other_id, other)


def test_another_appliances_key_is_none_of_ours(world: World, centre: Site) -> None:
    with pytest.raises(KeyGone):
        open_sealed(centre.node, *_sealed(world.hq))
    with pytest.raises(KeyGone):
        open_sealed(centre.node, "../pepper", MINT.id(), b"x" * 64)


def test_headquarters_has_one_too(tmp_path: Path) -> None:
    with world_in(tmp_path) as made:
        made.centre("NBI")
        assert open_sealed(made.hq.node, *_sealed(made.hq, channel="web", centre="NBI")).ref.startswith("NBI-26H")
