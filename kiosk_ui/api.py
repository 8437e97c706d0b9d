"""``/api/v1``: JSON, no cookie, the same id twice is once; what terminals' outboxes and other programs speak."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response, current_app, request

from appliance.domain.errors import CodeConflict, InvalidInput, NotFound, Refusal, StorageFull, TooMany, UnknownCode
from appliance.usecases.follow_case import answer_fixed, withdraw_case, write_again
from appliance.usecases.node import Node
from appliance.usecases.open_case import Submission, open_case
from appliance.usecases.read_case import CaseStory, find_by_code

api = Blueprint("api", __name__, url_prefix="/api/v1")
MAX_BODY = 128 * 1024  # bytes; the longest text fits several times

_submission = msgspec.json.Decoder(Submission)
_encode = msgspec.json.Encoder().encode
_STATUS: dict[type[Refusal], int] = {NotFound: 404, UnknownCode: 404, CodeConflict: 409, StorageFull: 507, TooMany: 429}


class Track(msgspec.Struct, kw_only=True):
    """What a citizen asks or says by receipt code; ``do`` is look, reply, fixed, not-fixed or withdraw."""

    code: str
    do: str = "look"
    id: str = ""
    text: str = ""


_track = msgspec.json.Decoder(Track)


def _answer(value: Any, status: int = 200) -> Response:
    answer = Response(_encode(value), status, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@api.errorhandler(Refusal)
def _refused(error: Refusal) -> Response:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 422)
    return _answer({"error": type(error).__name__, "message": error.message, "details": {k: str(v) for k, v in error.details.items()}}, status)


@api.errorhandler(msgspec.MsgspecError)
def _unreadable(_: msgspec.MsgspecError) -> Response:
    # The library's own words may quote the body, so they are not passed on.
    return _answer({"error": "Malformed", "message": "This is not the JSON that is described in docs/protocol.md.", "details": {}}, 400)


@api.before_request
def _limit() -> None:
    request.max_content_length = MAX_BODY


def _node() -> Node:
    node: Node = current_app.extensions["cfms"]
    return node


@api.post("/feedback")
def feedback() -> Response:
    """Register feedback; 201 with the receipt once it is on disk, 200 when it was registered before."""
    node = _node()
    with node.store.writer.expected():
        receipt = open_case(node, _submission.decode(request.get_data()))
    return _answer(receipt, 200 if receipt.again else 201)


@api.post("/track")
def track() -> Response:
    """Show or continue a case by its receipt code, which travels in the body and never in a URL."""
    node, said = _node(), _track.decode(request.get_data())
    match said.do:
        case "look":
            story = find_by_code(node, said.code)
        case "reply":
            story = write_again(node, said.code, said.id, said.text, "web")
        case "fixed" | "not-fixed":
            story = answer_fixed(node, said.code, said.id, yes=said.do == "fixed", channel="web")
        case "withdraw":
            story = withdraw_case(node, said.code, said.id, "web")
        case _:
            raise InvalidInput(field="do", reason="look, reply, fixed, not-fixed or withdraw")
    return _answer(shown(story))


def shown(story: CaseStory) -> dict[str, Any]:
    """Return what a citizen may see of their case: never who of the staff wrote, by account."""
    row = story.row
    return {
        "ref": row.ref, "kind": row.kind, "state": row.state, "centre": row.centre, "opened_at": row.opened_at,
        "ack_due": row.ack_due, "due": row.due, "resolved_at": row.resolved_at,
        "story": [
            {"kind": line.kind, "at": line.at, "by": "citizen" if line.by == "citizen" else line.role or "staff", "text": line.text, "detail": line.detail}
            for line in story.lines
            if line.kind not in ("assigned", "escalated")
        ],
    }  # fmt: skip
