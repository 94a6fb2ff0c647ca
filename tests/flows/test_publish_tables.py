"""Beside the tiles the folder has what HTTP serves under /ledger/: byte for byte the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from litestar.testing import TestClient

from mingma.app import Instance
from mingma.flows.export_log import export_log
from mingma.flows.publish_files import Publisher
from mingma.flows.publish_tables import RANGES
from mingma.flows.tally_day import TOLERANCE
from mingma.kernel.times import DAY, HOUR
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.landmarks import parse_landmarks
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.ledger.published import entries_of
from mingma.ledger.tag_index import whole_index
from mingma.ledger.tag_proof import commitment_in
from mingma.ledger.tally import print_day, verify_table
from mingma.opening import open_instance
from mingma.serving import create_app
from tests.flows.disks import FailingDisk, fails
from tests.flows.logs import head_of
from tests.folders import files_in
from tests.instances import Hands, Stage, sample, stage
from tests.under_policy import Watched, infected, make_witnesses, settings_under, under_policy


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    """An instance with a folder, after two days with several indexes."""
    with stage(tmp_path, f"sqlite:///{tmp_path / 'm.db'}", publish=str(tmp_path / "log")) as made:
        live(made)
        yield made


def live(scene: Stage, since: int = 0, source: str = "demo") -> None:
    for number in range(since, since + 3):
        scene.send(sample(f"t{number}", f"p-{number}"), source=source)
        scene.instance.keep_duties()
        scene.clock.forward(HOUR)
    scene.clock.forward(DAY + TOLERANCE)
    scene.instance.keep_duties()


def must_be_as_served(instance: Instance, files: dict[str, bytes]) -> None:
    with TestClient(create_app(instance)) as http:
        for path, data in files.items():
            answer = http.get(f"/ledger/{path}")
            assert (answer.status_code, answer.content) == (200, data), path
        assert http.get("/ledger/index").content == files[RANGES]


def must_have_what_its_leaves_speak_of(files: dict[str, bytes]) -> int:
    """Every index and table named by a leaf under the checkpoint is there, and is the one."""
    entries = list(entries_of(files.get, head_of(files).size))
    found = 0
    for leaf in [parse(entry)[0] for entry in entries]:
        if leaf.kind is Kind.INDEX_HOUR:
            whole_index(files[f"index/{leaf.index}-{leaf.end}"], commitment_in(leaf))
        elif leaf.kind is Kind.TALLY_DAY:
            assert leaf.day is not None
            verify_table(files[f"tally/{print_day(leaf.day)}"], leaf, range_of(leaf, entries))
        else:
            continue
        found += 1
    return found


def range_of(leaf: Leaf, entries: list[bytes]) -> list[bytes]:
    return entries[leaf.index : leaf.end]


def test_whatever_is_in_the_folder_is_what_http_serves(scene: Stage, tmp_path: Path) -> None:
    files = files_in(tmp_path / "log")
    assert {path.partition("/")[0] for path in files} == {
        "checkpoint", "index", "landmarks", "tally", "tile"
    }  # fmt: skip
    assert len([path for path in files if path.startswith("index/")]) > 2
    assert must_have_what_its_leaves_speak_of(files) > 3
    must_be_as_served(scene.instance, files)


def test_an_export_has_the_same_files_and_is_not_made_twice(scene: Stage, tmp_path: Path) -> None:
    log, landmarks = scene.instance.public_log, scene.instance.landmarks_file()
    _, written = export_log(log, tmp_path / "copy", landmarks=landmarks)
    export = files_in(tmp_path / "copy")
    assert written == len(export)
    assert export.items() <= files_in(tmp_path / "log").items()
    assert {path for path in files_in(tmp_path / "log") if not path.startswith("tile/")} == {
        path for path in export if not path.startswith("tile/")
    }
    assert export_log(log, tmp_path / "copy", landmarks=landmarks)[1] == 0


def test_an_index_that_is_there_is_believed_by_its_leaf_and_a_wrong_one_is_made_anew(
    scene: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = scene.instance.public_log
    export_log(log, tmp_path / "copy")
    [first, *_] = sorted((tmp_path / "copy" / "index").glob("*-*"))
    before = first.read_bytes()
    first.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    assert export_log(log, tmp_path / "copy")[1] == 1
    assert first.read_bytes() == before
    made = "mingma.flows.index_hour.index_of"
    monkeypatch.setattr(made, lambda *_: pytest.fail("made from the leaves though it is there"))
    assert export_log(log, tmp_path / "copy")[1] == 0


@pytest.mark.parametrize("too_late", [False, True])
def test_whatever_step_fails_the_checkpoint_there_has_its_tables_and_a_restart_goes_on(
    tmp_path: Path, too_late: bool
) -> None:
    with stage(tmp_path / "i", f"sqlite:///{tmp_path / 'm.db'}") as scene:
        log = scene.instance.public_log
        old = in_a_folder(scene, tmp_path / "old")
        live(scene)
        step = 0
        while True:
            folder = tmp_path / str(step)
            disk = FailingDisk(too_late=too_late)
            publisher = Publisher(log, folder, disk)
            copied(old, folder)
            publisher._size, publisher._done = head_of(old).size, old["checkpoint"]
            disk.fails_at = step
            failed = fails(publisher.publish)
            files = files_in(folder)
            assert head_of(files).size in {head_of(old).size, scene.instance.log.newest.size}
            must_have_what_its_leaves_speak_of(files)
            again = Publisher(log, folder)
            again.begin()
            assert must_have_what_its_leaves_speak_of(files_in(folder)) > 3
            if not failed:
                break
            step += 1
        assert step > 20  # all of them were tried


def in_a_folder(scene: Stage, folder: Path) -> dict[str, bytes]:
    export_log(scene.instance.public_log, folder)
    return files_in(folder)


def copied(files: dict[str, bytes], folder: Path) -> None:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def test_a_restart_finds_every_table_and_publishes_the_next(scene: Stage, tmp_path: Path) -> None:
    scene.instance.close()
    again = replace(scene, instance=open_instance(scene.instance.settings))
    again.instance.clock = scene.clock
    before = must_have_what_its_leaves_speak_of(files_in(tmp_path / "log"))
    live(again, since=3)
    files = files_in(tmp_path / "log")
    assert must_have_what_its_leaves_speak_of(files) > before
    must_be_as_served(again.instance, files)
    again.instance.close()


# -- landmarks


def landmark_heads(files: dict[str, bytes]) -> list[Checkpoint]:
    return list(parse_landmarks(files["landmarks"]).heads)


def test_a_cosigned_head_is_a_landmark_in_the_folder_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    with under_policy(tmp_path, f"sqlite:///{tmp_path / 'm.db'}", publish=str(folder)) as scene:
        scene.instance.keep_duties()
        for number in range(3):
            scene.approve(infected(f"i{number}", f"p-{number}"))
            files = files_in(folder)
            assert landmark_heads(files)[-1].size == head_of(files).size
            assert files["landmarks"] == scene.instance.landmarks_file()
            scene.clock.forward(HOUR)
        assert len(landmark_heads(files_in(folder))) == 3
        live(scene, source="lab-1")  # fine landmarks go when their time is over
        must_be_as_served(scene.instance, files_in(folder))


def test_landmarks_come_after_the_head_that_continues_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Witnesses may have been faster than the sequencer's own thread."""
    folder = tmp_path / "log"
    with under_policy(tmp_path, f"sqlite:///{tmp_path / 'm.db'}", publish=str(folder)) as scene:
        before = head_of(files_in(folder)).size
        sealing = scene.instance.sealing
        monkeypatch.setattr(sealing.__class__, "_follow_up", lambda _: None)
        scene.approve(infected())
        assert head_of(files_in(folder)).size == before
        scene.instance.ask_witnesses()
        files = files_in(folder)
        assert landmark_heads(files)[-1].size == head_of(files).size > before


