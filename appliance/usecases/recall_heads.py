"""HQ knows again, after a restore, what it cosigned: its marks were not restored with the database (spec log §3)."""

from __future__ import annotations

from sync.note import Checkpoint, Verifier, split_note

from appliance.usecases import logs
from appliance.usecases.node import Node


def recall_heads(node: Node) -> int:
    """Take the marks of mirrored logs that lie beyond what the database says was cosigned; return how many did.

    From then on HQ cosigns nothing below them, even for a centre that hides its own copy of the note (``sync.mirror``).
    """
    with node.store.read() as db:
        rows = logs.mirrors(db)
    beyond = [(row.id, note) for row in rows if (note := _beyond(node, row))]
    for log, note in beyond:
        node.store.write(lambda db, log=log, note=note: db.run("UPDATE log SET ack_note = :note WHERE id = :id", note=note, id=log))  # type: ignore[misc]
    return len(beyond)


def _beyond(node: Node, row: logs.LogRow) -> str:
    note = node.journal.marks.of(row.origin).read_note(Verifier.parse(row.vkey))
    return note if note and _size(note) > max(row.acked, _size(row.ack_note)) else ""


def _size(note: str) -> int:
    return Checkpoint.parse(split_note(note)[0]).size if note else 0
