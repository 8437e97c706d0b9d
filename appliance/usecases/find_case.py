"""A case by whatever name a person has for it."""

from __future__ import annotations

from appliance.domain.codes import ReferenceMistyped, parse_reference
from appliance.domain.errors import NotFound
from appliance.domain.ids import is_id
from appliance.projections import cases
from appliance.usecases.node import Node


def case_id(node: Node, name: str) -> str:
    """Return the id of the case called *name*: an id, or a reference such as ``NBI-26A-004217-K``.

    Raises:
        NotFound: there is none.
    """
    with node.store.read() as db:
        if is_id(name):
            row = cases.get(db, name)
        else:
            try:
                row = cases.by_reference(db, str(parse_reference(name)))
            except ReferenceMistyped:
                row = None
    if row is None:
        raise NotFound
    return row.id
