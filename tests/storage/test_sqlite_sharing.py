"""Writers to one SQLite file who wait for each other share a COMMIT, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from mingma.ports import Last, Unit
from mingma.records import AlreadyThere
from mingma.storage.errors import Busy, StoreFailed
from mingma.storage.sqlite import SqliteStore
from mingma.storage.turns import Turns
from tests.storage import make
from tests.storage.bad_disk import FailingCommit

SOON = 20.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "store.db")
    yield made
    made.close()


def waiting(turns: Turns, wanted: int) -> None:
    """Until so many wait for their turn."""
    until(lambda: len(turns._waiting) >= wanted)


def until(it_is_so: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(SOON * 1000)):
        if it_is_so():
            return
        pause.wait(0.001)
    raise AssertionError("nobody came")


def together(store: SqliteStore, *writers: Callable[[], None]) -> list[Future[None]]:
    """All of them, the others in the queue by the time the first one's unit ends."""
    begun, go_on = threading.Event(), threading.Event()

    def first() -> None:
        with store.write() as unit:
            unit.add_people([make.person("first")])
            begun.set()
            assert go_on.wait(SOON)

    with ThreadPoolExecutor(1 + len(writers)) as pool:
        made = [pool.submit(first)]
        assert begun.wait(SOON)
        for number, writer in enumerate(writers, start=1):
            made.append(pool.submit(writer))
            waiting(store._turns, number)  # one behind the other
        go_on.set()
    return made


def adds(store: SqliteStore, ref: str, last: Last | None = None) -> Callable[[], None]:
    def write() -> None:
        with store.write(last) as unit:
            unit.add_people([make.person(ref)])

    return write


def commits(store: SqliteStore) -> list[str]:
    said: list[str] = []
    store._writer.set_trace_callback(lambda text: said.append(text) if text == "COMMIT" else None)
    return said


def people(store: SqliteStore) -> set[str]:
    with store.read() as unit:
        return set(unit.refs("", 99))


def test_those_who_wait_for_each_other_share_one_commit(store: SqliteStore) -> None:
    said = commits(store)
    for done in together(store, *(adds(store, f"p{n}") for n in range(5))):
        done.result()
    assert people(store) == {"first", "p0", "p1", "p2", "p3", "p4"}
    assert said == ["COMMIT"]


def test_whoever_is_alone_waits_for_nobody(store: SqliteStore) -> None:
    said = commits(store)
    adds(store, "ann")()
    adds(store, "ben")()
    assert said == ["COMMIT", "COMMIT"]


def test_nobody_goes_on_before_his_own_is_on_the_disk(store: SqliteStore) -> None:
    seen: list[bool] = []

    def write(ref: str) -> None:
        adds(store, ref)()
        seen.append(ref in people(store))

    together(store, *(lambda ref=f"p{n}": write(ref) for n in range(4)))  # type: ignore[misc]
    assert seen == [True] * 4


def test_one_that_is_refused_takes_nothing_of_the_others_with_it(store: SqliteStore) -> None:
    adds(store, "ann")()

    def fails() -> None:
        with store.write() as unit:
            unit.add_people([make.person("cat")])
            unit.add_people([make.person("ann")])  # she is there

    first, ben, refused, dora = together(store, adds(store, "ben"), fails, adds(store, "dora"))
    assert isinstance(refused.exception(), AlreadyThere)
    for done in (first, ben, dora):
        done.result()
    assert people(store) == {"ann", "first", "ben", "dora"}


def test_the_second_sees_what_the_first_wrote_and_seals_on_it(store: SqliteStore) -> None:
    def seals(number: int) -> Callable[[], None]:
        def write() -> None:
            with store.write() as unit:
                size, head = unit.head()
                assert (size, head) == (number, b"head %d" % number if number else b"")
                unit.add_leaves([make.leaf("first", number + 1)])
                make.seal(unit, size, unit.pool(9), b"head %d" % (size + 1))

        return write

    for done in together(store, *(seals(n) for n in range(4))):
        done.result()
    with store.read() as unit:
        assert unit.head() == (4, b"head 4")
        assert len(unit.leaves(0, 4)) == 4


def test_what_several_want_done_last_is_done_once_behind_all_of_them(store: SqliteStore) -> None:
    seen: list[set[str]] = []

    def last(unit: Unit) -> None:
        seen.append(set(unit.refs("", 99)))

    said = commits(store)
    for done in together(store, *(adds(store, f"p{n}", last) for n in range(3))):
        done.result()
    assert seen == [{"first", "p0", "p1", "p2"}]
    assert said == ["COMMIT"]


def test_it_is_done_also_where_the_one_who_comes_last_is_refused(store: SqliteStore) -> None:
    seen: list[set[str]] = []

    def last(unit: Unit) -> None:
        seen.append(set(unit.refs("", 99)))

    def fails() -> None:
        with store.write(last) as unit:
            unit.add_people([make.person("cat")])
            raise ValueError("cat stays outside")

    first, ann, cat = together(store, adds(store, "ann", last), fails)
    assert isinstance(cat.exception(), ValueError)
    for done in (first, ann):
        done.result()
    assert seen == [{"first", "ann"}]
    assert people(store) == {"first", "ann"}


