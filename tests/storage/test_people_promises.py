"""What a store promises about people."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from mingma.ports import Store
from mingma.records import AlreadyThere, Person, Stale
from tests.storage import make
from tests.storage.waiting import SOON, still_waits


def test_a_pseudonym_with_its_random_key_k_32_bytes_and_the_number_of_its_events_so_far(
    store: Store,
) -> None:
    ann = Person("ann", bytes(range(32)), 7)
    with store.write() as unit:
        unit.add_people([ann])
    with store.read() as unit:
        assert unit.people(["ann"]) == {"ann": ann}


def test_name_masked_and_last_four_are_what_a_gate_compares_with_the_card(store: Store) -> None:
    with store.write() as unit:
        unit.add_people([Person("ann", b"k" * 32, 0, "欧阳*", "123X")])
    with store.read() as unit:
        assert (unit.people(["ann"])["ann"].name, unit.people(["ann"])["ann"].last_four) == (
            "欧阳*",
            "123X",
        )


def test_those_of_the_people_that_exist_by_pseudonym(store: Store) -> None:
    with store.write() as unit:
        unit.add_people(make.person(f"p{i}") for i in range(2000))
    with store.read() as unit:
        asked = {f"p{i}" for i in range(1000, 3000)}
        assert unit.people(asked).keys() == {f"p{i}" for i in range(1000, 2000)}
        assert unit.people([]) == {}
        assert unit.people(["p1", "p1"]) == {"p1": make.person("p1")}


def test_references_of_people_in_order_those_after_a_given_one_at_most_so_many(
    store: Store,
) -> None:
    with store.write() as unit:
        unit.add_people(make.person(ref) for ref in ("b", "c", "a", "d"))
    with store.read() as unit:
        assert list(unit.refs("", 2)) == ["a", "b"]
        assert list(unit.refs("b", 9)) == ["c", "d"]
        assert list(unit.refs("d", 9)) == []


@pytest.mark.parametrize("ref", ["there", "new"])
def test_until_a_writing_unit_ends_nobody_else_writes_about_people_it_asked_for_new_ones_included(
    store: Store, ref: str
) -> None:
    with store.write() as unit:
        unit.add_people([make.person("there")])

    def one_more() -> None:
        with store.write() as unit:
            person = unit.people([ref])[ref]  # not there yet if it did not wait
            unit.count_events({ref: person.events + 1})

    with ThreadPoolExecutor(1) as other:
        with store.write() as unit:
            if not unit.people(["there", ref]).get(ref):
                unit.add_people([make.person(ref)])
            waiting = other.submit(one_more)
            assert still_waits(waiting)
            unit.count_events({ref: 1})
        waiting.result(SOON)
    with store.read() as unit:
        assert unit.people([ref])[ref].events == 2


def test_adding_a_person_that_exists_raises_alreadythere_and_changes_nothing(store: Store) -> None:
    with store.write() as unit:
        unit.add_people([make.person("ann", events=1)])
    for again in (["ann"], ["ben", "ann"], ["eve", "eve"], [f"p{i}" for i in range(500)] + ["ann"]):
        with pytest.raises(AlreadyThere), store.write() as unit:
            unit.add_people(make.person(ref) for ref in again)
    with store.read() as unit:
        assert unit.people(["ann", "ben", "eve", "p1"]) == {"ann": make.person("ann", events=1)}


def test_raise_each_person_s_event_count_to_the_given_one_a_lower_or_equal_one_raises_stale(
    store: Store,
) -> None:
    with store.write() as unit:
        unit.add_people(make.person(ref) for ref in ("ann", "ben"))
        unit.count_events({})
        unit.count_events({"ann": 2, "ben": 5})
    for counts in ({"ann": 2}, {"ann": 1}, {"ann": 3, "ben": 5}):
        with pytest.raises(Stale), store.write() as unit:
            unit.count_events(counts)
    with store.read() as unit:
        events = {ref: one.events for ref, one in unit.people(["ann", "ben"]).items()}
    assert events == {"ann": 2, "ben": 5}


def test_so_does_a_count_for_a_person_never_added(store: Store) -> None:
    with pytest.raises(Stale), store.write() as unit:
        unit.count_events({"ann": 1})
