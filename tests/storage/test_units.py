"""What a unit of work and a store promise: all or nothing, turns, snapshots."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from mingma.kernel.errors import Unavailable
from mingma.ports import Store, Unit
from mingma.records import AlreadyThere, Misused, NotThere, Stale
from tests.storage import make
from tests.storage.conftest import Adapter
from tests.storage.waiting import SOON


def people(store: Store) -> set[str]:
    with store.read() as unit:
        return set(unit.people(["ann", "ben", "eve"]))


def test_whether_every_second_writer_waits_for_the_end_of_the_first_whoever_it_writes_about(
    adapter: Adapter,
) -> None:
    store = adapter.open(0.01)  # who must wait gives up at once

    def write(ref: str) -> None:
        with store.write() as unit:
            unit.add_people([make.person(ref)])

    with ThreadPoolExecutor(1) as other, store.write() as unit:
        unit.add_people([make.person("ann")])
        waits = isinstance(other.submit(write, "ben").exception(SOON), Unavailable)
    assert waits is store.one_writer
    assert people(store) == ({"ann"} if waits else {"ann", "ben"})
    store.close()


def test_a_record_with_this_key_was_written_before_nothing_is_ever_edited(store: Store) -> None:
    with store.write() as unit:
        unit.add_record(make.record(body=b"first"))
    with pytest.raises(AlreadyThere) as refusal, store.write() as unit:
        unit.add_record(make.record(body=b"second"))
    assert refusal.value.slug == "store.already_there"
    assert "record" in str(refusal.value)
    with store.read() as unit:
        assert [one.body for one in unit.records("merge")] == [b"first"]


def test_the_record_that_another_one_refers_to_was_never_written(store: Store) -> None:
    with pytest.raises(NotThere) as refusal, store.write() as unit:
        unit.end_emergency("never", make.NOON)
    assert refusal.value.slug == "store.not_there"


def test_the_writer_s_view_of_the_store_is_old_somebody_else_wrote_first(store: Store) -> None:
    with store.write() as unit:
        unit.add_people([make.person("ann", events=3)])
    with pytest.raises(Stale) as refusal, store.write() as unit:
        unit.count_events({"ann": 3})
    assert refusal.value.slug == "store.stale"


def test_a_unit_or_a_store_was_used_as_it_may_not_be_nothing_of_it_is_kept(store: Store) -> None:
    with pytest.raises(Misused) as refusal, store.read() as unit:
        unit.add_people([make.person()])
    assert refusal.value.slug == "store.misused"
    assert people(store) == set()


def test_one_transaction_for_one_thread_it_ends_with_its_with_block_and_later_use_is_refused(
    store: Store,
) -> None:
    with store.write() as writing:
        writing.add_people([make.person()])
    with store.read() as reading:
        reading.people(["ann"])
    with pytest.raises(Misused):
        writing.add_people([make.person("ben")])
    with pytest.raises(Misused):
        writing.people(["ann"])
    with pytest.raises(Misused):
        reading.people(["ann"])
    assert people(store) == {"ann"}


def test_everything_written_is_durable_when_the_block_ends_or_nothing_is(
    store: Store, again: Callable[[], Store]
) -> None:
    with store.write() as unit:
        unit.add_people([make.person()])
        make.add_facts(unit, make.fact())
        make.decide(unit, ("ann", 1))
        unit.count_events({"ann": 1})
    with make.nothing_kept(store) as unit:
        make.add_facts(unit, make.fact("lab/2"))
        make.decide(unit, ("ann", 2))
        unit.count_events({"ann": 2})
        unit.add_batch(make.batch(), [make.turned()])
    with again().read() as unit:
        assert unit.people(["ann"]) == {"ann": make.person(events=1)}
        assert unit.facts_of(["ann"]) == {"ann": [make.fact()]}
        assert unit.known("lab", ["lab/2"]) == {}
        assert unit.decisions_of("ann") == [make.decision()]
        assert unit.notices_of("ann") == [make.notice()]
        assert unit.pool(10) == [make.leaf()]
        assert unit.batch("lab", "b1") is None
        assert unit.turned("lab", "b1") == []


def test_a_unit_sees_what_it_wrote(store: Store) -> None:
    with store.write() as unit:
        unit.add_people([make.person()])
        make.add_facts(unit, make.fact())
        make.decide(unit, ("ann", 1))
        unit.count_events({"ann": 1})
        assert unit.people(["ann"])["ann"].events == 1
        assert unit.facts_of(["ann"]) == {"ann": [make.fact()]}
        assert unit.decisions_in_force(["ann"]) == {"ann": make.decision()}
        assert unit.statistics()["waiting"] == 1


def test_once_a_write_is_refused_nothing_of_the_unit_is_kept_even_where_the_refusal_is_caught(
    store: Store,
) -> None:
    with store.write() as unit:
        unit.add_people([make.person("ann")])

    def go_on_regardless(unit: Unit) -> None:
        unit.add_people([make.person("eve")])
        with pytest.raises(AlreadyThere):
            unit.add_people([make.person("ben"), make.person("ann")])

    with pytest.raises(Misused), store.write() as unit:
        go_on_regardless(unit)
    assert people(store) == {"ann"}


def test_units_of_work_from_several_threads_at_once_writers_about_one_person_take_turns(
    store: Store,
) -> None:
    with store.write() as unit:
        unit.add_people([make.person()])

    def one_more(_: int) -> None:
        with store.write() as unit:
            number = unit.people(["ann"])["ann"].events + 1
            assert len(unit.decisions_of("ann")) == number - 1
            make.decide(unit, ("ann", number))
            unit.count_events({"ann": number})
        with store.read() as unit:
            assert unit.decisions_in_force(["ann"])["ann"].number >= number

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one_more, range(80)))
    with store.read() as unit:
        assert [one.number for one in unit.decisions_of("ann")] == list(range(1, 81))
        assert unit.people(["ann"])["ann"].events == 80
        assert len(unit.pool(100)) == 80


def test_reading_never_waits_for_a_writer(store: Store) -> None:
    with store.write() as unit:
        unit.add_people([make.person("ann")])
    with ThreadPoolExecutor(1) as other, store.write() as unit:
        unit.people(["ann", "ben"])
        unit.add_people([make.person("ben")])
        assert other.submit(people, store).result(SOON) == {"ann"}


def test_a_writer_that_waits_too_long_for_its_turn_gets_unavailable(adapter: Adapter) -> None:
    store = adapter.open(0.2)
    with store.write() as unit:
        unit.add_people([make.person("ann")])

    def write() -> None:
        with store.write() as unit:
            unit.people(["ann"])

    with ThreadPoolExecutor(1) as other, store.write() as unit:
        unit.people(["ann"])
        unit.count_events({"ann": 1})
        with pytest.raises(Unavailable) as refusal:
            other.submit(write).result(SOON)
    assert refusal.value.slug == "store.busy"
    write()
    store.close()


def test_a_transaction_that_commits_at_the_end_of_the_block_or_leaves_nothing_if_it_raises(
    store: Store,
) -> None:
    with store.write() as unit:
        unit.add_people([make.person("ann")])
        assert people(store) == set()
    assert people(store) == {"ann"}
    for failure in (ValueError, KeyboardInterrupt):
        with make.nothing_kept(store, failure) as unit:
            unit.add_people([make.person("ben")])
    assert people(store) == {"ann"}
    with store.write() as unit:
        unit.add_people([make.person("ben")])
    assert people(store) == {"ann", "ben"}


def test_a_second_one_inside_the_first_in_the_same_thread_is_refused(store: Store) -> None:
    with store.write() as unit:
        unit.add_people([make.person("ann")])
        with pytest.raises(Misused), store.write() as second:
            second.add_people([make.person("ben")])
    assert people(store) == {"ann"}


def test_what_is_named_as_last_sees_all_that_was_written_and_commits_with_it(store: Store) -> None:
    seen: list[set[str]] = []

    def last(unit: Unit) -> None:
        seen.append(set(unit.people(["ann", "ben"])))
        unit.add_people([make.person("ben")])

    with store.write(last) as unit:
        unit.add_people([make.person("ann")])
    assert seen == [{"ann"}]
    assert people(store) == {"ann", "ben"}


def test_writers_who_share_a_transaction_and_name_the_same_have_it_done_once(store: Store) -> None:
    seen: list[set[str]] = []

    def last(unit: Unit) -> None:
        seen.append(set(unit.refs("", 99)))

    def writes(ref: str) -> bool:
        with store.write(last) as unit:
            unit.add_people([make.person(ref)])
        return any(ref in one for one in seen)  # before it goes on, it was done behind its own

    refs = [f"p{number}" for number in range(8)]
    with ThreadPoolExecutor(len(refs)) as pool:
        assert all(pool.map(writes, refs))
    assert 1 <= len(seen) <= len(refs)
    with store.read() as unit:
        assert set(unit.refs("", 99)) == set(refs)


def test_if_it_raises_nothing_is_kept(store: Store) -> None:
    def last(unit: Unit) -> None:
        unit.add_people([make.person("ben")])
        raise RuntimeError("as it ends")

    with pytest.raises(RuntimeError, match="as it ends"), store.write(last) as unit:
        unit.add_people([make.person("ann")])
    assert people(store) == set()


def test_a_snapshot_what_it_shows_stays_the_same_from_the_first_look_on(store: Store) -> None:
    with store.read() as before:
        assert before.statistics()["people"] == 0
        with store.write() as unit:
            unit.add_people([make.person("ann")])
            make.decide(unit, ("ann", 1))
        assert before.people(["ann"]) == {}
        assert before.decisions_of("ann") == []
        assert before.statistics()["people"] == 0
    assert people(store) == {"ann"}


def test_a_write_through_it_raises_misused(store: Store) -> None:
    with store.write() as unit:
        unit.add_people([make.person("ann")])
        make.decide(unit, ("ann", 1))
    attempts: list[Callable[..., None]] = [
        lambda unit: unit.add_people([make.person("ben")]),
        lambda unit: unit.count_events({"ann": 9}),
        lambda unit: make.add_facts(unit, make.fact()),
        lambda unit: unit.add_batch(make.batch(), []),
        lambda unit: make.decide(unit, ("ann", 2)),
        lambda unit: unit.add_leaves([make.leaf(number=7)]),
        lambda unit: make.seal(unit, 0, [make.leaf()], b"head"),
        lambda unit: unit.add_source(make.source()),
        lambda unit: unit.add_emergency(make.emergency()),
        lambda unit: unit.end_emergency("e1", make.NOON),
        lambda unit: unit.add_record(make.record()),
    ]
    with store.read() as before:
        was = before.statistics()
    for attempt in attempts:
        with store.read() as unit, pytest.raises(Misused):
            attempt(unit)
    with store.read() as after:
        assert after.statistics() == was
        assert after.people(["ann"])["ann"].events == 0
        assert after.sources() == {}


def test_release_files_and_connections_later_use_raises(adapter: Adapter) -> None:
    store = adapter.open(1.0)
    with store.write() as unit:
        unit.add_people([make.person()])
    store.close()
    with pytest.raises(Misused), store.write():
        pass  # it does not even begin
    with pytest.raises(Misused), store.read():
        pass  # nor does this
    store.close()  # closing twice is no fault
