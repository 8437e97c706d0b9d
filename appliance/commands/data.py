"""``cfms verify``, ``rebuild``, ``backup``, ``restore`` and ``erase``: the data and its care."""

from __future__ import annotations

import argparse
import getpass
import time
from pathlib import Path

from appliance.commands.base import Command, Progress, no_arguments, node_of, say, settings_of
from appliance.domain.people import Person
from appliance.journal.keyring import Keyring
from appliance.store.store import Store
from appliance.usecases.backup import back_up, restore
from appliance.usecases.erase_values import BASES, erase
from appliance.usecases.find_case import case_id
from appliance.usecases.verify_node import verify_node
from appliance.wiring import store_url


def _verify(asked: argparse.Namespace) -> int:
    with node_of(asked) as node:
        started = time.perf_counter()
        report = verify_node(node, Progress(asked), models=not asked.log_only)
        took = time.perf_counter() - started
        if report.wrong:
            say(asked, f"WRONG: {report.wrong}", ok=False, wrong=report.wrong)
            return 1
        say(
            asked, f"{report.leaves:,} leaves and {report.boxes:,} values are as they were signed ({took:.1f} s).",
            ok=True, leaves=report.leaves, boxes=report.boxes, seconds=round(took, 3),
        )  # fmt: skip
    return 0


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--log-only", action="store_true", help="the log and its tree, not values and read models")


def _rebuild(asked: argparse.Namespace) -> int:
    with node_of(asked) as node:
        progress = Progress(asked)
        count = node.store.write(lambda db: node.projections.rebuild(db, progress=lambda done, total: progress("rebuild", done, total)))
        say(asked, f"The read models are made anew from {count:,} entries.", entries=count)
    return 0


def _backup(asked: argparse.Namespace) -> int:
    with node_of(asked) as node:
        settings, progress = node.settings, Progress(asked)
        made = back_up(
            node.store, node.keyring, settings.backup.dir, node.clock.read().ts, settings.backup.keep_days,
            lambda done, total: progress("backup", done, total),
        )  # fmt: skip
        say(asked, f"{made.path} ({made.size:,} bytes)", path=str(made.path), size=made.size)
    return 0


def _restore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("archive", type=Path, help="the archive to restore")
    parser.add_argument("--key-file", type=Path, help="file with the paper key; asked for when not given")


def _restore(asked: argparse.Namespace) -> int:
    settings = settings_of(asked)
    identity = asked.key_file.read_text() if asked.key_file else getpass.getpass("The backup key from the safe: ")

    def open_checked(path: Path) -> Store:
        store = Store(str(path), path.parent)
        store.migrate()
        return store

    target = restore(asked.archive, identity, Path(store_url(settings)), open_checked, Keyring(settings.keys_dir))
    say(asked, f"{target} is restored. A new epoch begins at the next start; headquarters must approve it.", path=str(target))
    return 0


def _erase_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", help="the case's id or reference")
    parser.add_argument("--field", action="append", default=[], help="a field to erase (name, phone, email, ticket); all of the case when not given")
    parser.add_argument("--basis", choices=BASES, required=True, help="the legal ground")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _agreed() -> bool:
    try:
        return input("Erased values cannot be brought back. Type yes to go on: ").strip() == "yes"
    except EOFError:  # nobody is there to ask
        return False


def _erase(asked: argparse.Namespace) -> int:
    if not (asked.yes or _agreed()):
        say(asked, "Nothing was erased.", erased=False)
        return 1
    with node_of(asked) as node:
        role = "administrator" if node.is_hq else "manager"
        clean = erase(node, case_id(node, asked.case), Person("console", "", role), tuple(asked.field), asked.basis)
        words = "No file holds the bytes any more." if clean else "A reader holds the write-ahead log open; it is emptied as soon as it can be."
        say(asked, f"Erased. {words}", erased=True, clean=clean)
    return 0


VERIFY = Command("recompute the whole log, the values and the read models, and name the first thing that is wrong", _verify_arguments, _verify)
REBUILD = Command("make the read models anew from the journal", no_arguments, _rebuild)
BACKUP = Command("write an encrypted archive now", no_arguments, _backup)
RESTORE = Command("open an archive with the paper key, verify it, and put it in place", _restore_arguments, _restore)
ERASE = Command("erase personal values of a case, by the rules of who may", _erase_arguments, _erase)
