"""Every row of the answer table, and the bad days of spec log §3 followed through to their end."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.batch import Batch, Box, boxes_bytes, objects_batch
from sync.merkle import CompactRange, leaf_hash, root_at
from sync.mirror import Answer, Verdict, check_kid, cosign_line, cosigned, judge
from sync.note import COSIGNER, Checkpoint, Cosigner, NoteError, Signer, Verifier, add_signature, open_note, split_note

ORIGIN = "feedback.example.go.ke/log/NBI/7f3a9c21"
SIGNER = Signer.from_seed(ORIGIN, bytes([1] * 32))
MIRROR = Cosigner.from_seed("feedback.example.go.ke/hq/mirror", bytes([2] * 32))
OLD_MIRROR = Cosigner.from_seed("feedback.example.go.ke/hq/mirror", bytes([3] * 32))
STRANGER = Signer.from_seed(ORIGIN, bytes([9] * 32))
LOG_KEY, MIRROR_KEYS = Verifier.parse(SIGNER.vkey), [Verifier.parse(MIRROR.vkey), Verifier.parse(OLD_MIRROR.vkey)]


@dataclass
class Node:
    """A centre's log: its leaves, and the newest note HQ cosigned."""

    leaves: list[bytes] = field(default_factory=list)
    held_note: str = ""

    def write(self, *words: str) -> Node:
        self.leaves += [word.encode() for word in words]
        return self

    def copy(self) -> Node:
        return Node(list(self.leaves), self.held_note)

    def note(self, size: int) -> str:
        tree = CompactRange()
        tree.append_many(map(leaf_hash, self.leaves[:size]))
        return SIGNER.sign(Checkpoint(ORIGIN, size, tree.root()).text())

    def batch(self, start: int, end: int | None = None, **parts: object) -> Batch:
        end = len(self.leaves) if end is None else end
        batch = Batch(ORIGIN, start, end, "-", self.note(end), self.held_note, self.leaves[start:end], [], b"", b"", [])
        return replace(batch, **parts)  # type: ignore[arg-type]


@dataclass
class Hq:
    """HQ's copy of one origin, in memory; it does what a verdict says, and nothing else."""

    leaves: list[bytes] = field(default_factory=list)
    newest_note: str = ""
    state: str = "open"
    verifier: Verifier = LOG_KEY
    known_objects: set[bytes] = field(default_factory=set)
    evidence: list[tuple[str, str]] = field(default_factory=list)
    cosigned_sizes: list[int] = field(default_factory=list)
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.leaves)

    @property
    def tree(self) -> CompactRange:
        return self.range_at(self.size)

    def range_at(self, size: int) -> CompactRange:
        tree = CompactRange()
        tree.append_many(map(leaf_hash, self.leaves[:size]))
        return tree

    def has_object(self, hashed: bytes) -> bool:
        return hashed in self.known_objects

    def backup(self) -> Hq:
        """Return HQ as it stands: what a restore of this day would bring back."""
        lists = {"leaves": list(self.leaves), "evidence": list(self.evidence), "cosigned_sizes": list(self.cosigned_sizes)}
        return replace(self, known_objects=set(self.known_objects), nodes=dict(self.nodes), **lists)  # type: ignore[arg-type]

    def receive(self, batch: Batch, needed: list[bytes] | None = None) -> Answer:
        verdict = judge(batch, self, needed or [], MIRROR_KEYS)
        self.newest_note = verdict.reclaimed or self.newest_note
        if verdict.fork:
            self.state = "frozen"
            self.evidence.append(verdict.evidence)
        if verdict.objects or verdict.new:
            self.known_objects.update(hashed for hashed, _ in batch.objects)
        if verdict.new:
            self.leaves += batch.leaves[verdict.new.offset :]
            self.nodes.update({(level, at): node for level, at, node in verdict.new.nodes})
            assert verdict.new.tree.stack == self.tree.stack
            assert root_at(self.size, lambda level, at: self.nodes[level, at]) == self.tree.root()
        if not verdict.cosign:
            return verdict.answer
        self.newest_note = cosigned(batch.note, MIRROR, 1790000000 + batch.end)
        self.cosigned_sizes.append(batch.end)
        return Answer(verdict.answer.status, self.newest_note)


@pytest.fixture
def node() -> Node:
    return Node().write(*(f"leaf {n}" for n in range(10)))


