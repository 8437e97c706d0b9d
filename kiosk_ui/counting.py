"""A tap on its way to being counted, from a page or a program: limited, looked at for haste, then written down."""

from __future__ import annotations

import msgspec

from appliance.usecases.node import Node
from appliance.usecases.rate import Counted, Rating, rate
from appliance.web.presses import pressed_quickly
from appliance.web.terminal import address, kiosk
from kiosk_ui.following import limits


def count(node: Node, tap: Rating) -> Counted:
    """Count *tap* of whoever asks; what the terminal says of its haste stands, and what is seen here is added.

    Raises:
        TooMany, InvalidInput, UnknownChoice, StorageFull, SigningStopped: it was not counted.
    """
    limits().check_rating(address(), kiosk())
    quick = pressed_quickly(tap.id)
    return rate(node, msgspec.structs.replace(tap, quick=tap.quick or quick))
