"""What keeps a log from the command line: indexes, erasure, the end of a year."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mingma.app import open_instance
from mingma.kernel.times import print_instant
from mingma.ledger.leaf import Kind, parse
from mingma.ledger.succession import verify_succession
from mingma.ledger.tag_index import commitment_in, index_of
from mingma.ports import Outgoing
from mingma.settings import read_settings
from mingma.storage import open_store
from tests.cli.files import Run
from tests.flows.test_erase import OVER
from tests.instances import NOW, contact, sample, stage

NEXT = "ledger.specimen.example/codes/2023"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An instance's database and keys, as the settings name them."""
    name = f"sqlite:///{tmp_path / 'instance.db'}"
    with stage(tmp_path, name) as scene:
        scene.send(sample("t1"), contact("c1", "p-bob"))
    monkeypatch.setenv("MINGMA_DATABASE", name)
    monkeypatch.setenv("MINGMA_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("MINGMA_CLOCK", print_instant(NOW))
    return name


def entries(database: str) -> list[bytes]:
    store = open_store(database)
    try:
        with store.read() as unit:
            return list(unit.leaves(0, unit.head()[0]))
    finally:
        store.close()


def test_an_index_is_written_when_asked_for(run: Run, database: str) -> None:
    done = run("ledger", "index", "--json")
    assert (done.status, done.records) == (0, [{"indexes": 1, "alarms": []}])
    *before, last = entries(database)
    assert commitment_in(parse(last)[0]) == index_of(0, before).commitment
    assert run("ledger", "index").out == "0 indexes written\n"


def test_an_index_that_cannot_be_made_says_so(run: Run, database: str) -> None:
    first = parse(entries(database)[1])[0]
    again = Outgoing("somebody", 0, first.unsealed(), NOW)
    instance = open_instance(read_settings(os.environ))
    with instance.store.write() as unit:
        unit.add_leaves([again])
    instance.seal()
    instance.close()
    done = run("ledger", "index")
    assert (done.status, done.out) == (1, "0 indexes written\n")
    assert done.err.startswith("alarm: ledger.tag_twice/")


def test_who_is_due_is_erased(run: Run, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("ledger", "erase", "--json").records == [{"erased": 0}]
    monkeypatch.setenv("MINGMA_CLOCK", print_instant(OVER))
    assert run("ledger", "erase").out == "2 people erased\n"
    leaf, _ = parse(entries(database)[-1])
    assert (leaf.kind, leaf.count) == (Kind.ERASE_BATCH, 2)


def test_the_log_ends_and_the_keys_of_the_next_are_there(
    run: Run, database: str, tmp_path: Path
) -> None:
    done = run("ledger", "rotate-key", NEXT, "--folder", tmp_path / "next", "--json")
    assert done.status == 0
    vkey = (tmp_path / "next" / "log.vkey").read_text()
    assert done.records == [{"origin": NEXT, "vkey": vkey.splitlines()}]
    leaves = entries(database)
    assert verify_succession(leaves[-1], len(leaves) - 1, len(leaves), vkey) == NEXT
    again = run("ledger", "rotate-key", NEXT, "--folder", tmp_path / "other")
    assert (again.status, again.err.split()[0]) == (1, "ledger.has_ended:")
    assert not (tmp_path / "other").exists()
    assert len(entries(database)) == len(leaves)


def test_a_next_log_of_no_name_makes_no_key(run: Run, database: str, tmp_path: Path) -> None:
    done = run("ledger", "rotate-key", "a name", "--folder", tmp_path / "next")
    assert (done.status, done.err.split()[0]) == (2, "settings.bad:")
    assert not (tmp_path / "next").exists()
