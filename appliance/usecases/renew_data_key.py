"""HQ's data key changes each quarter; what was sealed to the one before goes dark 35 days later (spec keys §2)."""

from __future__ import annotations

from itertools import pairwise

from appliance.projections import announcements
from appliance.usecases.node import Node
from appliance.usecases.set_up import announce_data_key

QUARTER = 91 * 86_400  # seconds
KEEP_OLD = 35 * 86_400  # seconds: as long as any copy of box keys lives (spec keys K5)


def renew_data_key(node: Node) -> bool:
    """Make and announce a new data key when the current one is a quarter old, destroy those that are over; True for a new one.

    The new key is announced in log ``all`` before anybody can seal to it, and its file is durable before that; a crash in
    between leaves a key that the next run announces.
    """
    now = node.clock.read().ts
    with node.store.read() as db:
        known = announcements.hq_keys(db)
    if not known:
        return False  # not set up yet
    for old, successor in pairwise(known):
        if successor.since + KEEP_OLD < now:
            node.keyring.destroy_hq_data_key(old.kid)
    due = known[-1].since + QUARTER <= now and node.keyring.hq_data_key().kid == known[-1].kid
    if due:
        node.keyring.rotate_hq_data_key()
    announce_data_key(node)
    return due
