"""A merge lends a person somebody's facts; a split takes back those, and only those."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mingma.kernel.errors import Refused
from mingma.kernel.times import Instant
from mingma.people.identity import Identity, IdentityType
from mingma.people.provisional import (
    Links,
    MergeChain,
    MergedAlready,
    MergeReason,
    MergeRecord,
    NoStandingMerge,
    NotOfThisMerge,
    ProvisionalRef,
    RecordOutOfOrder,
    Returned,
    SplitBefore,
    SplitReason,
    SplitRecord,
    is_provisional,
    links,
    provisional_ref,
    read_provisional,
)
from mingma.people.pseudonym import PersonRef, person_ref

KEY = bytes(32)
PEOPLE = tuple(
    person_ref(Identity(IdentityType.PASSPORT, f"E0000000{n}"), KEY) for n in range(1, 4)
)
KNOWN_BY_NAME = tuple(
    provisional_ref(read_provisional(name, "13912345678"), KEY) for name in ("张三", "李四", "王五")
)
ZHANG, LI = KNOWN_BY_NAME[:2]
HOLDER, STRANGER = PEOPLE[:2]


def merge(
    id_: str = "m1",
    provisional: ProvisionalRef = ZHANG,
    into: PersonRef = HOLDER,
    at: int = 100,
) -> MergeRecord:
    return MergeRecord(id_, provisional, into, Instant(at), "cdc-1", MergeReason.PAPER_SHOWN)


def split(id_: str = "s1", of: str = "m1", at: int = 200, *returned: Returned) -> SplitRecord:
    return SplitRecord(id_, of, Instant(at), "cdc-2", SplitReason.ANOTHER_PERSON, returned)


def came(fact: str, at: int = 150, subject: PersonRef = HOLDER) -> Returned:
    return Returned(fact, subject, Instant(at))


def at(instant: int) -> Instant:
    return Instant(instant)


def test_a_fact_of_a_provisional_person_counts_for_the_holder_only_while_the_merge_stands() -> None:
    known = links([merge(), split()])
    when = {t: known.counts_for("f", ZHANG, at(t)) for t in (99, 100, 199, 200, 10_000)}
    assert when == {99: ZHANG, 100: HOLDER, 199: HOLDER, 200: ZHANG, 10_000: ZHANG}


def test_the_holder_gains_and_loses_exactly_the_provisional_reference() -> None:
    known = links([merge(), split()])
    assert known.refs_of(HOLDER, at(99)) == {HOLDER}
    assert known.refs_of(HOLDER, at(100)) == {HOLDER, ZHANG}
    assert known.refs_of(ZHANG, at(100)) == frozenset()
    assert known.refs_of(HOLDER, at(200)) == {HOLDER}
    assert known.refs_of(ZHANG, at(200)) == {ZHANG}


def test_a_fact_found_under_a_wrong_merge_leaves_with_the_split() -> None:
    # The investigator wrote it down under the holder's paper, because of the merge.
    known = links([merge(), split("s1", "m1", 200, came("finding-7"))])
    assert known.counts_for("finding-7", HOLDER, at(199)) == HOLDER
    assert known.counts_for("finding-7", HOLDER, at(200)) == ZHANG
    assert known.counts_for("own-test", HOLDER, at(200)) == HOLDER


def test_a_returned_fact_follows_the_provisional_person_to_the_right_holder() -> None:
    right = merge("m2", into=STRANGER, at=300)
    known = links([merge(), split("s1", "m1", 200, came("finding-7")), right])
    assert known.counts_for("finding-7", HOLDER, at(300)) == STRANGER
    assert known.counts_for("f", ZHANG, at(300)) == STRANGER
    assert known.counts_for("own-test", HOLDER, at(300)) == HOLDER


def test_a_split_of_one_leaves_the_other_merged() -> None:
    known = links([merge(), merge("m2", provisional=LI, at=110), split()])
    assert known.refs_of(HOLDER, at(150)) == {HOLDER, ZHANG, LI}
    assert known.refs_of(HOLDER, at(200)) == {HOLDER, LI}


@pytest.mark.parametrize(
    ("before", "record", "fault"),
    [
        ([], merge(into=LI), MergeChain),
        ([], merge(into=ZHANG), MergeChain),
        ([], merge(provisional=ProvisionalRef(HOLDER), into=STRANGER), MergeChain),
        ([], merge(provisional=ProvisionalRef(HOLDER), into=HOLDER), MergeChain),
        ([merge()], merge("m2", into=STRANGER), MergedAlready),
        ([merge()], merge("m2"), MergedAlready),
        ([merge(), split()], merge("m2", at=300), SplitBefore),
        ([], split(), NoStandingMerge),
        ([merge()], split(of="m9"), NoStandingMerge),
        ([merge(), split()], split("s2", at=300), NoStandingMerge),
        ([merge(), split()], split("s2", of="s1", at=300), NoStandingMerge),
        ([merge()], merge("m2", provisional=LI, at=99), RecordOutOfOrder),
        ([merge()], split(at=99), RecordOutOfOrder),
        ([merge()], merge(provisional=LI), RecordOutOfOrder),
        ([merge()], split("m1"), RecordOutOfOrder),
        ([merge()], split("s1", "m1", 200, came("f", at=99)), NotOfThisMerge),
        ([merge()], split("s1", "m1", 200, came("f", at=201)), NotOfThisMerge),
        ([merge()], split("s1", "m1", 200, came("f", subject=STRANGER)), NotOfThisMerge),
        ([merge()], split("s1", "m1", 200, came("f"), came("f")), NotOfThisMerge),
        (
            [merge(), merge("m2", provisional=LI), split("s1", "m1", 200, came("f"))],
            split("s2", "m2", 210, came("f")),
            NotOfThisMerge,
        ),
    ],
)
def test_a_link_that_could_carry_a_colour_by_mistake_is_refused(
    before: list[MergeRecord | SplitRecord],
    record: MergeRecord | SplitRecord,
    fault: type[Refused],
) -> None:
    known = links(before)
    with pytest.raises(fault) as refusal:
        known.after(record)
    assert refusal.value.sentence("zh")
    assert refusal.value.sentence("en")
    assert refusal.value.remedy("zh")
    assert refusal.value.remedy("en")


def test_after_a_split_the_right_person_may_be_merged_at_once() -> None:
    known = links([merge(), split(at=200), merge("m2", into=STRANGER, at=200)])
    assert known.counts_for("f", ZHANG, at(200)) == STRANGER


@given(st.integers(0, 400))
def test_a_later_record_changes_nothing_before_its_instant(instant: int) -> None:
    first = links([merge()])
    later = first.after(split("s1", "m1", 200, came("f"))).after(merge("m2", into=STRANGER, at=300))
    if instant < 200:
        for ref in (*PEOPLE, *KNOWN_BY_NAME):
            assert first.refs_of(ref, at(instant)) == later.refs_of(ref, at(instant))
            assert first.counts_for("f", ref, at(instant)) == later.counts_for(
                "f", ref, at(instant)
            )


class MergeAndSplit(RuleBasedStateMachine):
    """Merge, split and record in any order, against a plain book of who holds what."""

    def __init__(self) -> None:
        super().__init__()
        self.links = Links()
        self.now = 0
        self.standing: dict[ProvisionalRef, MergeRecord] = {}
        self.parted: set[tuple[ProvisionalRef, PersonRef]] = set()
        self.facts: dict[str, tuple[PersonRef, int]] = {}
        self.moved: dict[str, ProvisionalRef] = {}
        self.history: list[tuple[int, dict[str, PersonRef]]] = []

    @initialize()
    def begin(self) -> None:
        for number, ref in enumerate((*PEOPLE, *KNOWN_BY_NAME)):
            self.facts[f"first-{number}"] = (ref, 0)

    def expected(self) -> dict[str, PersonRef]:
        """Who each fact counts for now, by the plain book."""
        found = {}
        for fact, (subject, _) in self.facts.items():
            ref: PersonRef = self.moved.get(fact, subject)
            for provisional, record in self.standing.items():
                if ref == provisional:
                    ref = record.into
                    break
            found[fact] = ref
        return found

    def next_second(self) -> Instant:
        self.history.append((self.now, self.expected()))
        self.now += 1
        return Instant(self.now)

    @rule(subject=st.sampled_from([*PEOPLE, *KNOWN_BY_NAME]))
    def record(self, subject: PersonRef) -> None:
        now = self.next_second()
        self.facts[f"fact-{now}"] = (subject, now)

    @rule(provisional=st.sampled_from(KNOWN_BY_NAME), into=st.sampled_from(PEOPLE))
    def merge(self, provisional: ProvisionalRef, into: PersonRef) -> None:
        now = self.next_second()
        record = merge(f"m{now}", provisional, into, now)
        if provisional in self.standing or (provisional, into) in self.parted:
            with pytest.raises((MergedAlready, SplitBefore)):
                self.links.after(record)
        else:
            self.links = self.links.after(record)
            self.standing[provisional] = record

    @precondition(lambda self: self.standing)
    @rule(data=st.data())
    def split(self, data: st.DataObject) -> None:
        now = self.next_second()
        provisional = data.draw(st.sampled_from(sorted(self.standing)))
        old = self.standing[provisional]
        may_leave = [
            fact
            for fact, (subject, when) in self.facts.items()
            if subject == old.into and old.at <= when <= now and fact not in self.moved
        ]
        leaving = sorted(data.draw(st.sets(st.sampled_from(may_leave)))) if may_leave else []
        returned = [came(fact, self.facts[fact][1], old.into) for fact in leaving]
        self.links = self.links.after(split(f"s{now}", old.id, now, *returned))
        del self.standing[provisional]
        self.parted.add((provisional, old.into))
        self.moved |= dict.fromkeys(leaving, provisional)

    @rule(provisional=st.sampled_from(KNOWN_BY_NAME), into=st.sampled_from(KNOWN_BY_NAME))
    def chain(self, provisional: ProvisionalRef, into: PersonRef) -> None:
        with pytest.raises(MergeChain):
            self.links.after(merge(f"m{self.now}x", provisional, into, self.now))

    @invariant()
    def each_fact_counts_for_exactly_one_person(self) -> None:
        now = Instant(self.now)
        for fact, ref in self.expected().items():
            assert self.links.counts_for(fact, self.facts[fact][0], now) == ref
        everybody = [*PEOPLE, *KNOWN_BY_NAME]
        held = [ref for person in everybody for ref in self.links.refs_of(person, now)]
        assert sorted(held) == sorted(everybody)

    @invariant()
    def a_split_leaves_nobody_with_a_strangers_fact(self) -> None:
        now = Instant(self.now)
        for provisional, into in self.parted:
            assert provisional not in self.links.refs_of(into, now)
            assert self.links.counts_for("any", provisional, now) != into

    @invariant()
    def nobodys_own_fact_goes_to_another_with_a_paper_unless_returned(self) -> None:
        now = Instant(self.now)
        for fact, (subject, _) in self.facts.items():
            if not is_provisional(subject) and fact not in self.moved:
                assert self.links.counts_for(fact, subject, now) == subject

    @invariant()
    def the_past_stays(self) -> None:
        for instant, then in self.history[-20:]:
            for fact, ref in then.items():
                subject = self.facts[fact][0]
                assert self.links.counts_for(fact, subject, Instant(instant)) == ref


TestMergeAndSplit = MergeAndSplit.TestCase
TestMergeAndSplit.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_records_are_never_edited() -> None:
    record = merge()
    with pytest.raises(AttributeError):
        record.into = STRANGER  # type: ignore[misc]
    assert replace(record, into=STRANGER) != record
