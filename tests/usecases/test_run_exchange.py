"""An exchange of real nodes: it comes to rest, sends attachments, fetches catalogues, and keeps damage and doubt to itself."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing

import msgspec
import pytest

from sync.batch import objects_batch, write_batch
from sync.exchange import Stopped

from appliance.domain import events as ev
from appliance.journal import objects
from appliance.usecases import logs
from appliance.usecases.answer_case import reply_to_citizen
from appliance.usecases.epochs import begin_epoch
from appliance.usecases.media import Upload
from appliance.usecases.node import new_id
from appliance.usecases.re_enter import finish, set_aside
from appliance.usecases.run_exchange import exchange_state
from appliance.usecases.set_up import publish_catalogue
from tests.factories import OFFICER, Site, World
from tests.usecases.looking import contact, texts
from tests.usecases.recordings import IN_PARTS


def current(site: Site) -> logs.LogRow:
    """Return the row of a node's own current log."""
    with site.node.store.read() as db:
        return logs.by_id(db, site.node.journal.own_log)


def test_it_comes_to_rest_with_one_beacon_and_then_asks_once(world: World) -> None:
    centre = world.centre("NBI")
    world.file(centre)
    world.sync(centre)
    size = current(centre).size
    assert isinstance(centre.events()[-1], ev.Beacon)
    again = world.sync(centre, centre)
    assert [done.requests for done in again] == [1, 1]
    assert current(centre).size == size


def test_a_published_catalogue_is_fetched_and_used_and_its_version_seen(world: World) -> None:
    centre = world.centre("NBI")
    assert centre.node.catalogue.version == 0
    fewer = msgspec.structs.replace(world.hq.node.catalogue, services=world.hq.node.catalogue.services[:3])
    assert publish_catalogue(world.hq.node, fewer) == publish_catalogue(world.hq.node, fewer) == 1
    world.sync(centre)
    assert (centre.node.catalogue.version, len(centre.node.catalogue.services)) == (1, 3)
    centre.reopen()
    assert (centre.node.catalogue.version, len(centre.node.catalogue.services)) == (1, 3)


def test_an_object_that_no_leaf_names_goes_after_its_days_and_others_stay(world: World) -> None:
    centre, stray = world.centre("NBI"), b"nobody's"
    world.file(centre, "", files=(Upload(kind="voice", data=IN_PARTS),))
    world.sync(centre)
    lone = write_batch(objects_batch(centre.origin, 0, [(hashlib.sha256(stray).digest(), stray)]))
    assert world.loop(centre).request("POST", "/sync/v1/batch", lone).status == 200
    hq = world.hq.node
    with hq.store.read() as db:
        assert objects.have(db, hashlib.sha256(stray).digest())
    assert hq.store.write(lambda db: objects.purge(db, int(world.watch.now))) == 0
    assert hq.store.write(lambda db: objects.purge(db, int(world.watch.now) + 1)) == 1
    with hq.store.read() as db:
        assert not objects.have(db, hashlib.sha256(stray).digest())
    assert world.hq.number("SELECT count(*) FROM object") == 1


def test_damage_here_stops_the_upload_with_a_sentence_while_filing_goes_on(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre)
    centre.close()
    with closing(sqlite3.connect(centre.database)) as db:
        db.execute("DROP TRIGGER entry_no_update")
        db.execute(
            "UPDATE entry SET leaf = CAST(replace(CAST(leaf AS TEXT), 'complaint', 'concern') AS BLOB) WHERE CAST(leaf AS TEXT) LIKE '%opened%'"
        )
        db.commit()
    with pytest.raises(Stopped, match="damaged"):
        world.sync(centre)
    assert "damaged" in exchange_state(centre.node).why
    assert world.hq.number("SELECT count(*) FROM case_state WHERE id = :id", id=receipt.id) == 0
    assert texts(centre, world.file(centre, "Filed all the same").code) == ["Filed all the same"]


def test_what_two_histories_in_a_row_wrote_on_their_own_is_entered_again_once(world: World) -> None:
    centre = world.centre("NBI")
    filed = []
    for turn in range(2):
        filed.append(world.file(centre, f"Written in history {turn}", phone="+254700000001"))
        old = current(centre)
        begin_epoch(centre.node, "NBI", "rolled-back")
        set_aside(centre.node, old)
        assert finish(centre.node) == 0
    with pytest.raises(Stopped, match="approved"):
        world.sync(centre)
    world.approve()
    world.sync(centre)
    for turn, receipt in enumerate(filed):
        assert texts(world.hq, receipt.code) == [f"Written in history {turn}"]
        assert contact(world.hq, receipt.id) == {"phone": "+254700000001"}
    assert world.hq.number("SELECT count(*) FROM case_state") == 2
    assert [world.hq.verify(), centre.verify()] == ["", ""]


def test_what_a_rolled_back_history_holds_about_another_centre_reaches_that_one(world: World) -> None:
    filed_at, about = world.centre("NBI"), world.centre("MSA")
    receipt = world.file(filed_at, "About the coast", centre="MSA", phone="+254700000001")
    old = current(filed_at)
    begin_epoch(filed_at.node, "NBI", "rolled-back")
    set_aside(filed_at.node, old)
    with pytest.raises(Stopped, match="approved"):
        world.sync(filed_at)
    world.approve()
    world.sync(filed_at, about)
    for site in (world.hq, filed_at, about):
        assert texts(site, receipt.code) == ["About the coast"]
        assert contact(site, receipt.id) == {"phone": "+254700000001"}
        assert site.verify() == ""


def test_an_answer_that_came_before_the_opening_of_its_case_reaches_the_other_centre_with_it(world: World) -> None:
    filed_at, about = world.centre("NBI"), world.centre("MSA")
    case, reply = world.mint.id(), world.mint.id()
    said = ev.ReplySent(id=reply, ts=int(world.watch.now), case=case, n=2, by=OFFICER.id)
    about.node.perform(lambda tx: tx.append(said, {"text": b"Answered first"}))
    world.sync(about)
    receipt = world.file(filed_at, "Filed later", id=case, centre="MSA")
    world.sync(filed_at, about, filed_at)
    for site in (world.hq, filed_at, about):
        assert texts(site, receipt.code) == ["Filed later", "Answered first"]
        assert site.verify() == ""


def test_a_beacon_tells_headquarters_time_and_the_head_that_is_held(world: World) -> None:
    centre = world.centre("NBI")
    reply_to_citizen(centre.node, world.file(centre).id, OFFICER, "An answer")
    world.sync(centre)
    beacon = centre.events()[-1]
    assert isinstance(beacon, ev.Beacon)
    assert beacon.hq_time == int(world.watch.now)
    assert len(beacon.hq_head) == 44


def test_a_leaf_that_breaks_a_rule_is_kept_cosigned_counted_and_does_nothing(world: World) -> None:
    centre = world.centre("NBI")
    receipt = world.file(centre, "Keep these words")
    world.sync(centre)

    def overreach(tx: object) -> None:
        tx.append(ev.Erased(id=new_id(tx.time), ts=tx.time.ts, targets=((receipt.id, "text"),), basis="dpa-s40", role="manager"))  # type: ignore[attr-defined]

    centre.node.perform(overreach)
    world.sync(centre)
    assert texts(world.hq, receipt.code) == ["Keep these words"]
    assert exchange_state(world.hq.node).quarantine == 1
    assert exchange_state(centre.node).unsent == 0
    assert world.hq.verify() == ""
