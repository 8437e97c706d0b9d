"""The endpoint of the exchange, ``/sync/v1``: thin; what it answers is decided in the use cases (docs/protocol.md)."""

from __future__ import annotations

import json

from flask import Blueprint, Response, current_app, request

from sync.batch import MAX_COMPRESSED
from sync.link import NONCE_HEADER, REQUEST_HEADER

from appliance.domain.errors import NotFound, Refusal
from appliance.hq.signed_requests import BadNonce, BadSignature, UnknownSender, make_nonce, sender_of
from appliance.usecases import answer_centre, recover_centre, trust
from appliance.usecases.accept_batch import accept_batch
from appliance.usecases.enrol_centre import RequestInvalid, TokenInvalid, receive_request
from appliance.usecases.node import Node

routes = Blueprint("sync", __name__, url_prefix="/sync/v1")
MAX_SMALL = 64 * 1024  # bytes: every request but a batch


def _node() -> Node:
    node: Node = current_app.extensions["cfms"]
    return node


@routes.before_request
def _limit() -> None:
    """Bound the body before it is read; a larger one is answered 413."""
    request.max_content_length = MAX_COMPRESSED if request.path.endswith(("/batch", "/return")) else MAX_SMALL


@routes.after_request
def _bring_nonce(answer: Response) -> Response:
    node = _node()
    answer.headers[NONCE_HEADER] = make_nonce(node.keyring, node.clock.read().ts)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _text(status: int, body: str = "", kind: str = "text/plain; charset=utf-8") -> Response:
    return Response(body, status, content_type=kind)


def _json(value: object) -> Response:
    return Response(json.dumps(value), 200, content_type="application/json")


@routes.errorhandler(BadNonce)
def _ask_again(_: BadNonce) -> Response:
    return _text(401, "send again with the nonce of this answer\n")


@routes.errorhandler(BadSignature)
def _not_signed(_: BadSignature) -> Response:
    return _text(403, "the request's signature does not verify\n")


@routes.errorhandler(UnknownSender)
@routes.errorhandler(NotFound)
def _unknown(_: Exception) -> Response:
    return _text(404, "unknown here\n")


@routes.errorhandler(Refusal)
def _refused(error: Refusal) -> Response:
    return _text(503, f"{error.message}\n")


def _sender(*, shut_out: bool = False) -> str:
    path = request.full_path.rstrip("?") if request.query_string else request.path
    return sender_of(_node(), request.headers.get(REQUEST_HEADER, ""), request.method, path, request.get_data(), shut_out=shut_out)


@routes.get("/keys")
def keys() -> Response:
    """Give the root vkeys and HQ's key note to anybody: the token tells a node whether to believe them."""
    node = _node()
    return _json({"roots": trust.roots_of(node), "note": node.keyring.load(trust.NOTE_FILE).decode()})


@routes.post("/enrol")
def enrol() -> Response:
    """Take an enrolment request in, or tell how it stands."""
    try:
        state = receive_request(_node(), request.get_data().decode("utf-8"))
    except UnicodeDecodeError:
        return _text(400, "not text\n")
    except (RequestInvalid, TokenInvalid) as error:
        return _text(403, f"{error.message}\n")
    return _text({"approved": 200, "pending": 202}.get(state, 403), f"{state}\n")


@routes.post("/hello")
def hello() -> Response:
    """Greet a centre: where each side stands."""
    origin = _sender()
    try:
        return _json(answer_centre.hello(_node(), origin, request.get_data()))
    except ValueError:
        return _text(400, "not a greeting\n")


@routes.post("/batch")
def batch() -> Response:
    """Take one batch; the answer table is ``sync.mirror``'s."""
    origin = _sender()
    answer = accept_batch(_node(), request.get_data(), origin)
    kind = "text/x.tlog.size" if answer.status == 409 else "text/plain; charset=utf-8"
    return _text(answer.status, answer.body, kind)


@routes.get("/log/<name>")
def log(name: str) -> Response:
    """Give the next batch of the downlink log ``all`` or ``to``; a revoked log may read the former, to learn that it is."""
    origin = _sender(shut_out=name == "all")
    start = request.args.get("from", "")
    if name not in ("all", "to") or not start.isdecimal() or len(start) > 15:
        return _text(404, "unknown here\n")
    raw = answer_centre.downlink(_node(), origin, name, int(start))
    return Response(raw, 200, content_type="application/octet-stream") if raw else _text(204)


@routes.post("/ack")
def ack() -> Response:
    """Record a centre's cosignatures over the downlink logs."""
    origin = _sender()
    try:
        return _json({"good": answer_centre.acknowledge(_node(), origin, request.get_data())})
    except (ValueError, AttributeError):
        return _text(400, "not notes\n")


@routes.post("/objects")
def objects() -> Response:
    """Give side objects by hash, as many as fit a batch."""
    origin = _sender()
    raw = answer_centre.objects_for(_node(), origin, request.get_data().decode("ascii", "replace").split()[:100])
    return Response(raw, 200, content_type="application/octet-stream")


@routes.get("/recover")
def recover() -> Response:
    """Give a restored centre the leaves of its older epoch that it lost."""
    sender = _sender()
    start, origin = request.args.get("from", ""), request.args.get("origin", "")
    if not start.isdecimal() or len(start) > 15 or not origin.isprintable():
        return _text(404, "unknown here\n")
    raw = recover_centre.give(_node(), sender, origin, int(start))
    return Response(raw, 200, content_type="application/octet-stream") if raw else _text(204)


@routes.post("/return")
def give_back() -> Response:
    """Take back leaves of an HQ log that HQ lost."""
    sender = _sender()
    answer = recover_centre.take_back(_node(), request.get_data(), sender)
    return _text(answer.status, answer.body)
