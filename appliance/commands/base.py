"""What every sub-command shares: settings, an open node, plain output, progress."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from appliance import settings
from appliance.domain.errors import Refusal
from appliance.settings import Settings
from appliance.store.errors import StoreError
from appliance.usecases.node import Node
from appliance.wiring import close_node, open_node


class ConfigMissing(Refusal):
    """Name the settings: --config FILE."""


class CannotOpen(Refusal):
    """{why}"""


@dataclass(frozen=True, slots=True)
class Command:
    """One sub-command."""

    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def no_arguments(_: argparse.ArgumentParser) -> None:
    """Take no arguments of one's own."""


def settings_of(asked: argparse.Namespace) -> Settings:
    """Return the settings named on the command line.

    Raises:
        ConfigMissing.
    """
    if asked.config is None:
        raise ConfigMissing
    return settings.load(asked.config)


def warn(message: str) -> None:
    """Tell the person at the terminal something that is not the answer."""
    print(message, file=sys.stderr)


@contextmanager
def node_of(asked: argparse.Namespace) -> Iterator[Node]:
    """Lend the node of the settings; the server may run beside."""
    try:
        node = open_node(settings_of(asked), warn)
    except StoreError as error:
        raise CannotOpen(why=str(error)) from None
    try:
        yield node
    finally:
        close_node(node)


def say(asked: argparse.Namespace, text: str, **facts: object) -> None:
    """Answer: *text* for a person, *facts* as one line of JSON for a machine."""
    print(json.dumps(facts) if asked.json else text)


class Progress:
    """A line on the terminal that is written over, at most ten times a second."""

    def __init__(self, asked: argparse.Namespace) -> None:
        """Show progress unless the answer is JSON or nobody watches."""
        self._shown = not asked.json and sys.stderr.isatty()
        self._last = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that *done* of *total* are done."""
        now = time.monotonic()
        if self._shown and (now - self._last > 0.1 or done >= total):
            self._last = now
            print(f"\r{what}: {done:,} of {total:,}", end="\n" if done >= total else "", file=sys.stderr, flush=True)
