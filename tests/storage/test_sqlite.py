"""What is SQLite's own: one file, crashes, other processes, a full disk."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mingma.evidence.record import UnreadableRecord
from mingma.kernel.errors import Broken
from mingma.ports import Store
from mingma.storage import open_store
from mingma.storage.errors import Busy, StoreFailed, UnreadableDecision
from mingma.storage.sqlite import SqliteStore, link
from tests.paths import ROOT
from tests.storage import make
from tests.storage.bad_disk import FailingCommit
from tests.storage.waiting import SOON

# Writes person after person, each with everything that belongs to her, and says which is kept.
WRITER = """
import sys
from mingma.storage import open_store
from tests.storage import make

def write(unit, ref):
    unit.add_people([make.person(ref)])
    make.add_facts(unit, *(make.fact(f"{ref}/{i}", ref) for i in range(20)))
    make.decide(unit, (ref, 1))
    unit.count_events({ref: 1})

store = open_store(sys.argv[1])
for number in range(int(sys.argv[2])):
    with store.write() as unit:
        write(unit, f"p{number}")
    print(number, flush=True)
with store.write() as unit:
    write(unit, "half")
    make.seal(unit, 0, [make.leaf("p0")], b"half a head")
    print("half", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path: Path, migrated_file: Path) -> Path:
    copied: Path = shutil.copy(migrated_file, tmp_path / "store.db")
    return copied


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    opened = SqliteStore(file)
    yield opened
    opened.close()


def writer(file: Path, times: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, f"sqlite:///{file}", str(times)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def assert_whole(file: Path, at_least: int) -> int:
    """Every person is there with everything of hers, or not at all; how many there are."""
    store = open_store(f"sqlite:///{file}")
    with store.read() as unit:
        counts = unit.statistics()
        whole = [ref for ref in (f"p{i}" for i in range(counts["people"])) if unit.people([ref])]
        assert len(whole) == counts["people"] >= at_least
        assert all(len(facts) == 20 for facts in unit.facts_of(whole).values())
        assert set(unit.decisions_in_force(whole)) == set(whole)
        assert all(len(unit.notices_of(ref)) == 1 for ref in whole)
        assert {leaf.subject for leaf in unit.pool(10_000)} == set(whole)
        assert (counts["facts"], counts["decisions"]) == (20 * len(whole), len(whole))
        assert unit.head() == (0, b"")
    store.close()
    with sqlite3.connect(file) as link:
        assert link.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert link.execute("PRAGMA foreign_key_check").fetchall() == []
    link.close()
    return len(whole)


def test_kill_9_in_the_middle_of_a_transaction_leaves_nothing_half_written(file: Path) -> None:
    with writer(file, 3) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(4)]
        assert said == ["0", "1", "2", "half"]
        process.send_signal(signal.SIGKILL)
    assert assert_whole(file, 3) == 3


@pytest.mark.parametrize("after", [1, 7, 20])
def test_kill_9_at_any_moment_keeps_what_was_said_to_be_kept(file: Path, after: int) -> None:
    with writer(file, 100_000) as process:
        assert process.stdout is not None
        for _ in range(after):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
    assert assert_whole(file, after + len(rest)) <= after + len(rest) + 1


def test_another_process_may_write_in_between(store: Store, file: Path) -> None:
    with writer(file, 100_000) as process:
        assert process.stdout is not None
        process.stdout.readline()
        for number in range(20):
            with store.write() as unit:
                unit.add_people([make.person(f"mine {number}")])
        process.kill()
        theirs = 1 + len(process.stdout.read().split())
    with store.read() as unit:
        assert len(unit.people([f"mine {number}" for number in range(20)])) == 20
        assert unit.statistics()["people"] >= 20 + theirs


def test_a_writing_unit_has_the_file_from_its_beginning(store: Store, file: Path) -> None:
    other = sqlite3.connect(file, isolation_level=None, timeout=0)
    with store.write() as unit:
        unit.statistics()  # what is read stays true until it is written about
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.close()


