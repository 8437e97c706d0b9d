"""How a case, its words and its receipt travel between nodes (spec keys §3, paths 1 to 4)."""

from __future__ import annotations

import pytest

from sync.commitments import open_keys
from sync.link import LinkDown
from sync.note import Verifier, open_note

from appliance.domain import events as ev
from appliance.domain.codes import parse_reference
from appliance.usecases import logs, trust
from appliance.usecases.answer_case import reply_to_citizen, resolve_case
from appliance.usecases.follow_case import answer_fixed, write_again
from tests.factories import HQ_OFFICER, OFFICER, Site, World, row_of
from tests.usecases.looking import batches, contact, secrets, texts


def sound(*sites: Site) -> bool:
    """Tell whether every one of *sites* verifies whole."""
    return [site.verify() for site in sites] == [""] * len(sites)


def test_what_is_filed_at_a_kiosk_is_at_headquarters_word_for_word_and_its_code_works_there(either_world: World) -> None:
    world, centre = either_world, either_world.centre("NBI")
    receipt = world.file(centre, "The counter was closed at ten", phone="+254700000001", name="Njeri")
    world.sync(centre)
    assert texts(world.hq, receipt.code) == ["The counter was closed at ten"]
    assert contact(world.hq, receipt.id) == {"phone": "+254700000001", "name": "Njeri"}
    assert row_of(world.hq, receipt.id) == row_of(centre, receipt.id)
    assert sorted(secrets(world.hq, receipt.id)) == sorted(secrets(centre, receipt.id))
    assert sound(world.hq, centre)


def test_the_key_list_of_a_batch_opens_for_headquarters_alone_and_the_batch_hides_the_words(world: World) -> None:
    centre = world.centre("NBI")
    world.file(centre, "Siri kubwa sana")
    world.sync(centre)
    (sent,) = [batch for batch in batches(world.loop(centre).bodies) if batch.boxes]
    key = world.hq.node.keyring.hq_data_key()
    assert sent.kid == key.kid
    assert len(open_keys(key, sent.sealed_keys, sent.origin, sent.start, sent.end, sent.boxes_bytes)) == len(sent.boxes) == 2
    assert all(b"Siri" not in leaf for leaf in sent.leaves)
    assert b"Siri" not in sent.boxes_bytes


def test_headquarters_cosignature_covers_what_is_on_its_disk(world: World) -> None:
    centre = world.centre("NBI")
    world.file(centre)
    world.sync(centre)
    with centre.node.store.read() as db:
        own = logs.by_id(db, centre.node.journal.own_log)
    keys = [Verifier.parse(own.vkey), trust.hq_mirror(centre.node)]
    assert {v.name for v in open_note(own.ack_note, keys).verified} == {v.name for v in keys}
    assert own.acked == own.size == world.hq.number("SELECT size FROM log WHERE origin = :origin", origin=own.origin)


def test_what_is_filed_at_headquarters_for_a_centre_comes_down_and_its_code_works_there(either_world: World) -> None:
    world, centre = either_world, either_world.centre("NBI")
    receipt = world.file(world.hq, "The portal took this", centre="NBI", channel="web", email="a@example.org")
    world.sync(centre)
    assert texts(centre, receipt.code) == ["The portal took this"]
    assert contact(centre, receipt.id) == {"email": "a@example.org"}
    assert row_of(world.hq, receipt.id) == row_of(centre, receipt.id)
    reference = parse_reference(receipt.ref)
    assert (reference.centre, reference.series) == ("NBI", "H")
    assert sound(world.hq, centre)


def test_the_centre_cosigns_what_came_down_and_headquarters_keeps_its_cosignature(world: World) -> None:
    centre = world.centre("NBI")
    world.file(world.hq, centre="NBI")
    world.sync(centre)
    with world.hq.node.store.read() as db:
        down = logs.current(db, "to/NBI")
    assert down is not None
    cosigner = Verifier.parse(centre.node.keyring.acknowledger(centre.origin).vkey)
    assert {v.name for v in open_note(down.ack_note, [cosigner, Verifier.parse(down.vkey)]).verified} == {cosigner.name, down.origin}
    assert down.acked == down.size


def test_an_acknowledgement_that_was_lost_is_given_again_without_new_leaves(world: World) -> None:
    centre = world.centre("NBI")
    world.file(world.hq, centre="NBI")
    loop = world.loop(centre)
    asked = loop.request

    def deaf(method: str, path: str, body: bytes = b"") -> object:
        if path == "/sync/v1/ack":
            loop.down = True
        return asked(method, path, body)

    loop.request = deaf  # type: ignore[method-assign, assignment]
    with pytest.raises(LinkDown):
        world.sync(centre)
    loop.down, loop.request = False, asked  # type: ignore[method-assign]
    assert world.hq.number("SELECT size - acked FROM log WHERE name = 'to/NBI'") > 0
    world.sync(centre)
    assert world.hq.number("SELECT size - acked FROM log WHERE name = 'to/NBI'") == 0


