"""The note on a slip, checked against what this node holds: was it really signed, is it still true, has headquarters vouched for it."""

from __future__ import annotations

from dataclasses import dataclass

from sync.merkle import root_at
from sync.note import Checkpoint, NoteError, Verifier, expand_note, open_note

from appliance.domain.errors import Refusal
from appliance.journal.heads import node_reader
from appliance.usecases import logs
from appliance.usecases.node import Node


class NotAProof(Refusal):
    """This is not a proof of ours. Scan the QR on the slip again, or copy all of it."""


class LogUnknown(Refusal):
    """We hold no record by that name, so we can say nothing about this proof."""


class ProofForged(Refusal):
    """The signature is not the appliance's own: this proof was not made by it, or was changed."""


@dataclass(frozen=True, slots=True)
class CheckedProof:
    """What a slip's note says, its signature verified, and how it stands to the log held here.

    Attributes:
        held: how many entries of that log this node holds.
        there: it holds as many as the note speaks of.
        agrees: those entries are the very ones that were signed; meaningless unless ``there``.
        cosigned: headquarters' signature covers them too.
    """

    origin: str
    name: str
    size: int
    root: bytes
    held: int
    there: bool
    agrees: bool
    cosigned: bool


def check_proof(node: Node, compact: str) -> CheckedProof:
    """Return what the *compact* note of a slip proves here.

    Raises:
        NotAProof: it is not a compact note. LogUnknown: this node has no log of its origin.
        ProofForged: that log's key did not sign it.
    """
    try:
        note = expand_note(compact)
        said = Checkpoint.parse(note.partition("\n\n")[0] + "\n")
    except NoteError:
        raise NotAProof from None
    with node.store.read() as db:
        row = logs.by_origin(db, said.origin)
        if row is None:
            raise LogUnknown
        try:
            open_note(note, [Verifier.parse(row.vkey)])
        except NoteError:
            raise ProofForged from None
        there = row.size >= said.size
        agrees = there and root_at(said.size, node_reader(db, row.id)) == said.root
    cosigned = agrees and bool(row.ack_note) and row.acked >= said.size
    return CheckedProof(said.origin, row.name, said.size, said.root, row.size, there, agrees, cosigned)
