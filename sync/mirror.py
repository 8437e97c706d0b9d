"""The accept rule: what a mirror answers to a batch, by the table of spec log §3; pure, over a small storage protocol.

A mirror's cosignature says "durably stored, and consistent with all I ever cosigned for this origin". So it never
cosigns a size below one it cosigned before (not even when its own database was restored from an older day), never a
second history, and never before the caller has committed. Memory and time are those of the batch, whatever is held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sync.batch import Batch
from sync.merkle import CompactRange, Node, leaf_hash
from sync.note import COSIGNER, Checkpoint, Cosigner, NoteError, Verifier, add_signature, open_note, split_note
from sync.signers import DASH


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: an HTTP status and a text body."""

    status: int
    body: str


class Held(Protocol):
    """What the mirror holds of one origin, as it stands inside the accepting transaction."""

    @property
    def state(self) -> str:
        """Return open, closed or frozen."""

    @property
    def verifier(self) -> Verifier:
        """Return the verifier of the log's key."""

    @property
    def size(self) -> int:
        """Return how many leaves are held."""

    @property
    def tree(self) -> CompactRange:
        """Return the compact range at that size."""

    @property
    def newest_note(self) -> str:
        """Return the newest note the mirror knows it cosigned, '' before the first."""

    def range_at(self, size: int) -> CompactRange:
        """Return the compact range of the first *size* leaves held."""

    def has_object(self, hashed: bytes) -> bool:
        """Tell whether the side object of that hash is held."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a good batch adds.

    Attributes:
        offset: the first leaf of the batch that is new; those before it are held, and were compared.
        tree: the compact range with all of it.
        nodes: every tree node it completes, the new leaves' hashes among them as level 0.
    """

    offset: int
    tree: CompactRange
    nodes: Sequence[Node]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a batch; at most one of *new*, *heartbeat*, *objects* and *fork* is set.

    Attributes:
        answer: what to say; where *cosign* is set, the note with the fresh cosignature goes in its place.
        new: store this in one transaction.
        heartbeat: nothing new and nothing wrong.
        objects: store the side objects, and drop them after 35 days if no leaf names them.
        cosign: once all is durable, cosign the batch's note.
        fork: freeze the origin and keep both notes, ours first, as ``evidence``.
        reclaimed: a note of more leaves than are held that carries the mirror's own cosignature: it was restored from
            an older day. To be kept as its newest note, so that nothing below it is ever cosigned.
    """

    answer: Answer
    new: Accepted | None = None
    heartbeat: bool = False
    objects: bool = False
    cosign: bool = False
    fork: bool = False
    evidence: tuple[str, str] = ("", "")
    reclaimed: str = ""

    @property
    def accepted(self) -> bool:
        """Tell whether there are leaves to store."""
        return self.new is not None


def judge(batch: Batch, held: Held | None, needed: Sequence[bytes] = (), mirrors: Sequence[Verifier] = ()) -> Verdict:
    """Return what the mirror does with *batch*; nothing is stored or signed here.

    Args:
        held: what is held of the batch's origin; None for an origin the mirror does not take.
        needed: hashes of the objects that the batch's new leaves name.
        mirrors: the mirror's own cosigner keys, old ones too, by which it knows again what it once cosigned.
    """
    if held is None:
        return _refuse(404, "unknown origin")
    if batch.only_objects:
        return _judge_state(held) or Verdict(Answer(200, ""), objects=True)
    checkpoint = _signed(batch, held)
    if checkpoint is None:
        return _refuse(403, "the checkpoint's signature does not verify")
    if checkpoint.size != batch.end:
        return _refuse(422, "the checkpoint does not fit the batch")
    return _judge_state(held) or _judge_size(batch, checkpoint, held, needed, mirrors)


def check_kid(batch: Batch, known: Callable[[str], bool], current: str) -> Answer | None:
    """Return 428 with the mirror's *current* key id when the key list is sealed to a key it no longer has (keys K3).

    Nothing of such a batch may be stored: without the keys its boxes could not be checked.
    """
    return Answer(428, f"{current}\n") if batch.boxes and not known(batch.kid) else None


def _signed(batch: Batch, held: Held) -> Checkpoint | None:
    try:
        checkpoint = Checkpoint.parse(open_note(batch.note, [held.verifier]).text)
    except NoteError:
        return None
    return checkpoint if checkpoint.origin == batch.origin == held.verifier.name else None


def _judge_state(held: Held) -> Verdict | None:
    if held.state == "frozen":
        return Verdict(Answer(423, f"{held.size}\n{held.newest_note}"))
    if held.state == "closed":
        return _refuse(410, "this epoch is closed")
    return None


def _judge_size(batch: Batch, checkpoint: Checkpoint, held: Held, needed: Sequence[bytes], mirrors: Sequence[Verifier]) -> Verdict:
    past = _past(batch, held, mirrors)
    if checkpoint.size <= held.size:
        return _judge_known(batch, checkpoint, held, past)
    if batch.start > held.size:
        return _behind(held, past)
    return _judge_new(batch, checkpoint, held, needed, past)


def _judge_known(batch: Batch, checkpoint: Checkpoint, held: Held, past: _Past | None) -> Verdict:
    """A size that is held already: the same tree is a heartbeat or an old batch, another tree is a fork."""
    if held.range_at(checkpoint.size).root() != checkpoint.root:
        return _fork(held, held.newest_note, batch.note)
    if checkpoint.size == held.size and past is None:
        return Verdict(Answer(200, ""), heartbeat=True, cosign=True)
    return _behind(held, past)


def _judge_new(batch: Batch, checkpoint: Checkpoint, held: Held, needed: Sequence[bytes], past: _Past | None) -> Verdict:
    """Leaves beyond those held: the root must come out as signed, and the overlap as held; it is compared, not skipped."""
    grown = _grow(batch, held, past)
    if grown.new.tree.root() != checkpoint.root:
        return _refuse(422, "the leaves do not lead to the signed root; send again from 0")
    if not grown.same_overlap:
        return _fork(held, held.newest_note, batch.note)
    if past is not None and not grown.same_past:
        return _fork(held, past.note, batch.note)
    missing = _missing(batch, held, needed)
    if missing:
        return Verdict(Answer(424, "".join(f"{hashed.hex()}\n" for hashed in missing)))
    if past is None:
        return Verdict(Answer(200, ""), new=grown.new, cosign=True)
    return Verdict(Answer(200, past.note), new=grown.new, cosign=past.checkpoint.size <= batch.end, reclaimed=past.note)


@dataclass(frozen=True, slots=True)
class _Grown:
    new: Accepted
    same_overlap: bool
    same_past: bool


def _grow(batch: Batch, held: Held, past: _Past | None) -> _Grown:
    """Put the batch's leaves on the tree as it stood at their start, looking at it where more is known of it.

    The perfect subtrees at the size held say as much of the overlap as its leaves would, and need no reading.
    """
    tree = held.tree.copy() if batch.start == held.size else held.range_at(batch.start)
    hashes = [leaf_hash(leaf) for leaf in batch.leaves]
    offset = held.size - batch.start
    tree.append_many(hashes[:offset])
    same_overlap, same_past, cut = tree.stack == held.tree.stack, True, offset
    nodes: list[Node] = []
    if past is not None and past.checkpoint.size <= batch.end:
        cut = past.checkpoint.size - batch.start
        nodes += tree.append_many(hashes[offset:cut])
        same_past = tree.root() == past.checkpoint.root
    nodes += tree.append_many(hashes[cut:])
    return _Grown(Accepted(offset, tree, nodes), same_overlap, same_past)


# --- what the mirror once cosigned ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Past:
    """A note of more leaves than are held that the mirror itself cosigned."""

    note: str
    checkpoint: Checkpoint


def _past(batch: Batch, held: Held, mirrors: Sequence[Verifier]) -> _Past | None:
    """Return the largest size the mirror is known to have cosigned, by its own note or the sender's; None if it is held."""
    found = [past for past in (_claimed(held.newest_note), _reclaimed(batch, held, mirrors)) if past and past.checkpoint.size > held.size]
    return max(found, key=lambda past: past.checkpoint.size, default=None)


