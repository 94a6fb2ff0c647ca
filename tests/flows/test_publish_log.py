"""What is public of a log holds under its checkpoint, at every size and every path."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mingma.flows.export_log import FolderOfAnotherLog, NothingSealed, export_log
from mingma.flows.full_head import KEPT, FullHeads
from mingma.flows.publish_log import PublicLog
from mingma.flows.seal import Log
from mingma.flows.signed_tree import LogSigner
from mingma.flows.stored_head import HeadBroken
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.files import check_log
from mingma.ledger.note import Note, Signature, parse_note, sign
from mingma.ledger.tiles import WIDTH, Tile, growth
from mingma.storage.memory import MemoryStore
from tests.flows.logs import KEY, OTHER_KEY, QUANTUM_KEY, fill, head_of, public_files, sealed
from tests.folders import files_in
from tests.instances import NOW


@pytest.mark.parametrize("count", [1, 255, 256, 257, 3000])
def test_the_files_of_a_log_are_whole_under_its_checkpoint(count: int) -> None:
    store = MemoryStore()
    sealed(store, count)
    files = public_files(store)
    head = head_of(files)
    assert head.size == count
    assert check_log(files.get, head) is None


def test_a_log_that_grows_keeps_every_file_it_had_but_the_checkpoint() -> None:
    store = MemoryStore()
    public = PublicLog(store)
    seen: dict[str, bytes] = {}
    for count in (1, 254, 1, 1, 600):
        sealed(store, count)
        seen |= public_files(store)
        again = {path: public.file(path) for path in seen}
        assert again == seen


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint/",
        "tile/0/003",
        "tile/0/002.p/89",
        "tile/0/001.p/256",
        "tile/0/001.p/0",
        "tile/1/000",
        "tile/1/000.p/3",
        "tile/2/000.p/1",
        "tile/entries/003",
        "tile/0/../0/001",
        "tile/00/001",
        "tile/0/1",
        "../log.key",
    ],
)
def test_what_the_log_does_not_have_is_not_there(path: str) -> None:
    store = MemoryStore()
    sealed(store, 600)
    public = PublicLog(store)
    assert public.file(path) is None
    assert public.file("tile/0/002.p/88") is not None
    assert public.file("tile/1/000.p/2") is not None


def test_before_the_first_seal_nothing_is_public() -> None:
    store = MemoryStore()
    fill(store, 3)
    public = PublicLog(store)
    assert public.head() is None
    assert public.file("checkpoint") is None
    assert public.file("tile/0/000.p/1") is None


@pytest.mark.parametrize("count", [1, 255, 256, 257, 3000])
def test_an_export_is_what_is_served_and_writes_nothing_twice(tmp_path: Path, count: int) -> None:
    store = MemoryStore()
    sealed(store, count)
    folder = tmp_path / "a" / "log"
    head, written = export_log(PublicLog(store), folder)
    assert files_in(folder) == public_files(store)
    assert (head.size, written) == (count, len(files_in(folder)))
    assert export_log(PublicLog(store), folder) == (head, 0)


def test_an_export_goes_on_where_the_last_one_ended_and_mends_what_was_changed(
    tmp_path: Path,
) -> None:
    store = MemoryStore()
    sealed(store, 300)
    export_log(PublicLog(store), tmp_path)
    sealed(store, 300)
    (tmp_path / Tile(0, 0).path).write_bytes(b"x" * 32 * WIDTH)
    head, _ = export_log(PublicLog(store), tmp_path)
    assert head.size == 600
    assert check_log(files_in(tmp_path).get, head) is None
    assert public_files(store).items() <= files_in(tmp_path).items()


def test_a_crash_before_the_checkpoint_leaves_the_earlier_one_proven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryStore()
    sealed(store, 300)
    earlier, _ = export_log(PublicLog(store), tmp_path)
    sealed(store, 700)
    true = Path.replace
    for crash_at in range(8):
        left = crash_at

        def replace(part: Path, path: Path) -> Path:
            nonlocal left
            if left == 0:
                raise OSError(5, "Input/output error")
            left -= 1
            return true(part, path)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", replace)
            with pytest.raises(OSError, match="Input/output"):
                export_log(PublicLog(store), tmp_path)
        files = files_in(tmp_path)
        assert head_of(files) == earlier
        assert check_log(files.get, earlier) is None
        assert not [path for path in files if "/." in path]
        for path in files.keys() - {"checkpoint"}:
            if path not in {tile.path for tile in growth(0, 300)}:
                (tmp_path / path).unlink()  # the next crash is as early as this one
    head, _ = export_log(PublicLog(store), tmp_path)
    assert head.size == 1000


def test_a_log_that_nobody_began_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(NothingSealed):
        export_log(PublicLog(MemoryStore()), tmp_path)
    assert files_in(tmp_path) == {}


def full(signers: Sequence[LogSigner] = (KEY, QUANTUM_KEY)) -> FullHeads:
    return FullHeads(signers, lambda: NOW)


def test_what_leaves_the_house_has_both_lines_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    store = MemoryStore()
    sealed(store, 10)
    public = PublicLog(store, full())
    note = public.file("checkpoint")
    assert note is not None
    _, signed_by = verify_checkpoint(parse_note(note), [KEY.key, QUANTUM_KEY.key])
    assert [(one.key, one.time) for one in signed_by] == [(KEY.key, None), (QUANTUM_KEY.key, NOW)]
    export_log(public, tmp_path)
    assert note == public.file("checkpoint") == (tmp_path / "checkpoint").read_bytes()
    sealed(store, 1)
    assert public.file("checkpoint") != note
    with store.read() as unit:
        assert len(parse_note(unit.head()[1]).signatures) == 1


def test_many_who_ask_at_once_get_one_head(monkeypatch: pytest.MonkeyPatch) -> None:
    store, signed_heads = MemoryStore(), []
    sealed(store, 10)
    true = type(QUANTUM_KEY).sign
    monkeypatch.setattr(
        type(QUANTUM_KEY), "sign", lambda self, text: signed_heads.append(1) or true(self, text)
    )
    public = PublicLog(store, full())
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: public.file("checkpoint"), range(32)))
    assert (len(set(found)), len(signed_heads)) == (1, 1)


def test_a_checkpoint_published_before_stays_while_its_head_does(tmp_path: Path) -> None:
    store = MemoryStore()
    sealed(store, 10)
    export_log(PublicLog(store, full()), tmp_path)
    before = (tmp_path / "checkpoint").read_bytes()
    public = PublicLog(store, full())  # another run: it would sign with other chance
    _, written = export_log(public, tmp_path)
    assert written == 0
    assert public.file("checkpoint") == before == (tmp_path / "checkpoint").read_bytes()


@pytest.mark.parametrize("at", ["bit", "line"])
def test_a_published_checkpoint_whose_lines_do_not_all_hold_is_written_anew(
    tmp_path: Path, at: str
) -> None:
    store = MemoryStore()
    sealed(store, 10)
    export_log(PublicLog(store, full()), tmp_path)
    note = parse_note((tmp_path / "checkpoint").read_bytes())
    first, second = note.signatures
    bent = Signature(second.name, second.key_id, second.signature[:-1] + b"\0")
    lines = (first, bent) if at == "bit" else (first,)
    (tmp_path / "checkpoint").write_bytes(bytes(Note(note.text, lines)))
    assert export_log(PublicLog(store, full()), tmp_path)[1] == 1
    found = parse_note((tmp_path / "checkpoint").read_bytes())
    assert len(verify_checkpoint(found, [KEY.key, QUANTUM_KEY.key])[1]) == 2


def test_a_head_of_another_key_is_left_as_it_is_and_an_earlier_full_one_too() -> None:
    store = MemoryStore()
    sealed(store, 3)
    with store.read() as unit:
        _, head = unit.head()
    assert full((OTHER_KEY, QUANTUM_KEY)).of(head) == head
    both = full().of(head)
    assert full().of(both) == both != head


def test_only_the_newest_heads_are_remembered() -> None:
    heads = full()
    for size in range(KEPT + 9):
        heads.of(signed(str(Checkpoint(KEY.origin, size + 1, bytes(32)))))
    assert len(heads._made) == KEPT


def signed(text: str) -> bytes:
    return bytes(Note(text, (sign(text, KEY.key, KEY.sign),)))


def test_a_folder_that_the_log_does_not_continue_is_left_alone(tmp_path: Path) -> None:
    longer, store = MemoryStore(), MemoryStore()
    sealed(longer, 20)
    sealed(store, 10)
    origin, _, root, _ = public_files(store)["checkpoint"].decode().split("\n")[:4]
    for why, data in {
        "smaller": public_files(longer)["checkpoint"],
        "checkpoint": b"no note",
        "origin": signed(f"ledger.other.example/codes\n10\n{root}\n"),
        "history": signed(f"{origin}\n9\n{root}\n"),
    }.items():
        (tmp_path / "checkpoint").write_bytes(data)
        with pytest.raises(FolderOfAnotherLog, match=f"`{why}`"):
            export_log(PublicLog(store), tmp_path)
        assert files_in(tmp_path) == {"checkpoint": data}


def test_leaves_that_do_not_fit_the_head_get_no_checkpoint(tmp_path: Path) -> None:
    store = MemoryStore()
    sealed(store, 10)
    with store.write() as unit:
        size, head = unit.head()
        lines = head.decode().split("\n")
        lines[2] = "A" * 43 + "="
        unit.seal(size, [], signed("\n".join(lines[:3]) + "\n"))
    with pytest.raises(HeadBroken, match="`root`"):
        export_log(PublicLog(store), tmp_path)
    assert "checkpoint" not in files_in(tmp_path)


def test_who_else_holds_the_store_cannot_sign_for_the_log() -> None:
    store = MemoryStore()
    sealed(store, 3)
    with pytest.raises(HeadBroken):
        Log(store, OTHER_KEY).seal_all(NOW)
