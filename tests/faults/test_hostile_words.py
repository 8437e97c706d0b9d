"""What an enrolled centre says of itself may be anything at all: headquarters answers each with a status of its own and goes on."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, seed, settings
from hypothesis import strategies as st

from sync.link import request_text
from sync.note import Signer

from tests import factories
from tests.factories import Loop, client_of, world_in
from tests.faults.databases import fresh_database
from tests.faults.forging import STRANGER
from tests.faults.seeds import SEED
from tests.faults.world import soak

EXAMPLES = 20_000 if soak() else 150
FULL = settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([2**63, -(2**63), 2**70, "\0", "\ud800", "9" * 5000])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["origin", "size", "note", "held", "all", "to", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)
SAID = st.dictionaries(st.sampled_from(["version", "time", "logs", "oldest", "quarantine", "down", "mirrors", "notes"]), ANYTHING, max_size=8)
BODY = SAID.map(lambda said: json.dumps(said).encode()) | ANYTHING.map(lambda said: json.dumps(said).encode()) | st.binary(max_size=60)
START = st.text(max_size=8) | st.integers().map(str) | st.sampled_from(["0", "9" * 15, "9" * 16, "²", "٣"])


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def line(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    """Return the line of an enrolled centre to HQ's application in this process, on either engine."""
    url = fresh_database(request.getfixturevalue("postgres_cluster")) if request.param == "postgres" else ""
    with world_in(tmp_path_factory.mktemp("words"), url) as world, pytest.MonkeyPatch.context() as patch:
        centre = world.centre("NBI")
        client = client_of(world.hq)
        patch.setattr(factories, "client_of", lambda _: client)
        yield world.loop(centre)
        assert world.hq.verify() == ""


@pytest.mark.parametrize("path", ["hello", "ack", "objects", "return", "batch", "enrol"])
def test_any_body_has_an_answer(line: Loop, path: str) -> None:
    @seed(SEED)
    @FULL
    @given(body=BODY)
    @example(body=b'{"version":"\\u0000","logs":[{"origin":"\\u0000"}],"mirrors":[{"origin":"\\u0000"}],"notes":["\\u0000"]}')
    @example(body=b'{"version":"\\ud800","logs":[{"origin":"\\ud800"}],"mirrors":[{"origin":"\\ud800"}],"notes":["\\ud800"]}')
    def say(body: bytes) -> None:
        assert line.request("POST", f"/sync/v1/{path}", body).status < 500

    say()


@pytest.mark.parametrize("path", ["log/all", "log/to", "log/hq", "recover"])
def test_any_place_in_a_log_has_an_answer(line: Loop, path: str) -> None:
    @seed(SEED)
    @FULL
    @given(start=START)
    def ask(start: str) -> None:
        assert line.request("GET", f"/sync/v1/{path}?from={_quoted(start)}").status < 500

    ask()


def test_a_log_of_an_impossible_name_has_an_answer(line: Loop) -> None:
    for name in ("", "\0", "\ud800", "a" * 600):
        assert line.request("GET", f"/sync/v1/recover?from=0&origin={_quoted(name)}").status == 404
    impossible = Signer.from_seed("x", STRANGER)
    for name in ("\0", "a b", "", "a" * 900):
        text = request_text(line._nonce, "POST", "/sync/v1/hello", b"{}")
        note = impossible.sign(text).replace("— x ", f"— {name} ")
        header = {"CFMS-Request": base64.b64encode(note.encode()).decode()}
        assert line._send("POST", "/sync/v1/hello", b"{}", header).status in {401, 404}


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
