"""The intake key changes each year; what terminals sealed to the one before opens for 35 days more (spec keys §2)."""

from __future__ import annotations

from appliance.journal.intake_keys import IntakeKeys
from appliance.usecases.confirm_time import time_in_doubt
from appliance.usecases.node import Node

YEAR = 365 * 86_400  # seconds
KEEP_OLD = 35 * 86_400  # seconds: as long as the archives that hold a key live (spec keys K5)


def renew_intake_key(node: Node) -> bool:
    """Make a new intake key when the current one is a year old, destroy those that are over; True for a new one.

    While nobody knows what time it is nothing is done: a clock that jumped ahead would shut messages that still wait on terminals.
    """
    if time_in_doubt(node):
        return False
    now, keys = node.clock.read().ts, IntakeKeys(node.keyring)
    keys.forget(now - KEEP_OLD)
    return keys.renew(now, YEAR)
