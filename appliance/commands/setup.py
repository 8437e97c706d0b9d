"""``cfms init``: a node's first day."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.commands.base import Command, node_of, say, settings_of, warn
from appliance.usecases.backup import make_backup_key
from appliance.usecases.set_up import make_roots, publish_catalogue, set_up_hq


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--roots", type=Path, metavar="DIR", help="HQ only: folder of the two root keys, on a medium that goes back into the safe; made when empty"
    )


def _run(asked: argparse.Namespace) -> int:
    settings = settings_of(asked)
    if settings.role == "hq":
        return _init_hq(asked)
    with node_of(asked) as node:
        paper = make_backup_key(node.keyring)
        if paper:
            warn("Print this backup key now and put it in the safe; it is shown only once and is kept nowhere else:")
            warn(paper)
        say(asked, f"The appliance of centre {settings.centre} is ready.", centre=settings.centre, backup_key=paper)
    return 0


def _init_hq(asked: argparse.Namespace) -> int:
    settings = settings_of(asked)
    roots = asked.roots or settings.keys_dir.parent / "offline-roots"
    if not (roots / "hq-root.seed").exists():
        make_roots(roots, settings.domain)
        warn(f"Two root keys were made in {roots}. Move them to two safes, on paper or a stick; this machine does not need them.")
    with node_of(asked) as node:
        set_up_hq(node, roots)
        version = publish_catalogue(node, node.catalogue)
        say(asked, f"Headquarters is ready; catalogue version {version} is published.", domain=settings.domain, catalogue=version)
    return 0


INIT = Command("make a node's keys, database and first log entries", _arguments, _run)
