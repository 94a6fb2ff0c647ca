"""Acts that share a transaction of one SQLite file share its seal: one head, signed once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from mingma.flows.seal import Act, Log
from mingma.flows.signed_tree import SignedTree, StoredOtherwise
from mingma.kernel.times import DAY, Instant, day_of
from mingma.ledger.leaf import sealed_on
from mingma.records import AlreadyThere
from mingma.storage.errors import StoreFailed
from mingma.storage.sqlite import SqliteStore
from tests.flows.logs import KEY
from tests.flows.test_seal import leaves
from tests.instances import NOW
from tests.storage.bad_disk import FailingCommit

SOON = 20.0
Does = Callable[[Act], None]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "store.db")
    yield made
    made.close()


@pytest.fixture
def log(store: SqliteStore) -> Log:
    made = Log(store, KEY)
    made.begin()
    return made


def adds(start: int) -> Does:
    """An act of two leaves."""
    return lambda act: act.unit.add_leaves(leaves(2, start=start))


def together(
    store: SqliteStore, log: Log, *acts: Does, clock: Callable[[], Instant] = lambda: NOW
) -> list[Future[Act]]:
    """Acts of which all others wait while the first one is at work."""
    begun, go_on, pause = threading.Event(), threading.Event(), threading.Event()

    def does(number: int) -> Act:
        with log.writing(clock) as act:
            if number == 0:
                begun.set()
                assert go_on.wait(SOON)
            acts[number](act)
        # Whoever goes on is covered by a head that is known to be kept.
        assert act.head is None or log.newest.size >= act.head.size
        return act

    with ThreadPoolExecutor(len(acts)) as pool:
        made = [pool.submit(does, 0)]
        assert begun.wait(SOON)
        for number in range(1, len(acts)):
            made.append(pool.submit(does, number))
            while len(store._turns._waiting) < number:
                pause.wait(0.001)
        go_on.set()
    return made


def head_of(store: SqliteStore) -> tuple[int, bytes]:
    with store.read() as unit:
        return unit.head()


def test_acts_that_share_a_transaction_have_one_head(store: SqliteStore, log: Log) -> None:
    signed: list[bytes] = []
    note_over = log._signed.note_over
    log._signed.note_over = lambda text: signed.append(note_over(text)) or signed[-1]  # type: ignore[method-assign,func-returns-value]
    done = [one.result() for one in together(store, log, *(adds(10 * n) for n in range(4)))]
    assert {act.head for act in done} == {log.newest}
    assert (log.newest.size, log.newest.note) == head_of(store)
    assert log.newest.size == 8
    assert signed == [log.newest.note]
    assert Log(store, KEY).tree.root() == log.tree.root()
    with store.read() as unit:
        assert unit.waiting() == 0
        assert sorted(unit.acts(0, 8)) == sorted(
            (one.subject, one.number) for n in range(4) for one in leaves(2, start=10 * n)
        )


def test_one_that_is_refused_is_in_no_head(store: SqliteStore, log: Log) -> None:
    def again(act: Act) -> None:
        act.unit.add_leaves(leaves(1, start=50) + leaves(1))  # the first of them has that one

    first, refused, last = together(store, log, adds(0), again, adds(20))
    assert isinstance(refused.exception(), AlreadyThere)
    assert first.result().head == last.result().head == log.newest
    assert log.stopped is None
    assert log.newest.size == 4


def test_the_day_of_a_shared_seal_is_the_latest_clock_s(store: SqliteStore, log: Log) -> None:
    clocks = iter([Instant(NOW + 3 * DAY), NOW, NOW])
    for one in together(store, log, *map(adds, (0, 10, 20)), clock=lambda: next(clocks)):
        one.result()
    with store.read() as unit:
        assert {sealed_on(entry) for entry in unit.leaves(0, 6)} == {day_of(NOW) + 3}


def test_each_transaction_has_its_own_clock_and_head(store: SqliteStore, log: Log) -> None:
    with log.writing(lambda: Instant(NOW + 3 * DAY)) as one:
        adds(0)(one)
    with log.writing(lambda: NOW) as other:
        adds(10)(other)
    assert one.head is not None
    assert one.head.size == 2
    with store.read() as unit:
        days = [sealed_on(entry) - day_of(NOW) for entry in unit.leaves(0, 4)]
    assert days == [3, 3, 0, 0]


def test_a_shared_commit_of_unknown_outcome_stops_the_log(store: SqliteStore, log: Log) -> None:
    sound = store._writer
    store._writer = FailingCommit(sound)  # type: ignore[assignment] # stands in for a bad disk
    done = together(store, log, adds(0), adds(10))
    assert [type(one.exception()) for one in done] == [StoreFailed] * 2
    assert log.stopped == "commit"
    assert log.newest.size == 0
    store._writer = sound
    assert head_of(store)[0] == 0


def test_a_seal_that_fails_keeps_none_of_its_acts(
    store: SqliteStore, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        def fails(*_: object) -> None:
            raise StoredOtherwise(index=0)

        patch.setattr(SignedTree, "append", fails)
        done = together(store, log, adds(0), adds(10), adds(20))
        assert [type(one.exception()) for one in done] == [StoredOtherwise] * 3
    assert head_of(store)[0] == log.newest.size == 0
    with store.read() as unit:
        assert unit.waiting() == 0
    with log.writing(lambda: NOW) as act:
        adds(0)(act)
    assert log.newest.size == 2


def test_an_end_of_another_kind_comes_behind_a_commit(store: SqliteStore, log: Log) -> None:
    """Two logs' hands over one file: each signs what its own acts brought."""
    other = Log(store, KEY)
    begun, go_on = threading.Event(), threading.Event()

    def one() -> Act:
        with log.writing(lambda: NOW) as act:
            begun.set()
            assert go_on.wait(SOON)
            adds(0)(act)
        return act

    def two() -> Act:
        with other.writing(lambda: NOW) as act:
            adds(10)(act)
        return act

    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(one)]
        assert begun.wait(SOON)
        made.append(pool.submit(two))
        while not store._turns.wanted:
            threading.Event().wait(0.001)
        go_on.set()
    heads = [done.result().head for done in made]
    assert [head.size for head in heads if head] == [2, 4]
