"""Whatever stands in headquarters' place answers: the centre takes nothing that does not verify, says so, and goes on by itself."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from sync.exchange import Stopped
from sync.link import LinkDown
from sync.note import Checkpoint, Cosigner, Signer, add_signature, split_note

from appliance.domain.errors import Refusal
from appliance.usecases import logs
from appliance.usecases.node import Node
from appliance.usecases.open_case import Submission, open_case
from appliance.usecases.run_exchange import exchange_state, run_exchange
from tests.faults.filing import submission
from tests.faults.following import reply
from tests.faults.forging import STRANGER
from tests.faults.relay import Passing, Relay, relay_to
from tests.faults.world import World

Lie = Callable[[Passing], None]
DOMAIN = "feedback.example.go.ke"


@pytest.fixture(scope="module")
def relay(first_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Relay, Node]]:
    """Return a world, the relay between its centre and HQ, and the centre's node in this process."""
    world = first_world.copy_to(tmp_path_factory.mktemp("lies") / "world")
    (centre,) = world.machines[1:]
    try:
        world.hq.start()
        with relay_to(world.hq.port) as relay:
            centre.hq_url = f"http://127.0.0.1:{relay.port}"
            centre.configure()
            with centre.node() as node:
                yield world, relay, node
    finally:
        world.close()


def _says(body: object, status: int = 200) -> Lie:
    """Answer *body*, bytes as they are and anything else as JSON."""

    def lie(passing: Passing) -> None:
        passing.status, passing.answer = status, body if isinstance(body, bytes) else json.dumps(body).encode()

    return lie


def _adds(**more: object) -> Lie:
    """Answer as HQ does, but with *more* in its JSON."""

    def lie(passing: Passing) -> None:
        if passing.status == 200:
            passing.answer = json.dumps({**json.loads(passing.answer), **more}).encode()

    return lie


def _turns(change: Callable[[bytes], bytes]) -> Lie:
    """Answer what HQ answers, changed."""

    def lie(passing: Passing) -> None:
        passing.answer = change(passing.answer)

    return lie


def _repacked(change: Callable[[bytes], bytes]) -> Lie:
    return _turns(lambda raw: zlib.compress(change(zlib.decompress(raw))) if raw else raw)


def _noise(size: int) -> bytes:
    return random.Random(2).randbytes(size)


def _own_note(passing: Passing) -> None:
    """Acknowledge by the centre's note alone, without a cosignature."""
    text, _ = split_note(passing.answer.decode())
    lines = passing.answer.decode()[len(text) + 1 :].splitlines(keepends=True)
    passing.answer = f"{text}\n{lines[0]}".encode()


def _stranger_cosigns(passing: Passing) -> None:
    _own_note(passing)
    note = passing.answer.decode()
    passing.answer = add_signature(note, Cosigner.from_seed(f"{DOMAIN}/hq/mirror", STRANGER).cosign(split_note(note)[0], 1)).encode()


def _another_size(passing: Passing) -> None:
    """Acknowledge more than was sent, under a key nobody has."""
    origin, size, root = split_note(passing.answer.decode())[0].splitlines()
    text = f"{origin}\n{int(size) + 5}\n{root}\n"
    passing.answer = Signer.from_seed(Checkpoint.parse(text).origin, STRANGER).sign(text).encode()


