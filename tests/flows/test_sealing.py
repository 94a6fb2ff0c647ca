"""What an act goes through into the log; a fault anywhere stops the signing and changes no code."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from mingma.flows.publish_files import Publisher
from mingma.flows.publish_log import PublicLog
from mingma.flows.seal import POOL, Log, SealingStopped
from mingma.flows.sealing import FULL, Sealing, TooManyWaiting
from mingma.flows.second_head import SecondHead
from mingma.flows.stored_head import stored_head
from mingma.kernel.errors import Unavailable
from mingma.kernel.times import Instant
from mingma.ledger.files import check_log
from mingma.opening import open_instance
from mingma.ports import Store, Unit
from mingma.records import AlreadyThere, Outgoing
from mingma.storage.memory import MemoryStore
from mingma.storage.postgres import PostgresStore
from mingma.storage.sqlite import SqliteStore
from tests.flows.disks import FailingDisk
from tests.flows.logs import KEY, ORIGIN, QUANTUM_KEY, public_files, unsealed
from tests.instances import NOW, Stage, sample, stage

ANSWER_WITHIN = 60  # seconds


def clock() -> Instant:
    return NOW


def leaves(count: int, start: int = 0) -> list[Outgoing]:
    return [
        Outgoing("instance:test", number, unsealed(number), NOW)
        for number in range(start, start + count)
    ]


def size_of(store: Store) -> int:
    with store.read() as unit:
        return unit.head()[0]


def waiting_in(store: Store) -> int:
    with store.read() as unit:
        return unit.waiting()


@pytest.fixture(params=["memory", "sqlite"])
def alone(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store of one writer."""
    memory = request.param == "memory"
    made = MemoryStore() if memory else SqliteStore(tmp_path / "store.db")
    yield made
    made.close()


@pytest.fixture
def shared(empty_postgres: str) -> Iterator[Store]:
    """A store of many writers."""
    made = PostgresStore(empty_postgres)
    yield made
    made.close()


# -- one writer


def test_an_act_s_leaves_are_sealed_when_it_is_done(alone: Store) -> None:
    sealing = Sealing(alone, Log(alone, KEY, QUANTUM_KEY))
    with sealing.acting(clock) as unit:
        unit.add_leaves(leaves(3))
        assert unit.index_of("instance:test", 0) is None
    assert (size_of(alone), waiting_in(alone)) == (3, 0)
    with pytest.raises(AlreadyThere), sealing.acting(clock) as unit:
        unit.add_leaves(leaves(1))
    assert size_of(alone) == 3
    assert sealing.stopped is None


def test_an_act_seals_all_of_its_leaves_however_many_they_are(alone: Store) -> None:
    sealing = Sealing(alone, Log(alone, KEY))
    with sealing.acting(clock) as unit:
        unit.add_leaves(leaves(FULL + 1))
    assert size_of(alone) == FULL + 1


def test_acts_of_many_threads_are_one_log(alone: Store) -> None:
    sealing, told = Sealing(alone, Log(alone, KEY)), []
    sealing.after_seal = lambda: told.append(sealing.log.newest.size)
    sealing.start(clock)

    def act(number: int) -> None:
        with sealing.acting(clock) as unit:
            unit.add_leaves(leaves(3, start=3 * number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(40)))
    sealing.close()
    assert size_of(alone) == sealing.log.newest.size == 120
    assert Log(alone, KEY).tree.root() == sealing.log.tree.root()
    assert told[-1] == 120


def test_two_processes_on_one_file_seal_one_log(tmp_path: Path) -> None:
    stores = [SqliteStore(tmp_path / "store.db") for _ in range(2)]
    sealers = [Sealing(store, Log(store, KEY)) for store in stores]
    for turn in range(6):
        with sealers[turn % 2].acting(clock) as unit:
            unit.add_leaves(leaves(2, start=2 * turn))
    assert size_of(stores[0]) == 12
    root = Log(stores[0], KEY).tree.root()
    assert {sealer.log.tree.root(10) for sealer in sealers} == {sealers[0].log.tree.root(10)}
    assert sealers[1].log.tree.root() == root
    for store in stores:
        store.close()


# -- many writers


@pytest.mark.postgres
def test_on_a_store_of_many_writers_the_sequencer_seals(shared: Store) -> None:
    sealing, sealed = Sealing(shared, Log(shared, KEY, QUANTUM_KEY)), threading.Event()
    sealing.open()

    def told() -> None:
        if sealing.log.newest.size == 3:
            sealed.set()

    sealing.after_seal = told
    sealing.start(clock)
    with sealing.acting(clock) as unit:
        unit.add_leaves(leaves(3))
    assert sealed.wait(ANSWER_WITHIN)
    sealing.close()
    assert (size_of(shared), waiting_in(shared)) == (3, 0)


