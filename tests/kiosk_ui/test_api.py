"""The JSON door: a program files and follows as a person does, the same id twice is once, and refusals are sentences with a status."""

from __future__ import annotations

import base64
import json

import pytest
from flask.testing import FlaskClient

from appliance.store.errors import StoreError
from appliance.usecases import answer_case
from appliance.usecases.read_case import find_by_code
from kiosk_ui import api
from tests.factories import OFFICER, Mint, Site
from tests.usecases.recordings import IN_PARTS
from tests.usecases.test_media import photo

MINT = Mint(21)


def _body(**more: object) -> dict[str, object]:
    return {"id": MINT.id(), "code": MINT.code(), "kind": "complaint", "text": "By a program", **more}


def test_a_message_is_taken_once_however_often_it_is_sent(client: FlaskClient) -> None:
    body = _body(service="40217", rating=2)
    first, second = (client.post("/api/v1/feedback", json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json is not None
    assert second.json == {**first.json, "again": True}
    assert first.json["proof"].startswith("CFMS1:")
    assert first.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in first.headers


def test_the_same_id_with_another_code_is_refused(client: FlaskClient) -> None:
    body = _body()
    client.post("/api/v1/feedback", json=body)
    answer = client.post("/api/v1/feedback", json={**body, "code": MINT.code()})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"kind": "riot"}, "UnknownChoice"), ({"text": ""}, "TextMissing"), ({"id": "7"}, "InvalidInput"), ({"code": "1" * 20}, "CodeMistyped"),
     ({"text": "x" * 5000}, "TextTooLong"), ({"text": "a\0b"}, "InvalidInput"), ({"rating": 9}, "UnknownChoice")],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_by_name(client: FlaskClient, wrong: dict[str, object], error: str) -> None:
    answer = client.post("/api/v1/feedback", json=_body(**wrong))
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["error"] == error


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"id": 7}', b"\xff\xfe"])
@pytest.mark.parametrize("path", ["/api/v1/feedback", "/api/v1/track"])
def test_what_is_no_json_of_ours_says_so_and_quotes_nothing(client: FlaskClient, path: str, raw: bytes) -> None:
    answer = client.post(path, data=raw, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["error"] == "Malformed"


def test_a_body_too_large_is_refused_unread(client: FlaskClient) -> None:
    answer = client.post("/api/v1/feedback", data=b"x" * (api.MAX_BODY + 1))
    assert answer.status_code == 413
    assert client.post("/api/v1/track", data=b"x" * (api.MAX_BODY + 1)).status_code == 413


def test_a_message_with_a_photo_may_be_heavy_and_one_without_may_not(client: FlaskClient) -> None:
    heavy = base64.b64encode(photo(side=900).data).decode()
    assert len(heavy) > api.MAX_BODY
    first = client.post("/api/v1/feedback", json=_body(text="", files=[{"kind": "photo", "data": heavy}]))
    assert first.status_code == 201
    assert client.post("/api/v1/feedback", json=_body(text=heavy)).status_code == 413
    assert client.post("/api/v1/feedback", json=_body(files=[{"kind": "photo", "data": heavy * 60}])).status_code == 413


def test_a_voice_note_is_sent_and_one_more_added_by_code(client: FlaskClient) -> None:
    note = {"kind": "voice", "data": base64.b64encode(IN_PARTS).decode()}
    body = _body(text="", files=[note])
    assert client.post("/api/v1/feedback", json=body).status_code == 201
    more = client.post("/api/v1/track", json={"code": body["code"], "do": "reply", "id": MINT.id(), "files": [note]})
    assert more.json is not None
    assert [line["files"] for line in more.json["story"]] == [["voice"], ["voice"]]


@pytest.mark.parametrize(
    ("kind", "data", "status", "error"),
    [("photo", "d29yZHM=", 422, "PhotoUnreadable"), ("voice", "d29yZHM=", 422, "VoiceUnreadable"), ("film", "d29yZHM=", 400, "Malformed"),
     ("photo", "no base64", 400, "Malformed")],
)  # fmt: skip
def test_what_is_no_photo_or_note_is_refused_by_name(client: FlaskClient, kind: str, data: str, status: int, error: str) -> None:
    for path, body in (("feedback", _body()), ("track", {"code": _filed(client), "do": "reply", "id": MINT.id()})):
        answer = client.post(f"/api/v1/{path}", json={**body, "files": [{"kind": kind, "data": data}]})
        assert answer.json is not None
        assert (answer.status_code, answer.json["error"]) == (status, error)


def _filed(client: FlaskClient) -> object:
    """File a message; return its code."""
    body = _body()
    assert client.post("/api/v1/feedback", json=body).status_code == 201
    return body["code"]


def test_a_database_that_cannot_be_written_loses_nothing(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    body = _body()

    def refuse(*_: object) -> None:
        raise StoreError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(api, "open_case", refuse)
        assert client.post("/api/v1/feedback", json=body).status_code == 503
    assert client.post("/api/v1/feedback", json=body).status_code == 201


def test_a_program_follows_and_answers_and_never_learns_who_of_the_staff(client: FlaskClient, centre: Site) -> None:
    body = _body()
    code = str(body["code"])
    client.post("/api/v1/feedback", json=body)
    case = find_by_code(centre.node, code).row.id
    answer_case.assign_case(centre.node, case, OFFICER, OFFICER.id)
    answer_case.reply_to_citizen(centre.node, case, OFFICER, "At counter 7")
    answer_case.resolve_case(centre.node, case, OFFICER, "done", "Done")
    look = client.post("/api/v1/track", json={"code": code})
    assert look.status_code == 200
    assert look.json is not None
    assert [line["text"] for line in look.json["story"] if line["kind"] == "reply"] == ["At counter 7"]
    assert OFFICER.id not in json.dumps(look.json)
    for do, state in (("not-fixed", "in_progress"), ("reply", "in_progress"), ("withdraw", "withdrawn")):
        said = {"code": code, "do": do, "id": MINT.id(), "text": "More"}
        answers = [client.post("/api/v1/track", json=said) for _ in range(2)]
        assert [one.status_code for one in answers] == [200, 200]
        assert answers[0].json == answers[1].json
        assert answers[0].json is not None
        assert answers[0].json["state"] == state
    assert client.post("/api/v1/track", json={"code": code, "do": "dance"}).status_code == 422


def test_a_get_is_no_message(client: FlaskClient) -> None:
    assert client.get("/api/v1/feedback").status_code in {404, 405}
    assert client.get("/api/v1/track").status_code == 405
