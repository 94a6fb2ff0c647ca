"""Hourly indexes: anyone remakes them, and a person has her own events proven, and no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mingma.flows.alarm import alarms
from mingma.flows.index_hour import INDEX, keep_hours
from mingma.kernel.times import HOUR
from mingma.ledger.commitment import tag
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.ledger.own_tags import AHEAD, EventsDoNotFit, Indexed, check_own_events, own_tags
from mingma.ledger.tag_index import TagIndex, index_of
from mingma.ledger.tag_proof import (
    Commitment,
    TagProof,
    TagProofDoesNotHold,
    TagTwice,
    commitment_in,
)
from mingma.ledger.tree import ProofDoesNotHold
from mingma.records import Outgoing, Person
from tests.instances import Stage, contact, sample, withdrawal


def entries(stage: Stage) -> list[bytes]:
    with stage.instance.store.read() as unit:
        return list(unit.leaves(0, unit.head()[0]))


def commitments(stage: Stage) -> list[Commitment]:
    leaves = [parse(entry)[0] for entry in entries(stage)]
    return [commitment_in(leaf) for leaf in leaves if leaf.kind is Kind.INDEX_HOUR]


def person(stage: Stage, ref: str = "p-ann") -> Person:
    with stage.instance.store.read() as unit:
        return unit.people([ref])[ref]


def keep(stage: Stage, *, asked: bool = False) -> int:
    instance = stage.instance
    return keep_hours(instance.acting, instance.context.organ, stage.clock(), asked=asked)


def indexed(stage: Stage) -> list[Indexed]:
    """Every index that there is, asked from what an instance serves."""
    served = stage.instance.public_index
    found = []
    for one in commitments(stage):
        index = served.index(one.start, one.end)
        assert index is not None
        assert index.commitment == one
        found.append(Indexed(one, index.prove))
    return found


@pytest.fixture
def lived(scene: Stage) -> Stage:
    """Three people, some of whose codes turned, with two indexes and newer leaves."""
    scene.send(sample("t1"), contact("c1", "p-bob"), contact("c2", "p-eve"))
    keep(scene)
    scene.clock.forward(HOUR)
    scene.send(withdrawal("t1", hours=0.5))
    keep(scene)
    scene.clock.forward(HOUR // 2)
    scene.send(contact("c3", hours=-20), sample("t9", "p-new"))
    return scene


def test_an_index_is_what_anyone_makes_of_the_leaves(lived: Stage) -> None:
    leaves, found = entries(lived), commitments(lived)
    assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]
    assert found[0].start == 0
    for one in found:
        assert index_of(one.start, leaves[one.start : one.end]).commitment == one
        assert one.count > 0


def test_an_index_comes_at_most_once_an_hour_unless_asked(scene: Stage) -> None:
    scene.send(sample("t1"))
    assert keep(scene) == 1
    scene.send(contact("c1"))
    scene.clock.forward(HOUR - 1)
    assert keep(scene) == 0
    assert keep(scene, asked=True) == 1
    scene.send(sample("t2", "p-eve", hours=-1))
    scene.clock.forward(HOUR)
    assert keep(scene) == 1
    assert len(commitments(scene)) == 3


def test_where_no_event_is_new_there_is_no_index(scene: Stage) -> None:
    scene.send(sample("t1"))
    assert keep(scene) == 1
    scene.clock.forward(2 * HOUR)
    assert keep(scene) == keep(scene, asked=True) == 0  # the index's own leaf has no tag


def test_more_leaves_than_one_index_takes_are_indexed_in_several(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mingma.flows.index_hour.MOST", 4)
    scene.send(*(sample(f"t{n}", f"p-{n}") for n in range(5)))
    size = len(entries(scene))
    assert keep(scene) == -(-size // 4)
    assert commitments(scene)[-1].end >= size
    assert all(one.end - one.start <= 4 for one in commitments(scene))


def test_a_person_has_her_events_proven_and_that_there_is_no_other(lived: Stage) -> None:
    ann, ranges = person(lived), indexed(lived)
    assert ann.events >= 2
    newer = entries(lived)[ranges[-1].commitment.end :]
    found = check_own_events(ann.key, ann.events, ranges, newer)
    with lived.instance.store.read() as unit:
        assert found == {n: unit.index_of("p-ann", n) for n in range(ann.events + 1)}
    assert max(found.values()) >= ranges[-1].commitment.end  # one of them was scanned
    assert min(found.values()) < ranges[0].commitment.end


def test_an_event_she_was_not_told_of_is_found(lived: Stage) -> None:
    ann, ranges = person(lived), indexed(lived)
    newer = entries(lived)[ranges[-1].commitment.end :]
    for told in range(ann.events):
        with pytest.raises(EventsDoNotFit) as refused:
            check_own_events(ann.key, told, ranges, newer)
        assert refused.value.details == {"why": "extra", "number": told + 1}


def test_an_event_behind_a_gap_is_found_as_far_as_two_ahead(lived: Stage) -> None:
    key, ranges = b"k" * 32, indexed(lived)
    end = ranges[-1].commitment.end
    hidden = Leaf(kind=Kind.ENROL, commitment=b"c" * 32, organ="o", tag=tag(key, AHEAD - 1))
    with pytest.raises(EventsDoNotFit, match="extra"):
        check_own_events(key, -1, ranges, [*entries(lived)[end:], hidden.sealed(19157)])
    assert len(own_tags(key, 3)) == 4 + AHEAD


def test_an_event_that_is_nowhere_is_found_missing(lived: Stage) -> None:
    ann, ranges = person(lived), indexed(lived)
    newer = entries(lived)[ranges[-1].commitment.end :]
    with pytest.raises(EventsDoNotFit, match="missing"):
        check_own_events(ann.key, ann.events + 1, ranges, newer)
    with pytest.raises(EventsDoNotFit, match="missing"):
        check_own_events(ann.key, ann.events, ranges)  # the newer leaves were not scanned


def test_a_range_that_is_left_out_is_seen(lived: Stage) -> None:
    lived.clock.forward(HOUR)
    keep(lived)
    ranges = indexed(lived)
    with pytest.raises(EventsDoNotFit, match="gap"):
        check_own_events(person(lived).key, 1, [ranges[0], ranges[2]])


def lying(how: str, index: TagIndex) -> Callable[[bytes], TagProof]:
    """A server that does not show what it has."""
    other = index.prove(b"\x00" * 16)
    return {
        "of another tag": lambda _: other,
        "of nothing": lambda _: TagProof(()),
        "of one neighbour": lambda tag: TagProof(index.prove(tag).shown[:1]),
    }[how]


@pytest.mark.parametrize("how", ["of another tag", "of nothing", "of one neighbour"])
def test_a_server_that_lies_proves_nothing(lived: Stage, how: str) -> None:
    ann, ranges = person(lived), indexed(lived)
    index = lived.instance.public_index.index(0, ranges[0].commitment.end)
    assert index is not None
    lies = [Indexed(ranges[0].commitment, lying(how, index)), *ranges[1:]]
    newer = entries(lived)[ranges[-1].commitment.end :]
    with pytest.raises((TagProofDoesNotHold, ProofDoesNotHold)):
        check_own_events(ann.key, ann.events, lies, newer)


def test_a_tag_that_stands_twice_is_an_alarm_and_its_range_is_never_indexed(scene: Stage) -> None:
    scene.send(sample("t1"))
    key = person(scene).key
    twice = Leaf(kind=Kind.ENROL, commitment=b"c" * 32, organ="o", tag=tag(key, 1))
    with scene.instance.store.write() as unit:
        unit.add_leaves([Outgoing("somebody", 0, twice.unsealed(), scene.clock())])
    scene.instance.seal()
    for _ in range(2):
        assert keep(scene, asked=True) == 0
    with scene.instance.store.read() as unit:
        (alarm,) = alarms(unit)
        assert alarm.startswith(f"{TagTwice.slug}/")
        assert unit.last_record(INDEX, "") is None
    assert commitments(scene) == []


def test_an_instance_keeps_its_hours_and_says_what_it_could_not_do(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.send(sample("t1"))
    assert scene.instance.keep_duties() == 2  # the index and the tick of log time
    assert scene.instance.undone == {}
    assert scene.instance.keep_duties() == 0
    assert len(commitments(scene)) == 1

    def fail(*_: object) -> int:
        raise TagTwice(first=0, second=1)

    monkeypatch.setattr("mingma.duties.keep_days", fail)
    scene.clock.forward(2 * HOUR)
    scene.send(sample("t2", "p-eve", hours=-1))
    assert scene.instance.keep_duties() == 2  # index and tick, whatever became of the table
    assert scene.instance.undone == {"tally": TagTwice.slug}
