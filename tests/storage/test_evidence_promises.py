"""What a store promises about facts and the batches they came in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mingma.evidence.model import Fact
from mingma.ports import Store
from mingma.records import AlreadyThere, Batch, NotThere
from tests.storage import make
from tests.storage.waiting import SOON, still_waits
from tests.unit.evidence.facts import facts

# The longest id a sender may use, and none that a database could make short by compressing it.
LONG = "".join(map(chr, Random(1).choices(range(0x4E00, 0x9FA5), k=4096)))


def with_ann(store: Store, *others: str) -> None:
    with store.write() as unit:
        unit.add_people(make.person(ref) for ref in ("ann", *others))


def test_a_fact_as_it_came_in_from_which_source_when_in_which_batch(store: Store) -> None:
    with_ann(store)
    with store.write() as unit:
        one = make.received(make.fact(), source="lab", at=make.LATER, batch="b7")
        unit.add_facts([(one, make.DIGEST)])
    with store.read() as unit:
        assert unit.facts_of(["ann"]) == {"ann": [make.fact()]}
        assert unit.channel_ages() == {"test": make.LATER}


def test_the_content_digest_of_those_ids_of_a_source_that_were_admitted_before(
    store: Store,
) -> None:
    with_ann(store)
    with store.write() as unit:
        for id, digest in (("lab/1", b"1" * 32), ("lab/2", b"2" * 32), (LONG, b"3" * 32)):
            unit.add_facts([(make.received(make.fact(id)), digest)])
    with store.read() as unit:
        assert unit.known("lab", ["lab/2", LONG, "lab/3"]) == {"lab/2": b"2" * 32, LONG: b"3" * 32}
        assert unit.known("lab", []) == {}
        assert unit.known("other", ["lab/1"]) == {}


def test_until_a_writing_unit_ends_nobody_else_admits_from_a_source_it_asked_for(
    store: Store,
) -> None:
    with_ann(store)

    def admit() -> None:
        with store.write() as unit:
            if not unit.known("lab", ["lab/1"]):
                make.add_facts(unit, make.fact())

    with ThreadPoolExecutor(1) as other:
        with store.write() as unit:
            assert not unit.known("lab", ["lab/1"])
            waiting = other.submit(admit)
            assert still_waits(waiting)
            make.add_facts(unit, make.fact())
        waiting.result(SOON)
    with store.read() as unit:
        assert unit.facts_of(["ann"]) == {"ann": [make.fact()]}


def test_facts_with_their_content_digest_a_fact_is_stored_once_by_source_and_id(
    store: Store,
) -> None:
    with_ann(store)
    with store.write() as unit:
        make.add_facts(unit, make.fact("1"), source="lab")
        make.add_facts(unit, make.fact("1"), source="clinic")  # another source's own id
        make.add_facts(unit)
    with store.read() as unit:
        assert unit.known("lab", ["1"]) == unit.known("clinic", ["1"]) == {"1": make.DIGEST}
        assert len(unit.facts_of(["ann"])["ann"]) == 2


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(facts(subjects=st.just("ann")), min_size=1, max_size=5, unique_by=lambda f: f.id))
def test_every_kind_of_fact_comes_back_as_it_was(store: Store, some: list[Fact]) -> None:
    with make.nothing_kept(store) as unit:
        unit.add_people([make.person("ann")])
        make.add_facts(unit, *some)
        kept = unit.facts_of(["ann"])["ann"]
    assert sorted(kept, key=lambda fact: fact.id) == sorted(some, key=lambda fact: fact.id)


def test_the_same_source_and_id_again_raise_alreadythere(store: Store) -> None:
    with_ann(store, "ben")
    with store.write() as unit:
        make.add_facts(unit, make.fact())
    same: list[list[Fact]] = [
        [make.fact()],
        [make.fact(subject="ben")],
        [make.fact("lab/2"), make.fact("lab/2", at=make.LATER)],
        [make.fact(f"lab/{i}") for i in range(500, 0, -1)],
    ]
    for again in same:
        with pytest.raises(AlreadyThere), store.write() as unit:
            make.add_facts(unit, *again)
    with store.read() as unit:
        assert unit.facts_of(["ann", "ben"]) == {"ann": [make.fact()], "ben": []}
        assert unit.statistics()["facts"] == 1


def test_a_fact_about_a_person_not_added_by_the_end_of_the_unit_raises_notthere_there(
    store: Store,
) -> None:
    with pytest.raises(NotThere), store.write() as unit:
        make.add_facts(unit, make.fact())
    with store.read() as unit:
        assert unit.statistics()["facts"] == 0
    with store.write() as unit:
        make.add_facts(unit, make.fact())
        unit.add_people([make.person()])
    with store.read() as unit:
        assert unit.facts_of(["ann"]) == {"ann": [make.fact()]}


def test_every_fact_of_each_subject_ordered_by_at_then_id_an_empty_sequence_where_none(
    store: Store,
) -> None:
    with_ann(store, "ben")
    # "é" sorts after "z" by code point, before it in many a server's locale.
    ids = ["lab/10", "lab/9", "LAB/9", "lab/é", "lab/z", "检/1", "lab/\U0001f9ea"]
    ids += [LONG[1:] + last for last in "abcdefgh"]  # alike for their first 4,095 characters
    ordered = [make.fact("first", at=make.EARLIER), *(make.fact(id) for id in sorted(ids))]
    with store.write() as unit:
        make.add_facts(unit, *reversed(ordered), make.fact("other", "ben"))
    with store.read() as unit:
        found = unit.facts_of({"ann", "ben", "nobody"})
        assert found == {"ann": ordered, "ben": [make.fact("other", "ben")], "nobody": []}
        assert unit.facts_of([]) == {}


def test_two_sources_facts_of_one_instant_and_id_stand_in_order_of_source(store: Store) -> None:
    with_ann(store)
    with store.write() as unit:
        make.add_facts(unit, make.fact("1", result="positive"), source="b")
        make.add_facts(unit, make.fact("1", result="negative"), source="a")
    with store.read() as unit:
        results: list[Any] = [fact.data for fact in unit.facts_of(["ann"])["ann"]]
    assert [data.result for data in results] == ["negative", "positive"]


def test_a_record_turned_away_its_line_in_the_batch_the_refusal_s_slug_and_sentence_its_text(
    store: Store,
) -> None:
    texts = ["", "{", "不是 JSON", "\x00\x01", "\ud800 half a character", "x" * 100_000]
    given = [make.turned(line, record=text) for line, text in enumerate(texts, 1)]
    with store.write() as unit:
        unit.add_batch(make.batch(), given)
    with store.read() as unit:
        assert unit.turned("lab", "b1") == given


def test_the_counts_of_one_batch_received_admitted_refused(store: Store) -> None:
    whole = Batch("lab", "b1", make.NOON, received=10, admitted=7, repeated=2, refused=3)
    with store.write() as unit:
        unit.add_batch(whole, [])
    with store.read() as unit:
        found = unit.batch("lab", "b1")
    assert found == whole
    assert found.received == found.admitted + found.refused


def test_repeated_of_the_admitted_were_there_before_with_the_same_content(store: Store) -> None:
    with store.write() as unit:
        unit.add_batch(Batch("lab", "b1", make.NOON, 10, 7, 2, 3), [])
    with store.read() as unit:
        found = unit.batch("lab", "b1")
    assert found is not None
    assert (found.admitted, found.repeated) == (7, 2)


def test_the_counts_and_the_refused_records_the_same_batch_again_adds_nothing(
    store: Store,
) -> None:
    for received, lines in ((3, [1, 2]), (4, [3])):
        with store.write() as unit:
            unit.add_batch(make.batch(received=received), [make.turned(line) for line in lines])
    with store.read() as unit:
        assert unit.batch("lab", "b1") == make.batch(received=3)
        assert [one.line for one in unit.turned("lab", "b1")] == [1, 2]


def test_the_counts_of_a_batch_or_none(store: Store) -> None:
    with store.write() as unit:
        unit.add_batch(make.batch(LONG), [make.turned(batch=LONG)])
    with store.read() as unit:
        assert unit.batch("lab", LONG) == make.batch(LONG)
        assert unit.turned("lab", LONG) == [make.turned(batch=LONG)]
        assert unit.batch("lab", LONG[1:] + "a") is None
        assert unit.batch("clinic", LONG) is None


def test_the_refused_records_of_a_batch_in_order_of_line(store: Store) -> None:
    given = [make.turned(line, record=text) for line, text in ((9, "a"), (0, "b"), (0, "c"))]
    with store.write() as unit:
        unit.add_batch(make.batch(), given)
    with store.read() as unit:
        assert [one.record for one in unit.turned("lab", "b1")] == ["b", "c", "a"]
        assert unit.turned("lab", "b2") == []


def test_when_each_kind_last_arrived(store: Store) -> None:
    with_ann(store)
    infection = make.source().kinds  # two kinds, one of which arrives
    assert "infection" in infection
    with store.read() as unit:
        assert unit.channel_ages() == {}
    for id, at in (("1", make.NOON), ("2", make.LATER), ("3", make.EARLIER)):
        with store.write() as unit:
            make.add_facts(unit, make.fact(id), at=at)
    with store.read() as unit:
        assert unit.channel_ages() == {"test": make.LATER}


def test_the_content_digests_kept_with_the_facts_of_subjects_by_the_fact_s_id(
    store: Store,
) -> None:
    with store.write() as unit:
        unit.add_people([make.person("ann"), make.person("ben")])
        for source, id, digest in (("lab", "lab/1", b"a" * 32), ("clinic", "x", b"b" * 32)):
            unit.add_facts([(make.received(make.fact(id), source), digest)])
        unit.add_facts([(make.received(make.fact("x"), "lab"), b"c" * 32)])
        unit.add_facts([(make.received(make.fact("lab/2", "ben"), "lab"), b"d" * 32)])
    with store.read() as unit:
        found = {id: set(kept) for id, kept in unit.digests(["ann", "nobody"]).items()}
        assert found == {"lab/1": {b"a" * 32}, "x": {b"b" * 32, b"c" * 32}}
        assert unit.digests([]) == {}
