"""The tree is RFC 6962's: same roots, same proofs, and nothing else passes for one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.merkle import (
    EMPTY_ROOT,
    CompactRange,
    ProofError,
    ReadNode,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    range_at,
    root_at,
    verify_consistency,
    verify_inclusion,
)

Hashes = list[bytes]


# --- the definition, word for word ----------------------------------------------------------------------


def split(count: int) -> int:
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def tree_hash(hashes: Hashes) -> bytes:
    if not hashes:
        return EMPTY_ROOT
    if len(hashes) == 1:
        return hashes[0]
    k = split(len(hashes))
    return node_hash(tree_hash(hashes[:k]), tree_hash(hashes[k:]))


def path(index: int, hashes: Hashes) -> Hashes:
    if len(hashes) == 1:
        return []
    k = split(len(hashes))
    if index < k:
        return [*path(index, hashes[:k]), tree_hash(hashes[k:])]
    return [*path(index - k, hashes[k:]), tree_hash(hashes[:k])]


def subproof(old: int, hashes: Hashes, *, whole: bool = True) -> Hashes:
    if old == len(hashes):
        return [] if whole else [tree_hash(hashes)]
    k = split(len(hashes))
    if old <= k:
        return [*subproof(old, hashes[:k], whole=whole), tree_hash(hashes[k:])]
    return [*subproof(old - k, hashes[k:], whole=False), tree_hash(hashes[:k])]


def leaves(count: int) -> Hashes:
    return [leaf_hash(str(n).encode()) for n in range(count)]


def reader(hashes: Hashes) -> ReadNode:
    nodes = {(level, at): node for level, at, node in CompactRange().append_many(hashes)}
    return lambda level, at: nodes[level, at]


def unhex(many: list[str]) -> Hashes:
    return [bytes.fromhex(one) for one in many]


def flips(proof: Hashes) -> list[Hashes]:
    """Return *proof* with one bit changed, in every byte of it."""
    return [
        [bytes(b ^ (4 if (i, j) == (n, at) else 0) for j, b in enumerate(one)) for i, one in enumerate(proof)]
        for n, hashed in enumerate(proof)
        for at in range(len(hashed))
    ]


# --- published vectors ----------------------------------------------------------------------------------


def test_it_hashes_leaves_and_nodes_as_published(vectors: dict[str, Any]) -> None:
    rfc = vectors["rfc6962"]
    assert rfc["empty_root"] == EMPTY_ROOT.hex()
    assert [leaf_hash(leaf).hex() for leaf in unhex(rfc["leaves"])] == rfc["leaf_hashes"]
    node, leaf = rfc["node_hash"], rfc["leaf_hash"]
    assert node_hash(bytes.fromhex(node["left"]), bytes.fromhex(node["right"])).hex() == node["hash"]
    assert leaf_hash(bytes.fromhex(leaf["data"])).hex() == leaf["hash"]


def test_it_has_the_published_root_at_every_size(vectors: dict[str, Any]) -> None:
    rfc = vectors["rfc6962"]
    tree, roots = CompactRange(), [CompactRange().root().hex()]
    for hashed in unhex(rfc["leaf_hashes"]):
        tree.append(hashed)
        roots.append(tree.root().hex())
    assert roots == rfc["roots_size_0_to_8"]
    read = reader(unhex(rfc["leaf_hashes"]))
    assert [root_at(size, read).hex() for size in range(9)] == roots


def test_it_makes_and_verifies_the_published_inclusion_proofs(vectors: dict[str, Any]) -> None:
    rfc = vectors["rfc6962"]
    hashes = unhex(rfc["leaf_hashes"])
    for case in rfc["inclusion"]:
        proof = inclusion_proof(case["index"], case["size"], reader(hashes))
        assert proof == unhex(case["proof"])
        verify_inclusion(case["index"], case["size"], hashes[case["index"]], proof, bytes.fromhex(rfc["roots_size_0_to_8"][case["size"]]))


def test_it_makes_and_verifies_the_published_consistency_proofs(vectors: dict[str, Any]) -> None:
    rfc = vectors["rfc6962"]
    roots = unhex(rfc["roots_size_0_to_8"])
    for case in rfc["consistency"]:
        old, new = case["size1"], case["size2"]
        proof = consistency_proof(old, new, reader(unhex(rfc["leaf_hashes"])))
        assert proof == unhex(case["proof"])
        verify_consistency(old, new, roots[old], roots[new], proof)


# --- what must be refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(("index", "size"), [(8, 8), (9, 8), (-1, 8), (0, 0)])
def test_it_refuses_an_index_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        verify_inclusion(index, size, leaves(1)[0], [], leaves(1)[0])
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_proof(index, size, reader(leaves(8)))


@pytest.mark.parametrize(("old", "new"), [(0, 8), (0, 0), (8, 5), (-1, 3)])
def test_it_refuses_sizes_out_of_order(old: int, new: int) -> None:
    root = tree_hash(leaves(8))
    with pytest.raises(ProofError):
        verify_consistency(old, new, root, root, [])
    with pytest.raises(ValueError, match="out of order"):
        consistency_proof(old, new, reader(leaves(8)))


def test_it_refuses_equal_sizes_with_a_proof_or_with_different_roots() -> None:
    root, other = tree_hash(leaves(8)), tree_hash(leaves(7))
    with pytest.raises(ProofError):
        verify_consistency(8, 8, root, root, [other])
    with pytest.raises(ProofError):
        verify_consistency(8, 8, root, other, [])


@pytest.mark.parametrize(("old", "new"), [(4, 8), (6, 8), (1, 2), (3, 4)])
def test_it_refuses_an_empty_proof_between_different_sizes(old: int, new: int) -> None:
    with pytest.raises(ProofError):
        verify_consistency(old, new, tree_hash(leaves(old)), tree_hash(leaves(new)), [])


def test_it_refuses_roots_that_are_swapped() -> None:
    hashes = leaves(8)
    for old in range(1, 8):
        with pytest.raises(ProofError):
            verify_consistency(old, 8, tree_hash(hashes), tree_hash(hashes[:old]), consistency_proof(old, 8, reader(hashes)))


def test_it_refuses_proofs_that_are_longer_or_shorter() -> None:
    hashes = leaves(8)
    root, read = tree_hash(hashes), reader(hashes)
    for size in range(1, 9):
        proof = inclusion_proof(size - 1, size, read)
        for wrong in ([*proof, root], [root, *proof], proof[:-1], proof[1:], proof * 2):
            if wrong != proof:
                with pytest.raises(ProofError):
                    verify_inclusion(size - 1, size, hashes[size - 1], wrong, tree_hash(hashes[:size]))
        proof = consistency_proof(size, 8, read)
        for wrong in ([*proof, root], [root, *proof], proof[:-1], proof[1:], proof * 2):
            if wrong != proof:
                with pytest.raises(ProofError):
                    verify_consistency(size, 8, tree_hash(hashes[:size]), root, wrong)


def test_it_refuses_hashes_that_are_not_32_bytes() -> None:
    one, two = leaves(2)
    root = node_hash(one, two)
    for hashed, proof in ((one + two[:1], [two[1:]]), (one[:-1], [one[-1:] + two]), (one, [two + b"\0"]), (one, [b""])):
        with pytest.raises(ProofError):
            verify_inclusion(0, 2, hashed, proof, root)
        with pytest.raises(ProofError):
            verify_consistency(1, 2, hashed, root, proof)
    with pytest.raises(ProofError):
        verify_inclusion(0, 1, b"short", [], b"short")
    with pytest.raises(ProofError):
        verify_consistency(3, 3, b"short", b"short", [])


def test_it_refuses_a_stack_that_is_not_that_of_its_size() -> None:
    for size, stack in ((1, []), (2, leaves(2)), (3, leaves(1)), (-1, [])):
        with pytest.raises(ValueError, match="stack"):
            CompactRange(size, stack)
    with pytest.raises(ValueError, match="stack"):
        range_at(-1, reader(leaves(4)))


# --- properties -----------------------------------------------------------------------------------------

sizes = st.integers(1, 130)


@given(st.integers(0, 130))
def test_its_root_is_that_of_the_definition_however_leaves_are_appended(size: int) -> None:
    hashes = leaves(size)
    single, many = CompactRange(), CompactRange()
    nodes = [node for hashed in hashes for node in single.append(hashed)]
    assert sorted(nodes) == many.append_many(hashes)
    assert single.root() == many.root() == tree_hash(hashes)
    assert single.stack == many.stack
    assert len({(level, at) for level, at, _ in nodes}) == len(nodes)


@given(st.lists(st.integers(0, 40), max_size=6))
def test_appending_in_any_portions_completes_every_node_once(portions: list[int]) -> None:
    hashes = leaves(sum(portions))
    tree, nodes, at = CompactRange(), [], 0
    for portion in portions:
        nodes += tree.append_many(hashes[at : at + portion])
        at += portion
    assert sorted(nodes) == CompactRange().append_many(hashes)
    assert tree.size == len(hashes)
    assert tree.root() == tree_hash(hashes)
    for level, index, node in nodes:
        assert node == tree_hash(hashes[index << level : (index + 1) << level])


@given(sizes, st.data())
def test_a_range_read_back_from_stored_nodes_goes_on_like_the_one_that_never_stopped(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    cut = data.draw(st.integers(0, size))
    tree = range_at(cut, reader(hashes[:cut]))
    other = tree.copy()
    assert tree.root() == tree_hash(hashes[:cut])
    tree.append_many(hashes[cut:])
    assert tree.root() == tree_hash(hashes)
    assert other.root() == tree_hash(hashes[:cut])
    assert other.size == cut


@given(sizes, st.data())
def test_inclusion_proofs_are_those_of_the_definition_and_verify(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, reader(hashes))
    assert proof == path(index, hashes)
    verify_inclusion(index, size, hashes[index], proof, tree_hash(hashes))


@given(sizes, st.data())
def test_consistency_proofs_are_those_of_the_definition_and_verify(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    old = data.draw(st.integers(1, size))
    proof = consistency_proof(old, size, reader(hashes))
    assert proof == subproof(old, hashes)
    verify_consistency(old, size, tree_hash(hashes[:old]), tree_hash(hashes), proof)


@given(st.integers(2, 40), st.data())
def test_no_changed_bit_index_or_root_verifies(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size - 1))
    root, old_root = tree_hash(hashes), tree_hash(hashes[:old])
    inclusion, consistency = inclusion_proof(index, size, reader(hashes)), consistency_proof(old, size, reader(hashes))
    for wrong in flips(inclusion):
        with pytest.raises(ProofError):
            verify_inclusion(index, size, hashes[index], wrong, root)
    for wrong in flips(consistency):
        with pytest.raises(ProofError):
            verify_consistency(old, size, old_root, root, wrong)
    for other in set(range(size)) - {index}:
        with pytest.raises(ProofError):
            verify_inclusion(other, size, hashes[index], inclusion, root)
    for changed in flips([old_root, root]):
        with pytest.raises(ProofError):
            verify_consistency(old, size, changed[0], changed[1], consistency)
