"""The published folder follows the log: byte for byte an export, and proven at every step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mingma.flows.export_log import FolderOfAnotherLog, NothingSealed, export_log
from mingma.flows.publish_files import Publisher
from mingma.flows.publish_log import PublicLog
from mingma.flows.seal import Log
from mingma.flows.sealing import FileFailed
from mingma.kernel.times import print_instant
from mingma.ledger.files import FilesDoNotHold, check_log
from mingma.ledger.note import parse_note
from mingma.ledger.tiles import WIDTH, parse_path
from mingma.opening import open_instance
from mingma.ports import Store
from mingma.settings import Settings
from mingma.storage.memory import MemoryStore
from tests.flows.disks import FailingDisk, fails
from tests.flows.logs import KEY, head_of, public_files, sealed
from tests.folders import files_in
from tests.instances import NOW, sample, stage

SIZES = (1, 2, 255, 256, 257, 600, 767, 768, 1024, 1030)


def begun(store: Store, folder: Path) -> Publisher:
    """A folder that follows a log from its first head on."""
    Log(store, KEY).begin()
    publisher = Publisher(PublicLog(store), folder)
    publisher.begin()
    return publisher


def grow_to(store: Store, size: int) -> None:
    with store.read() as unit:
        have, _ = unit.head()
    sealed(store, size - have)


def is_partial_of_before(path: str) -> bool:
    return path.startswith("tile/") and parse_path(path).width < WIDTH


def test_an_empty_log_is_published_and_exported_with_its_head_of_size_0(tmp_path: Path) -> None:
    store = MemoryStore()
    begun(store, tmp_path / "a")
    assert head_of(files_in(tmp_path / "a")).size == 0
    assert export_log(PublicLog(store), tmp_path / "b") == (head_of(files_in(tmp_path / "b")), 1)
    assert files_in(tmp_path / "a") == files_in(tmp_path / "b") == public_files(store)
    assert check_log(files_in(tmp_path / "a").get, head_of(files_in(tmp_path / "a"))) is None


def test_a_log_that_nobody_began_has_nothing_to_publish(tmp_path: Path) -> None:
    publisher = Publisher(PublicLog(MemoryStore()), tmp_path)
    with pytest.raises(NothingSealed):
        publisher.begin()
    with pytest.raises(NothingSealed):
        publisher.publish()


def test_the_folder_is_byte_for_byte_an_export_at_every_size(tmp_path: Path) -> None:
    store = MemoryStore()
    publisher = begun(store, tmp_path / "log")
    for size in SIZES:
        grow_to(store, size)
        publisher.publish()
        export_log(PublicLog(store), tmp_path / f"export-{size}")
        export, files = files_in(tmp_path / f"export-{size}"), files_in(tmp_path / "log")
        assert export.items() <= files.items()
        assert all(is_partial_of_before(path) for path in files.keys() - export.keys())
        assert check_log(files.get, head_of(files)) is None
    # No partial stays beside its full tile.
    full = {parse_path(path) for path in files if path.startswith("tile/")}
    assert not [tile for tile in full if tile.width < WIDTH and tile.full in full]


def test_a_head_that_did_not_move_writes_nothing(tmp_path: Path) -> None:
    store, disk = MemoryStore(), FailingDisk()
    grow_to(store, 300)
    publisher = Publisher(PublicLog(store), tmp_path, disk)
    publisher.begin()
    publisher.publish()
    steps = disk.steps
    publisher.publish()
    assert disk.steps == steps


def test_only_what_grew_is_written(tmp_path: Path) -> None:
    store, disk = MemoryStore(), FailingDisk()
    grow_to(store, 3000)
    publisher = Publisher(PublicLog(store), tmp_path, disk)
    publisher.begin()
    before, steps = files_in(tmp_path), disk.steps
    grow_to(store, 3001)
    publisher.publish()
    new = {path for path, data in files_in(tmp_path).items() if before.get(path) != data}
    assert new == {"checkpoint", "tile/0/011.p/185", "tile/entries/011.p/185"}
    assert disk.steps - steps < 12


@pytest.mark.parametrize("too_late", [False, True])
def test_whatever_step_fails_the_checkpoint_there_is_proven_and_a_restart_goes_on(
    tmp_path: Path, too_late: bool
) -> None:
    step = 0
    while True:
        store, folder = MemoryStore(), tmp_path / str(step)
        grow_to(store, 250)
        disk = FailingDisk(None, too_late=too_late)
        publisher = Publisher(PublicLog(store), folder, disk)
        publisher.begin()
        grow_to(store, 515)
        disk.fails_at = disk.steps + step
        failed = fails(publisher.publish)
        files = files_in(folder)
        assert head_of(files).size in (250, 515)
        assert check_log(files.get, head_of(files)) is None
        assert not [path for path in files if "/." in path or path.startswith(".")]
        again = Publisher(PublicLog(store), folder)
        again.begin()
        assert public_files(store).items() <= files_in(folder).items()
        if not failed:
            break
        step += 1
    assert step > 20  # all of them were tried


def test_a_folder_that_changed_under_the_publisher_gets_no_checkpoint(tmp_path: Path) -> None:
    store = MemoryStore()
    grow_to(store, 600)
    publisher = begun(store, tmp_path)
    grow_to(store, 601)
    edge = tmp_path / "tile" / "1" / "000.p" / "2"
    edge.write_bytes(bytes(64))
    with pytest.raises(FilesDoNotHold):
        publisher.publish()
    assert head_of(files_in(tmp_path)).size == 600


# -- beside an instance


def test_an_instance_keeps_its_folder_up_to_date(tmp_path: Path) -> None:
    with stage(tmp_path, f"sqlite:///{tmp_path / 'm.db'}", publish=str(tmp_path / "log")) as scene:
        size = scene.instance.log.newest.size
        assert head_of(files_in(tmp_path / "log")).size == size > 0
        scene.send(sample())
        files = files_in(tmp_path / "log")
        assert head_of(files).size == scene.instance.log.newest.size > size
        assert check_log(files.get, head_of(files)) is None
        assert files["checkpoint"] == scene.instance.public_log.file("checkpoint")
        tiles = {**public_files(scene.instance.store), "checkpoint": files["checkpoint"]}
        assert tiles.items() <= files.items()


def test_a_restart_leaves_the_published_checkpoint_as_it_is(tmp_path: Path) -> None:
    open_instance(settings(tmp_path)).close()
    before = files_in(tmp_path / "log")["checkpoint"]
    assert len(parse_note(before).signatures) == 2
    again = open_instance(settings(tmp_path))
    assert again.public_log.file("checkpoint") == before == files_in(tmp_path / "log")["checkpoint"]
    again.close()


def settings(folder: Path) -> Settings:
    return Settings(
        database=f"sqlite:///{folder / 'mingma.db'}",
        keys=str(folder / "keys"),
        clock=print_instant(NOW),
        publish=str(folder / "log"),
    )


def test_what_a_crash_left_unpublished_is_published_at_the_start(tmp_path: Path) -> None:
    instance = open_instance(replace(settings(tmp_path), publish=""))
    instance.close()
    sealed_size = 0
    assert not (tmp_path / "log").exists()
    instance = open_instance(settings(tmp_path))
    instance.close()
    assert head_of(files_in(tmp_path / "log")).size == sealed_size


def test_a_folder_of_another_log_keeps_an_instance_from_starting(tmp_path: Path) -> None:
    store = MemoryStore()
    grow_to(store, 3)
    export_log(PublicLog(store), tmp_path / "log")
    with pytest.raises(FolderOfAnotherLog):
        open_instance(settings(tmp_path))


def test_a_folder_that_cannot_be_written_keeps_an_instance_from_starting(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file")
    with pytest.raises(FileFailed, match="log"):
        open_instance(settings(tmp_path))


def test_what_a_crash_left_unfinished_goes_at_the_start_and_nothing_else_does(
    tmp_path: Path,
) -> None:
    store = MemoryStore()
    sealed(store, 300)
    begun(store, tmp_path)
    (tmp_path / "tile" / "0" / ".000.0123456789abcdef").write_bytes(b"half")
    (tmp_path / ".checkpoint.fedcba9876543210").write_bytes(b"half")
    kept = {".well-known": b"", ".000.0123": b"", "notes.0123456789abcdef": b""}
    for name, data in kept.items():
        (tmp_path / name).write_bytes(data)
    begun(store, tmp_path)
    assert files_in(tmp_path) == public_files(store) | kept
