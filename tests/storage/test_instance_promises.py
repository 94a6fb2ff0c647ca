"""What a store promises about sources, emergencies, other records and counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from mingma.kernel.times import Instant
from mingma.ports import Store
from mingma.records import AlreadyThere, Emergency, NotThere, Source
from tests.storage import make
from tests.storage.waiting import SOON, still_waits


def test_a_registered_source_its_ed25519_public_key_32_bytes_and_the_kinds_it_may_bring_in(
    store: Store,
) -> None:
    source = Source(
        "clinic", "市一院", "发热门诊", bytes(range(32)), frozenset({"test"}), demo=False
    )
    with store.write() as unit:
        unit.add_source(source)
    with store.read() as unit:
        assert unit.sources() == {"clinic": source}
        assert unit.sources()["clinic"].demo is False


def test_register_a_source_the_same_id_again_raises_alreadythere(store: Store) -> None:
    with store.write() as unit:
        unit.add_source(make.source())
    with pytest.raises(AlreadyThere), store.write() as unit:
        unit.add_source(replace(make.source(), key=b"x" * 32))
    with store.read() as unit:
        assert unit.sources() == {"lab": make.source()}


def test_all_registered_sources_by_id(store: Store) -> None:
    with store.read() as unit:
        assert unit.sources() == {}
    with store.write() as unit:
        unit.add_source(make.source("lab"))
        unit.add_source(make.source("clinic"))
    with store.read() as unit:
        assert unit.sources() == {"lab": make.source("lab"), "clinic": make.source("clinic")}


def test_a_declared_emergency_legal_basis_start_end_90_days_and_who_declared_it_p14(
    store: Store,
) -> None:
    emergency = Emergency("e1", "突发事件应对法", "国务院", make.EARLIER, make.LATER)
    with store.write() as unit:
        unit.add_emergency(emergency)
    with store.read() as unit:
        assert unit.emergency_at(make.NOON) == emergency


def test_declare_an_emergency_the_same_id_again_raises_alreadythere(store: Store) -> None:
    with store.write() as unit:
        unit.add_emergency(make.emergency())
    with pytest.raises(AlreadyThere), store.write() as unit:
        unit.add_emergency(make.emergency(ends=make.LATER + 9))
    with store.read() as unit:
        assert unit.emergency_at(make.LATER) is None


def test_an_emergency_ends_at_its_declared_end_or_earlier_never_later(store: Store) -> None:
    with store.write() as unit:
        unit.add_emergency(make.emergency(ends=make.LATER))

    def ends() -> int | None:
        with store.read() as unit:
            found = unit.emergency_at(make.EARLIER)
        return found.ends if found else None

    for at, then in ((make.LATER + 1, make.LATER), (make.NOON, make.NOON), (make.NOON, make.NOON)):
        with store.write() as unit:
            unit.end_emergency("e1", make.Instant(at))
        assert ends() == then
    with store.write() as unit:
        unit.end_emergency("e1", make.LATER)
    assert ends() == make.NOON
    with store.write() as unit:
        unit.end_emergency("e1", make.Instant(make.EARLIER - 1))
    assert ends() is None


def test_ending_one_never_declared_raises_notthere(store: Store) -> None:
    with store.write() as unit:
        unit.add_emergency(make.emergency("e1"))
    with pytest.raises(NotThere), store.write() as unit:
        unit.end_emergency("e2", make.NOON)


def test_every_declared_emergency_with_its_end_as_ended_by_start_then_id(store: Store) -> None:
    later, first = make.emergency("a", make.NOON), make.emergency("b")
    ended = make.emergency("c", make.EARLIER, make.LATER)
    with store.write() as unit:
        for one in (later, ended, first):
            unit.add_emergency(one)
        unit.end_emergency("c", make.NOON)
        unit.end_emergency("b", Instant(make.LATER + 1))
    with store.read() as unit:
        assert list(unit.emergencies()) == [first, replace(ended, ends=make.NOON), later]


def test_the_declared_emergency_in_force_at_an_instant_its_end_as_ended_or_none(
    store: Store,
) -> None:
    with store.write() as unit:
        unit.add_emergency(make.emergency("e1", make.EARLIER, make.LATER))
        unit.end_emergency("e1", make.NOON)
    with store.read() as unit:
        found = {
            at: unit.emergency_at(make.Instant(at)) for at in range(make.EARLIER - 1, make.LATER)
        }
    in_force = make.emergency("e1", make.EARLIER, make.NOON)
    assert [at for at, one in found.items() if one] == list(range(make.EARLIER, make.NOON))
    assert {one for one in found.values() if one} == {in_force}


def test_of_several_it_is_the_one_that_ends_last(store: Store) -> None:
    with store.write() as unit:
        for id, ends in (("e1", 50), ("e3", 90), ("e2", 90), ("e4", 99)):
            unit.add_emergency(make.emergency(id, ends=make.NOON + ends))
        unit.end_emergency("e4", make.Instant(make.NOON + 10))
    with store.read() as unit:
        found = unit.emergency_at(make.NOON)
    assert found is not None
    assert found.id == "e2"


def test_an_append_only_record_of_another_kind_merge_split_area_list_by_kind_and_id(
    store: Store,
) -> None:
    record = make.record(body=bytes(range(256)) * 10_000)
    with store.write() as unit:
        unit.add_record(record)
    with store.read() as unit:
        assert unit.records("merge") == [record]


def test_append_a_record_kind_and_id_again_raise_alreadythere(store: Store) -> None:
    with store.write() as unit:
        unit.add_record(make.record("1", "merge"))
        unit.add_record(make.record("1", "split"))
    with pytest.raises(AlreadyThere), store.write() as unit:
        unit.add_record(make.record("1", "split", at=make.LATER))
    with store.read() as unit:
        assert unit.records("split") == [make.record("1", "split")]


def test_records_of_a_kind_by_at_then_id(store: Store) -> None:
    ordered = [
        make.record("9", at=make.EARLIER),
        *(make.record(id) for id in ("10", "9a", "Z", "a", "é")),
    ]
    with store.write() as unit:
        for one in reversed(ordered):
            unit.add_record(one)
        unit.add_record(make.record(kind="split"))
    with store.read() as unit:
        assert unit.records("merge") == ordered
        assert unit.records("area_list") == []


def test_of_a_kind_s_records_whose_id_begins_with_a_prefix_the_one_with_the_last_id_or_none(
    store: Store,
) -> None:
    with store.write() as unit:
        for id, at in (("a/1", make.LATER), ("a/3", make.EARLIER), ("a/2", make.NOON)):
            unit.add_record(make.record(id, at=at))
        for id in ("a", "a0", "b/9", "a/é", "A/4"):
            unit.add_record(make.record(id, "split"))
        assert unit.last_record("merge", "a/") == make.record("a/3", at=make.EARLIER)
    with store.read() as unit:
        assert unit.last_record("merge", "a/") == make.record("a/3", at=make.EARLIER)
        assert unit.last_record("merge", "a/2") == make.record("a/2")
        assert unit.last_record("split", "a/") == make.record("a/é", "split")
        assert unit.last_record("split", "") == make.record("b/9", "split")
        for kind, prefix in (("merge", "a/4"), ("merge", "b"), ("area_list", "")):
            assert unit.last_record(kind, prefix) is None


def test_of_all_records_of_a_kind_the_last_id_s_or_none_asking_takes_nobody_s_turn(
    store: Store,
) -> None:
    with ThreadPoolExecutor(1) as other, store.write() as unit:
        for id, at in (("1", make.LATER), ("3", make.EARLIER), ("2", make.NOON)):
            unit.add_record(make.record(id, at=at))
        unit.add_record(make.record("9", "split"))
        assert unit.newest_record("merge") == make.record("3", at=make.EARLIER)
        assert unit.newest_record("area_list") is None

        def look() -> None:
            if store.one_writer:
                return  # every second writer waits in any case
            with store.write() as second:
                assert second.newest_record("merge") is None

        other.submit(look).result()
    with store.read() as unit:
        assert unit.newest_record("split") == make.record("9", "split")


def test_of_a_kind_s_records_whose_id_is_a_given_one_or_sorts_after_it_the_first_or_none(
    store: Store,
) -> None:
    with store.write() as unit:
        for id, at in (("a/1", make.LATER), ("a/3", make.EARLIER)):
            unit.add_record(make.record(id, at=at))
        unit.add_record(make.record("b/9", "split"))
        assert unit.first_record("merge", "a/2") == make.record("a/3", at=make.EARLIER)
    with store.read() as unit:
        assert unit.first_record("merge", "") == make.record("a/1", at=make.LATER)
        assert unit.first_record("merge", "a/1") == make.record("a/1", at=make.LATER)
        assert unit.first_record("merge", "a/2") == make.record("a/3", at=make.EARLIER)
        assert unit.first_record("merge", "a/4") is None
        assert unit.first_record("area_list", "") is None


def test_a_kind_s_records_whose_id_begins_with_a_prefix_by_id(store: Store) -> None:
    with store.write() as unit:
        for id, at in (("a/3", make.EARLIER), ("a/1", make.LATER), ("a/é", make.NOON)):
            unit.add_record(make.record(id, at=at))
        for id in ("a", "a0", "b/9"):
            unit.add_record(make.record(id))
        unit.add_record(make.record("a/1", "split"))
    with store.read() as unit:
        assert [one.id for one in unit.records_under("merge", "a/")] == ["a/1", "a/3", "a/é"]
        assert unit.records_under("merge", "a/1") == [make.record("a/1", at=make.LATER)]
        assert unit.records_under("split", "") == [make.record("a/1", "split")]
        assert unit.records_under("merge", "c") == []


def test_until_a_writing_unit_ends_nobody_else_asks_in_one_for_a_kind_and_prefix_it_asked_for(
    store: Store,
) -> None:
    def count_on() -> None:
        with store.write() as unit:
            last = unit.last_record("merge", "n/")
            unit.add_record(make.record(f"n/{int(last.id[2:]) + 1 if last else 0}"))

    with ThreadPoolExecutor(1) as other:
        with store.write() as unit:
            assert unit.last_record("merge", "n/") is None
            waiting = other.submit(count_on)
            assert still_waits(waiting)
            unit.add_record(make.record("n/4"))
        waiting.result(SOON)
    with store.read() as unit:
        assert [one.id for one in unit.records("merge")] == ["n/4", "n/5"]


def test_counts_for_health_pages_people_facts_decisions_leaves_waiting(store: Store) -> None:
    with store.read() as unit:
        empty = unit.statistics()
    assert empty == dict.fromkeys(("people", "facts", "decisions", "leaves", "waiting"), 0)
    with store.write() as unit:
        unit.add_people(make.person(ref) for ref in ("ann", "ben", "eve"))
        make.add_facts(unit, make.fact("1"), make.fact("2"))
        make.decide(unit, ("ann", 1), ("ben", 1))
        unit.add_leaves([make.leaf("eve", 1), make.leaf("eve", 2)])
        make.seal(unit, 0, [make.leaf("eve", 1)], b"head")
    with store.read() as unit:
        assert unit.statistics() == {
            "people": 3,
            "facts": 2,
            "decisions": 2,
            "leaves": 1,
            "waiting": 3,
        }
