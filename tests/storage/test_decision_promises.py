"""What a store promises about decisions and notices."""

from __future__ import annotations

import pytest

from mingma.codes.decision import Decision, Outcome
from mingma.kernel.words import Colour
from mingma.ports import Store
from mingma.records import AlreadyThere, NotThere
from tests.storage import make


@pytest.fixture(autouse=True)
def _two_people(store: Store) -> None:
    with store.write() as unit:
        unit.add_people([make.person("ann"), make.person("ben")])


def test_what_a_person_is_told_with_a_decision_by_its_event_number_texts_are_made_when_shown(
    store: Store,
) -> None:
    told = make.notice(body=bytes(range(256)))
    with store.write() as unit:
        unit.add_decisions([make.decision()], [told], [])
    with store.read() as unit:
        assert unit.notices_of("ann") == [told]


def test_the_latest_decision_of_each_subject_that_has_one(store: Store) -> None:
    with store.write() as unit:
        make.decide(unit, ("ann", 10), ("ann", 9), ("ben", 1))
        make.decide(unit, ("ann", 2))
    with store.read() as unit:
        assert unit.decisions_in_force(["ann", "ben", "eve"]) == {
            "ann": make.decision("ann", 10),
            "ben": make.decision("ben", 1),
        }
        assert unit.decisions_in_force([]) == {}


def test_all_decisions_of_a_subject_oldest_first(store: Store) -> None:
    lapsed = Decision("ann", 11, make.NOON, Outcome.NOT_ISSUED, None, None, (), ())
    with store.write() as unit:
        make.decide(unit, ("ann", 10), ("ann", 9))
        unit.add_decisions([lapsed, make.decision("ann", 2, Colour.RED)], [], [])
    with store.read() as unit:
        kept = unit.decisions_of("ann")
        assert kept == [
            make.decision("ann", 2, Colour.RED),
            make.decision("ann", 9),
            make.decision("ann", 10),
            lapsed,
        ]
        assert kept[0].body() == make.decision("ann", 2, Colour.RED).body()
        assert unit.decisions_of("ben") == []


def test_decision_notice_and_leaf_are_written_together_or_not_at_all(store: Store) -> None:
    with store.write() as unit:
        make.decide(unit, ("ann", 1))
    parts = [
        ([make.decision("ann", 1)], [], [make.leaf("ann", 2)]),
        ([make.decision("ann", 2)], [make.notice("ann", 1)], [make.leaf("ann", 2)]),
        ([make.decision("ann", 2)], [make.notice("ann", 2)], [make.leaf("ann", 1)]),
    ]
    for decisions, notices, leaves in parts:
        with pytest.raises(AlreadyThere), store.write() as unit:
            unit.add_decisions(decisions, notices, leaves)
    with store.read() as unit:
        assert unit.decisions_of("ann") == [make.decision("ann", 1)]
        assert unit.notices_of("ann") == [make.notice("ann", 1)]
        assert unit.pool(9) == [make.leaf("ann", 1)]


def test_an_event_number_twice_raises_alreadythere(store: Store) -> None:
    with store.write() as unit:
        make.decide(unit, ("ann", 1))
    with pytest.raises(AlreadyThere), store.write() as unit:
        make.decide(unit, ("ann", 1))
    with pytest.raises(AlreadyThere), store.write() as unit:
        make.decide(unit, ("ann", 2), ("ben", 1), ("ann", 2))
    many = [("ann", number) for number in range(2, 500)]
    with pytest.raises(AlreadyThere), store.write() as unit:
        make.decide(unit, *many, ("ann", 1))
    with store.write() as unit:
        make.decide(unit, *many)
    with store.read() as unit:
        assert len(unit.decisions_of("ann")) == 499


def test_a_decision_on_a_person_never_added_or_a_notice_without_its_decision_raises_notthere(
    store: Store,
) -> None:
    with pytest.raises(NotThere), store.write() as unit:
        make.decide(unit, ("eve", 1))
    with pytest.raises(NotThere), store.write() as unit:
        unit.add_decisions([make.decision("ann", 1)], [make.notice("ann", 2)], [])
    with store.read() as unit:
        assert unit.statistics()["decisions"] == 0


def test_the_notices_of_a_subject_newest_first(store: Store) -> None:
    with store.write() as unit:
        make.decide(unit, ("ann", 1), ("ann", 10), ("ann", 9))
        unit.add_decisions([make.decision("ann", 11)], [], [])
    with store.read() as unit:
        assert unit.notices_of("ann") == [make.notice("ann", number) for number in (10, 9, 1)]
        assert unit.notices_of("ben") == []
