"""The ``cfms`` command."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from appliance import logs
from appliance.commands import COMMANDS
from appliance.domain.errors import Refusal


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 0 well, 1 refused or found wrong, 2 called wrongly."""
    parser = argparse.ArgumentParser(prog="cfms", description="Citizen Feedback Management System: a centre's appliance or headquarters.")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the settings (TOML); needed by every command but demo")
    parser.add_argument("--json", action="store_true", help="answer in JSON, for machines")
    subs = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        sub = subs.add_parser(name, help=command.help, description=command.help)
        command.arguments(sub)
        sub.add_argument("--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="the settings (TOML)")
        sub.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="answer in JSON, for machines")
    asked = parser.parse_args(arguments)
    if arguments is None:  # a program of its own, whose log is ours to keep free of values
        logs.set_up(logging.WARNING)
    return _run(COMMANDS[asked.command].run, asked)


def _run(command: Callable[[argparse.Namespace], int], asked: argparse.Namespace) -> int:
    try:
        return command(asked)
    except Refusal as error:
        _complain(asked, error.message)
    except OSError as error:  # a missing file, a full disk, a folder of somebody else's
        _complain(asked, f"{error.filename}: {error.strerror}." if error.filename else f"{error}.")
    except KeyboardInterrupt:
        _complain(asked, "Stopped.")
    return 1


def _complain(asked: argparse.Namespace, message: str) -> None:
    print(json.dumps({"error": message}) if asked.json else message, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
