"""What a node tells those who watch over machines: whether it works, and figures without anything of a person in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from appliance.projections import tally
from appliance.projections.tally import Count
from appliance.store.errors import StoreError
from appliance.usecases import logs
from appliance.usecases.backup import backups
from appliance.usecases.erase_values import scrub_due
from appliance.usecases.logs import LogRow
from appliance.usecases.node import Node
from appliance.usecases.run_exchange import ExchangeState, exchange_state


@dataclass(frozen=True, slots=True)
class Figures:
    """One measurement.

    Attributes:
        trouble: why the node is not well, in one word; '' while it is.
        logs: those it signs or mirrors, without the set-aside forks.
        queue: acts that wait for the next group of the writer.
        database: bytes of SQLite's file, and of its write-ahead log; 0 on PostgreSQL, which tells them itself.
        backup_at: when the newest archive was made, unix seconds; 0 for never.
    """

    trouble: str
    cases: tuple[Count, ...]
    logs: tuple[LogRow, ...]
    exchange: ExchangeState
    commits: int
    acts: int
    largest_group: int
    queue: int
    database: tuple[int, int]
    backup_at: int
    scrub_due: bool


def trouble_of(node: Node) -> str:
    """Return why *node* cannot do its work, in one word: ``stopped``, ``signing`` or ``store``; '' while it can. Writes nothing."""
    if not node.store.writer.alive:
        return "stopped"
    if node.journal.stopped:
        return "signing"
    try:
        with node.store.read() as db:
            db.one("SELECT 1 FROM ops_fact LIMIT 1")
    except StoreError:
        return "store"
    return ""


def measure(node: Node) -> Figures:
    """Return today's figures of *node*.

    Raises:
        StoreError: the database does not answer.
    """
    done = node.store.writer.statistics
    with node.store.read() as db:
        cases = tally.counts(db)
        rows = tuple(row for row in (*logs.own_logs(db), *logs.mirrors(db)) if row.state != "frozen")
    newest = backups(node.settings.backup.dir)[:1]
    return Figures(
        trouble=trouble_of(node), cases=cases, logs=rows, exchange=exchange_state(node), commits=done.commits, acts=done.acts,
        largest_group=done.largest, queue=node.store.writer.waiting, database=_sizes(node), backup_at=newest[0].made_at if newest else 0,
        scrub_due=scrub_due(node),
    )  # fmt: skip


def _sizes(node: Node) -> tuple[int, int]:
    if not node.store.is_sqlite:
        return 0, 0
    return _size(Path(node.store.url)), _size(Path(node.store.url + "-wal"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # SQLite removes its log when the last connection closes
        return 0