def test_a_disk_that_refuses_landmarks_stops_no_sealing_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "log"
    with under_policy(tmp_path, f"sqlite:///{tmp_path / 'm.db'}", publish=str(folder)) as scene:

        def full(*_: object) -> bool:
            raise OSError(28, "No space left on device", "landmarks")

        with monkeypatch.context() as broken:
            broken.setattr(Publisher, "publish_landmarks", full)
            scene.approve(infected())
        assert scene.instance.undone == {"landmarks": "ledger.file_failed"}
        assert scene.instance.sealing.stopped is None
        scene.instance.keep_duties()
        assert scene.instance.undone == {}
        assert files_in(folder)["landmarks"] == scene.instance.landmarks_file()


def test_the_head_over_nothing_is_no_landmark_and_hides_none(tmp_path: Path) -> None:
    clock = Hands()
    settings = settings_under(tmp_path, publish=str(tmp_path / "log"))
    witnesses = make_witnesses(tmp_path, clock)
    instance = open_instance(settings, witness_client=witnesses)
    instance.clock = clock
    assert landmark_heads(files_in(tmp_path / "log")) == []
    made = Watched(instance, clock, witnesses)
    made.declare()
    instance.seal()
    assert [one.size for one in landmark_heads(files_in(tmp_path / "log"))] == [1]
    instance.close()