def test_two_cases_filed_at_headquarters_for_two_centres_have_references_of_their_own(world: World) -> None:
    world.centre("NBI")
    world.centre("MSA")
    refs = [world.file(world.hq, centre=code).ref for code in ("NBI", "MSA", "NBI")]
    assert [(r.centre, r.series, r.sequence) for r in map(parse_reference, refs)] == [("NBI", "H", 1), ("MSA", "H", 1), ("NBI", "H", 2)]


def test_replies_of_either_side_reach_the_citizen_at_both_nodes(either_world: World) -> None:
    world, centre = either_world, either_world.centre("NBI")
    receipt = world.file(centre, "Where is my card?")
    world.sync(centre)
    reply_to_citizen(centre.node, receipt.id, OFFICER, "It is being printed.")
    world.sync(centre)
    reply_to_citizen(world.hq.node, receipt.id, HQ_OFFICER, "We asked for the date.")
    world.sync(centre)
    write_again(world.hq.node, receipt.code, world.mint.id(), "Thank you both.", "web")
    world.sync(centre)
    resolve_case(centre.node, receipt.id, OFFICER, "done", "It is ready.")
    world.sync(centre)
    answer_fixed(centre.node, receipt.code, world.mint.id(), yes=True, channel="kiosk")
    world.sync(centre)
    told = ["Where is my card?", "It is being printed.", "We asked for the date.", "Thank you both.", "It is ready."]
    assert texts(centre, receipt.code) == texts(world.hq, receipt.code) == told
    assert row_of(centre, receipt.id) == row_of(world.hq, receipt.id)
    assert sound(world.hq, centre)


def test_a_case_about_another_centre_reaches_it_verbatim_and_its_answer_comes_back(either_world: World) -> None:
    world = either_world
    filed_at, about = world.centre("NBI"), world.centre("MSA")
    receipt = world.file(filed_at, "At the coast nobody answered", centre="MSA", phone="+254700000002")
    world.sync(filed_at, about)
    assert texts(about, receipt.code) == ["At the coast nobody answered"]
    assert contact(about, receipt.id) == {"phone": "+254700000002"}
    (leaf,) = [leaf for leaf in filed_at.leaves() if receipt.id.encode() in leaf and b'"t":"opened"' in leaf]
    (relayed,) = [ev.decode(one) for one in about.leaves() if receipt.id.encode() in one]
    assert isinstance(relayed, ev.Relayed)
    assert (relayed.leaf.encode(), relayed.of) == (leaf, filed_at.origin)
    assert sorted(secrets(about, receipt.id)) == sorted(secrets(filed_at, receipt.id))
    reply_to_citizen(about.node, receipt.id, OFFICER, "We are sorry; come again.")
    world.sync(about, filed_at)
    for site in (filed_at, about, world.hq):
        assert texts(site, receipt.code) == ["At the coast nobody answered", "We are sorry; come again."]
    assert row_of(filed_at, receipt.id) == row_of(about, receipt.id) == row_of(world.hq, receipt.id)
    assert sound(world.hq, filed_at, about)


def test_a_relayed_list_is_sealed_to_the_node_it_goes_to(world: World) -> None:
    filed_at, about = world.centre("NBI"), world.centre("MSA")
    world.file(filed_at, centre="MSA")
    world.sync(filed_at)
    link = world.loop(about)
    got = link.request("GET", "/sync/v1/log/to?from=1")
    (batch,) = batches([got.body])
    assert batch.kid == about.node.keyring.node_data_key(about.origin).kid != filed_at.node.keyring.node_data_key(filed_at.origin).kid
    assert len(batch.boxes) == 2


def test_a_centre_that_joins_later_gets_the_cases_about_it_that_were_filed_before(world: World) -> None:
    first = world.centre("NBI")
    told = [world.file(first, "Filed next door", centre="MSA"), world.file(world.hq, "Filed at the portal", centre="MSA", channel="web")]
    world.sync(first)
    write_again(first.node, told[0].code, world.mint.id(), "Is anybody there?", "kiosk")
    world.sync(first)
    late = world.centre("MSA")
    world.sync(late)
    assert texts(late, told[0].code) == ["Filed next door", "Is anybody there?"]
    assert texts(late, told[1].code) == ["Filed at the portal"]
    reply_to_citizen(late.node, told[1].id, OFFICER, "We are here now.")
    world.sync(late, first)
    assert texts(world.hq, told[1].code)[-1] == "We are here now."
    assert sound(world.hq, first, late)
