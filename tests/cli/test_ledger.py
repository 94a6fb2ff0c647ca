"""The log from the command line: exported, checked whole, and read."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mingma.flows.seal import Log
from mingma.keys import log_keys
from mingma.ledger.landmarks import Landmarks
from mingma.ledger.note import Note, parse_note
from mingma.ledger.proof import Receipt
from mingma.ledger.tiles import ENTRIES, HEIGHT, parse_path, split_bundle
from mingma.settings import Settings
from mingma.storage import open_store
from mingma.storage.memory import MemoryStore
from tests.cli.files import Run, served
from tests.flows.logs import KEY, ORIGIN, OTHER_KEY, public_files, sealed
from tests.folders import files_in
from tests.paths import ROOT

C2SP = ROOT / "tests" / "vectors" / "ledger" / "c2sp"
GOLDEN = C2SP / "golden"
GOLDEN_KEY = "ledger.henan.example/codes/2026+1f7a3347+AUI/WMBtfqA6a2O0xtUmxxxzLTHt+EyCSCCgGmCCqG4S"
FLIPS = 300  # changed bits of a sample


def database(folder: Path, count: int) -> str:
    """A database with a log of so many leaves."""
    name = f"sqlite:///{folder / 'log.db'}"
    store = open_store(name)
    try:
        sealed(store, count)
    finally:
        store.close()
    return name


def check(run: Run, place: object, *words: object) -> tuple[int, dict[str, object]]:
    done = run("ledger", "check", place, "--json", *words)
    [found] = done.records
    return done.status, found


@pytest.mark.parametrize("count", [1, 255, 256, 257, 3000])
def test_an_exported_log_checks(run: Run, tmp_path: Path, count: int) -> None:
    name, folder = database(tmp_path, count), tmp_path / "log"
    done = run("ledger", "export", folder, "--database", name, "--json")
    assert (done.status, done.records[0]["size"], done.records[0]["origin"]) == (0, count, ORIGIN)
    status, found = check(run, folder, "--key", KEY.key)
    assert (status, found["whole"], found["fault"], found["signature_checked"]) == (
        0, True, None, True,
    )  # fmt: skip
    assert found["root"] == done.records[0]["root"]
    again = run("ledger", "export", folder, "--database", name)
    assert again.out == f"{ORIGIN}: {count} leaves, 0 files written to {folder}\n"


def test_every_changed_bit_is_refused_and_its_leaf_named(run: Run, tmp_path: Path) -> None:
    name, folder = database(tmp_path, 600), tmp_path / "log"
    run("ledger", "export", folder, "--database", name)
    files = files_in(folder)
    chance = random.Random(7)
    for _ in range(FLIPS):
        path = chance.choice(sorted(files.keys() - {"checkpoint", "landmarks"}))
        at = chance.randrange(8 * len(files[path]))
        bent = bytearray(files[path])
        bent[at // 8] ^= 1 << at % 8
        (folder / path).write_bytes(bent)
        status, found = check(run, folder, "--key", KEY.key)
        fault = found["fault"]
        assert status == 1
        assert isinstance(fault, dict)
        assert (found["whole"], fault["file"]) == (False, path)
        assert fault["index"] == first_wrong(path, files[path], bytes(bent), str(fault["why"]))
        (folder / path).write_bytes(files[path])
    assert check(run, folder)[0] == 0


def first_wrong(path: str, right: bytes, bent: bytes, why: str) -> int:
    """The first leaf that a changed file says something else of."""
    tile = parse_path(path)
    if why == "unreadable":  # nothing in it is read
        return tile.start
    if tile.level == ENTRIES:
        pairs = zip(split_bundle(tile, right), split_bundle(tile, bent), strict=True)
        return tile.start + next(at for at, (one, other) in enumerate(pairs) if one != other)
    at = next(at for at in range(len(right)) if right[at] != bent[at]) // 32
    return tile.start + (at << HEIGHT * tile.level)


def test_every_changed_bit_of_the_checkpoint_is_refused(run: Run, tmp_path: Path) -> None:
    name, folder = database(tmp_path, 3), tmp_path / "log"
    run("ledger", "export", folder, "--database", name)
    note = (folder / "checkpoint").read_bytes()
    for at in range(8 * len(note)):
        bent = bytearray(note)
        bent[at // 8] ^= 1 << at % 8
        (folder / "checkpoint").write_bytes(bent)
        done = run("ledger", "check", folder, "--key", KEY.key)
        assert done.status in {1, 2}
        assert done.err


def test_the_golden_log_is_whole_by_key_and_by_policy(run: Run, tmp_path: Path) -> None:
    status, found = check(run, GOLDEN / "log", "--key", GOLDEN_KEY)
    assert (status, found["size"]) == (0, 775)
    # Its plain checkpoint has no cosignature: the policy wants two.
    done = run("ledger", "check", GOLDEN / "log", "--policy", GOLDEN / "policy")
    assert done.status == 1
    assert "ledger.no_quorum" in done.err
    shutil.copytree(GOLDEN / "log", tmp_path / "log")
    shutil.copy(GOLDEN / "checkpoint.cosigned", tmp_path / "log" / "checkpoint")
    done = run("ledger", "check", tmp_path / "log", "--policy", GOLDEN / "policy")
    assert (done.status, done.err) == (0, "")
    assert "775 leaves, every tile and entry proven" in done.out


def test_a_forged_tile_with_its_forged_bundle_is_refused(run: Run, tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / "log", tmp_path, dirs_exist_ok=True)
    shutil.copytree(C2SP / "forged-tile", tmp_path, dirs_exist_ok=True)
    status, found = check(run, tmp_path, "--key", GOLDEN_KEY)
    fault = {"index": 0, "file": "tile/0/000", "why": "parent"}
    assert (status, found["fault"]) == (1, fault)
    done = run("ledger", "check", tmp_path, "--key", GOLDEN_KEY)
    assert done.status == 1
    assert "not proven from leaf 0 on: tile/0/000 (parent)" in done.out


def test_a_checkpoint_that_another_key_signed_is_refused(run: Run, tmp_path: Path) -> None:
    name, folder = database(tmp_path, 3), tmp_path / "log"
    run("ledger", "export", folder, "--database", name)
    done = run("ledger", "check", folder, "--key", OTHER_KEY.key)
    assert done.status == 1
    assert "ledger.note_not_trusted" in done.err


def test_without_a_key_it_says_that_nobody_vouches(run: Run) -> None:
    done = run("ledger", "check", GOLDEN / "log")
    assert done.status == 0
    assert "signature was not checked" in done.err
    assert check(run, GOLDEN / "log")[1]["signature_checked"] is False


@pytest.mark.parametrize(
    "words", [("--key", "no key"), ("--policy", "no/such/policy"), ("--policy", __file__)]
)
def test_what_cannot_be_read_is_malformed(run: Run, words: tuple[str, str]) -> None:
    assert run("ledger", "check", GOLDEN / "log", *words).status == 2


def test_a_folder_without_a_log_is_malformed(run: Run, tmp_path: Path) -> None:
    done = run("ledger", "check", tmp_path, "--json")
    assert (done.status, done.problem["slug"]) == (2, "file.unreadable")


@pytest.fixture
def address() -> Iterator[str]:
    """The golden log on the web."""
    with served(GOLDEN / "log") as where:
        yield where


def test_a_log_on_the_web_is_checked_where_it_is(run: Run, address: str) -> None:
    assert check(run, f"{address}/", "--key", GOLDEN_KEY)[0] == 0
    done = run("ledger", "check", f"{address}/elsewhere", "--json")
    assert (done.status, done.problem["slug"]) == (2, "file.unreadable")


def test_a_log_that_does_not_answer_is_unavailable(run: Run) -> None:
    done = run("ledger", "check", "http://127.0.0.1:1", "--json")
    assert (done.status, done.problem["slug"]) == (3, "ledger.away")


def test_tail_says_the_newest_leaves_in_words(run: Run, tmp_path: Path) -> None:
    name = database(tmp_path, 12)
    lines = run("ledger", "tail", "--database", name).out.splitlines()
    assert len(lines) == 10
    assert lines[-1] == "11  2022-06-14  enrol  by o"
    [one] = run("ledger", "tail", "--last", 1, "--json", "--database", name).records
    assert one["index"] == 11
    assert run("ledger", "tail", "--last", 0, "--database", name).out == ""


def test_an_empty_or_foreign_folder_is_told_apart(run: Run, tmp_path: Path) -> None:
    empty = f"sqlite:///{tmp_path / 'empty.db'}"
    done = run("ledger", "export", tmp_path / "log", "--database", empty)
    assert done.status == 1
    assert "ledger.nothing_sealed" in done.err
    name = database(tmp_path, 3)
    done = run("ledger", "export", GOLDEN / "log", "--database", name)
    assert done.status == 1
    assert "ledger.folder_of_another_log" in done.err
    (tmp_path / "file").write_text("")
    done = run("ledger", "export", tmp_path / "file" / "log", "--database", name)
    assert done.status == 2


def test_an_export_from_the_command_line_is_what_is_public(run: Run, tmp_path: Path) -> None:
    name, folder = database(tmp_path, 600), tmp_path / "log"
    run("ledger", "export", folder, "--database", name)
    store = open_store(name)
    try:
        landmarks = {"landmarks": bytes(Landmarks(()))}  # a specimen has none
        assert files_in(folder) == public_files(store) | landmarks
    finally:
        store.close()


def two_lines(folder: Path, origin: str = ORIGIN) -> tuple[str, str]:
    """A database with a log of two keys in a folder, and its public keys."""
    name = f"sqlite:///{folder / 'two.db'}"
    store = open_store(name)
    plain, quantum = log_keys(folder / "keys", origin)
    Log(store, plain, quantum).begin()
    store.close()
    return name, f"{plain.key}\n{quantum.key}"


def test_an_exported_head_has_both_lines_where_the_keys_are_whatever_the_origin_says(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, both = two_lines(tmp_path)
    monkeypatch.setenv("MINGMA_KEYS", str(tmp_path / "keys"))
    keys = files_in(tmp_path / "keys")
    assert Settings().origin != ORIGIN  # and none is set
    done = run("ledger", "export", tmp_path / "log", "--database", name)
    assert (done.status, done.err) == (0, "")
    assert check(run, tmp_path / "log", "--key", both)[0] == 0
    assert files_in(tmp_path / "keys") == keys


@pytest.mark.parametrize(
    ("keys", "why", "file"),
    [("none", "missing", "none/log.key"), ("other/keys", "other_key", "other/keys")],
)
def test_an_exported_head_without_its_second_line_is_said_and_why(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: str, why: str, file: str
) -> None:
    (tmp_path / "other").mkdir()
    name, both = two_lines(tmp_path)
    two_lines(tmp_path / "other")
    monkeypatch.setenv("MINGMA_KEYS", str(tmp_path / keys))
    done = run("ledger", "export", tmp_path / "log", "--database", name, "--json")
    assert (done.status, done.records[0]["size"]) == (0, 0)
    assert done.err.startswith(f"warning: ledger.one_line_alone: {tmp_path / file}: ")
    assert "without its ML-DSA-44 line" in done.err
    assert f"`{why}`" in done.err
    assert "MINGMA_KEYS" in done.err
    assert check(run, tmp_path / "log", "--key", both.splitlines()[0])[0] == 0
    assert run("ledger", "check", tmp_path / "log", "--key", both).status == 1
    assert not (tmp_path / "none").exists()


def test_an_export_without_the_keys_takes_no_line_off(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _ = two_lines(tmp_path)
    monkeypatch.setenv("MINGMA_KEYS", str(tmp_path / "keys"))
    run("ledger", "export", tmp_path / "log", "--database", name)
    published = (tmp_path / "log" / "checkpoint").read_bytes()
    monkeypatch.setenv("MINGMA_KEYS", str(tmp_path / "none"))
    done = run("ledger", "export", tmp_path / "log", "--database", name)
    assert (done.status, done.err) == (0, "")
    assert (tmp_path / "log" / "checkpoint").read_bytes() == published


def receipt(run: Run, *words: object) -> tuple[int, str]:
    done = run("receipt", "check", *words)
    return done.status, done.out + done.err


def test_the_golden_receipt_proves_its_entry(run: Run) -> None:
    words = (GOLDEN / "receipt-300.tlog-proof", "--policy", GOLDEN / "policy")
    status, said = receipt(run, *words, "--leaf", GOLDEN / "leaf-300")
    assert status == 0
    assert "leaf 300 of 775 is in the log" in said
    assert "unverifiable" in said  # the golden entries are opaque
    done = run("receipt", "check", *words, "--leaf", GOLDEN / "leaf-300", "--json")
    assert (done.records[0]["index"], done.records[0]["leaf"]) == (300, None)


def test_a_receipt_of_our_own_log_says_what_its_leaf_says(run: Run, tmp_path: Path) -> None:
    store = MemoryStore()
    tree = sealed(store, 300).tree
    (tmp_path / "policy").write_text(f"log {KEY.key}\nquorum none\n")
    with store.read() as unit:
        (tmp_path / "leaf").write_bytes(unit.leaves(123, 124)[0])
        note = parse_note(unit.head()[1])
    proof = bytes(Receipt(123, tuple(tree.inclusion_proof(123)), note))
    (tmp_path / "receipt").write_bytes(proof)
    words = ("receipt", "check", tmp_path / "receipt", "--policy", tmp_path / "policy")
    done = run(*words, "--leaf", tmp_path / "leaf")
    assert done.status == 0
    assert "2022-06-14  enrol  by o" in done.out
    assert f"signed by {ORIGIN}" in done.out
    [found] = run(*words, "--leaf", tmp_path / "leaf", "--json").records
    assert (found["size"], found["leaf"]["k"]) == (300, "enrol")


def test_a_receipt_proves_no_other_entry_and_nothing_without_one(run: Run, tmp_path: Path) -> None:
    words = (GOLDEN / "receipt-300.tlog-proof", "--policy", GOLDEN / "policy")
    (tmp_path / "leaf").write_bytes((GOLDEN / "leaf-300").read_bytes() + b"!")
    status, said = receipt(run, *words, "--leaf", tmp_path / "leaf")
    assert status == 1
    assert "ledger.proof_does_not_hold" in said
    status, said = receipt(run, *words)
    assert status == 2
    assert "receipt.no_leaf" in said


def test_a_changed_bit_of_a_receipt_proves_nothing_else(run: Run, tmp_path: Path) -> None:
    right = (GOLDEN / "receipt-300.tlog-proof").read_bytes()
    chance = random.Random(11)
    words = ("--policy", GOLDEN / "policy", "--leaf", GOLDEN / "leaf-300", "--json")
    for _ in range(FLIPS):
        bent = bytearray(right)
        bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
        (tmp_path / "receipt").write_bytes(bent)
        done = run("receipt", "check", tmp_path / "receipt", *words)
        # `extra` and the name of a witness that is not needed vouch for nothing.
        assert done.status in {1, 2} or done.records[0]["index"] == 300


def test_a_receipt_without_its_quorum_is_refused(run: Run, tmp_path: Path) -> None:
    policy = (GOLDEN / "policy").read_text().replace("group provinces 2", "group provinces all")
    (tmp_path / "policy").write_text(policy)
    lines = (GOLDEN / "receipt-300.tlog-proof").read_bytes().splitlines(keepends=True)
    (tmp_path / "receipt").write_bytes(b"".join(line for line in lines if b" witness." not in line))
    words = ("--policy", tmp_path / "policy", "--leaf", GOLDEN / "leaf-300")
    status, said = receipt(run, tmp_path / "receipt", *words)
    assert status == 1
    assert "ledger.no_quorum" in said


def test_both_keys_of_a_log_are_checked_where_both_are_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"sqlite:///{tmp_path / 'two.db'}"
    monkeypatch.setenv("MINGMA_KEYS", str(tmp_path / "keys"))
    store = open_store(name)
    plain, quantum = log_keys(tmp_path / "keys", Settings().origin)
    Log(store, plain, quantum).begin()
    store.close()
    run("ledger", "export", tmp_path / "log", "--database", name)
    both = (tmp_path / "keys" / "log.vkey").read_text()
    assert check(run, tmp_path / "log", "--key", both)[0] == 0
    note = parse_note((tmp_path / "log" / "checkpoint").read_bytes())
    for kept, key in zip(note.signatures, (plain.key, quantum.key), strict=True):
        (tmp_path / "log" / "checkpoint").write_bytes(bytes(Note(note.text, (kept,))))
        assert check(run, tmp_path / "log", "--key", str(key))[0] == 0
        done = run("ledger", "check", tmp_path / "log", "--key", both)
        assert done.status == 1
        assert "ledger.note_not_trusted" in done.err
