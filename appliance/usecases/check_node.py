"""The whole log, every value and every read model looked at each night; what is wrong is shown until it is put right."""

from __future__ import annotations

from appliance.usecases import facts
from appliance.usecases.node import Node
from appliance.usecases.verify_node import verify_node

DAMAGE = "damage"  # fact: what the last nightly check found wrong, '' for nothing


def check_node(node: Node) -> str:
    """Verify the whole node and remember the first thing that is wrong; return it, '' when all is well (rule N6)."""
    report = verify_node(node, lambda _what, _done, _total: None)
    node.store.write(lambda db: facts.put(db, DAMAGE, report.wrong))
    return report.wrong
