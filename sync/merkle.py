"""The RFC 6962 Merkle tree: append, root, inclusion and consistency proofs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from itertools import repeat

EMPTY_ROOT = sha256(b"").digest()
HASH_SIZE = 32  # bytes
ReadNode = Callable[[int, int], bytes]
"""Reads a complete node by (level, index); level 0 is a leaf hash. A complete node never changes."""
Node = tuple[int, int, bytes]


class ProofError(ValueError):
    """The proof does not verify."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf: H(00 ‖ data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: H(01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The right edge of a tree: enough to append and to know the root.

    Attributes:
        size: leaves so far.
        stack: the roots of the perfect subtrees from the left, one for each bit of *size*.
    """

    __slots__ = ("size", "stack")

    def __init__(self, size: int = 0, stack: Sequence[bytes] = ()) -> None:
        """Start at *size* leaves with that *stack*.

        Raises:
            ValueError: the stack is not that of such a tree.
        """
        if size < 0 or len(stack) != size.bit_count():
            raise ValueError("the stack is not that of a tree of this size")
        self.size = size
        self.stack = list(stack)

    def copy(self) -> CompactRange:
        """Return an independent copy."""
        return CompactRange(self.size, self.stack)

    def append(self, hashed: bytes) -> list[Node]:
        """Append a leaf by its hash; return every node completed, the leaf itself first."""
        index, level, node = self.size, 0, hashed
        done = [(0, index, node)]
        while index & 1:
            node = sha256(b"\x01" + self.stack.pop() + node).digest()
            index >>= 1
            level += 1
            done.append((level, index, node))
        self.stack.append(node)
        self.size += 1
        return done

    def append_many(self, hashes: Iterable[bytes]) -> list[Node]:
        """Append leaves by their hashes; return every node completed, by level and index.

        Whole levels at a time: 1,000 leaves cost little more than their 1,000 hashes.
        """
        row, first, level = list(hashes), self.size, 0
        self.size += len(row)
        done: list[Node] = []
        edge: list[bytes] = []  # what is left over at each level, from the right
        while row:
            done += zip(repeat(level), range(first, first + len(row)), row, strict=False)
            if first & 1:
                row.insert(0, self.stack.pop())
            if len(row) & 1:
                edge.append(row.pop())
            row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
            first >>= 1
            level += 1
        self.stack += reversed(edge)
        return done

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        if not self.stack:
            return EMPTY_ROOT
        root = self.stack[-1]
        for left in reversed(self.stack[:-1]):
            root = sha256(b"\x01" + left + root).digest()
        return root


def range_at(size: int, read: ReadNode) -> CompactRange:
    """Return the compact range of the first *size* leaves, from at most log2(size) stored complete nodes."""
    stack, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            stack.append(read(level, start >> level))
            start += 1 << level
    return CompactRange(size, stack)


def root_at(size: int, read: ReadNode) -> bytes:
    """Return the root of the first *size* leaves."""
    return range_at(size, read).root()


def _split(count: int) -> int:
    """Return the largest power of two below *count*."""
    return 1 << ((count - 1).bit_length() - 1)


def _subtree(low: int, high: int, read: ReadNode) -> bytes:
    """Return MTH(D[low:high]); *low* is a multiple of the smallest power of two that holds the span."""
    count = high - low
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return read(level, low >> level)
    k = _split(count)
    return node_hash(_subtree(low, low + k, read), _subtree(low + k, high, read))


def inclusion_proof(index: int, size: int, read: ReadNode) -> list[bytes]:
    """Return the inclusion proof of leaf *index* in the tree of *size* leaves, its sibling first.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    proof: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        k = _split(high - low)
        if index - low < k:
            proof.append(_subtree(low + k, high, read))
            high = low + k
        else:
            proof.append(_subtree(low, low + k, read))
            low += k
    return proof[::-1]


def consistency_proof(old: int, new: int, read: ReadNode) -> list[bytes]:
    """Return the proof that the tree of *old* leaves is a prefix of the tree of *new* ones.

    Raises:
        ValueError: not 0 < old <= new.
    """
    if not 0 < old <= new:
        raise ValueError("sizes out of order")
    proof: list[bytes] = []
    low, high, whole = 0, new, True
    while old != high:
        k = _split(high - low)
        if old - low <= k:
            proof.append(_subtree(low + k, high, read))
            high = low + k
        else:
            proof.append(_subtree(low, low + k, read))
            low, whole = low + k, False
    return ([] if whole else [_subtree(low, high, read)]) + proof[::-1]


def _check_hashes(*hashes: bytes) -> None:
    """A hash of another length could move the line between two neighbours and still hash the same."""
    if any(len(one) != HASH_SIZE for one in hashes):
        raise ProofError("a hash is not 32 bytes")


def verify_inclusion(index: int, size: int, hashed: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check an inclusion proof (RFC 9162 §2.1.3.2).

    Raises:
        ProofError: it does not lead from the leaf to the root.
    """
    if not 0 <= index < size:
        raise ProofError("no such leaf")
    _check_hashes(hashed, root, *proof)
    fn, sn, r = index, size - 1, hashed
    for p in proof:
        if sn == 0:
            raise ProofError("the proof is too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn or r != root:
        raise ProofError("the proof does not lead to the root")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check a consistency proof (RFC 9162 §2.1.4.2).

    Raises:
        ProofError: it does not link the two roots.
    """
    if not 0 < old <= new:
        raise ProofError("sizes out of order")
    _check_hashes(old_root, new_root, *proof)
    if old == new:
        if proof or old_root != new_root:
            raise ProofError("equal sizes, but not equal trees")
        return
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not proof or _climb(old, new, path) != (old_root, new_root):
        raise ProofError("the proof does not link the roots")


def _climb(old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the two roots that *path* leads to."""
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            raise ProofError("the proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise ProofError("the proof is too short")
    return fr, sr
