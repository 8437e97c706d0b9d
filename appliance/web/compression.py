"""Fewer bytes over the wire: gzip for static files and for what citizens only read, and for nothing else (docs/decisions/0029).

An answer's length on the wire tells something of what is in it. Where a secret stands beside words that a stranger chose, as on
staff's pages or in the answer to a form, guesses could be tried one by one (BREACH); those answers are never compressed. What
citizens GET is asked without any cookie and holds nothing that stays the same from one asking to the next and is not public.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, request

from appliance.web.context import Face
from appliance.web.faces import face

if TYPE_CHECKING:
    from collections.abc import Callable

LEAST: Final = 700  # bytes; with its headers, less fits one packet either way
KINDS: Final = frozenset({
    "text/html", "text/css", "text/plain", "text/javascript", "application/javascript", "image/svg+xml", "application/json",
    "application/manifest+json",
})  # fmt: skip
_ONCE, _EACH_TIME = 9, 6  # how hard zlib tries: for a file, which is kept; for a page, whose reader waits


def init_compression(app: Flask) -> None:
    """Compress answers of *app* for browsers that ask for it."""
    app.after_request(_compressor())


def _compressor() -> Callable[[Response], Response]:
    files: dict[tuple[str, str], bytes] = {}  # (path, ETag): a file that changes has another ETag

    def compress(answer: Response) -> Response:
        """Compress *answer*, if it is one that may be, and the browser asks for it."""
        static = (request.endpoint or "").endswith("static")
        if not _may_be(answer, static=static):
            return answer
        answer.vary.add("Accept-Encoding")
        if static:
            _weaken(answer)
        if answer.status_code == 200 and _wanted():
            answer.set_data(_of_file(answer, files) if static else gzip.compress(answer.get_data(), _EACH_TIME, mtime=0))
            answer.content_encoding = "gzip"
            answer.headers.pop("Accept-Ranges", None)
        return answer

    return compress


def _may_be(answer: Response, *, static: bool) -> bool:
    if request.method not in ("GET", "HEAD") or answer.content_encoding or "Set-Cookie" in answer.headers:
        return False
    if answer.status_code == 304:
        return static
    if answer.status_code not in (200, 206) or answer.mimetype not in KINDS or _length(answer) < LEAST:
        return False
    return static or (answer.status_code == 200 and face() is Face.CITIZENS and not answer.is_streamed)


def _length(answer: Response) -> int:
    return answer.content_length or answer.calculate_content_length() or 0


def _wanted() -> bool:
    """Tell whether the browser would rather have gzip; who asks for a range of bytes means the file as it is."""
    return "Range" not in request.headers and request.accept_encodings.best_match(["gzip", "identity"]) == "gzip"


def _of_file(answer: Response, files: dict[tuple[str, str], bytes]) -> bytes:
    key = (request.path, answer.headers.get("ETag", ""))
    source, answer.direct_passthrough = answer.response, False
    if key not in files:
        files[key] = gzip.compress(answer.get_data(), _ONCE, mtime=0)
    if close := getattr(source, "close", None):  # a file, read or not
        close()
    return files[key]


def _weaken(answer: Response) -> None:
    """Let one ETag stand for the file in either form: the same meaning, not the same bytes (RFC 9110, 8.8.1)."""
    found, _weak = answer.get_etag()
    if found:
        answer.set_etag(found, weak=True)
