"""What a store promises when people are erased."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mingma.kernel.times import Instant
from mingma.ports import Store, Unit
from mingma.records import ERASED, Misused, Record, Stale
from mingma.storage.personal import NAMING, OWN, SHARED
from tests.storage import make


def decided(store: Store, *people: str) -> None:
    """People with a fact, a decision and its leaf, sealed."""
    with store.write() as unit:
        unit.add_people(make.person(ref) for ref in people)
        make.add_facts(unit, *(make.fact(f"lab/{ref}", ref) for ref in people))
        make.decide(unit, *((ref, 1) for ref in people))
        unit.count_events(dict.fromkeys(people, 1))
    with store.write() as unit:
        pool = unit.pool(100)
        make.seal(unit, unit.head()[0], pool, b"head")


def of(unit: Unit, ref: str) -> list[object]:
    """Everything that is kept about a person."""
    asked = [unit.people([ref]), unit.known("lab", [f"lab/{ref}"]), unit.decisions_in_force([ref])]
    told = [unit.facts_of([ref])[ref], unit.decisions_of(ref), unit.notices_of(ref)]
    return [*asked, *told, unit.index_of(ref, 1) is not None]


def test_destroy_people_s_keys_facts_decisions_and_notices_returns_how_many_people_it_were(
    store: Store, eraser: Store, again: Callable[[], Store]
) -> None:
    decided(store, "ann", "ben", "eve")
    with store.read() as unit:
        before = of(unit, "eve")
        assert all(of(unit, "ann"))
    with eraser.write() as unit:
        assert unit.erase(["ann", "ben"]) == 2
        assert not any(of(unit, "ann"))
    with again().read() as unit:
        assert not any(of(unit, "ann") + of(unit, "ben"))
        assert of(unit, "eve") == before
        assert unit.statistics()["people"] == 1
        assert unit.statistics()["facts"] == 1


def test_their_sealed_leaves_stay_as_acts_of_nobody(store: Store, eraser: Store) -> None:
    decided(store, "ann", "ben")
    with store.read() as unit:
        leaves, acts = unit.leaves(0, 2), unit.acts(0, 2)
    with eraser.write() as unit:
        unit.erase(["ann"])
    with store.read() as unit:
        assert unit.leaves(0, 2) == leaves
        assert unit.head() == (2, b"head")
        wanted = [(ERASED, index) if act[0] == "ann" else act for index, act in enumerate(acts)]
        assert list(unit.acts(0, 2)) == wanted


def test_a_person_of_whom_a_leaf_waits_raises_stale(store: Store, eraser: Store) -> None:
    decided(store, "ben")
    with store.write() as unit:
        unit.add_people([make.person("ann")])
        unit.add_leaves([make.leaf("ann", 0)])
    with pytest.raises(Stale), eraser.write() as unit:
        unit.erase(["ben", "ann"])
    with store.read() as unit:
        assert unit.people(["ann", "ben"]).keys() == {"ann", "ben"}
        assert len(unit.pool(9)) == 1


def test_erasing_whom_there_is_not_changes_nothing(store: Store, eraser: Store) -> None:
    decided(store, "ann")
    with eraser.write() as unit:
        assert unit.erase([]) == unit.erase(["nobody"]) == 0
        assert unit.erase(["nobody", "ann", "ann"]) == 1
        assert unit.erase(["ann"]) == 0
    with pytest.raises(Misused), store.read() as unit:
        unit.erase(["ann"])


def test_an_erased_person_can_be_added_anew_and_has_nothing_of_before(
    store: Store, eraser: Store
) -> None:
    decided(store, "ann")
    with eraser.write() as unit:
        unit.erase(["ann"])
        unit.add_people([make.person("ann")])
        assert not any(of(unit, "ann")[1:])
    with store.write() as unit:
        make.add_facts(unit, make.fact("lab/ann", "ann"))
        make.decide(unit, ("ann", 1))
        unit.count_events({"ann": 1})
    with store.read() as unit:
        assert len(unit.decisions_of("ann")) == 1


def test_what_a_unit_erases_and_then_gives_up_is_still_there(store: Store, eraser: Store) -> None:
    decided(store, "ann")
    with make.nothing_kept(eraser) as unit:
        unit.erase(["ann"])
    with store.read() as unit:
        assert all(of(unit, "ann"))


def turned_away(store: Store) -> None:
    """Three refused records of two batches: of noon, and of a second later."""
    with store.write() as unit:
        unit.add_batch(make.batch("b1"), [make.turned(line, "b1") for line in (1, 2)])
        later = replace(make.batch("b2"), received_at=Instant(make.NOON + 1))
        unit.add_batch(later, [make.turned(1, "b2")])


def lines(unit: Unit) -> list[int]:
    return [len(unit.turned("lab", id)) for id in ("b1", "b2")]


def test_destroy_the_refused_records_of_batches_received_before_an_instant_how_many_it_were(
    store: Store, eraser: Store, again: Callable[[], Store]
) -> None:
    turned_away(store)
    for before, gone, left in ((0, 0, [2, 1]), (1, 2, [0, 1]), (1, 0, [0, 1]), (2, 1, [0, 0])):
        with eraser.write() as unit:
            assert unit.erase_turned(Instant(make.NOON + before)) == gone
            assert lines(unit) == left
        with again().read() as unit:
            assert lines(unit) == left
    with pytest.raises(Misused), store.read() as unit:
        unit.erase_turned(make.NOON)


def test_the_counts_of_those_batches_stay(store: Store, eraser: Store) -> None:
    turned_away(store)
    with eraser.write() as unit:
        unit.erase_turned(Instant(make.NOON + 2))
    with store.write() as unit:
        found = unit.batch("lab", "b1")
        assert found == make.batch("b1")
        unit.add_batch(make.batch("b1"), [make.turned(7, "b1")])  # the same again adds nothing
        assert lines(unit) == [0, 0]


def test_refused_records_that_a_unit_erases_and_then_gives_up_are_still_there(
    store: Store, eraser: Store
) -> None:
    turned_away(store)
    with make.nothing_kept(eraser) as unit:
        assert unit.erase_turned(Instant(make.NOON + 2)) == 3
    with store.read() as unit:
        assert lines(unit) == [2, 1]


def note(unit: Unit, kind: str, id: str, body: str = "{}") -> None:
    unit.add_record(Record(kind, id, make.EARLIER, body.encode()))


def erased(eraser: Store, ref: str) -> None:
    with eraser.write() as unit:
        unit.erase([ref])


def test_a_record_of_a_person_s_own_goes_with_her_and_so_does_one_that_names_her(
    store: Store, eraser: Store, again: Callable[[], Store]
) -> None:
    decided(store, "ann", "annie")
    with store.write() as unit:
        for kind in OWN:
            note(unit, kind, "ann/1")
            note(unit, kind, "annie/1")
        for kind in NAMING:
            note(unit, kind, "0/ann/1")
            note(unit, kind, "0|1", '{"of":{"whom":["annie"]}}')
            note(unit, kind, "0|2", '{"of":{"whom":["ann","annie"]}}')
            note(unit, kind, "0|3", '{"says":"of ann"}')
    erased(eraser, "ann")
    with again().read() as unit:
        assert {tuple(one.id for one in unit.records(kind)) for kind in OWN} == {("annie/1",)}
        assert {tuple(one.id for one in unit.records(kind)) for kind in NAMING} == {("0|1", "0|3")}
    with store.write() as unit:
        unit.add_people([make.person("ann")])
        for kind in OWN:
            note(unit, kind, "ann/1")  # who is taken in again meets no old id


def test_a_record_that_several_people_share_goes_with_the_last_of_them(
    store: Store, eraser: Store
) -> None:
    decided(store, "ann", "ben", "eve")
    with store.write() as unit:
        for kind in SHARED:
            note(unit, kind, "1", '{"rows":[{"subject":"ann"},{"subject":"ben"}]}')
            note(unit, kind, "2", '{"rows":[{"subject":"eve"}]}')
    for gone, left in (("ann", ("1", "2")), ("ben", ("2",))):
        erased(eraser, gone)
        with store.read() as unit:
            assert {tuple(one.id for one in unit.records(kind)) for kind in SHARED} == {left}


def test_a_record_of_any_other_kind_stays(store: Store, eraser: Store) -> None:
    decided(store, "ann")
    with store.write() as unit:
        note(unit, "grant", "ann/1", '{"subject":"ann"}')
        note(unit, "sample", "ann", '{"of":"ann"}')
    erased(eraser, "ann")
    with store.read() as unit:
        assert len(unit.records("grant")) == len(unit.records("sample")) == 1