LIES: dict[str, tuple[str, Lie]] = {
    "no greeting": ("hello", _says(b"")),
    "a greeting of noise": ("hello", _says(_noise(100))),
    "a greeting of another kind": ("hello", _says([1])),
    "a greeting without end": ("hello", _says(b"[" * 3_000_000)),
    "a nested greeting": ("hello", _says(b"[" * 100_000)),
    "a key serial of words": ("hello", _adds(keys="many")),
    "a key serial of lists": ("hello", _adds(keys=[1])),
    "a key serial far away": ("hello", _adds(keys=10**30)),
    "a number for the logs below": ("hello", _adds(down=3)),
    "words for the logs below": ("hello", _adds(down={"all": "far", "to": None})),
    "logs far below": ("hello", _adds(down={"all": 10**15, "to": 10**15})),
    "a number for what is held": ("hello", _adds(holds=7)),
    "all is held already": ("hello", lambda passing: _holds(passing, 10**9)),
    "less than nothing is held": ("hello", lambda passing: _holds(passing, -1)),
    "words are held": ("hello", lambda passing: _holds(passing, "x")),
    "nothing is held": ("hello", lambda passing: _holds(passing, 0)),
    "a number to give back": ("hello", _adds(**{"return": 5})),
    "words to give back": ("hello", _adds(**{"return": ["x", 5, {"origin": 5, "from": "x"}]})),
    "give back what nobody has": ("hello", _adds(**{"return": [{"origin": "x", "from": -1}]})),
    "before time began": ("hello", _adds(time=-5)),
    "after the end of time": ("hello", _adds(time=2**62)),
    "a time of words": ("hello", _adds(time="noon")),
    "words in quarantine": ("hello", _adds(quarantine="x")),
    "no log": ("log/all", _says(b"")),
    "a log of noise": ("log/all", _says(_noise(500))),
    "a log cut short": ("log/all", _turns(lambda raw: raw[:-9])),
    "a log with a bomb": ("log/all", _says(zlib.compress(bytes(200_000_000)))),
    "a log with a changed byte": ("log/to", _repacked(lambda plain: plain[:-300] + bytes([plain[-300] ^ 1]) + plain[-299:])),
    "a log of another name": ("log/to", _repacked(lambda plain: plain.replace(b"/to/NBI/", b"/to/MSA/", 1))),
    "a log that starts later": ("log/to", _repacked(lambda plain: plain.replace(b"\nstart ", b"\nstart 9", 1).replace(b"\nend ", b"\nend 9", 1))),
    "nothing after all": ("log/to", _says(b"", 204)),
    "an error in the log": ("log/to", _says(b"", 500)),
    "no acknowledgement": ("batch", _says(b"")),
    "an acknowledgement of noise": ("batch", _says(_noise(300))),
    "an acknowledgement nobody cosigned": ("batch", _own_note),
    "an acknowledgement a stranger cosigned": ("batch", _stranger_cosigns),
    "an acknowledgement of more": ("batch", _another_size),
    "held: words": ("batch", _says(b"x\n", 409)),
    "held: nothing": ("batch", _says(b"", 409)),
    "held: less": ("batch", _says(b"0\n", 409)),
    "held: far more": ("batch", _says(b"999999999\nx\n\ny", 409)),
    "frozen, it says": ("batch", _says(b"5\nnoise", 423)),
    "closed, it says": ("batch", _says(b"closed\n", 410)),
    "unknown, it says": ("batch", _says(b"unknown origin\n", 404)),
    "send again from 0, for ever": ("batch", _says(b"again\n", 422)),
    "a file nobody has": ("batch", _says(b"ab" * 32 + b"\n", 424)),
    "a file of no name": ("batch", _says(b"zz top\n", 424)),
    "a key nobody announced": ("batch", _says(b"0123456789abcdef\n", 428)),
    "too large, it says": ("batch", _says(b"", 413)),
    "moved away": ("batch", _says(b"", 302)),
    "no teapot": ("batch", _says(b"", 418)),
    "out of order": ("ack", _says(b"", 500)),
}


def _holds(passing: Passing, size: object) -> None:
    if passing.status == 200:
        said = json.loads(passing.answer)
        passing.answer = json.dumps({**said, "holds": dict.fromkeys(said["holds"], size)}).encode()


@pytest.mark.parametrize(("step", "lie"), LIES.values(), ids=LIES)
def test_a_lie_is_taken_for_one_and_the_next_honest_exchange_brings_everything(relay: tuple[World, Relay, Node], step: str, lie: Lie) -> None:
    world, line, node = relay
    for _ in range(2):
        open_case(node, Submission(**submission()))
    known = next(iter(world.hq.references()), "")
    if known:
        reply(world.hq, known, "We are looking into it.")
    epoch = _epoch(node)
    line.begin()
    line.answered = lambda passing: lie(passing) if passing.step.startswith(step) and passing.status != 401 else None
    with suppress(LinkDown, Stopped, Refusal):
        run_exchange(node)
    line.begin()
    run_exchange(node)
    assert exchange_state(node).unsent == 0
    assert _epoch(node) == epoch, "a lie began a new epoch"
    with node.store.read() as db:
        here = db.all("SELECT id, ref FROM case_state")
    assert world.hq.references() == {str(row[0]): str(row[1]) for row in here}


def test_after_all_those_lies_both_sides_verify(relay: tuple[World, Relay, Node]) -> None:
    world, _, _ = relay
    assert world.hq.verify()["ok"]
    assert world.machines[1].verify()["ok"]


def _epoch(node: Node) -> str:
    with node.store.read() as db:
        return logs.by_id(db, node.journal.own_log).origin
