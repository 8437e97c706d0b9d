"""``cfms user``: accounts of staff."""

from __future__ import annotations

import argparse
import getpass
import sys

from appliance.commands.base import Command, node_of, say
from appliance.domain.people import CENTRE_ROLES, HQ_ROLES
from appliance.usecases.accounts import accounts, add_account, set_password


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("do", choices=("add", "list", "password"))
    parser.add_argument("login", nargs="?", help="the name to log in with")
    parser.add_argument("--name", default="", help="the person's own name")
    parser.add_argument("--role", choices=sorted({*CENTRE_ROLES, *HQ_ROLES}), default="officer")
    parser.add_argument("--institution", default="", help="an institution officer's institution")


def _password() -> str:
    """Return the password from the terminal, or the first line of standard input: never from an argument others can see."""
    return getpass.getpass("Password (10 characters or more): ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _run(asked: argparse.Namespace) -> int:
    with node_of(asked) as node:
        if asked.do == "list" or not asked.login:
            with node.store.read() as db:
                found = accounts(db)
            lines = [f"{one.login:20} {one.role:20} {one.name}" for one in found] or ["No accounts yet."]
            say(asked, "\n".join(lines), accounts=[{"login": one.login, "role": one.role, "name": one.name} for one in found])
        elif asked.do == "add":
            made = add_account(node, asked.login, asked.name or asked.login, asked.role, _password(), institution=asked.institution)
            say(asked, f"{made.login} may log in as {made.role}.", login=made.login, role=made.role)
        else:
            set_password(node, asked.login, _password())
            say(asked, f"{asked.login} has a new password; every session of theirs is ended.", login=asked.login)
    return 0


USER = Command("make, list or re-key accounts of staff", _arguments, _run)
