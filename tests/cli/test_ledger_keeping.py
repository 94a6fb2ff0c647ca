"""What keeps a log from the command line: indexes, erasure, the end of a year."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mingma.flows.second_head import SecondHead
from mingma.kernel.times import print_instant
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.leaf import Kind, parse
from mingma.ledger.note import parse_note
from mingma.ledger.succession import begins_a_log, verify_succession
from mingma.ledger.tag_index import index_of
from mingma.ledger.tag_proof import commitment_in
from mingma.opening import open_instance
from mingma.records import Outgoing
from mingma.settings import Settings, read_settings
from mingma.storage import open_store
from tests.cli.files import Run
from tests.flows.logs import fill
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


def test_the_log_ends_and_goes_on_with_the_settings_that_are_printed(
    run: Run, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, keys = entries(database), tmp_path / "next"
    done = run("ledger", "rotate-key", NEXT, "--folder", keys, "--json")
    assert done.status == 0
    vkey = (keys / "log.vkey").read_text()
    settings = {"MINGMA_ORIGIN": NEXT, "MINGMA_KEYS": str(keys)}
    start = len(before) + 1
    assert done.records == [
        {"origin": NEXT, "start": start, "vkey": vkey.splitlines(), "settings": settings}
    ]
    leaves = entries(database)
    assert leaves[: len(before)] == before
    assert len(leaves) == start + 1
    assert verify_succession(leaves[start - 1], start - 1, start, vkey) == NEXT
    assert begins_a_log(leaves[start])
    # Who starts with the old settings is told where the log went, and makes no keys.
    again = run("ledger", "rotate-key", f"{NEXT}/b", "--folder", tmp_path / "other")
    assert (again.status, again.err.split()[0]) == (1, "ledger.has_ended:")
    assert NEXT in again.err
    assert not (tmp_path / "other").exists()
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert run("ledger", "index", "--json").records == [{"indexes": 1, "alarms": []}]
    assert run("audit", "--database", database).status == 0
    assert run("audit", "--database", database).out.splitlines()[-1] == "nothing found"


def test_the_next_folder_has_every_other_key_and_one_of_its_own_for_the_log(
    run: Run, database: str, tmp_path: Path
) -> None:
    old, new = tmp_path / "keys", tmp_path / "next"
    (old / "witness.db").write_bytes(b"what a witness remembers")
    assert run("ledger", "rotate-key", NEXT, "--folder", new).status == 0
    there = {str(path.relative_to(old)) for path in old.rglob("*") if path.is_file()}
    assert {str(path.relative_to(new)) for path in new.rglob("*") if path.is_file()} == there - {
        "witness.db"
    }
    own = {"log.key", "log.mldsa.key", "log.vkey", "head"}
    for name in there - {"witness.db"}:
        assert ((new / name).read_bytes() == (old / name).read_bytes()) == (name not in own), name
        assert (new / name).stat().st_mode == (old / name).stat().st_mode, name
    assert (new / "person.key").stat().st_mode & 0o777 == 0o600
    assert new.stat().st_mode & 0o777 == 0o700
    # The heads to start behind: that of the log that ended, and the next one's first.
    kept = SecondHead(new / "head").read().notes
    size = len(entries(database))
    assert {name: parse_checkpoint(parse_note(one).text).size for name, one in kept.items()} == {
        Settings().origin: size - 1, NEXT: size,
    }  # fmt: skip


def test_a_folder_with_another_instance_s_keys_is_refused_before_anything_ends(
    run: Run, database: str, tmp_path: Path
) -> None:
    (tmp_path / "next").mkdir()
    (tmp_path / "next" / "person.key").write_bytes(b"x" * 32)
    before = entries(database)
    done = run("ledger", "rotate-key", NEXT, "--folder", tmp_path / "next")
    assert (done.status, done.err.split()[0]) == (1, "keys.folder_of_others:")
    assert entries(database) == before


def test_an_earlier_year_s_log_is_exported_as_it_ended_and_the_next_begins_there(
    run: Run, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = open_instance(read_settings(os.environ))
    fill(instance.store, 600)
    instance.seal()
    old_key = (tmp_path / "keys" / "log.vkey").read_text()
    instance.close()
    run("ledger", "rotate-key", NEXT, "--folder", tmp_path / "next")
    monkeypatch.setenv("MINGMA_ORIGIN", NEXT)
    monkeypatch.setenv("MINGMA_KEYS", str(tmp_path / "next"))
    old, new = tmp_path / "2022", tmp_path / "2023"
    assert run("ledger", "export", old, "--log", Settings().origin).status == 0
    assert run("ledger", "export", new).status == 0
    size = len(entries(database))
    done = run("ledger", "check", old, "--key", old_key)
    assert (done.status, done.out) == (
        0, f"{Settings().origin}: {size - 1} leaves, every tile and entry proven\n",
    )  # fmt: skip
    # The year's own folder has no leaf of before but those that share a tile with its first.
    assert {path.name for path in (new / "tile" / "entries").iterdir()} == {"002.p"}
    key = (tmp_path / "next" / "log.vkey").read_text()
    words = ("ledger", "check", new, "--key", key)
    done = run(*words)
    assert (done.status, "missing" in done.out) == (1, True)
    done = run(*words, "--before", old)
    assert (done.status, done.out) == (0, f"{NEXT}: {size} leaves, every tile and entry proven\n")
    # Exported again, it is the same folder; under a name that nobody had, none.
    assert run("ledger", "export", new).out.endswith(f" 0 files written to {new}\n")
    done = run("ledger", "export", tmp_path / "x", "--log", "ledger.x.example")
    assert (done.status, done.err.split()[0]) == (2, "ledger.no_earlier_log:")


def test_a_next_log_of_no_name_makes_no_key(run: Run, database: str, tmp_path: Path) -> None:
    done = run("ledger", "rotate-key", "a name", "--folder", tmp_path / "next")
    assert (done.status, done.err.split()[0]) == (2, "settings.bad:")
    assert not (tmp_path / "next").exists()


# -- other keys


def test_a_replaced_key_is_said_once_and_its_leaf_is_named(
    run: Run, database: str, tmp_path: Path
) -> None:
    (certificate,) = (tmp_path / "keys" / "trust").glob("*.pem")
    index = len(entries(database))
    done = run("ledger", "replace-key", "issuer", str(certificate), "--json")
    assert (done.status, done.records) == (0, [{"leaf": index, "said_now": True}])
    leaf, _ = parse(entries(database)[-1])
    assert (leaf.kind, leaf.what) == (Kind.KEY_ROTATE, "issuer")
    assert run("ledger", "replace-key", "issuer", str(certificate)).out == (
        f"leaf {index} had said so\n"
    )
    assert len(entries(database)) == index + 1


def test_a_secret_in_place_of_a_published_key_is_refused(
    run: Run, database: str, tmp_path: Path
) -> None:
    before = entries(database)
    done = run("ledger", "replace-key", "issuer", str(tmp_path / "keys" / "issuer.pem"))
    assert done.status == 2
    assert "ledger.not_a_published_key" in done.err
    assert run("ledger", "replace-key", "log", str(tmp_path / "keys" / "log.vkey")).status == 2
    assert entries(database) == before
