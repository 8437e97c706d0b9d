"""Colleagues' accounts: the same pages for a centre's manager and headquarters' administrator."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.domain.errors import InvalidInput, UnknownChoice
from appliance.domain.people import CENTRE_ROLES, HQ_ROLES
from appliance.usecases import manage_accounts
from appliance.usecases.accounts import LoginTaken
from appliance.web.casework import naming
from appliance.web.forms import Choice, Form
from appliance.web.here import node, person
from appliance.web.i18n import languages
from appliance.web.paging import Page, csv_answer, cursor
from appliance.web.texts import _, _l
from appliance.web.words import ROLES, word

DONE = {
    "made": _l("The account is there. Tell your colleague the user name and the password."),
    "password": _l("The new password holds. Every session of that account has ended."),
    "closed": _l("The account is closed. Whoever was logged in with it no longer is."),
    "opened": _l("The account is open again."),
}


def add_account_pages(blueprint: Blueprint) -> None:
    """Give *blueprint* the pages of accounts, under ``/accounts``."""
    blueprint.add_url_rule("/accounts", "accounts", show)
    blueprint.add_url_rule("/accounts", "make_account", make, methods=["POST"])
    blueprint.add_url_rule("/accounts.csv", "accounts_csv", as_file)
    blueprint.add_url_rule("/accounts/<id>", "account", show_one)
    blueprint.add_url_rule("/accounts/<id>/password", "give_password", give_password, methods=["POST"])
    blueprint.add_url_rule("/accounts/<id>/state", "account_state", change_state, methods=["POST"])


def show() -> Response:
    """Show the accounts, and the form for a new one."""
    return _list(Form())


def _list(form: Form, status: int = 200) -> Response:
    found = manage_accounts.page(node(), person(), after=cursor())
    page = render_template(
        "accounts/list.html", page=Page(found.rows, found.after), form=form, roles=_roles(), done=_done(),
        languages=[Choice(one.code, one.name) for one in languages()], institutions=naming.institutions(node()) if node().is_hq else [],
    )  # fmt: skip
    return make_response(page, status)


def _roles() -> list[Choice]:
    return [Choice(role, word(ROLES, role)) for role in (HQ_ROLES if node().is_hq else CENTRE_ROLES)]


def _done() -> str:
    said = DONE.get(request.args.get("done", ""))
    return "" if said is None else str(said)


def make() -> Response:
    """Make an account."""
    form = Form(request.form)
    name = form.text("name", needed=_("Type your colleague's name."), limit=80)
    login = form.text("login", needed=_("Type a user name.")).lower()
    role = form.choice("role", HQ_ROLES if node().is_hq else CENTRE_ROLES, needed=_("Choose a role."))
    lang = form.choice("screens", [one.code for one in languages()]) or languages()[0].code
    if not form.errors:
        try:
            manage_accounts.hire(
                node(), person(), login, name, role, form.value("password"), institution=form.value("institution"), lang=lang
            )  # fmt: skip
        except (InvalidInput, UnknownChoice) as refusal:
            form.refuse(str(refusal.details["field"]), refusal)
        except LoginTaken as refusal:
            form.refuse("login", refusal)
    if form.errors:
        return _list(form, 422)
    return make_response(redirect(url_for(".accounts", done="made"), 303))


def as_file() -> Response:
    """Return every account as CSV; no password, not even a hash."""
    rows, after = [], ""
    while True:
        found = manage_accounts.page(node(), person(), after=after, size=200)
        rows += [(one.login, one.name, word(ROLES, one.role), one.institution, _("Closed") if one.disabled else _("Open")) for one in found.rows]
        after = found.after
        if not after:
            break
    return csv_answer("accounts", (_("User name"), _("Name"), _("Role"), _("Institution"), _("State")), rows)


def show_one(id: str) -> Response:
    """Show one account."""
    return _one(id, Form())


def _one(id: str, form: Form, status: int = 200) -> Response:
    found = manage_accounts.account_for(node(), person(), id)
    return make_response(render_template("accounts/one.html", one=found, form=form, own=id == person().id, done=_done()), status)


def give_password(id: str) -> Response:
    """Give an account a new password."""
    form = Form(request.form)
    try:
        manage_accounts.give_password(node(), person(), id, form.value("password"))
    except InvalidInput as refusal:
        form.refuse("password", refusal)
        return _one(id, form, 422)
    return make_response(redirect(url_for(".account", id=id, done="password"), 303))


def change_state(id: str) -> Response:
    """Close an account, or open it again."""
    closing = request.form.get("do") == "close"
    manage_accounts.set_disabled(node(), person(), id, disabled=closing)
    return make_response(redirect(url_for(".account", id=id, done="closed" if closing else "opened"), 303))
