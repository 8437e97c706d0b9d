"""Staff's log-in: Flask-Login over abstract accounts; the cookie holds a token that the node can end at any time."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, make_response, redirect, render_template, request, session, url_for
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from appliance.domain.errors import Refusal, TooMany
from appliance.usecases.accounts import LoginSlowed
from appliance.web import device
from appliance.web.accounts import Account
from appliance.web.context import g, web
from appliance.web.forms import Form
from appliance.web.headers import forget
from appliance.web.kept import came_from_us, kept_fields, unkept
from appliance.web.texts import _
from appliance.web.words import say

blueprint = Blueprint("staff", __name__, url_prefix="/staff")
COOKIE = "cfms_staff"
_OPEN = frozenset({"staff.log_in", "staff.choose_language"})  # what one needs before one is logged in


class Visitor:
    """A live session, as Flask-Login wants to see a user."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, token: str, account: Account | None = None) -> None:
        """Hold the session's *token* and whose it is."""
        self.token, self.account = token, account

    def get_id(self) -> str:
        """Return the token, which Flask-Login keeps in the signed cookie."""
        return self.token


def init_login(app: Flask) -> None:
    """Let staff log in to *app*."""
    app.config.update(
        SECRET_KEY=web_secret(app),
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=app.extensions["cfms-web"].options.https,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session; a form left open over lunch must still be sent
        WTF_CSRF_CHECK_DEFAULT=False,  # faces.py asks for it
        WTF_CSRF_SSL_STRICT=False,  # there is no Referer to check: Referrer-Policy is no-referrer
    )
    manager = LoginManager()
    manager.session_protection = None
    # Its default would put a hash of the visitor's IP address into the cookie.
    manager._session_identifier_generator = lambda: ""  # noqa: SLF001
    manager.user_loader(_load)
    # Not init_app: that reads the session on every answer, for a "remember me" that we do not offer.
    app.login_manager = manager  # type: ignore[attr-defined]


def web_secret(app: Flask) -> bytes:
    """Return the session secret of *app*."""
    secret: bytes = app.extensions["cfms-web"].options.secret
    if len(secret) < 32:
        raise ValueError("the session secret must have 32 bytes")
    return secret


def _load(token: str) -> Visitor | None:
    found = web().options.accounts.account_of(token)
    return Visitor(token, found) if found else None


def account() -> Account | None:
    """Return the member of staff who asks, or None."""
    if not hasattr(g, "account"):
        g.account = current_user.account if current_user.is_authenticated else None
    return g.account


def staff() -> Account:
    """Return the member of staff who asks; answers 401 where there is none, which staff's blueprints have ruled out."""
    found = account()
    if found is None:
        abort(401)
    return found


def ask_login() -> Response | None:
    """Let through who is logged in; send others to the log-in page, which keeps what they were about to send."""
    if request.endpoint in _OPEN or account() is not None:
        return None
    if request.method == "POST" and came_from_us():
        return login_page(Form(), status=401, goal=request.path, kept=kept_fields(request.form))
    goal = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("staff.log_in", next=goal or None))


@blueprint.route("/login", methods=["GET", "POST"])
def log_in() -> Response:
    """Show the log-in form, or log in."""
    form = Form(request.form)
    goal = _local(request.values.get("next", ""))
    if request.method == "GET":
        return redirect(goal) if account() else login_page(form, goal=goal)
    login, password = form.text("login", needed=_("Type your user name.")), request.form.get("password", "")
    if not password:
        form.refuse("password", _("Type your password."))
    if form.errors:
        return login_page(form, status=422, goal=goal, kept=unkept(request.form))
    try:
        token = web().options.accounts.log_in(login, password, device.known(request, web().options.secret, login))
    except Refusal as refusal:
        form.refuse("password", say(refusal))
        return login_page(form, status=_status(refusal), goal=goal, kept=unkept(request.form))
    return _begin(login, token, goal, unkept(request.form))


def _begin(login: str, token: str, goal: str, kept: list[tuple[str, str]]) -> Response:
    """Begin the session: nothing of the one before it stays."""
    session.clear()
    login_user(Visitor(token))
    g.account = web().options.accounts.account_of(token)
    answer = make_response(render_template("resend.html", goal=goal, kept=kept)) if kept else redirect(goal)
    device.remember(request, answer, web().options, login)
    return answer


def _status(refusal: Refusal) -> int:
    return 429 if isinstance(refusal, (LoginSlowed, TooMany)) else 422


@blueprint.post("/logout")
def log_out() -> Response:
    """End the session, here and in the store."""
    if current_user.is_authenticated:
        web().options.accounts.log_out(current_user.token)
    logout_user()
    session.clear()
    return forget(make_response(redirect(url_for("staff.log_in"))))


@blueprint.post("/language")
def choose_language() -> Response:
    """Keep the language of the screens for this session."""
    wanted = request.form.get("lang", "")
    if wanted in [tongue.code for tongue in web().options.whole_languages]:
        session["lang"] = wanted
    return redirect(_local(request.form.get("next", "")))


def login_page(form: Form, *, status: int = 200, goal: str = "", kept: list[tuple[str, str]] | None = None) -> Response:
    """Return the log-in page; *kept* is what was about to be sent when the session had ended."""
    return make_response(render_template("login.html", form=form, goal=goal, kept=kept or []), status)


def _local(path: str) -> str:
    """Return *path* if it lies on this site, else staff's first page."""
    good = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if good else web().options.home
