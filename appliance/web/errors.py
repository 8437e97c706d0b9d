"""Refusals and failures as plain pages or JSON: what happened, what to do, and what was typed kept for sending again."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from appliance.domain import errors as refusals
from appliance.domain.errors import Refusal
from appliance.store.errors import StoreError
from appliance.usecases.accounts import LoginFailed, LoginSlowed
from appliance.usecases.print_slip import PrinterOpen, PrinterSilent
from appliance.web.context import Face, g
from appliance.web.faces import face
from appliance.web.kept import came_from_us, kept_fields
from appliance.web.texts import _, _l
from appliance.web.transport import HttpsNeeded, in_the_open
from appliance.web.words import say

# The first class that fits wins; whatever is not listed is the sender's to put right.
STATUS: tuple[tuple[type[Refusal], int], ...] = (
    (refusals.NotAllowed, 403),
    (refusals.ErasureNotAllowed, 403),
    (refusals.ReasonNeeded, 403),
    (refusals.NotFound, 404),
    (refusals.UnknownCode, 404),
    (refusals.CodeConflict, 409),
    (refusals.CaseChanged, 409),
    (refusals.IllegalMove, 409),
    (refusals.TooMany, 429),
    (LoginSlowed, 429),
    (LoginFailed, 422),
    (HttpsNeeded, 403),
    (refusals.StorageFull, 507),
    (refusals.SigningStopped, 503),
    (refusals.PhotosWaiting, 503),
    (PrinterOpen, 503),
    (PrinterSilent, 503),
)
UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error page says.

    Attributes:
        again: sending the same once more may help.
    """

    status: int
    title: str
    text: str
    again: bool = False


_PAGES = {
    400: (_l("That could not be read"), _l("Go back, check what you wrote and send it again.")),
    401: (_l("Log in first"), _l("This page is for staff who are logged in.")),
    403: (_l("This is not open to you"), _l("Your role does not allow this. Ask your manager.")),
    404: (_l("There is no such page"), _l("The address may be mistyped, or the page may have moved.")),
    405: (_l("That could not be read"), _l("Go back, check what you wrote and send it again.")),
    413: (_l("That is too large"), _l("Send fewer or smaller files, or a shorter text.")),
    429: (_l("Wait a moment"), _l("Too many messages came from here just now. Wait a minute and send again.")),
    500: (_l("Something went wrong here"), _l("The fault is ours and was written down. Try again; if it happens twice, tell a member of staff.")),
    503: (_l("Not possible just now"), _l("The appliance is busy with itself. Wait a minute and send again.")),
    507: (_l("The store is full"), _l("Nothing that was registered is lost. Tell a member of staff, and try again later.")),
}
_TITLES = {422: _l("Something is missing or wrong"), 409: _l("That changed meanwhile")}
_AGAIN = frozenset({409, 429, 500, 503, 507})


def init_errors(app: Flask) -> None:
    """Answer every refusal and failure of *app* in plain words."""
    app.register_error_handler(Refusal, on_refusal)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(CSRFError, on_stale_form)
    app.register_error_handler(StoreError, on_store_error)


def status_of(refusal: Refusal) -> int:
    """Return the HTTP status of *refusal*."""
    return next((status for kind, status in STATUS if isinstance(refusal, kind)), UNPROCESSABLE)


def on_refusal(refusal: Refusal) -> Response:
    """Answer a refusal that no view caught."""
    status = status_of(refusal)
    title = str(_TITLES.get(status) or _PAGES[status][0])
    answer = _answer(Problem(status, title, say(refusal), status in _AGAIN), type(refusal).__name__, refusal.details)
    if status == 429:
        answer.headers["Retry-After"] = str(refusal.details.get("seconds", 60))
    return answer


def on_http_error(error: HTTPException) -> Response:
    """Answer an error of HTTP: a wrong address, a body too large, a crash; its own words may quote the request and are not shown."""
    status = error.code or 500
    title, text = _PAGES.get(status) or _PAGES[400 if status < 500 else 500]
    if isinstance(error, RequestEntityTooLarge):
        request.__dict__["form"] = ImmutableMultiDict()  # asking for its language or terminal would refuse it anew, and end as a crash
    answer = _answer(Problem(status, str(title), str(text), again=status in _AGAIN), type(error).__name__, {})
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(error.valid_methods)
    return answer


def on_stale_form(error: CSRFError) -> Response:
    """Answer a form whose token is not this session's: it stood open through a log-out, or was not ours (kept.came_from_us)."""
    text = _("This page had been open since before you logged in. Look at what you wrote and send it once more.")
    return _answer(Problem(400, _("Send it once more"), text, again=True), type(error).__name__, {})


def on_store_error(error: StoreError) -> Response:
    """Answer a database that cannot be written now."""
    title, text = _PAGES[503]
    return _answer(Problem(503, str(title), str(text), again=True), type(error).__name__, {})


def wants_json() -> bool:
    """Tell whether a program asks."""
    best = request.accept_mimetypes.best_match(("text/html", "application/json"))
    return face() is Face.MACHINES or best == "application/json"


def _answer(problem: Problem, name: str, details: dict[str, object]) -> Response:
    if wants_json():
        shown = {key: str(value) for key, value in details.items()}
        return make_response(jsonify(error=name, message=problem.text, details=shown), problem.status)
    exposed = in_the_open(request.environ)
    if (exposed or problem.status >= 500) and not hasattr(g, "account"):
        g.account = None  # asking who it is might fail in the same way again, and no session is looked at in the open
    fields = kept_fields(request.form) if request.method == "POST" and came_from_us() else []
    return make_response(render_template("error.html", problem=problem, kept=fields, staff=face() is Face.STAFF and not exposed), problem.status)
