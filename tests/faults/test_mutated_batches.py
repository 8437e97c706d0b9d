"""Ten thousand random mutations of a real batch: a right status each, nothing stored, nothing crashed, the real one still taken."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, assume, given, seed, settings
from hypothesis import strategies as st

from sync.batch import read_batch, write_batch

from appliance.usecases.accept_batch import accept_batch
from appliance.usecases.exchange_node import NodeExchange
from tests.factories import World, world_in
from tests.faults.forging import dump
from tests.faults.seeds import SEED
from tests.faults.world import soak

EXAMPLES = 200_000 if soak() else 10_000
REFUSALS = {400, 403, 404, 409, 413, 422, 424, 428}
Edit = tuple[str, int, bytes]
FULL = settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@dataclass
class Target:
    """Headquarters in this process, and the batch a centre owes it."""

    world: World
    origin: str
    raw: bytes

    def answer(self, raw: bytes, sender: str = "") -> int:
        return accept_batch(self.world.hq.node, raw, sender or self.origin).status

    def dumped(self) -> dict[str, str]:
        with self.world.hq.node.store.read() as db:
            return dump(db)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with world_in(tmp_path_factory.mktemp("mutated")) as world:
        centre = world.centre("NBI")
        for turn in range(6):
            world.file(centre, f"Window {turn} was shut", phone="+254700000000")
        cut = NodeExchange(centre.node).cut(centre.origin, 2)
        assert cut is not None
        # Without the centre's copy of HQ's last note: it vouches for nothing, so a batch with a broken one is a good batch.
        yield Target(world, centre.origin, write_batch(replace(read_batch(cut[0]), held_note="")))


def _mutate(data: bytes, edits: list[Edit]) -> bytes:
    """Return *data* after *edits*: each names what is done, where (scaled to the length) and with which bytes."""
    found = bytearray(data)
    for kind, place, piece in edits:
        at = place * len(found) // 65536
        match kind:
            case "put":
                found[at : at + len(piece)] = piece
            case "add":
                found[at:at] = piece
            case "cut":
                del found[at : at + len(piece) * len(piece)]
            case "flip":
                found[at : at + 1] = bytes([found[at] ^ (1 << piece[0] % 8)]) if at < len(found) else b""
            case "twice":
                found[at:at] = found[at : at + 16 * len(piece)]
            case _:
                del found[at:]
    return bytes(found)


EDITS = st.lists(
    st.tuples(st.sampled_from(["put", "add", "cut", "flip", "twice", "end"]), st.integers(0, 65535), st.binary(min_size=1, max_size=8)),
    min_size=1,
    max_size=4,
)


def test_ten_thousand_mutations_are_refused_and_leave_no_trace(target: Target) -> None:
    plain = zlib.decompress(target.raw)
    before = target.dumped()
    answers: dict[int, int] = {}

    @seed(SEED)
    @FULL
    @given(edits=EDITS, packed=st.sampled_from(["as sent", "unpacked"]))
    def mutate(edits: list[Edit], packed: str) -> None:
        """Mutate the bytes as they are sent, or, which reaches deeper, what they unpack to."""
        raw = _mutate(target.raw, edits) if packed == "as sent" else zlib.compress(_mutate(plain, edits), 1)
        assume(_unpacked(raw) != plain)
        status = target.answer(raw)
        answers[status] = answers.get(status, 0) + 1
        assert status in REFUSALS

    mutate()
    assert target.dumped() == before
    assert {400, 403, 404, 422} <= set(answers), answers
    assert target.answer(target.raw) == 200
    assert target.world.hq.verify() == ""


def _unpacked(raw: bytes) -> bytes:
    """Return what *raw* unpacks to whole; b'' for anything else: packed differently is the same batch."""
    try:
        inflater = zlib.decompressobj()
        plain = inflater.decompress(raw)
    except zlib.error:
        return b""
    return plain if inflater.eof and not inflater.unused_data else b""
