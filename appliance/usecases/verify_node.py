"""Everything a node holds, checked against what was signed: the log, the values, the read models."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from appliance.journal.verify import Wrong, verify_logs
from appliance.journal.verify_files import verify_objects
from appliance.journal.verify_values import verify_boxes, verify_index
from appliance.projections.registry import COMPARED, EMPTY
from appliance.store.db import Db
from appliance.store.store import Store
from appliance.usecases.node import Node

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked; ``wrong`` names the first thing that is wrong, '' when all is well."""

    leaves: int
    boxes: int
    wrong: str


def verify_node(node: Node, progress: Progress, *, models: bool = True) -> Report:
    """Check the whole node while it runs: one reading transaction sees one state of it.

    Args:
        models: also open every value, and rebuild the read models beside the live ones to compare them.
    """
    with node.store.read() as db:
        leaves = _one(db, "SELECT CAST(coalesce(sum(size), 0) AS INTEGER) FROM log")
        boxes = _one(db, "SELECT count(*) FROM box") if models else 0
        wrong = _name(verify_logs(db, progress))
        if not wrong and models:
            values = verify_index(db, progress) or verify_boxes(db, progress) or verify_objects(db, progress)
            wrong = _name(values) or _compare_models(node, db, progress)
    return Report(leaves, boxes, wrong)


def _one(db: Db, sql: str) -> int:
    row = db.one(sql)
    return int(row[0]) if row else 0


def _name(wrong: Wrong | None) -> str:
    return f"{wrong.origin}, entry {wrong.index}: {wrong.what}" if wrong else ""


def _compare_models(node: Node, live: Db, progress: Progress) -> str:
    """Rebuild the read models in a scratch database and compare row by row; return the first difference."""
    with tempfile.TemporaryDirectory(prefix="cfms-verify-") as folder:
        scratch = Store(str(Path(folder) / "models.db"), Path(folder))
        try:
            scratch.write(lambda db: node.projections.rebuild(db, live, lambda done, total: progress("read models", done, total)))
            with scratch.read() as fresh:
                return next((found for table, order in COMPARED.items() if (found := _differ(live, fresh, table, order))), "")
        finally:
            scratch.close()


def _differ(live: Db, fresh: Db, table: str, order: str) -> str:
    """Compare a table of both databases whatever their order (the two engines collate text differently)."""
    columns = ", ".join(row[0] for row in fresh.all("SELECT name FROM pragma_table_info(:t) ORDER BY cid", t=table))
    text = f"SELECT {columns} FROM {table}" + (f" WHERE NOT ({EMPTY[table]})" if table in EMPTY else "")
    if _digest(live, text) == _digest(fresh, text):
        return ""
    keys = order.split(", ")
    places = [columns.split(", ").index(key) for key in keys]
    where = " AND ".join(f"{key} = :{key}" for key in keys)
    for row in fresh.each(text):
        name = {key: row[place] for key, place in zip(keys, places, strict=True)}
        have = live.one(f"SELECT {columns} FROM {table} WHERE {where}", **name)
        if have is None or tuple(map(_plain, have)) != row:
            return f"read model {table}: a row is not what the journal says (cfms rebuild makes it anew)"
    return f"read model {table}: it has rows the journal knows nothing of (cfms rebuild makes it anew)"


def _digest(db: Db, text: str) -> tuple[int, int]:
    """Return the number of rows and the sum of their hashes."""
    count, total = 0, 0
    for row in db.each(text):
        count += 1
        total += int.from_bytes(sha256(repr(tuple(map(_plain, row))).encode()).digest(), "big")
    return count, total % 2**256


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value
