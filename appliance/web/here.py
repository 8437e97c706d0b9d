"""The node behind the pages, and the person who asks it."""

from __future__ import annotations

from flask import current_app

from appliance.domain.people import Person
from appliance.usecases.node import Node
from appliance.web.login import staff


def node() -> Node:
    """Return the node that serves this request."""
    found: Node = current_app.extensions["cfms"]
    return found


def person() -> Person:
    """Return the member of staff who asks, as use cases see one."""
    return staff().person