@pytest.fixture
def hq(node: Node) -> Hq:
    """HQ, holding the first six of the node's ten leaves."""
    hq = Hq()
    node.held_note = hq.receive(node.batch(0, 6)).body
    return hq


def size_of(note: str) -> int:
    return Checkpoint.parse(split_note(note)[0]).size


def behind(hq: Hq) -> Answer:
    return Answer(409, f"{hq.size}\n{hq.newest_note}")


# --- the table, row by row ------------------------------------------------------------------------------


def test_an_unknown_origin_is_404(node: Node) -> None:
    assert judge(node.batch(0), None).answer.status == 404


@pytest.mark.parametrize("size", [0, 3, 6, 10])
def test_a_bad_signature_is_403_whatever_it_says(node: Node, hq: Hq, size: int) -> None:
    batch = node.batch(0, size)
    text = split_note(batch.note)[0]
    other_origin = SIGNER.sign(text.replace("NBI", "MSA"))
    for note in (STRANGER.sign(text), batch.note.replace(f"\n{size}\n", f"\n{size + 1}\n"), other_origin, "junk", SIGNER.sign("no checkpoint\n")):
        verdict = judge(replace(batch, note=note), hq)
        assert verdict.answer.status == 403
        assert verdict == Verdict(verdict.answer)


def test_a_batch_of_leaves_without_a_checkpoint_is_403(node: Node, hq: Hq) -> None:
    assert judge(node.batch(6, note=""), hq).answer.status == 403


def test_a_batch_of_another_log_is_403_under_this_ones_checkpoint(node: Node, hq: Hq) -> None:
    assert judge(node.batch(6, origin=ORIGIN.replace("NBI", "MSA")), hq).answer.status == 403


def test_a_frozen_origin_is_423_with_where_it_stands(node: Node, hq: Hq) -> None:
    hq.state = "frozen"
    for batch in (node.batch(6), node.batch(0, 6), objects_batch(ORIGIN, 6, [])):
        assert judge(batch, hq) == Verdict(Answer(423, f"6\n{hq.newest_note}"))


def test_a_closed_epoch_is_410(node: Node, hq: Hq) -> None:
    hq.state = "closed"
    for batch in (node.batch(6), node.batch(0, 6), objects_batch(ORIGIN, 6, [])):
        assert judge(batch, hq).answer.status == 410


@pytest.mark.parametrize("size", range(6))
def test_an_old_size_with_the_same_root_is_409_and_never_cosigned(node: Node, hq: Hq, size: int) -> None:
    verdict = judge(node.batch(0, size), hq)
    assert verdict == Verdict(behind(hq))
    assert size_of(verdict.answer.body.partition("\n")[2]) == 6


@pytest.mark.parametrize("size", range(1, 7))
def test_a_size_that_is_held_with_another_root_is_a_fork(node: Node, hq: Hq, size: int) -> None:
    forked = node.copy()
    forked.leaves[size - 1] = b"another"
    batch = forked.batch(max(0, size - 2), size)
    verdict = judge(batch, hq)
    assert verdict == Verdict(Answer(423, f"6\n{hq.newest_note}"), fork=True, evidence=(hq.newest_note, batch.note))


@pytest.mark.parametrize("start", [0, 3, 6])
def test_the_very_size_that_is_held_is_cosigned_afresh(node: Node, hq: Hq, start: int) -> None:
    verdict = judge(node.batch(start, 6), hq)
    assert verdict == Verdict(Answer(200, ""), heartbeat=True, cosign=True)


@pytest.mark.parametrize("start", [7, 9, 10])
def test_a_gap_is_409_with_where_to_go_on(node: Node, hq: Hq, start: int) -> None:
    assert judge(node.batch(start, 10), hq) == Verdict(behind(hq))


def test_leaves_that_do_not_lead_to_the_signed_root_are_422(node: Node, hq: Hq) -> None:
    wrong = [b"x", *node.leaves[7:]]
    for batch in (node.batch(6, leaves=wrong), node.batch(6, leaves=node.leaves[6:10][::-1]), node.batch(4, leaves=[*node.leaves[4:6], *wrong])):
        verdict = judge(batch, hq)
        assert verdict == Verdict(verdict.answer)
        assert verdict.answer.status == 422


def test_a_checkpoint_of_another_size_than_the_batchs_end_is_422(node: Node, hq: Hq) -> None:
    for size in (0, 6, 9):
        assert judge(node.batch(6, 10, note=node.note(size)), hq).answer.status == 422


