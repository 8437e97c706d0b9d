"""The server's log: JSON lines on stderr that hold no request, no citizen's word and no code.

Whoever reads a log (systemd's journal, a support engineer, a central collector) is not among those who may read a
case. Three nets, each for what slips through the one before: our own calls log no such values; an exception is
written as its class and the places it passed, without the words it carries, and a library's record as its template
without the values; and what still looks like a receipt code, a telephone number, an address or a password is struck out.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from appliance.domain.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

_OURS = ("cfms", "appliance", "kiosk_ui", "sync")
_TRUSTED = (*_OURS, "py")  # py.warnings: words for programmers
_MOST = 4000  # characters of a message; a longer one is cut rather than filling the disk
_STRUCK = "[struck out]"
_NETS = (
    # Twenty digits, as typed or in groups: a receipt code opens a case.
    (re.compile(r"(?<!\d)\d(?:[ \-.]?\d){19}(?!\d)"), _STRUCK),
    (re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), _STRUCK),
    # A telephone number is written with a plus or a leading nought; times, sizes and ids are not.
    (re.compile(r"(?<![\w.])(?:\+\d|0)(?:[ -]?\d){8,13}(?![\w.])"), _STRUCK),
    (re.compile(r"://[^/\s@]+@"), f"://{_STRUCK}@"),
    # Flask and waitress name the path of the request that failed.
    (re.compile(r"(Exception (?:on|while serving)) \S+(?: \[\w+\])?"), r"\1 a request"),
)


def set_up(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send every record of this process to *stream* (stderr) as one line of JSON.

    Args:
        level: the least that our own loggers write; libraries write warnings and worse.
        stream: where to; for tests.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    # Werkzeug's own server would turn its log of addresses on by itself where nobody has said otherwise.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    # Python's own report of a call that cannot be formatted prints its values.
    logging.raiseExceptions = False
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_thread


class JsonLine(logging.Formatter):
    """Formats a record as one line of JSON: time, level, logger, message, and for an exception its class and places."""

    def format(self, record: logging.LogRecord) -> str:
        """Return *record* as JSON without a line break."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": strike_out(_message(record)),
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["errors"] = [strike_out(_name(one)) for one in _chain(error)]
            line["places"] = _places(error)
        return json.dumps(line, ensure_ascii=False)


def strike_out(text: str) -> str:
    """Return *text* without what looks like a code, a telephone number, an address, a password or a request's path."""
    if len(text) > _MOST:  # cut first: a net is not drawn through megabytes; half a code at the end goes too
        text = text[:_MOST].rstrip("0123456789 -.+") + " …"
    for net, left in _NETS:
        text = net.sub(left, text)
    return text


def _message(record: logging.LogRecord) -> str:
    if record.name.split(".")[0] not in _TRUSTED:
        return str(record.msg)
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # the call's fault: its template is worth more than nothing
        return str(record.msg)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield *error* and what it came from, newest first."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _name(error: BaseException) -> str:
    """Return the class of *error*, and its words only where they are known to hold no values."""
    if isinstance(error, Refusal):
        return f"{type(error).__name__}: {error.message}"
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__}: {error.strerror}"
    return type(error).__name__


def _places(error: BaseException) -> list[str]:
    """Return where *error* passed, outermost first: file, line and function, never a line of source or a value."""
    frames = traceback.extract_tb(error.__traceback__, limit=-30)
    return [f"{'/'.join(Path(one.filename).parts[-3:])}:{one.lineno} {one.name}" for one in frames]


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("cfms").critical("stopped by an error", exc_info=(kind, error, trace))


def _log_thread(caught: threading.ExceptHookArgs) -> None:
    if caught.exc_value is not None and not isinstance(caught.exc_value, SystemExit):
        logging.getLogger("cfms").critical("a thread ended by an error", exc_info=(caught.exc_type, caught.exc_value, caught.exc_traceback))
