"""docs/protocol.md is enough to write a client from: one that was written so talks to a real headquarters over HTTP."""

from __future__ import annotations

import ast
import base64
import dataclasses
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from appliance.domain.people import Person
from appliance.usecases import enrol_centre
from appliance.usecases.answer_case import reply_to_citizen
from appliance.usecases.erase_values import erase
from appliance.usecases.read_case import open_with_reason, read_file
from appliance.wiring import create_app
from tests.docs import protocol_client as stranger
from tests.docs.protocol_client import Batch, Client, receipt_code, sha256
from tests.factories import ADMINISTRATOR, DOMAIN, HQ_OFFICER, World, world_in
from tests.serving import served
from tests.usecases.looking import opens, texts

PAGE = Path(__file__).parents[2] / "docs" / "protocol.md"


@dataclasses.dataclass
class Meeting:
    """A stranger's client and the headquarters it talks to."""

    world: World
    client: Client


@pytest.fixture
def meeting(tmp_path: Path) -> Iterator[Meeting]:
    """Lend a client that HQ has taken in and that has fetched what HQ says."""
    with world_in(tmp_path) as world:
        world.watch.jump(time.time() - world.watch.now)
        with served(create_app(world.hq.node)) as port:
            client = Client("127.0.0.1", port, DOMAIN, "NBI", enrol_centre.make_token(world.hq.node, "NBI"))
            assert client.enrol() == 202
            world.approve()
            assert client.enrol() == 200
            client.exchange()
            yield Meeting(world, client)


def test_the_client_knows_nothing_of_this_project() -> None:
    tree = ast.parse(Path(stranger.__file__).read_text("utf-8"))
    names = {alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names - {"cryptography", "__future__"} <= sys.stdlib_module_names


def test_a_case_it_files_is_at_headquarters_and_its_code_works_there(meeting: Meeting) -> None:
    code = receipt_code()
    meeting.client.file(code, "Chai ilitakiwa", "NBI-26A-000001-R")
    meeting.client.exchange()
    assert texts(meeting.world.hq, code) == ["Chai ilitakiwa"]
    assert meeting.client.acked == len(meeting.client.leaves)
    assert meeting.world.hq.number("SELECT count(*) FROM quarantine") + meeting.world.hq.number("SELECT count(*) FROM box_flag") == 0
    assert meeting.world.hq.verify() == ""


def test_an_answer_and_a_case_filed_at_headquarters_come_down_to_it_and_are_acknowledged(meeting: Meeting) -> None:
    code = receipt_code()
    case = meeting.client.file(code, "Where is my card?", "NBI-26A-000001-R")
    meeting.client.exchange()
    reply = reply_to_citizen(meeting.world.hq.node, case, HQ_OFFICER, "It is on its way.")
    filed = meeting.world.file(meeting.world.hq, "From the portal", centre="NBI", channel="web")
    meeting.client.exchange()
    assert meeting.client.values[reply.id, "text"] == b"It is on its way."
    assert meeting.client.values[filed.id, "text"] == b"From the portal"
    assert meeting.world.hq.number("SELECT size - acked FROM log WHERE name = 'to/NBI'") == 0
    erase(meeting.world.hq.node, filed.id, ADMINISTRATOR, ("text",), "court-order")
    meeting.client.exchange()
    assert (filed.id, "text") not in meeting.client.values


def test_what_another_centre_filed_about_it_comes_relayed(meeting: Meeting) -> None:
    other = meeting.world.centre("MSA")
    receipt = meeting.world.file(other, "About Nairobi", centre="NBI")
    meeting.world.sync(other)
    meeting.client.exchange()
    assert meeting.client.values[receipt.id, "text"] == b"About Nairobi"


def test_it_comes_to_rest(meeting: Meeting) -> None:
    meeting.client.exchange()
    size = len(meeting.client.leaves)
    meeting.client.exchange()
    assert len(meeting.client.leaves) == size


def test_a_batch_without_leaves_but_with_a_note_is_a_heartbeat_answered_by_the_table(meeting: Meeting) -> None:
    client, size = meeting.client, len(meeting.client.leaves)
    answer = client.request("POST", "/sync/v1/batch", Batch(client.origin, size, size, note=client.checkpoint(size)).write())
    assert answer.status == 200
    client.cosigned(answer.body.decode(), size)
    older = client.request("POST", "/sync/v1/batch", Batch(client.origin, 1, 1, note=client.checkpoint(1)).write())
    assert (older.status, older.body.split(b"\n")[0]) == (409, str(size).encode())


def test_objects_travel_without_leaf_and_note_and_a_leaf_that_names_one_waits_for_it(meeting: Meeting) -> None:
    client, photo, key, nonce = meeting.client, os.urandom(1000), os.urandom(32), os.urandom(12)
    case = stranger.uuid7()
    chunk = nonce + ChaCha20Poly1305(key).encrypt(nonce, photo, f"cfms/file/v1\n{client.origin}\n{case}\nfile-0".encode())
    files = [{"media": "image/jpeg", "size": 1000, "field": "file-0", "chunks": [sha256(chunk).hex()]}]
    said = {"ref": "", "kind": "complaint", "centre": "NBI", "channel": "kiosk", "lang": "en", "files": files}
    client.append("opened", {"file-0": key, "receipt": os.urandom(32)}, id=case, case=case, n=1, **said)
    start, end = client.acked, len(client.leaves)
    missing = client.request("POST", "/sync/v1/batch", client.batch(start, end).write())
    assert (missing.status, missing.body.decode().split()) == (424, [sha256(chunk).hex()])
    sent = client.request("POST", "/sync/v1/batch", Batch(client.origin, 0, 0, objects=[chunk]).write())
    assert (sent.status, sent.body) == (200, b"")
    client.exchange()
    assert client.acked == len(client.leaves)
    assert read_file(meeting.world.hq.node, case, case, "file-0", reader_of(meeting, case)) == ("image/jpeg", photo)
    again = client.request("POST", "/sync/v1/objects", sha256(chunk).hex().encode())
    assert Batch.read(again.body).objects == [chunk]


def reader_of(meeting: Meeting, case: str) -> Person:
    """Return somebody at headquarters who has said why they open *case*."""
    open_with_reason(meeting.world.hq.node, case, HQ_OFFICER, "to look at the photo")
    return HQ_OFFICER


def test_a_closed_log_takes_neither_leaves_nor_objects(meeting: Meeting) -> None:
    client = meeting.client
    meeting.world.hq.node.store.write(lambda db: db.run("UPDATE log SET state = 'closed' WHERE origin = :origin", origin=client.origin))
    client.append("clock-confirmed", source="hq")
    for batch in (client.batch(client.acked, len(client.leaves)), Batch(client.origin, 0, 0, objects=[b"x"])):
        assert client.request("POST", "/sync/v1/batch", batch.write()).status == 410


def test_a_revoked_client_is_heard_no_more(meeting: Meeting) -> None:
    enrol_centre.revoke(meeting.world.hq.node, meeting.client.origin, "stolen")
    assert meeting.client.hello().status == 404


@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        (lambda b: dataclasses.replace(b, kid="0" * 16), 428),
        (lambda b: dataclasses.replace(b, keys=b.keys[:-1] + bytes([b.keys[-1] ^ 1])), 400),
        (lambda b: dataclasses.replace(b, note=b.note.replace("\u2014 ", "\u2014 x")), 403),
        (lambda b: dataclasses.replace(b, leaves=[*b.leaves[:-1], b.leaves[-1] + b" "]), 422),
        (lambda b: dataclasses.replace(b, origin=b.origin[:-1] + "z"), 404),
    ],
)
def test_a_spoiled_batch_gets_the_answer_of_the_table(meeting: Meeting, spoil: object, status: int) -> None:
    client = meeting.client
    code = receipt_code()
    client.file(code, "Once", "NBI-26A-000001-R")
    raw = spoil(client.batch(client.acked, len(client.leaves))).write()  # type: ignore[operator]
    assert client.request("POST", "/sync/v1/batch", raw).status == status
    assert not opens(meeting.world.hq, code)
    client.exchange()
    assert opens(meeting.world.hq, code)