@pytest.mark.parametrize("start", range(6))
def test_an_overlap_that_differs_under_a_right_root_is_a_fork(node: Node, hq: Hq, start: int) -> None:
    for changed in range(start, 6):
        forked = node.copy()
        forked.leaves[changed] = b"another"
        batch = forked.batch(start)
        verdict = judge(batch, hq)
        assert verdict.fork
        assert verdict.evidence == (hq.newest_note, batch.note)


def test_an_overlap_that_differs_under_a_wrong_root_is_422_so_that_all_is_sent_again(node: Node, hq: Hq) -> None:
    forked = node.copy()
    forked.leaves[1] = forked.leaves[5] = b"another"
    assert judge(forked.batch(4), hq).answer.status == 422
    assert judge(forked.batch(0, 5), hq).fork


@pytest.mark.parametrize("start", range(7))
def test_a_good_batch_is_accepted_from_where_it_is_new(node: Node, hq: Hq, start: int) -> None:
    verdict = judge(node.batch(start), hq)
    assert verdict.accepted
    assert verdict.cosign
    assert verdict.new is not None
    assert verdict.new.offset == 6 - start
    assert verdict.new.tree.size == 10
    assert [node for level, _, node in verdict.new.nodes if level == 0] == [leaf_hash(leaf) for leaf in node.leaves[6:]]
    assert verdict.answer == Answer(200, "")
    assert hq.tree.size == 6


def test_a_leaf_nobody_can_read_rejects_nothing(node: Node, hq: Hq) -> None:
    node.leaves += [b"", b"\xff\xfe not JSON"]
    assert judge(node.batch(6), hq).accepted


# --- objects and keys -----------------------------------------------------------------------------------

PHOTO = sha256(b"photo").digest()
SOUND = sha256(b"sound").digest()


def test_objects_that_are_missing_are_424_by_their_hashes_each_once(node: Node, hq: Hq) -> None:
    verdict = judge(node.batch(6), hq, [SOUND, PHOTO, SOUND])
    assert verdict == Verdict(Answer(424, f"{SOUND.hex()}\n{PHOTO.hex()}\n"))


def test_objects_may_have_come_before_or_come_along(node: Node, hq: Hq) -> None:
    hq.known_objects.add(PHOTO)
    assert judge(node.batch(6, objects=[(SOUND, b"sound")]), hq, [SOUND, PHOTO]).accepted


def test_a_batch_of_objects_alone_needs_no_checkpoint(node: Node, hq: Hq) -> None:
    batch = objects_batch(ORIGIN, 6, [(PHOTO, b"photo")])
    assert judge(batch, hq) == Verdict(Answer(200, ""), objects=True)
    assert judge(batch, None).answer.status == 404
    assert hq.receive(node.batch(6), [PHOTO]).status == 424
    assert hq.receive(batch).status == 200
    assert hq.receive(node.batch(6), [PHOTO]).status == 200


def test_objects_are_asked_for_only_of_a_batch_that_is_otherwise_good(node: Node, hq: Hq) -> None:
    assert judge(node.batch(6, leaves=node.leaves[6:10][::-1]), hq, [PHOTO]).answer.status == 422


def test_a_key_list_for_a_key_that_is_gone_is_428_with_the_current_one(node: Node) -> None:
    boxes = [Box(0, "phone", b"box")]
    batch = node.batch(6, kid="00" * 8, boxes=boxes, boxes_bytes=boxes_bytes(boxes), sealed_keys=b"sealed")
    assert check_kid(batch, {"11" * 8}.__contains__, "22" * 8) == Answer(428, "22" * 8 + "\n")
    assert check_kid(batch, {"00" * 8}.__contains__, "22" * 8) is None
    assert check_kid(node.batch(6), set[str]().__contains__, "22" * 8) is None


# --- the cosignature ------------------------------------------------------------------------------------


def test_the_cosigned_note_verifies_for_both_and_carries_nothing_else(node: Node) -> None:
    note = add_signature(STRANGER.sign(split_note(node.note(4))[0]).replace(f"\u2014 {ORIGIN}", "\u2014 somebody"), node.note(4).split("\n\n")[1])
    full = cosigned(note, MIRROR, 1790000300)
    opened = open_note(full, [LOG_KEY, MIRROR_KEYS[0]])
    assert [(one.name, one.time) for one in opened.verified] == [(ORIGIN, None), (MIRROR.name, 1790000300)]
    assert len(opened.lines) == 2
    assert full == add_signature(node.note(4), cosign_line(note, MIRROR, 1790000300))