@pytest.mark.postgres
def test_without_a_thread_an_act_on_such_a_store_seals_after_itself(shared: Store) -> None:
    sealing = Sealing(shared, Log(shared, KEY))
    with sealing.acting(clock) as unit:
        unit.add_leaves(leaves(POOL + 3))
    assert (size_of(shared), waiting_in(shared)) == (POOL + 3, 0)


@pytest.mark.postgres
def test_over_four_pools_waiting_writers_are_sent_away_and_nothing_is_dropped(
    shared: Store,
) -> None:
    sealing = Sealing(shared, Log(shared, KEY))
    with shared.write() as unit:
        unit.add_leaves(leaves(FULL + 1))
    with pytest.raises(TooManyWaiting, match=f"{FULL + 1}"), sealing.acting(clock) as unit:
        unit.add_leaves(leaves(1, start=FULL + 1))
    assert issubclass(TooManyWaiting, Unavailable)
    assert waiting_in(shared) == FULL + 1
    assert sealing.seal(NOW) == FULL + 1
    with sealing.acting(clock) as unit:
        unit.add_leaves(leaves(1, start=FULL + 1))
    assert size_of(shared) == FULL + 2


@pytest.mark.postgres
def test_two_sequencers_that_race_seal_each_leaf_once_and_make_one_log(
    shared: Store, empty_postgres: str
) -> None:
    other = PostgresStore(empty_postgres)
    logs = [Log(shared, KEY, QUANTUM_KEY), Log(other, KEY, QUANTUM_KEY)]
    rounds, both = 5, threading.Barrier(2)

    def race(log: Log) -> int:
        sealed = 0
        for number in range(rounds):
            if log is logs[0]:
                with shared.write() as unit:
                    unit.add_leaves(leaves(1500, start=1500 * number))
            both.wait(ANSWER_WITHIN)
            sealed += log.seal_all(NOW)
            both.wait(ANSWER_WITHIN)
        return sealed

    with ThreadPoolExecutor(2) as pool:
        sealed = list(pool.map(race, logs))
    assert sum(sealed) == 1500 * rounds == size_of(shared)
    assert waiting_in(shared) == 0
    assert [log.stopped for log in logs] == [None, None]
    files = public_files(shared)
    assert check_log(files.get, stored_head(files["checkpoint"], 1500 * rounds)[1]) is None
    with shared.read() as unit:
        assert len(set(unit.acts(0, 1500 * rounds))) == 1500 * rounds
    other.close()


def cut_everybody_off(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = 'mingma'"
        )


@pytest.mark.postgres
def test_a_server_that_goes_away_before_the_commit_stops_nothing(
    shared: Store, empty_postgres: str
) -> None:
    log = Log(shared, KEY)
    with shared.write() as unit:
        unit.add_leaves(leaves(3))

    with pytest.raises(Unavailable), log.writing(clock):
        cut_everybody_off(empty_postgres)
    assert log.stopped is None
    assert log.seal_all(NOW) == 3


# -- what comes after a commit


