"""The accept rule: what HQ answers to a batch, by the table of spec log §3; pure, over a small storage protocol.

HQ is a mirror: its cosignature says "durably stored, and consistent with all I ever cosigned for this origin". So it
never cosigns a size below the one it holds, never a second history, and never before the caller has committed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sync.batch import Batch
from sync.merkle import CompactRange, leaf_hash
from sync.note import Checkpoint, Cosigner, NoteError, Verifier, add_signature, open_note, split_note


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: an HTTP status and a text body."""

    status: int
    body: str


class Held(Protocol):
    """What HQ holds of one origin."""

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
        """Return the newest note HQ cosigned, '' before the first."""

    def root_at(self, size: int) -> bytes:
        """Return the root held at *size*."""

    def leaf(self, index: int) -> bytes:
        """Return the leaf held at *index*."""

    def has_object(self, hashed: bytes) -> bool:
        """Tell whether the side object of that hash is held."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a batch.

    Attributes:
        accepted: store the leaves beyond those held, then cosign.
        heartbeat: nothing new and nothing wrong: cosign afresh.
        fork: freeze the origin and keep both notes, ours first, as ``evidence``.
    """

    answer: Answer
    accepted: bool = False
    heartbeat: bool = False
    fork: bool = False
    evidence: tuple[str, str] = ("", "")


def judge(batch: Batch, held: Held, needed: list[bytes]) -> Verdict:
    """Return what HQ does with *batch*, whose origin it knows.

    Args:
        needed: hashes of the objects that the batch's new leaves name.
    """
    try:
        checkpoint = Checkpoint.parse(open_note(batch.note, [held.verifier]).text)
    except NoteError:
        return _refuse(403, "the checkpoint's signature does not verify")
    if checkpoint.origin != batch.origin or checkpoint.size != batch.end:
        return _refuse(422, "the checkpoint does not fit the batch")
    if held.state == "frozen":
        return Verdict(Answer(423, f"{held.size}\n{held.newest_note}"))
    if held.state == "closed":
        return _refuse(410, "this epoch is closed")
    if checkpoint.size <= held.size:
        return _judge_known(batch, checkpoint, held)
    if batch.start > held.size:
        return _behind(held)
    return _judge_new(batch, checkpoint, held, needed)


def _judge_known(batch: Batch, checkpoint: Checkpoint, held: Held) -> Verdict:
    """A size HQ holds already: the same tree is a heartbeat or an old batch, another tree is a fork."""
    if held.root_at(checkpoint.size) != checkpoint.root:
        return _fork(batch, held)
    if checkpoint.size == held.size:
        return Verdict(Answer(200, ""), heartbeat=True)
    return _behind(held)


def _judge_new(batch: Batch, checkpoint: Checkpoint, held: Held, needed: list[bytes]) -> Verdict:
    """Leaves beyond those held: compare the overlap, do not skip it; then the root must come out as signed."""
    overlap = held.size - batch.start
    same = all(held.leaf(batch.start + i) == batch.leaves[i] for i in range(overlap))
    tree = held.tree.copy() if same else None
    if tree is not None:
        tree.append_many([leaf_hash(leaf) for leaf in batch.leaves[overlap:]])
        if tree.root() == checkpoint.root:
            return _check_objects(batch, held, needed)
    elif _root_from_batch(batch, held) == checkpoint.root:
        return _fork(batch, held)
    return _refuse(422, "the leaves do not lead to the signed root; send again from 0")


def _root_from_batch(batch: Batch, held: Held) -> bytes | None:
    """Return the root of HQ's leaves up to the batch's start followed by all of the batch's own."""
    if batch.start > held.size:
        return None
    tree = CompactRange()
    tree.append_many(leaf_hash(held.leaf(i)) for i in range(batch.start))
    tree.append_many(leaf_hash(leaf) for leaf in batch.leaves)
    return tree.root()


def _check_objects(batch: Batch, held: Held, needed: list[bytes]) -> Verdict:
    brought = {hashed for hashed, _ in batch.objects}
    missing = [hashed for hashed in dict.fromkeys(needed) if hashed not in brought and not held.has_object(hashed)]
    if missing:
        return Verdict(Answer(424, "".join(f"{hashed.hex()}\n" for hashed in missing)))
    return Verdict(Answer(200, ""), accepted=True)


def _refuse(status: int, why: str) -> Verdict:
    return Verdict(Answer(status, f"{why}\n"))


def _behind(held: Held) -> Verdict:
    """HQ's size and its newest cosigned note: the node sees whether it is behind, ahead or rolled back."""
    return Verdict(Answer(409, f"{held.size}\n{held.newest_note}"))


def _fork(batch: Batch, held: Held) -> Verdict:
    return Verdict(Answer(423, f"{held.size}\n{held.newest_note}"), fork=True, evidence=(held.newest_note, batch.note))


def cosigned(note: str, cosigner: Cosigner, time: int) -> str:
    """Return *note*, cut to its first signature, with a cosignature made at *time*; only for what is durable."""
    text, lines = split_note(note)
    first = note[len(text) + 1 :].split("\n", 1)[0]
    assert lines
    return add_signature(f"{text}\n{first}\n", cosigner.cosign(text, time))
