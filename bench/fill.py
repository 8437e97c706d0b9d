"""Fills a centre's store with cases by the same use case the server calls, many at a time."""

from __future__ import annotations

import os
import secrets
import sys
import time
from functools import partial
from pathlib import Path

from appliance.domain.codes import mint_receipt_code, rid_of
from appliance.domain.ids import uuid7
from appliance.journal.journal import Tx
from appliance.settings import load
from appliance.usecases.node import Node
from appliance.usecases.open_case import Submission, open_in
from appliance.wiring import close_node, open_node
from bench.worlds import TEXT


def fill(settings: Path, count: int, group: int = 200) -> None:
    """Open *count* cases; *group* of them share a transaction, as they would in a busy hour."""
    node = open_node(load(settings), print)
    try:
        fill_node(node, count, group)
    finally:
        close_node(node)


def fill_node(node: Node, count: int, group: int = 200) -> None:
    """Open *count* cases in *node*, the journal and read models as in real use."""

    def act(tx: Tx, size: int) -> None:
        for n in range(size):
            code = mint_receipt_code(secrets.token_bytes)
            s = Submission(id=uuid7(int(time.time() * 1000), os.urandom(10)), code=code, kind="complaint", rating=1 + n % 4, text=TEXT)
            open_in(node, tx, s, rid_of(code))

    for start in range(0, count, group):
        node.perform(partial(act, size=min(group, count - start)))
        if sys.stderr.isatty() and start % 10_000 == 0:
            print(f"\r{start:,}", end="", file=sys.stderr)
