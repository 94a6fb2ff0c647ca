"""What a store promises about leaves that wait and leaves that are sealed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from mingma.ports import Store, Unit
from mingma.records import AlreadyThere, Outgoing, Stale
from tests.storage import make


def test_a_leaf_waiting_for_the_seal_the_act_s_subject_and_event_number_and_the_unsealed_bytes(
    store: Store,
) -> None:
    leaf = Outgoing("instance:e1", 0, bytes(range(256)), make.NOON)
    with store.write() as unit:
        unit.add_leaves([leaf])
    with store.read() as unit:
        assert unit.pool(1) == [leaf]


def test_leaves_of_acts_that_are_no_decision_an_emergency_an_enrolment(store: Store) -> None:
    with store.write() as unit:
        unit.add_leaves([make.leaf("instance:e1", 0), make.leaf("ann", 1)])
        unit.add_leaves([])
    with store.read() as unit:
        assert unit.pool(9) == [make.leaf("ann", 1), make.leaf("instance:e1", 0)]
        assert unit.statistics()["decisions"] == 0


def test_an_act_s_second_leaf_raises_alreadythere_at_the_latest_when_the_unit_ends(
    store: Store,
) -> None:
    with store.write() as unit:
        unit.add_people([make.person()])
        make.decide(unit, ("ann", 1))
        unit.add_leaves([make.leaf("ann", 2)])
        make.seal(unit, 0, [make.leaf("ann", 1)], b"head")
    for number in (1, 2):
        with pytest.raises(AlreadyThere), store.write() as unit:
            unit.add_leaves([make.leaf("ann", 3), make.leaf("ann", number)])
        again = make.leaf("ann", number)
        with pytest.raises(AlreadyThere):
            add(store, [again], lambda unit: make.seal(unit, 1, unit.pool(1), b"another"))
        with pytest.raises(AlreadyThere):  # a later refusal is not the first one
            add(store, [again], lambda unit: unit.count_events({"nobody": 1}))
    three = make.leaf("ann", 3)
    for first in ([], [three], [make.leaf("ann", 4), three]):
        with pytest.raises(AlreadyThere):
            add(store, first, lambda unit: unit.add_leaves([three, three]))
    with store.read() as unit:
        assert unit.pool(9) == [make.leaf("ann", 2)]
        assert unit.head() == (1, b"head")


def test_what_a_unit_adds_it_sees_and_seals_and_the_rest_waits(store: Store) -> None:
    before, own = make.leaf("ben", 1), [make.leaf("ann", number) for number in range(1, 5)]
    with store.write() as unit:
        unit.add_leaves([before])
    with store.write() as unit:
        unit.add_leaves(own)
        assert unit.pool(9) == [*own, before]
        assert unit.pool(2) == own[:2]
        assert unit.waiting() == unit.statistics()["waiting"] == 5
        assert unit.index_of("ann", 2) is None
        make.seal(unit, 0, [own[1], before], b"head of 2")
        assert unit.pool(9) == [own[0], *own[2:]]
        assert [unit.index_of(*act) for act in [("ann", 2), ("ben", 1), ("ann", 1)]] == [0, 1, None]
        make.seal(unit, 2, [own[3]], b"head of 3")
    with store.read() as unit:
        assert unit.pool(9) == [own[0], own[2]]
        assert (unit.waiting(), unit.index_of("ann", 4)) == (2, 2)


def add(store: Store, leaves: list[Outgoing], then: Callable[[Unit], object]) -> None:
    """Add leaves and do something else, in one unit."""
    with store.write() as unit:
        unit.add_leaves(leaves)
        then(unit)


def test_a_person_of_whom_a_leaf_was_just_added_is_not_erased(store: Store) -> None:
    with store.write() as unit:
        unit.add_people([make.person()])
    with pytest.raises(Stale):
        add(store, [make.leaf("ann", 1)], lambda unit: unit.erase(["ann"]))
    with store.read() as unit:
        assert unit.people(["ann"])


def test_at_most_limit_leaves_waiting_for_the_seal_oldest_first_then_by_subject_and_number(
    store: Store,
) -> None:
    ordered = [
        make.leaf("zoe", 1, make.EARLIER),
        make.leaf("Ann", 1),
        make.leaf("ann", 9),
        make.leaf("ann", 10),
        make.leaf("安", 1),
        make.leaf("aaa", 1, make.LATER),
    ]
    with store.write() as unit:
        unit.add_leaves(reversed(ordered))
    with store.read() as unit:
        assert unit.pool(100) == ordered
        assert unit.pool(4) == ordered[:4]
        assert unit.pool(0) == []


def test_append_entries_at_indices_size_size_1_and_move_the_head(store: Store) -> None:
    with store.write() as unit:
        unit.seal(0, [b"one", b"", b"three"], b"head of 3")
        assert unit.leaves(0, 9) == [b"one", b"", b"three"]
    with store.write() as unit:
        unit.seal(3, [b"four"], b"head of 4")
    with store.read() as unit:
        assert unit.head() == (4, b"head of 4")
        assert unit.leaves(0, 9) == [b"one", b"", b"three", b"four"]
        assert unit.statistics()["leaves"] == 4
        assert unit.acts(0, 9) == []  # whose they are is said apart


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_a_leaf_is_read_wherever_a_seal_s_rows_begin_and_end(store: Store, size: int) -> None:
    entries = [b"%d" % number for number in range(5 + size + 3)]
    with store.write() as unit:
        for start, end in ((0, 5), (5, 5 + size), (5 + size, 8 + size)):
            unit.seal(start, entries[start:end], b"head")
    edges = sorted({0, 1, 4, 5, 6, 5 + size - 1, 5 + size, 261, 262, 8 + size, 700})
    with store.read() as unit:
        for start in edges:
            for end in edges:
                assert unit.leaves(start, end) == entries[start:end], (start, end)


def test_say_whose_act_each_leaf_from_start_on_is_and_clear_them_from_the_pool(
    store: Store,
) -> None:
    leaves = [make.leaf("ann", number) for number in range(1, 6)]
    with store.write() as unit:
        unit.add_leaves(leaves)
        make.seal(unit, 0, [leaves[3], leaves[0]], b"head of 2")
    with store.write() as unit:
        make.seal(unit, 2, [leaves[4]], b"head of 3")
    with store.read() as unit:
        assert unit.head() == (3, b"head of 3")
        assert unit.leaves(0, 3) == [
            b"sealed leaf ann 4",
            b"sealed leaf ann 1",
            b"sealed leaf ann 5",
        ]
        assert unit.pool(9) == [leaves[1], leaves[2]]
        assert [unit.index_of("ann", number) for number in range(1, 6)] == [1, None, None, 0, 2]


def test_whose_act_each_leaf_of_start_end_is_up_to_the_first_of_which_that_is_missing(
    store: Store,
) -> None:
    leaves = [make.leaf("ann", 1), make.leaf("ben", 1), make.leaf("ann", 2), make.leaf("ann", 3)]
    with store.write() as unit:
        unit.add_leaves(leaves)
        make.seal(unit, 0, [leaves[2], leaves[1], leaves[0]], b"head of 3")
    with store.read() as unit:
        assert unit.acts(0, 9) == [("ann", 2), ("ben", 1), ("ann", 1)]
        assert unit.acts(1, 2) == [("ben", 1)]
        assert unit.acts(3, 4) == []
    with store.write() as unit:
        unit.add_acts(5, [leaves[3]])
        assert unit.acts(0, 9) == [("ann", 2), ("ben", 1), ("ann", 1)]
        assert unit.acts(3, 9) == []
        assert unit.acts(5, 9) == [("ann", 3)]


def test_if_the_tree_s_size_is_not_size_it_raises_stale_and_writes_nothing(store: Store) -> None:
    with store.write() as unit:
        unit.add_leaves([make.leaf("ann", number) for number in range(1, 5)])
        make.seal(unit, 0, [make.leaf("ann", 1)], b"head of 1")
    for size in (0, 2):
        with pytest.raises(Stale), store.write() as unit:
            make.seal(unit, size, [make.leaf("ann", 2)], b"another")
    with store.read() as unit:
        assert unit.head() == (1, b"head of 1")
        assert len(unit.pool(9)) == 3
        assert unit.index_of("ann", 2) is None


def test_of_two_sealers_at_once_one_seals_and_the_other_is_stale(store: Store) -> None:
    rounds, both = 20, Barrier(2)
    with store.write() as unit:
        unit.add_leaves([make.leaf("ann", number) for number in range(2 * rounds)])

    def race(name: int) -> list[str]:
        outcomes = []
        for _ in range(rounds):
            with store.read() as unit:
                size, _ = unit.head()
                mine = [one for one in unit.pool(2 * rounds) if one.number % 2 == name]
            both.wait(20)  # both have seen the same head
            try:
                with store.write() as unit:
                    make.seal(unit, size, mine[:1], b"head %d" % name)
                outcomes.append("sealed")
            except Stale:
                outcomes.append("stale")
            both.wait(20)
        return outcomes

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(zip(*pool.map(race, (0, 1)), strict=True))
    assert all(sorted(pair) == ["sealed", "stale"] for pair in outcomes)
    with store.read() as unit:
        assert unit.head()[0] == rounds == len(unit.leaves(0, 100))


def test_an_act_that_is_not_waiting_raises_stale(store: Store) -> None:
    with store.write() as unit:
        unit.add_leaves([make.leaf("ann", 1), make.leaf("ann", 2)])
        make.seal(unit, 0, [make.leaf("ann", 1)], b"head of 1")
    for number in (1, 7):
        with pytest.raises(Stale), store.write() as unit:
            make.seal(unit, 1, [make.leaf("ann", 2), make.leaf("ann", number)], b"another")
        with pytest.raises(Stale), store.write() as unit:
            unit.add_acts(1, [make.leaf("ann", number)])
    with store.read() as unit:
        assert unit.head() == (1, b"head of 1")
        assert unit.pool(9) == [make.leaf("ann", 2)]
        assert unit.acts(0, 9) == [("ann", 1)]


def test_so_does_a_leaf_that_has_its_act(store: Store) -> None:
    with store.write() as unit:
        unit.add_leaves([make.leaf("ann", 1), make.leaf("ann", 2), make.leaf("ann", 3)])
        make.seal(unit, 0, [make.leaf("ann", 1), make.leaf("ann", 2)], b"head of 2")
    for start in (0, 1):
        with pytest.raises(Stale), store.write() as unit:
            unit.add_acts(start, [make.leaf("ann", 3)])
    with store.read() as unit:
        assert unit.acts(0, 9) == [("ann", 1), ("ann", 2)]
        assert unit.pool(9) == [make.leaf("ann", 3)]


def test_the_sealed_size_and_the_stored_head_0_b_before_the_first_seal(store: Store) -> None:
    with store.read() as unit:
        assert unit.head() == (0, b"")
    with store.write() as unit:
        unit.add_leaves([make.leaf()])
        make.seal(unit, 0, [make.leaf()], bytes(range(256)))
        assert unit.head() == (1, bytes(range(256)))


def test_sealing_no_entry_gives_the_tree_another_head_of_the_same_size(store: Store) -> None:
    with store.write() as unit:
        unit.add_leaves([make.leaf("ann", 1), make.leaf("ann", 2)])
        make.seal(unit, 0, [make.leaf("ann", 1)], b"")
        unit.seal(1, [], b"head of 1")
    with store.read() as unit:
        assert unit.head() == (1, b"head of 1")
        assert len(unit.leaves(0, 9)) == len(unit.pool(9)) == 1


def test_sealed_entries_of_start_end_in_order_up_to_the_first_that_is_missing(
    store: Store,
) -> None:
    leaves = [make.leaf("ann", number) for number in range(1, 301)]
    with store.write() as unit:
        unit.add_leaves(leaves)
        make.seal(unit, 0, leaves, b"head")
    with store.read() as unit:
        assert unit.leaves(7, 9) == [b"sealed leaf ann 8", b"sealed leaf ann 9"]
        assert unit.leaves(299, 400) == [b"sealed leaf ann 300"]
        assert unit.leaves(9, 9) == unit.leaves(9, 7) == unit.leaves(300, 400) == []
        assert len(unit.leaves(0, 300)) == 300


def test_the_leaf_index_of_an_act_or_none_while_it_waits(store: Store) -> None:
    with store.write() as unit:
        unit.add_leaves([make.leaf("ann", 1), make.leaf("ben", 1)])
    with store.read() as unit:
        assert unit.index_of("ben", 1) is None
    with store.write() as unit:
        make.seal(unit, 0, [make.leaf("ann", 1), make.leaf("ben", 1)], b"head")
    with store.read() as unit:
        assert unit.index_of("ben", 1) == 1
        assert unit.index_of("ben", 2) is None


def test_how_many_leaves_wait_for_the_seal(store: Store) -> None:
    with store.write() as unit:
        assert unit.waiting() == 0
        unit.add_leaves([make.leaf("ann", 1), make.leaf("ann", 2), make.leaf("ben", 1)])
        assert unit.waiting() == 3
    with store.write() as unit:
        make.seal(unit, 0, [make.leaf("ann", 2)], b"head of 1")
    with store.read() as unit:
        assert unit.waiting() == 2


@pytest.mark.parametrize("size", [1, 9])
def test_an_act_sealed_before_is_there_already_and_no_stale_one(store: Store, size: int) -> None:
    again = make.leaf("ann", 1)
    add(store, [again], lambda unit: make.seal(unit, 0, [again], b"head"))
    with pytest.raises(AlreadyThere):
        add(store, [again], lambda unit: make.seal(unit, size, [again], b"another"))
    with store.read() as unit:
        assert (unit.head(), unit.waiting()) == ((1, b"head"), 0)