def test_requests_are_refused_as_the_page_says(meeting: Meeting) -> None:
    client = meeting.client
    assert client.plain("POST", "/sync/v1/hello", b"{}").status == 401
    good = client.hello()
    assert good.status == 200
    client.nonce = good.nonce
    other, client.pen = client.pen, stranger.Pen(client.origin, stranger.ED25519, Ed25519PrivateKey.generate())
    assert client.request("POST", "/sync/v1/hello", b"{}").status == 403
    client.pen = stranger.Pen(client.origin + "x", stranger.ED25519, other.private)
    assert client.request("POST", "/sync/v1/hello", b"{}").status == 404
    client.pen = other
    assert client.request("POST", "/sync/v1/hello", b"[]").status == 400
    assert client.request("GET", "/sync/v1/log/hq?from=0").status == 404
    assert client.plain("POST", "/sync/v1/enrol", b"x" * 70_000).status == 413


def example(language: str, word: str) -> str:
    """Return the block of the worked example that is of *language* and holds *word*."""
    page = PAGE.read_text("utf-8").partition("## Worked example")[2]
    found = next(block for kind, block in re.findall(r"```(\w+)\n(.*?)```", page, re.DOTALL) if kind == language and word in block)
    return str(found)


def test_the_worked_example_is_true() -> None:
    batch = Batch.read(base64.b64decode("".join(example("base64", "eAG").split())))
    assert batch.leaves == [example("text", '"opened"').strip().encode()]
    assert batch.note == example("text", "\n1\n")
    log = stranger.Pen(batch.origin, 1, Ed25519PrivateKey.from_private_bytes(b"\1" * 32))
    assert stranger.open_note(batch.note, log.key).split("\n")[2] == stranger.b64(stranger.root_of(batch.leaves))
    hq = X25519PrivateKey.from_private_bytes(b"\4" * 32)
    info = stranger.key_list_info(batch.kid, batch.origin, 0, 1, batch.boxes_bytes)
    keys = stranger.HPKE.decrypt(batch.keys, hq, info=info)
    assert keys == b"\x21" * 32 + b"\x22" * 32
    event = "019abcdef0127abc8def0123456789ab"
    commitments = json.loads(batch.leaves[0])["c"]
    values = [
        stranger.unseal(keys[32 * i : 32 * i + 32], box, commitments[name], batch.origin, event, name) for i, (_, name, box) in enumerate(batch.boxes)
    ]
    assert values == [sha256(b"cfms-rid/v1\n12345678901234567888"), b"Chai ilitakiwa"]
    mirror = stranger.Pen("cfms.example.org/hq/mirror", 4, Ed25519PrivateKey.from_private_bytes(b"\5" * 32))
    assert mirror.key.vkey in example("text", "log's vkey")
    stranger.open_note(example("text", "hq/mirror 9MZ"), log.key, mirror.key)