class Place:
    """A log with its second head and its folder on disks of a test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = MemoryStore()
        self.head_disk, self.log_disk = FailingDisk(), FailingDisk()
        self.sealing = self.opened()

    def opened(self) -> Sealing:
        """What a restart opens."""
        head = SecondHead(self.folder / "head", self.head_disk)
        publisher = Publisher(PublicLog(self.store), self.folder / "log", self.log_disk)
        log = Log(self.store, KEY, QUANTUM_KEY)
        head.must_be_behind(log)
        sealing = Sealing(self.store, log, head, publisher)
        sealing.open()
        return sealing

    def act(self, sealing: Sealing, count: int = 3) -> None:
        with sealing.acting(clock) as unit:
            unit.add_leaves(leaves(count, start=size_of(self.store)))

    @property
    def kept(self) -> int:
        """The size in the second head file."""
        note = SecondHead(self.folder / "head").read().notes[ORIGIN]
        return int(note.split(b"\n")[1])

    @property
    def published(self) -> int:
        """The size of the published checkpoint, whose files must prove it."""
        folder = self.folder / "log"
        size = int((folder / "checkpoint").read_bytes().split(b"\n")[1])
        head = stored_head((folder / "checkpoint").read_bytes(), size)[1]

        def read(path: str) -> bytes | None:
            file = folder / path
            return file.read_bytes() if file.is_file() else None

        assert check_log(read, head) is None
        return size


def test_after_an_act_its_head_is_kept_published_and_told(tmp_path: Path) -> None:
    place, told = Place(tmp_path), []
    place.sealing.after_seal = lambda: told.append((place.kept, place.published))
    place.act(place.sealing)
    place.act(place.sealing)
    with place.sealing.acting(clock):
        pass  # no leaf, no new head
    assert told == [(3, 3), (6, 6)]


@pytest.mark.parametrize("too_late", [False, True])
@pytest.mark.parametrize("step", range(3))
def test_a_second_head_that_cannot_be_written_stops_the_signing_until_a_restart(
    tmp_path: Path, step: int, too_late: bool
) -> None:
    place = Place(tmp_path)
    place.act(place.sealing)
    place.head_disk.fails_at = place.head_disk.steps + step
    place.head_disk.too_late = too_late
    place.act(place.sealing)  # it was committed, and stays
    assert place.sealing.stopped == "second_head"
    _nothing_is_taken_in(place, "second_head")
    assert place.published == 3  # published only what the second head has
    again = place.opened()
    assert (place.kept, place.published) == (6, 6)
    place.act(again)
    assert (size_of(place.store), place.kept, place.published) == (9, 9, 9)


@pytest.mark.parametrize("too_late", [False, True])
def test_a_folder_that_cannot_be_written_stops_the_signing_until_a_restart(
    tmp_path: Path, too_late: bool
) -> None:
    step = 0
    while True:
        folder = tmp_path / str(step)
        folder.mkdir()
        place = Place(folder)
        place.act(place.sealing, 250)
        place.log_disk.fails_at = place.log_disk.steps + step
        place.log_disk.too_late = too_late
        place.act(place.sealing, 10)
        if place.sealing.stopped is None:
            break
        _nothing_is_taken_in(place, "publish")
        assert place.kept == 260
        assert place.published in (250, 260)
        again = place.opened()
        place.act(again)
        assert (size_of(place.store), place.kept, place.published) == (263, 263, 263)
        step += 1
    assert step > 12


def _nothing_is_taken_in(place: Place, why: str) -> None:
    before = size_of(place.store)
    for act in (lambda: place.act(place.sealing), lambda: place.sealing.seal(NOW)):
        with pytest.raises(SealingStopped, match=f"`{why}`"):
            act()
    assert size_of(place.store) == before
    assert waiting_in(place.store) == 0


def test_who_waits_for_heads_and_fails_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = Place(tmp_path)

    def fail() -> None:
        raise ValueError("no witness")

    place.sealing.after_seal = fail
    place.act(place.sealing)
    assert "no witness" in caplog.text
    place.act(place.sealing)
    assert size_of(place.store) == 6


def test_what_is_done_after_a_seal_may_act_itself(tmp_path: Path) -> None:
    place, told = Place(tmp_path), []

    def again() -> None:
        told.append(place.sealing.log.newest.size)
        if len(told) < 3:
            place.act(place.sealing, 1)

    place.sealing.after_seal = again
    place.act(place.sealing)
    assert told == [3, 4, 5]


def test_a_head_that_does_not_fit_the_store_stops_the_publishing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path)
    monkeypatch.setattr(PublicLog, "file", lambda *_: None)
    place.act(place.sealing)
    assert place.sealing.stopped == "publish"


# -- an instance


def test_an_instance_that_stopped_shows_codes_takes_nothing_in_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stage(tmp_path, f"sqlite:///{tmp_path / 'm.db'}") as scene:
        scene.send(sample(id="n1", subject="p-ann", result="negative"))
        before = scene.instance.show("p-ann", "en")
        with monkeypatch.context() as patch:
            patch.setattr(SecondHead, "write", _fails)
            scene.send(sample(id="n2", subject="p-ben", result="negative"))
        _takes_nothing_in(scene)
        after = scene.instance.show("p-ann", "en")
        assert (after.colour, after.decision) == (before.colour, before.decision)
        assert after.token is not None
        assert scene.instance.show("p-ben", "en").token is not None
    again = Stage(open_instance(scene.instance.settings), scene.clock)  # a restart
    again.send(sample(id="t3", subject="p-ann"))
    assert again.colour("p-ann") == "red"
    again.instance.close()


def _fails(*_: object) -> None:
    raise OSError(5, "Input/output error")


def _takes_nothing_in(scene: Stage) -> None:
    size = scene.instance.log.newest.size
    acts: list[Callable[[], object]] = [
        lambda: scene.send(sample(id="t3", subject="p-ann")),
        lambda: scene.instance.renew("p-ann"),
        scene.instance.seal,
        lambda: _enter(scene),
    ]
    for act in acts:
        with pytest.raises(SealingStopped, match="`second_head`"):
            act()
    assert size_of(scene.instance.store) == size


def _enter(scene: Stage) -> Unit:
    with scene.instance.acting() as unit:
        return unit
