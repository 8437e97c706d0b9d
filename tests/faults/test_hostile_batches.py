"""Whatever a liar sends headquarters over real HTTP: the right status, nothing stored, nothing crashed, honest batches still taken."""

from __future__ import annotations

import base64
import http.client
import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from sync.batch import MAX_COMPRESSED, Batch, Box, write_batch
from sync.link import Reply, request_text
from sync.note import Checkpoint, open_note

from appliance.domain import events as ev
from appliance.journal import boxes
from appliance.journal.sending import seal_batch
from appliance.projections import announcements
from appliance.usecases import trust
from appliance.usecases.node import Node
from appliance.usecases.open_case import Submission, open_case
from tests.faults.filing import submission
from tests.faults.forging import STRANGER, Liar, dump, with_leaves
from tests.faults.world import Machine, World

Forge = Callable[[Liar, Batch], bytes | Batch]
NOWHERE = "feedback.example.go.ke/log/NBI/00000000"


@pytest.fixture(scope="module")
def shared(first_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return a world whose HQ serves all the tests here that leave it as it was."""
    world = first_world.copy_to(tmp_path_factory.mktemp("hostile") / "world")
    try:
        world.hq.start()
        yield world
    finally:
        world.close()


@pytest.fixture(scope="module")
def node(shared: World) -> Iterator[Node]:
    """Return the node of the centre NBI in this process."""
    with shared.machines[1].node() as node:
        yield node


@pytest.fixture
def liar(node: Node) -> Liar:
    """Return somebody with the key of NBI, which owes HQ five cases."""
    return _owing(node, 5)


def _owing(node: Node, count: int) -> Liar:
    for _ in range(count):
        open_case(node, Submission(**submission()))
    return Liar(node)


def _dumped(machine: Machine) -> dict[str, str]:
    with machine.read() as db:
        return dump(db)


def _noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


def _with_missing_file(liar: Liar, batch: Batch) -> Batch:
    event = next(e for e in map(ev.decode, batch.leaves) if isinstance(e, ev.CaseOpened))
    photo = ev.Attachment(media="image/jpeg", size=1, field="file-0", chunks=("ab" * 32,))
    (one,) = boxes.seal(batch.origin, event.id, {photo.field: _noise(32)})
    with liar.node.store.read() as db:
        key = announcements.hq_key(db)
    assert key is not None
    leaf = ev.encode(msgspec.structs.replace(event, files=(photo,), c={one.field: one.commitment}))
    return liar.sign(seal_batch(batch.origin, batch.start, [leaf], [Box(0, one.field, one.box)], [one.key], "", base64.b64decode(key[1])))


def _plain(batch: Batch) -> bytes:
    return zlib.decompress(write_batch(batch))


def _bomb(mebibytes: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(mebibytes)) + packer.flush()


FORGED: dict[str, tuple[int, Forge]] = {
    "nothing": (400, lambda liar, batch: b""),
    "noise": (400, lambda liar, batch: _noise(5000)),
    "cut in the middle": (400, lambda liar, batch: liar.owed()[:-200]),
    "one byte short": (400, lambda liar, batch: liar.owed()[:-1]),
    "something behind it": (400, lambda liar, batch: liar.owed() + b"\0"),
    "two batches in one": (400, lambda liar, batch: liar.owed() * 2),
    "text that is no batch": (400, lambda liar, batch: zlib.compress(b"cfms-batch/v1\n" * 50)),
    "one byte over the limit": (413, lambda liar, batch: _noise(MAX_COMPRESSED + 1)),
    "a bomb": (413, lambda liar, batch: _bomb(256)),
    "more than is declared": (400, lambda liar, batch: zlib.compress(_plain(batch) + b"\0" * 100)),
    "an origin nobody has": (404, lambda liar, batch: replace(batch, origin=NOWHERE)),
    "headquarters' own origin": (404, lambda liar, batch: replace(batch, origin="feedback.example.go.ke/log/all/00000000")),
    "a key nobody has": (403, lambda liar, batch: liar.sign(batch, STRANGER)),
    "a note of another log": (403, lambda liar, batch: liar.sign(batch, STRANGER, origin=NOWHERE)),
    "no note": (403, lambda liar, batch: batch.with_note("")),
    "a note of no form": (403, lambda liar, batch: batch.with_note("hello\n\n— you me\n")),
    "a leaf changed under the note": (422, lambda liar, batch: with_leaves(batch, [b"{}", *batch.leaves[1:]])),
    "leaves in another order": (422, lambda liar, batch: with_leaves(batch, batch.leaves[::-1])),
    "a note of another size": (422, lambda liar, batch: liar.sign(batch, size=batch.end + 1)),
    "a gap": (409, lambda liar, batch: liar.owed(liar.sizes[0] + 3)),
    "a key list to nobody here": (428, lambda liar, batch: replace(batch, kid="0123456789abcdef")),
    "a key list of noise": (400, lambda liar, batch: replace(batch, sealed_keys=_noise(len(batch.sealed_keys)))),
    "no key list": (400, lambda liar, batch: replace(batch, sealed_keys=b"")),
    "a key list without boxes": (400, lambda liar, batch: replace(batch, boxes=[], boxes_bytes=b"")),
    "a file that is not there": (424, _with_missing_file),
}


@pytest.mark.parametrize(("status", "forge"), FORGED.values(), ids=FORGED)
def test_a_forged_batch_is_refused_and_leaves_no_trace(shared: World, liar: Liar, status: int, forge: Forge) -> None:
    forged = forge(liar, liar.batch())
    before, memory = _dumped(shared.hq), _peak(shared.hq)
    assert liar.send(forged).status == status
    assert _dumped(shared.hq) == before
    assert _peak(shared.hq) - memory < 48 * 1024 * 1024
    assert liar.deliver().status == 200


def _peak(machine: Machine) -> int:
    """Return the most memory its server has ever held, in bytes."""
    assert machine.process is not None
    lines = Path(f"/proc/{machine.process.pid}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


REQUESTS: dict[str, tuple[int, Callable[[Liar], Reply]]] = {
    "signed by a stranger": (403, lambda liar: liar.send(liar.owed(), STRANGER)),
    "a greeting signed by a stranger": (403, lambda liar: liar.ask("POST", "/sync/v1/hello", b"{}", STRANGER)),
    "another centre's log": (404, lambda liar: liar.ask("GET", "/sync/v1/recover?origin=feedback.example.go.ke/log/MSA/00000000&from=0")),
    "a log that is not his": (404, lambda liar: liar.ask("GET", "/sync/v1/log/hq?from=0")),
    "a greeting of noise": (400, lambda liar: liar.ask("POST", "/sync/v1/hello", _noise(200))),
    "an acknowledgement of noise": (400, lambda liar: liar.ask("POST", "/sync/v1/ack", _noise(200))),
    "a small thing that is large": (413, lambda liar: liar.ask("POST", "/sync/v1/ack", _noise(70_000))),
    "leaves that no log lost": (404, lambda liar: liar.ask("POST", "/sync/v1/return", liar.owed())),
}


@pytest.mark.parametrize(("status", "ask"), REQUESTS.values(), ids=REQUESTS)
def test_a_request_of_a_liar_is_refused_and_leaves_no_trace(shared: World, liar: Liar, status: int, ask: Callable[[Liar], Reply]) -> None:
    before = _dumped(shared.hq)
    assert ask(liar).status == status
    assert _dumped(shared.hq) == before


def test_a_request_without_a_fresh_nonce_is_only_told_one(shared: World, liar: Liar) -> None:
    body = liar.owed()
    path = "/sync/v1/batch"
    stale = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    note = liar.node.keyring.log_signer(liar.origin).sign(request_text(stale, "POST", path, body))
    before = _dumped(shared.hq)
    for header in ("", "noise", base64.b64encode(note.encode()).decode(), "é".encode().decode("latin-1"), "A" * 60_000):
        line = http.client.HTTPConnection("127.0.0.1", shared.hq.port, timeout=20)
        line.request("POST", path, body, {"CFMS-Request": header})
        answer = line.getresponse()
        assert answer.status == 401
        assert answer.headers["CFMS-Nonce"]
        line.close()
    assert _dumped(shared.hq) == before


def test_a_batch_sent_again_is_acknowledged_again_and_an_older_one_never(shared: World, node: Node) -> None:
    liar = _owing(node, 3)
    first = liar.owed()
    assert liar.deliver().status == 200
    _owing(node, 3)
    second = liar.owed()
    before = shared.hq.cases()
    answers = [liar.send(second), liar.send(second), liar.send(first)]
    assert [answer.status for answer in answers] == [200, 200, 409]
    assert shared.hq.cases() == before + 3
    size, _, note = answers[2].text.partition("\n")
    assert int(size) == liar.sizes[1]
    assert Checkpoint.parse(open_note(note, [trust.hq_mirror(node)]).text).size == liar.sizes[1]


def test_batches_out_of_order_wait_for_their_turn(shared: World, node: Node) -> None:
    liar = _owing(node, 3)
    first, middle = liar.owed(), liar.sizes[1]
    _owing(node, 3)
    second = liar.owed(middle)
    assert [liar.send(raw).status for raw in (second, first, second)] == [409, 200, 200]
    assert liar.deliver().status == 200
    assert shared.hq.number("SELECT size FROM log WHERE origin = :o", o=liar.origin) == liar.sizes[1]


def test_a_second_history_under_the_same_key_freezes_the_log_and_both_notes_are_kept(world: World) -> None:
    world.hq.start()
    with world.machines[1].node() as node:
        liar = _owing(node, 4)
        honest = liar.batch()
        other = liar.sign(with_leaves(honest, honest.leaves[::-1]))
        assert liar.send(honest).status == 200
        before = world.hq.references()
        answers = [liar.send(other), liar.send(honest), liar.send(_owing(node, 1).owed())]
        assert [answer.status for answer in answers] == [423, 423, 423]
        assert other.note in answers[0].text
    with world.hq.read() as db:
        ours, theirs = db.one("SELECT ours, theirs FROM fork") or ("", "")
    assert honest.note.splitlines()[:3] == ours.splitlines()[:3]
    assert theirs == other.note
    assert world.hq.references() == before
    assert world.hq.verify()["ok"]