def test_it_cosigns_only_a_checkpoint_that_its_log_signed(node: Node) -> None:
    text = split_note(node.note(4))[0]
    for note in ("", text, SIGNER.sign("no checkpoint\n"), f"{text}\n{MIRROR.cosign(text, 1)}"):
        with pytest.raises(NoteError):
            cosigned(note, MIRROR, 1)
    with pytest.raises(NoteError):
        cosign_line(SIGNER.sign("no checkpoint\n"), MIRROR, 1)


# --- bad days -------------------------------------------------------------------------------------------


def test_an_appliance_restored_with_nothing_new_learns_that_it_was_rolled_back(node: Node, hq: Hq) -> None:
    backup = node.copy()
    hq.receive(node.batch(6))
    answer = hq.receive(backup.batch(0, 8))
    assert answer.status == 409
    newest = open_note(answer.body.partition("\n")[2], [LOG_KEY, MIRROR_KEYS[0]])
    assert Checkpoint.parse(newest.text).size == 10
    assert hq.cosigned_sizes == [6, 10]


@pytest.mark.parametrize("writes", [1, 2, 3, 6])
def test_an_appliance_restored_and_written_to_is_a_fork(node: Node, hq: Hq, writes: int) -> None:
    backup = Node(node.leaves[:8], node.held_note)
    hq.receive(node.batch(6))
    backup.write(*(f"new {n}" for n in range(writes)))
    assert hq.receive(backup.batch(6)).status == 423
    assert hq.state == "frozen"
    assert hq.evidence == [(hq.newest_note, backup.note(8 + writes))]
    assert hq.receive(node.batch(6)).status == 423
    assert hq.leaves == node.leaves


def test_a_restored_appliance_that_keeps_its_counter_is_422_and_then_a_fork(node: Node, hq: Hq) -> None:
    hq.receive(node.batch(6))
    backup = Node(node.leaves[:8]).write("new", "new", "new", "new")
    assert hq.receive(backup.batch(10)).status == 422
    assert hq.receive(backup.batch(0, 9)).status == 423


def test_a_cloned_disk_is_a_fork(node: Node, hq: Hq) -> None:
    clone = node.copy().write("of the clone")
    assert hq.receive(node.write("of the first").batch(6)).status == 200
    assert hq.receive(clone.batch(6)).status == 423


def test_an_old_batch_again_changes_nothing(node: Node, hq: Hq) -> None:
    first = node.batch(0, 6)
    hq.receive(node.batch(6))
    assert hq.receive(first) == behind(hq)
    assert hq.leaves == node.leaves


def test_a_lost_answer_costs_one_more_round_trip(node: Node, hq: Hq) -> None:
    batch = node.batch(6)
    assert hq.receive(batch).status == hq.receive(batch).status == 200
    assert hq.leaves == node.leaves


def test_hq_restored_gets_everything_again_from_an_honest_node(node: Node, hq: Hq) -> None:
    yesterday = hq.backup()
    node.held_note = hq.receive(node.batch(6)).body
    node.write("today")
    answer = yesterday.receive(node.batch(10))
    assert answer.status == 409
    assert answer.body.startswith("6\n")
    assert yesterday.receive(node.batch(6)).status == 200
    assert yesterday.leaves == node.leaves
    assert yesterday.cosigned_sizes[-1] == 11


def test_hq_restored_cosigns_nothing_below_what_it_once_cosigned(node: Node, hq: Hq) -> None:
    yesterday = hq.backup()
    node.held_note = hq.receive(node.batch(6)).body
    verdict = judge(node.batch(6, 8), yesterday, mirrors=MIRROR_KEYS)
    assert verdict.accepted
    assert not verdict.cosign
    assert verdict.answer == Answer(200, node.held_note)
    assert verdict.reclaimed == node.held_note
    assert yesterday.receive(node.batch(6, 8)) == Answer(200, node.held_note)
    assert yesterday.receive(node.batch(6, 8)).status == 409
    assert size_of(yesterday.receive(node.batch(8, 10)).body) == 10
    assert yesterday.cosigned_sizes == [6, 10]


