"""What a batch's boxes and keys are held to before HQ cosigns: commitment, place, owner, key (spec keys K2 and K3)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import pytest

from sync.batch import Batch, Box, boxes_bytes, read_batch, write_batch
from sync.commitments import DataKey, open_keys, seal_keys
from sync.exchange import Stopped

from appliance.usecases.run_exchange import exchange_state
from tests.factories import Loop, Site, World
from tests.usecases.looking import contact, flags, opens, sizes, texts

Change = Callable[[list[Box], list[bytes]], tuple[list[Box], list[bytes]]]


def rebuilt(batch: Batch, key: DataKey, change: Change, to: bytes = b"") -> bytes:
    """Return *batch* with other boxes and keys, sealed anew to its reader (or *to* another): what a dishonest sender would make."""
    keys = open_keys(key, batch.sealed_keys, batch.origin, batch.start, batch.end, batch.boxes_bytes)
    boxes, keys = change(list(batch.boxes), keys)
    raw = boxes_bytes(boxes)
    recipient = DataKey.from_bytes(to) if to else key
    sealed = seal_keys(recipient.public, keys, batch.origin, batch.start, batch.end, raw) if boxes else b""
    return write_batch(dataclasses.replace(batch, boxes=boxes, boxes_bytes=raw, sealed_keys=sealed, kid=recipient.kid))


def tamper(world: World, centre: Site, make: Callable[[Batch], bytes]) -> Loop:
    """Let every batch with boxes that *centre* sends be the one *make* makes of it."""
    loop = world.loop(centre)
    plain = loop.request

    def request(method: str, path: str, body: bytes = b"") -> object:
        batch = read_batch(body) if path == "/sync/v1/batch" else None
        return plain(method, path, make(batch) if batch and batch.boxes else body)

    loop.request = request  # type: ignore[method-assign, assignment]
    return loop


def without(field: str) -> Change:
    """Return the change that leaves out the boxes of *field*."""
    return lambda boxes, keys: ([b for b in boxes if b.field != field], [k for b, k in zip(boxes, keys, strict=True) if b.field != field])


def swapped(boxes: list[Box], keys: list[bytes]) -> tuple[list[Box], list[bytes]]:
    """Put each leaf's boxes under the other leaf: right keys, wrong event."""
    half = len(boxes) // 2
    moved = [Box(b.offset, b.field, other.box) for b, other in zip(boxes, boxes[half:] + boxes[:half], strict=True)]
    return moved, keys[half:] + keys[:half]


def renamed(boxes: list[Box], keys: list[bytes]) -> tuple[list[Box], list[bytes]]:
    """Give the name's box out as the telephone number: right key and event, wrong field."""
    by_field = {b.field: (b, k) for b, k in zip(boxes, keys, strict=True)}
    (name, name_key), (phone, phone_key) = by_field["name"], by_field["phone"]
    by_field["name"], by_field["phone"] = (Box(name.offset, "name", phone.box), phone_key), (Box(phone.offset, "phone", name.box), name_key)
    return [by_field[b.field][0] for b in boxes], [by_field[b.field][1] for b in boxes]


def test_a_withheld_value_is_flagged_and_counted_and_the_rest_stored_and_cosigned(either_world: World) -> None:
    world, centre = either_world, either_world.centre("NBI")
    key = world.hq.node.keyring.hq_data_key()
    tamper(world, centre, lambda batch: rebuilt(batch, key, without("phone")))
    receipt = world.file(centre, "With a number", phone="+254700000001", name="Njeri")
    world.sync(centre)
    assert flags(world.hq) == [("phone", "withheld")]
    assert contact(world.hq, receipt.id) == {"name": "Njeri"}
    assert texts(world.hq, receipt.code) == ["With a number"]
    assert exchange_state(world.hq.node).quarantine == 1
    assert exchange_state(centre.node).unsent == 0
    assert world.hq.verify() == ""


@pytest.mark.parametrize(("change", "wrong"), [(renamed, ["name", "phone"]), (swapped, ["receipt", "text"] * 2)])
def test_a_box_is_bound_to_its_field_and_its_event(world: World, change: Change, wrong: Sequence[str]) -> None:
    centre = world.centre("NBI")
    key = world.hq.node.keyring.hq_data_key()
    tamper(world, centre, lambda batch: rebuilt(batch, key, change))
    more: dict[str, str] = {"name": "Njeri", "phone": "+254700000001"} if "name" in wrong else {}
    filed = [world.file(centre, text, **more) for text in (("One",) if more else ("One", "Two"))]
    world.sync(centre)
    assert flags(world.hq) == [(field, "mismatch") for field in wrong]
    assert [opens(world.hq, one.code) for one in filed] == [bool(more)] * len(filed)
    assert exchange_state(world.hq.node).quarantine == len(filed)


