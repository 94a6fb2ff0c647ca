"""The tree grows, proves and is rebuilt; every bent proof is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.ledger.tree import (
    EMPTY_ROOT,
    HASH_SIZE,
    BeyondTheTree,
    ProofDoesNotHold,
    Tree,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)

LEAVES = [leaf_hash(b"leaf %d" % number) for number in range(300)]
sizes = st.integers(1, len(LEAVES))


def bent(proof: list[bytes], how: int, at: int) -> list[bytes]:
    """The proof with one thing wrong with it."""
    if how == 0 and proof:
        spot = at % len(proof)
        bit = bytearray(proof[spot])
        bit[at % HASH_SIZE] ^= 1 << at % 8
        return [*proof[:spot], bytes(bit), *proof[spot + 1 :]]
    if how == 1 and proof:
        return proof[:-1]
    if how == 2 and proof:
        return proof[1:]
    if how == 3:
        return [LEAVES[at % len(LEAVES)], *proof]
    return [*proof, LEAVES[at % len(LEAVES)]]


def test_every_leaf_is_proved_at_every_size() -> None:
    tree = Tree(LEAVES[:70])
    for size in range(71):
        assert tree.root(size) == root_of(LEAVES[:size])
        for index in range(size):
            verify_inclusion(
                LEAVES[index], index, size, tree.inclusion_proof(index, size), tree.root(size)
            )


def test_every_complete_subtree_has_its_root_and_no_other_is_given() -> None:
    tree = Tree(LEAVES[:70])
    for height in range(7):
        for place in range(70 >> height):
            leaves = LEAVES[place << height : (place + 1) << height]
            assert tree.node(height, place) == root_of(leaves)
        with pytest.raises(BeyondTheTree):
            tree.node(height, 70 >> height)
    for height, place in ((0, -1), (-1, 0), (7, 0)):
        with pytest.raises(BeyondTheTree):
            tree.node(height, place)


def test_every_size_is_proved_consistent_with_every_later_one() -> None:
    tree = Tree(LEAVES[:70])
    for size in range(71):
        for old in range(size + 1):
            proof = tree.consistency_proof(old, size)
            verify_consistency(old, tree.root(old), size, tree.root(size), proof)


def test_every_subtree_holds_its_leaves_and_is_held_by_the_tree() -> None:
    for size in range(1, 34):
        tree = Tree(LEAVES[:size])
        for start in range(size):
            for end in range(start + 1, size + 1):
                inside = Tree(LEAVES[start:end])
                wide = 1 << (end - start - 1).bit_length()
                if start % wide:
                    with pytest.raises(ProofDoesNotHold):
                        verify_subtree_inclusion(
                            LEAVES[start],
                            start,
                            start,
                            end,
                            inside.inclusion_proof(0),
                            inside.root(),
                        )
                    continue
                proof = inside.inclusion_proof(end - start - 1)
                verify_subtree_inclusion(LEAVES[end - 1], end - 1, start, end, proof, inside.root())
                if start == 0:
                    verify_subtree_consistency(
                        0, end, inside.root(), size, tree.root(), tree.consistency_proof(end)
                    )


@given(st.lists(st.lists(st.sampled_from(LEAVES), max_size=40), max_size=8))
def test_the_order_of_batches_does_not_matter_only_the_order_of_leaves(
    batches: list[list[bytes]],
) -> None:
    grown = Tree()
    for batch in batches:
        grown.extend(batch)
    leaves = [leaf for batch in batches for leaf in batch]
    rebuilt = Tree(leaves)
    assert grown.size == rebuilt.size == len(leaves)
    assert grown.root() == rebuilt.root() == root_of(leaves)
    for index in range(0, len(leaves), 7):
        assert grown.inclusion_proof(index) == rebuilt.inclusion_proof(index)


def test_an_entry_is_appended_at_the_next_index() -> None:
    tree = Tree()
    assert [tree.append(b"leaf %d" % number) for number in range(5)] == [0, 1, 2, 3, 4]
    assert [tree.leaf(index) for index in range(5)] == LEAVES[:5]
    assert tree.root() == root_of(LEAVES[:5])


@given(sizes, st.data())
def test_a_bent_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    tree = Tree(LEAVES[:size])
    good = tree.inclusion_proof(index)
    bad = bent(good, data.draw(st.integers(0, 4)), data.draw(st.integers(0, 10_000)))
    with pytest.raises(ProofDoesNotHold):
        verify_inclusion(LEAVES[index], index, size, bad, tree.root())


@given(sizes, st.data())
def test_an_inclusion_proof_holds_for_one_leaf_index_and_root_only(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-1, size).filter(lambda one: one != index))
    tree = Tree(LEAVES[:size])
    proof = tree.inclusion_proof(index)
    for leaf, at, root in [
        (LEAVES[index], other, tree.root()),
        (leaf_hash(b"another"), index, tree.root()),
        (LEAVES[index], index, leaf_hash(b"another")),
    ]:
        with pytest.raises(ProofDoesNotHold):
            verify_inclusion(leaf, at, size, proof, root)


@given(sizes, st.data())
def test_a_bent_consistency_proof_is_refused(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    tree = Tree(LEAVES[:size])
    good = tree.consistency_proof(old)
    bad = bent(good, data.draw(st.integers(0, 4)), data.draw(st.integers(0, 10_000)))
    with pytest.raises(ProofDoesNotHold):
        verify_consistency(old, tree.root(old), size, tree.root(), bad)


@given(sizes, st.data())
def test_a_fork_has_no_consistency_proof(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    forked = [*LEAVES[: old - 1], leaf_hash(b"another"), *LEAVES[old:size]]
    tree, fork = Tree(LEAVES[:size]), Tree(forked)
    for proof in (tree.consistency_proof(old), fork.consistency_proof(old)):
        with pytest.raises(ProofDoesNotHold):
            verify_consistency(old, tree.root(old), size, fork.root(), proof)


def test_the_empty_tree_is_consistent_with_all_and_proves_nothing_else() -> None:
    tree = Tree(LEAVES[:3])
    verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    verify_consistency(0, EMPTY_ROOT, 3, tree.root(), [])
    for old_root, size, root, proof in [
        (EMPTY_ROOT, 0, tree.root(), []),
        (tree.root(), 0, tree.root(), []),
        (tree.root(), 3, tree.root(), []),
        (EMPTY_ROOT, 3, tree.root(), [LEAVES[0]]),
    ]:
        with pytest.raises(ProofDoesNotHold):
            verify_consistency(0, old_root, size, root, proof)
    with pytest.raises(ProofDoesNotHold):
        verify_inclusion(LEAVES[0], 0, 0, [], EMPTY_ROOT)


def test_what_cannot_be_a_part_of_a_tree_is_refused_even_with_its_root() -> None:
    root = Tree(LEAVES[:3]).root()
    for start, end, size in [(0, 2, 1), (0, 4, 3), (1, 3, 3), (2, 6, 6), (2, 1, 3), (-1, 0, 3)]:
        with pytest.raises(ProofDoesNotHold, match="sizes"):
            verify_subtree_consistency(start, end, root, size, root, [])
    with pytest.raises(ProofDoesNotHold, match="sizes"):
        verify_consistency(2, root, 1, root, [])
    with pytest.raises(ProofDoesNotHold, match="sizes"):
        verify_subtree_inclusion(LEAVES[0], 0, 1, 2, [], LEAVES[0])
    with pytest.raises(ProofDoesNotHold, match="sizes"):
        verify_subtree_inclusion(LEAVES[0], 3, 1, 3, [LEAVES[1]], LEAVES[0])


def test_a_hash_has_32_bytes_wherever_it_stands() -> None:
    tree = Tree(LEAVES[:2])
    short = b"short"
    for leaf, proof, root in [
        (short, [LEAVES[1]], tree.root()),
        (LEAVES[0], [short], tree.root()),
        (LEAVES[0], [LEAVES[1]], short),
        (LEAVES[0], [LEAVES[1]], tree.root() + b"\x00"),
    ]:
        with pytest.raises(ProofDoesNotHold, match="hash_size"):
            verify_inclusion(leaf, 0, 2, proof, root)
    with pytest.raises(ProofDoesNotHold, match="hash_size"):
        verify_consistency(1, short, 1, short, [])
    with pytest.raises(ProofDoesNotHold, match="hash_size"):
        Tree([short])


def test_a_leaf_is_never_taken_for_a_node() -> None:
    # Without the leading byte an entry made of two hashes would pass as their parent.
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node_hash(LEAVES[0], LEAVES[1])


def test_what_the_tree_does_not_have_is_refused() -> None:
    tree = Tree(LEAVES[:3])
    with pytest.raises(BeyondTheTree):
        tree.inclusion_proof(3)
    with pytest.raises(BeyondTheTree):
        tree.inclusion_proof(2, 2)
    with pytest.raises(BeyondTheTree):
        tree.inclusion_proof(-1)
    with pytest.raises(BeyondTheTree):
        tree.root(4)
    with pytest.raises(BeyondTheTree):
        tree.consistency_proof(3, 2)
    with pytest.raises(BeyondTheTree):
        tree.leaf(3)