def test_hq_restored_takes_a_heartbeat_of_its_own_size_for_an_old_batch(node: Node, hq: Hq) -> None:
    yesterday = hq.backup()
    node.held_note = hq.receive(node.batch(6)).body
    verdict = judge(node.batch(4, 6), yesterday, mirrors=MIRROR_KEYS)
    assert verdict == Verdict(behind(yesterday), reclaimed=node.held_note)


@pytest.mark.parametrize("end", [10, 12])
def test_hq_restored_knows_a_tail_that_was_rewritten_by_its_own_cosignature(node: Node, hq: Hq, end: int) -> None:
    yesterday = hq.backup()
    node.held_note = hq.receive(node.batch(6)).body
    liar = Node([*node.leaves[:8], *(b"rewritten" for _ in range(end - 8))], node.held_note)
    assert yesterday.receive(liar.batch(6)).status == 423
    assert yesterday.evidence == [(node.held_note, liar.note(end))]


def test_hq_restored_remembers_what_it_was_shown_when_the_node_then_hides_it(node: Node, hq: Hq) -> None:
    yesterday = hq.backup()
    node.held_note = hq.receive(node.batch(6)).body
    assert yesterday.receive(node.batch(9)).status == 409
    liar = Node([*node.leaves[:8], b"rewritten", b"rewritten"])
    assert yesterday.receive(liar.batch(6, 9)) == Answer(200, node.held_note)
    assert yesterday.receive(liar.batch(9)).status == 423
    assert yesterday.cosigned_sizes == [6]


def test_a_cosignature_by_an_older_key_of_the_mirror_counts_too(node: Node, hq: Hq) -> None:
    node.held_note = cosigned(node.note(9), OLD_MIRROR, 1)
    assert judge(node.batch(6, 8), hq, mirrors=MIRROR_KEYS).reclaimed == node.held_note
    assert judge(node.batch(6, 8), hq, mirrors=MIRROR_KEYS[:1]).reclaimed == ""


def test_a_held_note_proves_nothing_unless_log_and_mirror_both_signed_it(node: Node, hq: Hq) -> None:
    text = split_note(node.note(9))[0]
    witness = Cosigner.from_seed("ombudsman.example.go.ke/witness", bytes([4] * 32))
    elsewhere = Signer.from_seed(ORIGIN.replace("NBI", "MSA"), bytes([1] * 32)).sign(text.replace("NBI", "MSA"))
    for held in (
        node.note(9),
        f"{text}\n{MIRROR.cosign(text, 1)}",
        add_signature(STRANGER.sign(text), MIRROR.cosign(text, 1)),
        cosigned(node.note(9), witness, 1),
        cosigned(node.note(9), MIRROR, 1).replace("\n9\n", "\n8\n"),
        cosigned(elsewhere, MIRROR, 1),
        cosigned(node.note(6), MIRROR, 1),
        SIGNER.sign("no checkpoint\n"),
        "junk",
    ):
        verdict = judge(node.batch(6, 8, held_note=held), hq, mirrors=MIRROR_KEYS)
        assert verdict.cosign
        assert verdict.reclaimed == ""


# --- any history ----------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60), st.integers(0, 60)), max_size=25), st.integers(0, 2**32))
@settings(max_examples=60)
def test_whatever_arrives_hq_never_signs_a_smaller_size_or_another_history(steps: list[tuple[int, int, int]], seed: int) -> None:
    """An honest node, a node restored from some day, batches cut anywhere, in any order, again and again."""
    chance, hq, honest = random.Random(seed), Hq(), Node()
    others = [honest]
    for kind, first, second in steps:
        node = chance.choice(others)
        if kind == 0:
            node.write(*(f"{len(others)}/{chance.random()}" for _ in range(first % 7)))
        elif kind == 1:
            others.append(Node(node.leaves[: first % (len(node.leaves) + 1)], node.held_note))
        else:
            start, end = sorted((first % (len(node.leaves) + 1), second % (len(node.leaves) + 1)))
            before, state = list(hq.leaves), hq.state
            answer = hq.receive(node.batch(start, end))
            assert hq.leaves[: len(before)] == before
            if answer.status == 200:
                assert state == "open"
                assert hq.leaves == node.leaves[: len(hq.leaves)]
                note = open_note(answer.body, [LOG_KEY, *MIRROR_KEYS])
                assert {one.alg for one in note.verified} == {1, COSIGNER}
                node.held_note = answer.body
            else:
                assert hq.leaves == before
    assert hq.cosigned_sizes == sorted(hq.cosigned_sizes)
    assert all(ours != theirs for ours, theirs in hq.evidence)
