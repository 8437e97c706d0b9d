"""``/api/v1``: JSON, no cookie, the same id twice is once; what terminals' outboxes and other programs speak."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from appliance.domain.errors import CodeConflict, InvalidInput, NotFound, PhotosWaiting, Refusal, SigningStopped, StorageFull, TooMany, UnknownCode
from appliance.store.errors import StoreError
from appliance.usecases.media import Upload
from appliance.usecases.node import Node
from appliance.usecases.open_case import Submission, open_case
from appliance.usecases.open_sealed import KeyGone
from appliance.usecases.print_slip import PrinterOpen, PrinterSilent
from appliance.usecases.read_case import CaseStory, Line
from appliance.web.here import node as here_node
from appliance.web.limits import Limits
from appliance.web.terminal import NAME
from appliance.web.transport import in_the_open
from kiosk_ui.following import ACTS, follow

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("cfms.api")
api = Blueprint("api", __name__, url_prefix="/api/v1")
PATH = "/api/v1/feedback"
_MALFORMED = "This is not the JSON that is described in docs/protocol.md."
MAX_BODY = 128 * 1024  # bytes of a message without photo or voice note; the longest text fits several times

_submission = msgspec.json.Decoder(Submission)
_encode = msgspec.json.Encoder().encode
_STATUS: dict[type[Refusal], int] = {
    NotFound: 404, UnknownCode: 404, CodeConflict: 409, KeyGone: 410, TooMany: 429, SigningStopped: 503,
    PhotosWaiting: 503, PrinterOpen: 503, PrinterSilent: 503, StorageFull: 507,
}  # fmt: skip


class Track(msgspec.Struct, kw_only=True):
    """What a citizen asks or says by receipt code; ``do`` is look, reply, fixed, not-fixed or withdraw."""

    code: str
    do: str = "look"
    id: str = ""
    text: str = ""
    files: tuple[Upload, ...] = ()


_track = msgspec.json.Decoder(Track)


class FeedbackDoor:
    """Answers ``POST /api/v1/feedback`` before Flask sees it; everything else goes on to the application.

    The one request that must be fast on a small box: Flask's dispatch costs as much as the whole registration
    (bench/submit). The rules are the same: JSON in, 201 with the receipt once it is on disk, 200 when it was there.
    """

    def __init__(self, application: WSGIApplication, node: Node, limits: Limits) -> None:
        """Stand before *application*."""
        self._application, self._node, self._limits = application, node, limits
        self._plain, self._most = node.settings.web.plain_http, node.settings.limits.body_bytes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ["PATH_INFO"] != PATH or environ["REQUEST_METHOD"] != "POST" or (in_the_open(environ) and not self._plain):
            return self._application(environ, start_response)
        try:
            length = int(environ.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length > self._most:
            return _say(start_response, 413, _too_large(self._most))
        try:
            self._limits.check_submission(environ.get("REMOTE_ADDR", ""), _terminal(environ["QUERY_STRING"]))
        except TooMany as error:
            return _say(start_response, 429, _problem_of(error), ("Retry-After", str(error.details["seconds"])))
        status, body = self._register(environ["wsgi.input"].read(length))
        return _say(start_response, status, body)

    def _register(self, raw: bytes) -> tuple[int, bytes]:
        if _too_heavy(raw):
            return 413, _too_large(MAX_BODY)
        try:
            receipt = open_case(self._node, _submission.decode(raw))
        except Refusal as error:
            return status_of(error), _problem_of(error)
        except msgspec.MsgspecError:
            return 400, _problem("Malformed", _MALFORMED)
        except StoreError:
            log.exception("a submission could not be stored")
            return 503, _problem("StoreUnavailable", "This cannot be kept just now. Nothing was lost; send it again in a minute.")
        return 200 if receipt.again else 201, _encode(receipt)


_LINES = {200: "200 OK", 201: "201 Created", 400: "400 Bad Request", 404: "404 Not Found", 409: "409 Conflict",
          413: "413 Content Too Large", 422: "422 Unprocessable Content", 429: "429 Too Many Requests",
          503: "503 Service Unavailable", 507: "507 Insufficient Storage"}  # fmt: skip


def _terminal(query: str) -> str:
    """Return the terminal that ``?kiosk=`` names, as on the pages."""
    name = query.removeprefix("kiosk=") if query.startswith("kiosk=") else ""
    return name if NAME.fullmatch(name) else ""


def _say(start_response: StartResponse, status: int, body: bytes, *more: tuple[str, str]) -> Iterable[bytes]:
    headers = [
        ("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"), *more,
    ]  # fmt: skip
    start_response(_LINES[status], headers)
    return (body,)


def _problem(name: str, message: str, details: Mapping[str, object] | None = None) -> bytes:
    return _encode({"error": name, "message": message, "details": {k: str(v) for k, v in (details or {}).items()}})


def _too_heavy(raw: bytes) -> bool:
    """Tell whether a body is larger than any message without a photo or voice note, and has none."""
    return len(raw) > MAX_BODY and b'"files"' not in raw


def _too_large(most: int) -> bytes:
    return _problem("TooLarge", f"A message has {most} bytes at most.")


def _problem_of(error: Refusal) -> bytes:
    return _problem(type(error).__name__, error.message, error.details)


def status_of(error: Refusal) -> int:
    """Return the HTTP status of a refusal."""
    return next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 422)


def answer(value: Any, status: int = 200) -> Response:
    """Return *value* as JSON that no cache keeps."""
    said = Response(_encode(value), status, content_type="application/json")
    said.headers["Cache-Control"] = "no-store"
    return said


@api.errorhandler(Refusal)
def _refused(error: Refusal) -> Response:
    said = Response(_problem_of(error), status_of(error), content_type="application/json")
    if isinstance(error, TooMany):
        said.headers["Retry-After"] = str(error.details["seconds"])
    return said


@api.errorhandler(msgspec.MsgspecError)
def _unreadable(_: msgspec.MsgspecError) -> Response:
    # The library's own words may quote the body, so they are not passed on.
    return Response(_problem("Malformed", _MALFORMED), 400, content_type="application/json")


@api.before_request
def _limit() -> None:
    request.max_content_length = MAX_BODY


@api.post("/track")
def track() -> Response:
    """Show or continue a case by its receipt code, which travels in the body and never in a URL."""
    node = here_node()
    request.max_content_length = node.settings.limits.body_bytes
    raw = request.get_data()
    if _too_heavy(raw):
        raise RequestEntityTooLarge
    said = _track.decode(raw)
    if said.do not in ACTS:
        raise InvalidInput(field="do", reason="look, reply, fixed, not-fixed or withdraw")
    return answer(shown(follow(node, said.code, said.do, said.id, said.text, "web", said.files)))


def shown(story: CaseStory) -> dict[str, Any]:
    """Return what a citizen may see of their case: never who of the staff wrote, by account."""
    row = story.row
    return {
        "ref": row.ref, "kind": row.kind, "state": row.state, "centre": row.centre, "opened_at": row.opened_at,
        "ack_due": row.ack_due, "due": row.due, "resolved_at": row.resolved_at,
        "story": [
            {"kind": line.kind, "at": line.at, "by": _author(line), "text": line.text, "detail": line.detail, "files": line.files}
            for line in story.lines
            if line.kind not in ("assigned", "escalated")
        ],
    }  # fmt: skip


def _author(line: Line) -> str:
    return "citizen" if line.by == "citizen" else line.role or "staff"
