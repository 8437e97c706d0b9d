"""Fills a centre's store with cases by the same use case the server calls, many at a time.

python -m bench.fill --config centre.toml --count 100000
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
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
from bench.worlds import TEXT, run

GROUP = 200  # cases that share a transaction, as they would in a very busy hour


def fill(settings: Path, count: int) -> str:
    """Open *count* cases in a process of its own, whose memory goes with it; print how long it took, return the last receipt code."""
    began = time.perf_counter()
    answer = json.loads(run("-m", "bench.fill", "--config", str(settings), "--count", str(count)))
    took = time.perf_counter() - began
    print(f"  filled {count:,} cases in {took:.0f} s ({count / took:,.0f}/s)", flush=True)
    return str(answer["code"])


def fill_node(node: Node, count: int) -> str:
    """Open *count* cases in *node*, journal and read models as in real use; return the last receipt code."""
    code = ""

    def act(tx: Tx, size: int) -> str:
        for n in range(size):
            code = mint_receipt_code(secrets.token_bytes)
            s = Submission(id=uuid7(int(time.time() * 1000), os.urandom(10)), code=code, kind="complaint", rating=1 + n % 4, text=TEXT)
            open_in(node, tx, s, rid_of(code))
        return code

    for start in range(0, count, GROUP):
        code = node.perform(partial(act, size=min(GROUP, count - start)))
    return code


def main() -> None:
    """Fill the node of the settings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--count", type=int, required=True)
    asked = parser.parse_args()
    node = open_node(load(asked.config), print)
    try:
        print(json.dumps({"code": fill_node(node, asked.count)}))
    finally:
        close_node(node)


if __name__ == "__main__":
    main()
