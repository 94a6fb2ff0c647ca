"""A database that is older than what was signed does not start; the file says what was signed."""

from __future__ import annotations

import json
import shutil
import stat
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from mingma.app import Instance
from mingma.flows.seal import Log
from mingma.flows.second_head import Kept, SecondHead, SecondHeadUnreadable
from mingma.flows.stored_head import HeadBehind, stored_head
from mingma.kernel.times import print_instant
from mingma.opening import open_instance
from mingma.settings import Settings
from mingma.storage.memory import MemoryStore
from tests.flows.disks import FailingDisk
from tests.flows.logs import KEY, ORIGIN, OTHER_KEY, fill, sealed
from tests.instances import NOW


@cache
def note_of(count: int) -> bytes:
    """The head of a log of so many leaves."""
    store = MemoryStore()
    return sealed(store, count).newest.note


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = SecondHead(tmp_path / "keys" / "head")
    assert file.read() == Kept()
    file.write(note_of(3))
    assert file.read() == Kept({ORIGIN: note_of(3)})
    file.remember_policy(b"p" * 32)
    assert SecondHead(tmp_path / "keys" / "head").read() == Kept({ORIGIN: note_of(3)}, b"p" * 32)
    file.write(note_of(4))
    assert file.read() == Kept({ORIGIN: note_of(4)}, b"p" * 32)


def test_a_smaller_head_does_not_take_the_place_of_a_larger_one(tmp_path: Path) -> None:
    file = SecondHead(tmp_path / "head")
    file.write(note_of(4))
    file.write(note_of(3))
    assert file.read().notes == {ORIGIN: note_of(4)}


def test_each_log_has_a_head_of_its_own(tmp_path: Path) -> None:
    file, other = SecondHead(tmp_path / "head"), type(KEY)("ledger.next.example", KEY.private)
    file.write(note_of(4))
    store = MemoryStore()
    Log(store, other).begin()
    with store.read() as unit:
        file.write(unit.head()[1])
    assert set(file.read().notes) == {ORIGIN, "ledger.next.example"}
    file.must_be_behind(Log(store, other))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"notes": {}, "policy": null, "more": 1}',
        b'{"notes": {}, "policy": "abc"}',
        b'{"notes": {}, "policy": "00"}',
        b'{"notes": {}, "policy": 7}',
        b'{"notes": {"a": "no note"}, "policy": null}',
        b'{"notes": {"a": 7}, "policy": null}',
    ],
)
def test_a_file_of_another_make_is_refused_and_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "head").write_bytes(data)
    with pytest.raises(SecondHeadUnreadable, match=str(tmp_path)):
        SecondHead(tmp_path / "head").read()


def test_a_head_under_the_name_of_another_log_is_refused(tmp_path: Path) -> None:
    said = {"notes": {"ledger.other.example": note_of(3).decode()}, "policy": None}
    (tmp_path / "head").write_text(json.dumps(said))
    with pytest.raises(SecondHeadUnreadable):
        SecondHead(tmp_path / "head").read()


def test_a_head_that_the_log_did_not_sign_is_refused(tmp_path: Path) -> None:
    file, store = SecondHead(tmp_path / "head"), MemoryStore()
    log = Log(store, OTHER_KEY)
    fill(store, 2)
    log.seal_all(NOW)
    file.write(note_of(3))
    with pytest.raises(SecondHeadUnreadable, match="`signature`"):
        file.must_be_behind(log)


def test_a_digest_has_32_bytes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SecondHead(tmp_path / "head").remember_policy(b"short")


def test_a_disk_that_fails_leaves_the_head_that_was_there(tmp_path: Path) -> None:
    SecondHead(tmp_path / "head").write(note_of(3))
    for step in range(2):
        disk = FailingDisk(step)
        with pytest.raises(OSError, match="Input/output"):
            SecondHead(tmp_path / "head", disk).write(note_of(4))
        assert SecondHead(tmp_path / "head").read().notes == {ORIGIN: note_of(3)}
        assert [path.name for path in tmp_path.iterdir()] == ["head"]
    with pytest.raises(OSError, match="Input/output"):  # the name may be durable, or not
        SecondHead(tmp_path / "head", FailingDisk(2)).write(note_of(4))
    assert SecondHead(tmp_path / "head").read().notes == {ORIGIN: note_of(4)}


# -- beside an instance