def test_a_writer_that_another_process_keeps_waiting_gets_unavailable(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "BUSY_WITHIN", 100)
    store = SqliteStore(file)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy), store.write() as unit:
        unit.add_people([make.person("ann")])
    other.rollback()
    other.close()
    with store.write() as unit:
        unit.add_people([make.person("ann")])
    store.close()


def test_a_transaction_is_on_the_disk_when_it_ends(store: SqliteStore) -> None:
    with store.read() as reading, store.write() as writing:
        for unit in (reading, writing):
            asked: Any = unit
            settings = {
                name: asked._link.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
            assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_reader_cannot_write_even_past_the_unit(store: SqliteStore) -> None:
    with store.read() as unit, pytest.raises(sqlite3.OperationalError):
        unit._link.execute("DELETE FROM head")  # type: ignore[attr-defined] # on purpose


def test_closing_waits_for_the_unit_that_is_under_way(file: Path) -> None:
    store = SqliteStore(file)
    entered, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with store.write() as unit:
            entered.set()
            go_on.wait(SOON)
            unit.add_people([make.person()])

    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(write)
        entered.wait(SOON)
        closing = pool.submit(store.close)
        go_on.set()
        writing.result(SOON)
        closing.result(SOON)


def test_a_full_disk_is_unavailable_and_keeps_what_was_there(store: SqliteStore) -> None:
    with store.write() as unit:
        unit.add_people([make.person("ann")])
    pages = store._writer.execute("PRAGMA page_count").fetchone()[0]
    store._writer.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StoreFailed) as refusal, store.write() as unit:
        unit.add_people(make.person(f"p{number}") for number in range(10_000))
    assert "full" in str(refusal.value)
    store._writer.execute("PRAGMA max_page_count = 1000000")
    with store.write() as unit:
        assert unit.statistics()["people"] == 1
        unit.add_people([make.person("ben")])


def test_after_a_commit_of_unknown_outcome_nothing_more_is_written(store: SqliteStore) -> None:
    sound = store._writer
    store._writer = FailingCommit(sound)  # type: ignore[assignment] # stands in for a bad disk
    with pytest.raises(StoreFailed), store.write() as unit:
        unit.add_people([make.person("ann")])
    store._writer = sound
    with pytest.raises(StoreFailed), store.write() as unit:
        unit.add_people([make.person("ann")])
    with store.read() as unit:
        assert unit.people(["ann"]) == {}


@pytest.mark.parametrize(
    ("edit", "read"),
    [
        ("UPDATE fact SET body = replace(body, 'negative', 'maybe')", "facts"),
        ("UPDATE fact SET body = '{}'", "facts"),
        ('UPDATE decision SET body = \'{"colour": "red"}\'', "decision"),
        ("UPDATE decision SET body = 'red'", "decision"),
    ],
)
def test_a_row_edited_into_nonsense_does_not_read_back(
    store: SqliteStore, file: Path, edit: str, read: str
) -> None:
    with store.write() as unit:
        unit.add_people([make.person()])
        make.add_facts(unit, make.fact())
        make.decide(unit, ("ann", 1))
    with contextlib.closing(sqlite3.connect(file)) as administrator, administrator:
        administrator.execute(edit)
    with pytest.raises(Broken) as refusal, store.read() as unit:
        _ = unit.facts_of(["ann"]) if read == "facts" else unit.decisions_in_force(["ann"])
    assert refusal.type is {"facts": UnreadableRecord, "decision": UnreadableDecision}[read]


def test_the_file_is_one_file_after_a_clean_end(file: Path) -> None:
    store = SqliteStore(file)
    with store.write() as unit:
        unit.add_people([make.person()])
    store.close()
    assert list(file.parent.iterdir()) == [file]


def test_a_leaf_that_is_sealed_in_its_own_unit_never_sees_the_outbox(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    said: list[str] = []
    store._writer.set_trace_callback(said.append)
    with store.write() as unit:
        unit.add_leaves([make.leaf("ann", 1), make.leaf("ann", 2)])
        make.seal(unit, 0, unit.pool(9), b"head")
    assert not [text for text in said if text.startswith(("INSERT INTO outbox", "DELETE"))]
    assert any(text.startswith("INSERT INTO leaf") for text in said)
    store.close()