def test_leaves_wait_for_it_in_no_table_and_those_it_leaves_go_on_waiting(
    store: SqliteStore,
) -> None:
    said: list[str] = []
    store._writer.set_trace_callback(said.append)
    seen: list[int] = []

    def adds_leaf(number: int) -> Callable[[], None]:
        def write() -> None:
            with store.write(last) as unit:
                seen.append(unit.waiting())
                unit.add_leaves([make.leaf("first", number)])

        return write

    def last(unit: Unit) -> None:
        assert not any("INSERT INTO outbox" in text for text in said)
        make.seal(unit, 0, unit.pool(2), b"head 2")  # two of the three

    for done in together(store, *(adds_leaf(number) for number in (1, 2, 3))):
        done.result()
    assert seen == [0, 1, 2]
    with store.read() as unit:
        assert [one.number for one in unit.pool(9)] == [3]
        assert unit.head() == (2, b"head 2")


def test_the_leaves_of_one_that_is_refused_wait_for_nothing(store: SqliteStore) -> None:
    def leaf(number: int, *, refused: bool = False) -> Callable[[], None]:
        def write() -> None:
            with store.write(last) as unit:
                unit.add_leaves([make.leaf("first", number)])
                if refused:
                    raise ValueError("not this one")

        return write

    def last(unit: Unit) -> None:
        seen.extend(one.number for one in unit.pool(9))

    seen: list[int] = []
    together(store, leaf(1), leaf(2, refused=True), leaf(3))
    assert seen == [1, 3]


def test_who_wants_something_else_done_last_comes_after_a_commit(store: SqliteStore) -> None:
    seen: list[tuple[str, set[str]]] = []

    def last(unit: Unit) -> None:
        seen.append(("this", set(unit.refs("", 99))))

    def other(unit: Unit) -> None:
        seen.append(("other", set(unit.refs("", 99))))

    said = commits(store)
    for done in together(store, adds(store, "ann", last), adds(store, "ben", other)):
        done.result()
    assert seen == [("this", {"first", "ann"}), ("other", {"first", "ann", "ben"})]
    assert said == ["COMMIT", "COMMIT"]


def test_if_what_is_done_last_fails_all_are_told_and_others_go_on(store: SqliteStore) -> None:
    def last(unit: Unit) -> None:
        unit.add_people([make.person("cat")])
        raise RuntimeError("not sealed")

    # The last of them has it done in his own part; what is left of the others fails after him.
    for done in together(store, *(adds(store, f"p{n}", last) for n in range(3)))[1:]:
        assert isinstance(done.exception(), RuntimeError)
    assert people(store) == set()
    adds(store, "later")()
    assert people(store) == {"later"}


def test_a_commit_that_fails_is_told_to_everybody_in_it(store: SqliteStore) -> None:
    sound = store._writer
    store._writer = FailingCommit(sound)  # type: ignore[assignment] # stands in for a bad disk
    done = together(store, adds(store, "ann"), adds(store, "ben"))
    assert [type(one.exception()) for one in done] == [StoreFailed] * 3
    store._writer = sound
    assert people(store) == set()
    with pytest.raises(StoreFailed), store.write():
        raise AssertionError("written after a commit of unknown outcome")


def test_a_full_disk_that_ends_the_transaction_is_told_to_everybody_in_it(
    store: SqliteStore,
) -> None:
    pages = store._writer.execute("PRAGMA page_count").fetchone()[0]

    def fills() -> None:
        store._writer.execute(f"PRAGMA max_page_count = {pages + 1}")
        with store.write() as unit:
            unit.add_people(make.person(f"p{number}") for number in range(10_000))

    first, full = together(store, fills)
    assert isinstance(full.exception(), StoreFailed)
    store._writer.execute("PRAGMA max_page_count = 1000000")
    # Whether the database ended all of it or only the part, nobody was told what is not so.
    assert people(store) == (set() if first.exception() else {"first"})
    adds(store, "later")()
    assert "later" in people(store)


def test_who_waits_too_long_is_refused_and_the_turn_goes_on() -> None:
    turns = Turns(patience=0.01)
    with turns.turn():
        with ThreadPoolExecutor(1) as pool:
            late = pool.submit(lambda: turns.turn().__enter__())
            assert isinstance(late.exception(), Busy)
        assert not turns.wanted
    with turns.turn():
        assert not turns.wanted


def test_who_steps_back_has_his_turn_after_those_who_want_one_or_is_let_go() -> None:
    turns, said = Turns(), list[str]()

    def steps_back() -> None:
        with turns.turn():
            said.append("in turn")
            said.append("again" if turns.step_back() else "let go")

    def wants(*, lets_go: bool) -> None:
        with turns.turn():
            said.append("wanted")
            if lets_go:
                turns.let_go()

    for lets_go in (False, True):
        with ThreadPoolExecutor(2) as pool:
            with turns.turn():
                late = pool.submit(steps_back)
                waiting(turns, 1)
                first = pool.submit(wants, lets_go=lets_go)
                waiting(turns, 2)
            first.result(), late.result()
    assert said == ["in turn", "wanted", "again", "in turn", "wanted", "let go"]
    with turns.turn():  # nobody has it still
        assert turns.step_back()  # nor does anybody else want it
