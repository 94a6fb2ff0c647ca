"""A person known by name and telephone turns out to be somebody, or not."""

from __future__ import annotations

import pytest

from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.times import HOUR, Instant
from mingma.people.provisional import (
    MergeReason,
    MergeRecord,
    ProvisionalRef,
    RecordOutOfOrder,
    Returned,
    SplitBefore,
    SplitReason,
    SplitRecord,
)
from mingma.people.pseudonym import PersonRef
from tests.appealing import object_to
from tests.instances import Stage, contact, sample
from tests.linking import merge_of, record_link

SOMEBODY = ProvisionalRef(PersonRef("v-somebody"))
ANN = PersonRef("p-ann")


def merge(scene: Stage, id: str = "m1") -> MergeRecord:
    made = merge_of(scene, SOMEBODY, ANN, id)
    record_link(scene, made)
    return made


def split(scene: Stage, of: str = "m1", returned: tuple[Returned, ...] = ()) -> None:
    reason = SplitReason.ANOTHER_PERSON
    record_link(scene, SplitRecord("s1", of, scene.clock(), "organ", reason, returned))


@pytest.fixture
def known(scene: Stage) -> Stage:
    """Somebody is a close contact; Ann has a negative test."""
    scene.send(contact("c", subject=SOMEBODY), sample("t", subject=ANN, result="negative"))
    return scene


def test_a_merge_brings_the_finding_to_the_person(known: Stage) -> None:
    assert (known.colour(SOMEBODY), known.colour(ANN)) == ("red", "green")
    known.clock.forward(HOUR)
    merge(known)
    assert (known.colour(SOMEBODY), known.colour(ANN)) == ("green", "red")


def test_a_split_takes_it_back_and_leaves_no_colour_by_mistake(known: Stage) -> None:
    merge(known)
    known.clock.forward(HOUR)
    split(known)
    assert (known.colour(SOMEBODY), known.colour(ANN)) == ("red", "green")


def test_what_was_recorded_on_the_strength_of_the_merge_leaves_with_the_split(
    known: Stage,
) -> None:
    merge(known)
    known.send(sample("p", subject=ANN, hours=-1, reported_at="2022-06-14T12:00:00+08:00"))
    with known.instance.store.read() as unit:
        (fact,) = [f for f in unit.facts_of([ANN])[ANN] if f.id == "demo/p"]
    known.clock.forward(HOUR)
    split(known, returned=(Returned(fact.id, ANN, Instant(known.clock() - HOUR)),))
    assert (known.colour(SOMEBODY), known.colour(ANN)) == ("red", "green")
    with known.instance.store.read() as unit:
        (held,) = (d for d in [unit.decisions_in_force([SOMEBODY])[SOMEBODY]])
    assert {id for span in held.spans for id in span.evidence} == {"demo/c", "demo/p"}


def test_facts_that_arrive_while_the_merge_stands_count_for_the_person(known: Stage) -> None:
    merge(known)
    known.send(contact("c2", subject=SOMEBODY, hours=-2))
    assert known.colour(SOMEBODY) == "green"
    with known.instance.store.read() as unit:
        held = unit.decisions_in_force([ANN])[ANN]
    assert "demo/c2" in {id for span in held.spans for id in span.evidence}


def test_what_a_split_has_cleared_does_not_come_back(known: Stage) -> None:
    merge(known)
    split(known)
    with pytest.raises(SplitBefore):
        merge(known, "m2")
    assert known.colour(ANN) == "green"


def test_a_link_is_not_dated_ahead(known: Stage) -> None:
    ahead = Instant(known.clock() + 1)
    record = MergeRecord("m", SOMEBODY, ANN, ahead, "organ", MergeReason.PAPER_SHOWN)
    with pytest.raises(RecordOutOfOrder):
        record_link(known, record)
    assert known.colour(ANN) == "green"


def test_a_link_to_somebody_nobody_enrolled_is_refused(scene: Stage) -> None:
    scene.send(contact("c", subject=SOMEBODY))
    with pytest.raises(NoSuchPerson):
        merge(scene)
    assert scene.colour(SOMEBODY) == "red"


def test_what_an_identity_won_on_appeal_stays_won_for_the_person(known: Stage) -> None:
    object_to(known, SOMEBODY)
    known.send(contact("copy", subject=ANN))  # the same finding under her own reference
    assert known.colour(ANN) == "red"
    known.clock.forward(9 * HOUR)  # nobody answered, and nothing has run
    merge(known)
    assert (known.colour(SOMEBODY), known.colour(ANN)) == ("green", "green")