def test_a_box_is_bound_to_its_origin(world: World) -> None:
    one, other = world.centre("NBI"), world.centre("MSA")
    key = world.hq.node.keyring.hq_data_key()
    sent: list[Batch] = []

    def watched(batch: Batch) -> bytes:
        sent.append(batch)
        return write_batch(batch)

    tamper(world, other, watched)
    world.file(other, "Filed in Mombasa")
    world.sync(other)
    stolen = open_keys(key, sent[0].sealed_keys, sent[0].origin, sent[0].start, sent[0].end, sent[0].boxes_bytes)

    def theirs(boxes: list[Box], _keys: list[bytes]) -> tuple[list[Box], list[bytes]]:
        return [Box(b.offset, b.field, a.box) for a, b in zip(sent[0].boxes, boxes, strict=True)], stolen

    tamper(world, one, lambda batch: rebuilt(batch, key, theirs))
    receipt = world.file(one, "Filed in Nairobi")
    world.sync(one)
    assert flags(world.hq) == [("receipt", "mismatch"), ("text", "mismatch")]
    assert not opens(world.hq, receipt.code)


def test_a_box_that_no_leaf_speaks_of_is_dropped(world: World) -> None:
    centre = world.centre("NBI")
    key = world.hq.node.keyring.hq_data_key()

    def smuggle(boxes: list[Box], keys: list[bytes]) -> tuple[list[Box], list[bytes]]:
        return [*boxes, Box(boxes[-1].offset, "zzz", b"\7" * 99)], [*keys, b"\1" * 32]

    tamper(world, centre, lambda batch: rebuilt(batch, key, smuggle))
    receipt = world.file(centre, "Plain")
    world.sync(centre)
    assert texts(world.hq, receipt.code) == ["Plain"]
    assert world.hq.number("SELECT count(*) FROM box WHERE field = 'zzz'") == 0
    assert flags(world.hq) == []


def test_a_list_sealed_to_a_key_that_headquarters_never_had_stores_nothing(world: World) -> None:
    centre = world.centre("NBI")
    key = world.hq.node.keyring.hq_data_key()
    loop = tamper(world, centre, lambda batch: rebuilt(batch, key, lambda b, k: (b, k), to=b"\5" * 32))
    world.file(centre)
    before = sizes(world.hq)
    loop.asked.clear()
    with pytest.raises(Stopped):
        world.sync(centre)
    assert {status for _, path, status in loop.asked if path == "/sync/v1/batch"} == {428}
    assert sizes(world.hq) == before


@pytest.mark.parametrize("name", ["origin", "start", "boxes"])
def test_a_key_list_opens_only_beside_its_own_batch(world: World, name: str) -> None:
    centre = world.centre("NBI")
    key = world.hq.node.keyring.hq_data_key()

    def misplaced(batch: Batch) -> bytes:
        keys = open_keys(key, batch.sealed_keys, batch.origin, batch.start, batch.end, batch.boxes_bytes)
        said = {"origin": batch.origin, "start": batch.start, "end": batch.end, "boxes": batch.boxes_bytes}
        said[name] = {"origin": batch.origin + "x", "start": batch.start + 1, "boxes": batch.boxes_bytes + b"x"}[name]
        sealed = seal_keys(key.public, keys, said["origin"], said["start"], said["end"], said["boxes"])  # type: ignore[arg-type]
        return write_batch(dataclasses.replace(batch, sealed_keys=sealed))

    loop = tamper(world, centre, misplaced)
    world.file(centre)
    before = sizes(world.hq)
    with pytest.raises(Stopped):
        world.sync(centre)
    assert loop.asked[-1][2] == 400
    assert sizes(world.hq) == before


def test_what_is_flagged_at_the_centre_is_told_to_headquarters(world: World) -> None:
    centre = world.centre("NBI")
    world.file(world.hq, centre="NBI")
    loop = world.loop(centre)
    node_key = centre.node.keyring.node_data_key(centre.origin)
    plain = loop.request

    def request(method: str, path: str, body: bytes = b"") -> object:
        reply = plain(method, path, body)
        if path.startswith("/sync/v1/log/to") and reply.status == 200 and read_batch(reply.body).boxes:
            return dataclasses.replace(reply, body=rebuilt(read_batch(reply.body), node_key, without("text")))
        return reply

    loop.request = request  # type: ignore[method-assign, assignment]
    world.sync(centre)
    world.sync(centre)
    assert flags(centre) == [("text", "withheld")]
    assert exchange_state(centre.node).quarantine == 1
    assert world.hq.number("SELECT quarantine FROM ops_heard WHERE centre = 'NBI'") == 1
