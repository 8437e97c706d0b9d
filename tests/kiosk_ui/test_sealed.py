"""What waited on a terminal comes in sealed: registered once, answered without the code, and telling a thief of the envelope nothing."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from sync.intake import seal_intake

from appliance.domain.errors import PhotosWaiting, StorageFull
from appliance.journal.intake_keys import IntakeKeys
from appliance.store.errors import StoreError
from appliance.usecases import open_sealed, terminals
from appliance.web.limits import DAY
from appliance.wiring import create_app
from tests.factories import Mint, Site, World, client_of
from tests.usecases.recordings import IN_PARTS, SILENCE, ogg_of

MINT = Mint(41)
PATH = "/api/v1/sealed"


def _message(**more: object) -> dict[str, object]:
    return {"id": MINT.id(), "code": MINT.code(), "kind": "complaint", "text": "The queue did not move", **more}


def _envelope(site: Site, body: dict[str, object], *, to: str = "feedback", id: object = "", plain: bytes = b"") -> dict[str, object]:
    key = IntakeKeys(site.node.keyring).current()
    outer = str(id or body["id"])
    sealed = seal_intake(key.public, outer, plain or json.dumps({"to": to, "body": body}).encode().ljust(4096))
    return {"kid": key.kid, "id": outer, "sealed": base64.b64encode(sealed).decode(), "waiting": 3}


def test_a_kept_message_is_registered_once_and_its_code_is_not_told(client: FlaskClient, centre: Site) -> None:
    body = _message()
    first, second = (client.post(PATH, json=_envelope(centre, body)) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json is not None
    assert first.json == second.json
    assert set(first.json) == {"id", "ref", "due"}
    assert str(body["code"]) not in first.text
    assert first.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in first.headers
    look = client.post("/api/v1/track", json={"code": body["code"]})
    assert look.json is not None
    assert look.json["ref"] == first.json["ref"]


def test_what_came_by_the_open_door_already_is_not_doubled(client: FlaskClient, centre: Site) -> None:
    body = _message()
    assert client.post("/api/v1/feedback", json=body).status_code == 201
    assert client.post(PATH, json=_envelope(centre, body)).status_code == 200
    assert centre.number("SELECT count(*) FROM case_state WHERE id = :id", id=body["id"]) == 1


def test_a_voice_note_that_waited_is_heard_as_if_it_came_now(client: FlaskClient, centre: Site) -> None:
    body = _message(text="", files=[{"kind": "voice", "data": base64.b64encode(IN_PARTS).decode()}])
    assert client.post(PATH, json=_envelope(centre, body)).status_code == 201
    look = client.post("/api/v1/track", json={"code": body["code"]})
    assert look.json is not None
    assert [len(line["files"]) for line in look.json["story"]][:1] == [1]


def test_words_that_waited_are_not_lost_for_a_recording_in_which_nobody_speaks(client: FlaskClient, centre: Site) -> None:
    files = [{"kind": "voice", "data": base64.b64encode(one).decode()} for one in (ogg_of([SILENCE] * 20), IN_PARTS)]
    body = _message(files=files)
    assert [client.post(PATH, json=_envelope(centre, body)).status_code for _ in range(2)] == [201, 200]
    told = client.post("/api/v1/track", json={"code": body["code"]}).json
    assert told is not None
    assert [(one["text"], one["files"]) for one in told["story"]] == [(body["text"], ["voice"])]
    alone = client.post(PATH, json=_envelope(centre, _message(text="", files=files[:1])))
    assert alone.json is not None
    assert (alone.status_code, alone.json["details"]) == (422, {"why": "TextMissing"})


def test_words_that_waited_are_not_lost_for_a_service_that_is_no_more(client: FlaskClient, centre: Site) -> None:
    body = _message(service="00001", category="gone")
    assert client.post(PATH, json=_envelope(centre, body)).status_code == 201
    assert centre.number("SELECT count(*) FROM case_state WHERE id = :id AND service = ''", id=body["id"]) == 1
    tap: dict[str, object] = {"id": MINT.id(), "rating": 2, "service": "00001"}
    assert client.post(PATH, json=_envelope(centre, tap, to="rating")).status_code == 201


def test_a_kept_tap_counts_and_a_ticket_told_later_is_added(client: FlaskClient, centre: Site) -> None:
    tap: dict[str, object] = {"id": MINT.id(), "rating": 4}
    assert client.post(PATH, json=_envelope(centre, tap, to="rating")).json == {"id": tap["id"], "ref": "", "due": 0}
    assert client.post(PATH, json=_envelope(centre, {**tap, "ticket": "B42"}, to="rating")).status_code == 200


def test_a_key_that_is_gone_is_410(client: FlaskClient, centre: Site) -> None:
    answer = client.post(PATH, json={**_envelope(centre, _message()), "kid": "0123456789abcdef"})
    assert answer.status_code == 410
    assert answer.json is not None
    assert answer.json["error"] == "KeyGone"


def test_every_envelope_that_does_not_open_is_answered_alike(client: FlaskClient, centre: Site, world: World) -> None:
    body = _message()
    good, foreign = _envelope(centre, body), _envelope(world.hq, body)
    wrong = [
        {**good, "sealed": foreign["sealed"]},
        {**good, "sealed": ""},
        {**good, "sealed": base64.b64encode(b"\0" * 200).decode()},
        {**good, "id": MINT.id()},
        _envelope(centre, body, id=MINT.id()),
        _envelope(centre, body, to="track"),
        _envelope(centre, body, plain=b"no json"),
        _envelope(centre, body, plain=json.dumps({"to": "feedback", "body": {**body, "kind": 7}}).encode()),
    ]
    answers = [client.post(PATH, json=one) for one in wrong]
    assert {(one.status_code, one.text) for one in answers} == {(422, answers[0].text)}
    assert centre.number("SELECT count(*) FROM case_state WHERE id = :id", id=body["id"]) == 0


@pytest.mark.parametrize(
    ("wrong", "why"),
    [({"text": "x" * 5000}, "TextTooLong"), ({"kind": "bribe of the chief"}, "UnknownChoice"), ({"code": "1" * 20}, "CodeMistyped")],
)
def test_what_can_never_be_registered_is_named_and_not_quoted(client: FlaskClient, centre: Site, wrong: dict[str, object], why: str) -> None:
    answer = client.post(PATH, json=_envelope(centre, _message(**wrong)))
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["error"] == "EnvelopeRefused"
    assert answer.json["details"] == {"why": why}
    assert not any(str(value) in answer.text for value in wrong.values())


def test_the_same_id_with_another_code_is_refused_without_a_word_of_either(client: FlaskClient, centre: Site) -> None:
    body = _message()
    client.post(PATH, json=_envelope(centre, body))
    answer = client.post(PATH, json=_envelope(centre, {**body, "code": MINT.code()}))
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["details"] == {"why": "CodeConflict"}


@pytest.mark.parametrize("broken", [StorageFull, StoreError, PhotosWaiting])
def test_what_cannot_be_kept_now_may_come_again(client: FlaskClient, centre: Site, monkeypatch: pytest.MonkeyPatch, broken: type[Exception]) -> None:
    envelope = _envelope(centre, _message())

    def refuse(*_: object) -> None:
        raise broken

    with monkeypatch.context() as patch:
        patch.setattr(open_sealed, "open_case", refuse)
        assert client.post(PATH, json=envelope).status_code in {503, 507}
    assert client.post(PATH, json=envelope).status_code == 201


@pytest.mark.parametrize("raw", [b"", b"{", b'{"kid": 7}', b'{"kid": "a", "id": "b", "sealed": "?"}'])
def test_what_is_no_json_of_ours_says_so(client: FlaskClient, raw: bytes) -> None:
    for path in (PATH, "/api/v1/waiting"):
        assert client.post(path, data=raw).status_code == 400


def test_an_envelope_may_be_as_large_as_any_request_and_not_larger(client: FlaskClient, centre: Site) -> None:
    most = centre.node.settings.limits.body_bytes
    answer = client.post(PATH, data=b'{"kid": "0123456789abcdef", "id": "x", "sealed": ""}'.ljust(most))
    assert answer.status_code == 410
    assert client.post(PATH, data=b" " * (most + 1)).status_code == 413


def test_the_largest_message_a_page_takes_fits_in_its_envelope(client: FlaskClient, centre: Site) -> None:
    page = client.get("/").text
    most = int(page.split('data-most="')[1].split('"')[0])
    plain = json.dumps({"to": "feedback", "body": {**_message(), "text": "x" * most}}).encode()
    padded = -(-len(plain) // 65536) * 65536
    assert len(json.dumps(_envelope(centre, _message(), plain=plain.ljust(padded)))) <= centre.node.settings.limits.body_bytes


def test_terminals_are_slowed_by_the_seconds_they_are_told(world: World, centre: Site) -> None:
    site = centre
    app = create_app(site.node)
    limits = app.extensions["cfms-limits"]
    app.extensions["cfms-limits"] = tight = type(limits)(replace(site.node.settings.limits, submissions_per_hour=2), lambda: 5000.0)
    tight._until = 5000.0 + DAY
    client = app.test_client()
    answers = [client.post(f"{PATH}?kiosk=K1", json=_envelope(site, _message())) for _ in range(3)]
    assert [one.status_code for one in answers] == [201, 201, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    told = [client.post("/api/v1/waiting?kiosk=K2", json={"waiting": one}).status_code for one in range(3)]
    assert told == [200, 200, 429]


# --- how many wait -------------------------------------------------------------------------------------------


def _heard(site: Site) -> dict[str, tuple[int, int]]:
    with site.node.store.read() as db:
        return {one.name: (one.waiting, one.aside) for one in terminals.terminals(db)}


def test_a_named_terminal_is_remembered_with_what_waits_on_it(world: World) -> None:
    site = world.centre("KSM")
    client = client_of(site)
    client.post(f"{PATH}?kiosk=K1", json=_envelope(site, _message()))
    client.post("/api/v1/waiting?kiosk=K2", json={"waiting": 0, "aside": 1})
    client.post("/api/v1/waiting", json={"waiting": 9})
    client.post("/api/v1/waiting?kiosk=<script>", json={"waiting": 9})
    assert _heard(site) == {"K1": (3, 0), "K2": (0, 1)}
    client.post("/api/v1/waiting?kiosk=K1", json={"waiting": 0})
    assert _heard(site)["K1"] == (0, 0)


def test_names_made_up_push_out_only_the_longest_silent(world: World) -> None:
    site = world.centre("MSA")
    client = client_of(site)
    for number in range(terminals.MOST + 9):
        world.watch.pass_time(1)
        client.post(f"/api/v1/waiting?kiosk=X{number}", json={"waiting": 1})
    assert len(_heard(site)) == terminals.MOST
    assert "X8" not in _heard(site)
    assert _heard(site)[f"X{terminals.MOST + 8}"] == (1, 0)
    world.watch.pass_time(terminals.FORGET + 1)
    client.post("/api/v1/waiting?kiosk=K1", json={"waiting": 10**12})
    assert _heard(site) == {"K1": (terminals.COUNT, 0)}


def test_pages_name_the_key_to_seal_to(client: FlaskClient, centre: Site, portals_client: FlaskClient, world: World) -> None:
    for asked, site in ((client, centre), (portals_client, world.hq)):
        key = IntakeKeys(site.node.keyring).current()
        public = base64.urlsafe_b64encode(key.public).decode().rstrip("=")
        assert f'<meta name="cfms-intake" content="{key.kid} {public}"' in asked.get("/").text