def settings(folder: Path) -> Settings:
    return Settings(
        database=f"sqlite:///{folder / 'mingma.db'}",
        keys=str(folder / "keys"),
        clock=print_instant(NOW),
    )


def grown(folder: Path, count: int) -> Instance:
    """An instance with so many leaves more, closed again."""
    instance = open_instance(settings(folder))
    try:
        fill(instance.store, count, instance.log.newest.size)
        instance.seal()
    finally:
        instance.close()
    return instance


def head_in(folder: Path) -> tuple[int, bytes]:
    instance = open_instance(settings(folder))
    try:
        with instance.store.read() as unit:
            return unit.head()
    finally:
        instance.close()


def test_the_first_head_of_size_0_is_signed_and_kept_when_an_instance_opens(tmp_path: Path) -> None:
    size, head = head_in(tmp_path)
    assert stored_head(head, size)[1].size == 0
    kept = SecondHead(tmp_path / "keys" / "head").read()
    assert list(kept.notes.values()) == [head]


def test_every_seal_is_in_the_file_after_it(tmp_path: Path) -> None:
    instance = grown(tmp_path, 5)
    kept = SecondHead(tmp_path / "keys" / "head").read()
    assert list(kept.notes.values()) == [instance.log.newest.note]
    assert instance.log.newest.size == 5


def copied(folder: Path, name: str) -> Path:
    """A copy of the database, which is closed."""
    copy = folder / name
    shutil.copy(folder / "mingma.db", copy)
    return copy


def test_a_restored_older_database_does_not_start_and_a_newer_one_does(tmp_path: Path) -> None:
    grown(tmp_path, 5)
    older = copied(tmp_path, "older.db")
    grown(tmp_path, 3)
    newer = copied(tmp_path, "newer.db")
    shutil.copy(older, tmp_path / "mingma.db")
    with pytest.raises(HeadBehind, match="a head of 8 was signed") as refusal:
        open_instance(settings(tmp_path))
    assert refusal.value.details == {"size": 5, "signed": 8, "why": "behind"}
    assert "accept-loss" in refusal.value.remedy("en")
    shutil.copy(newer, tmp_path / "mingma.db")
    assert head_in(tmp_path)[0] == 8


def test_a_new_database_beside_the_head_of_another_does_not_start(tmp_path: Path) -> None:
    grown(tmp_path, 5)
    (tmp_path / "mingma.db").unlink()
    with pytest.raises(HeadBehind, match="`behind`"):
        open_instance(settings(tmp_path))
    with pytest.raises(HeadBehind, match="`behind`"):
        open_instance(replace(settings(tmp_path), database="memory:"))
    # Nothing was signed meanwhile: the refused database has no head.
    (tmp_path / "keys" / "head").rename(tmp_path / "away")
    assert stored_head(head_in(tmp_path)[1], 0)[1].size == 0


def test_a_database_with_another_history_does_not_start(tmp_path: Path) -> None:
    """Another database under the same keys, as long as the first one and longer."""
    grown(tmp_path, 5)
    first = (tmp_path / "keys" / "head").read_bytes()
    (tmp_path / "keys" / "head").unlink()
    (tmp_path / "mingma.db").unlink()
    instance = open_instance(settings(tmp_path))
    fill(instance.store, 7, start=100)
    instance.seal()
    instance.close()
    (tmp_path / "keys" / "head").write_bytes(first)
    with pytest.raises(HeadBehind, match="`history`"):
        open_instance(settings(tmp_path))


def test_a_database_ahead_of_the_file_starts_and_the_file_follows(tmp_path: Path) -> None:
    grown(tmp_path, 5)
    before = (tmp_path / "keys" / "head").read_bytes()
    grown(tmp_path, 3)
    (tmp_path / "keys" / "head").write_bytes(before)  # a crash between COMMIT and the file
    assert head_in(tmp_path)[0] == 8
    notes = SecondHead(tmp_path / "keys" / "head").read().notes
    assert [stored_head(note, 8)[1].size for note in notes.values()] == [8]


def test_a_store_in_memory_leaves_no_head_beside_the_keys(tmp_path: Path) -> None:
    for _ in range(2):
        instance = open_instance(replace(settings(tmp_path), database="memory:"))
        fill(instance.store, 3)
        instance.seal()
        instance.close()
    assert not (tmp_path / "keys" / "head").exists()


def test_the_folder_of_keys_shows_no_more_to_others_than_before(tmp_path: Path) -> None:
    grown(tmp_path, 1)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
