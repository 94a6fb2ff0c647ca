"""The frontier gives the root of the tree at every size, by code of its own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mingma.ledger.frontier import Frontier
from mingma.ledger.tree import EMPTY_ROOT, leaf_hash, root_of

ENTRIES = [str(number).encode() for number in range(300)]


def test_it_has_the_root_of_the_tree_at_every_size() -> None:
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT
    for size, entry in enumerate(ENTRIES, start=1):
        frontier = frontier.grown([entry])
        assert frontier.size == size
        assert frontier.root() == root_of([leaf_hash(one) for one in ENTRIES[:size]])
        assert len(frontier.subtrees) == size.bit_count()


@given(st.lists(st.integers(0, 60), max_size=6))
def test_it_is_the_same_in_however_many_parts_it_grew(parts: list[int]) -> None:
    frontier, done = Frontier(), 0
    for part in parts:
        frontier = frontier.grown(ENTRIES[done : done + part])
        done = min(done + part, len(ENTRIES))
    assert frontier == Frontier().grown(ENTRIES[:done])