def _claimed(note: str) -> _Past | None:
    try:
        return _Past(note, Checkpoint.parse(split_note(note)[0])) if note else None
    except NoteError:
        return None


def _reclaimed(batch: Batch, held: Held, mirrors: Sequence[Verifier]) -> _Past | None:
    """Return the sender's copy of a note when both the log and the mirror signed it; it proves nothing otherwise."""
    past = _claimed(batch.held_note) if mirrors else None
    if past is None or past.checkpoint.size <= held.size or past.checkpoint.origin != batch.origin:
        return None
    try:
        open_note(batch.held_note, [held.verifier])
        cosigned = any(one.alg == COSIGNER for one in open_note(batch.held_note, mirrors).verified)
    except NoteError:
        return None
    return past if cosigned else None


# --- answers --------------------------------------------------------------------------------------------


def _missing(batch: Batch, held: Held, needed: Sequence[bytes]) -> list[bytes]:
    brought = {hashed for hashed, _ in batch.objects}
    return [hashed for hashed in dict.fromkeys(needed) if hashed not in brought and not held.has_object(hashed)]


def _refuse(status: int, why: str) -> Verdict:
    return Verdict(Answer(status, f"{why}\n"))


def _behind(held: Held, past: _Past | None) -> Verdict:
    """The size held and the newest note: the node sees whether it is behind, ahead or rolled back. Never cosigned."""
    return Verdict(Answer(409, f"{held.size}\n{held.newest_note}"), reclaimed=past.note if past else "")


def _fork(held: Held, ours: str, theirs: str) -> Verdict:
    return Verdict(Answer(423, f"{held.size}\n{held.newest_note}"), fork=True, evidence=(ours, theirs))


def cosign_line(note: str, cosigner: Cosigner, time: int) -> str:
    """Return the cosignature line over the checkpoint in *note*, made at *time* (unix seconds).

    To be made only for what ``judge`` let pass, and shown only once that is durable.

    Raises:
        NoteError: it is not a checkpoint note.
    """
    text, _ = split_note(note)
    Checkpoint.parse(text)
    return cosigner.cosign(text, time)


def cosigned(note: str, cosigner: Cosigner, time: int) -> str:
    """Return *note*, cut to its log's own signature, with a cosignature made at *time*; only for what is durable.

    Raises:
        NoteError: it is not a checkpoint note, or its log did not sign it.
    """
    text, _ = split_note(note)
    origin = Checkpoint.parse(text).origin
    for line in note[len(text) + 1 :].split("\n"):
        if line.startswith(f"{DASH}{origin} "):
            return add_signature(f"{text}\n{line}\n", cosign_line(note, cosigner, time))
    raise NoteError("the log itself did not sign it")
