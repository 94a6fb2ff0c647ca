"""Files of a log are believed as far as a checkpoint proves them; the first bad leaf is named."""

from __future__ import annotations

import base64
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.errors import Problem
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.files import Fault, FilesDoNotHold, LogFiles, check_log
from mingma.ledger.note import parse_key, parse_note
from mingma.ledger.proof import parse_receipt
from mingma.ledger.tiles import (
    ENTRIES,
    Tile,
    bundle,
    parse_path,
    partial,
    split_bundle,
    tile_with,
)
from mingma.ledger.tree import (
    EMPTY_ROOT,
    BeyondTheTree,
    Tree,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.paths import ROOT
from tests.unit.ledger.published import (
    GOLDEN,
    NOTES,
    VECTORS,
    Files,
    files_in,
    flipped,
    golden,
    golden_log,
    laid_out,
)

LOG = golden_log()
HEAD = parse_checkpoint(parse_note(LOG["checkpoint"]).text)
ROOTS: dict[str, str] = json.loads(
    (ROOT / "tests" / "vectors" / "ledger" / "golden.json").read_text(encoding="utf-8")
)["roots"]
HEADS = [Checkpoint(HEAD.origin, int(n), base64.b64decode(root)) for n, root in ROOTS.items()]


def judged(files: Files) -> Fault | None:
    """A whole log under its own signed checkpoint, and under every earlier root."""
    note = parse_note(files["checkpoint"])
    newest, _ = verify_checkpoint(note, [parse_key(GOLDEN["log_vkey"])])
    for head in [newest, *HEADS]:
        fault = check_log(files.get, head)
        if fault is not None:
            return fault
    return None


def test_the_golden_log_is_whole_at_every_size_it_was_sealed_at() -> None:
    assert sorted(head.size for head in HEADS) == [1, 200, 256, 300, 512, 775]
    assert HEAD in HEADS
    assert judged(LOG) is None


def test_the_log_of_another_make_is_whole_at_every_size() -> None:
    files = files_in(VECTORS / "tessera" / "log")
    key = parse_key(NOTES["tessera_vkey"])
    for size in range(16):
        checkpoint, _ = verify_checkpoint(parse_note(files[f"checkpoint.{size}"]), [key])
        assert check_log(files.get, checkpoint) is None


def test_the_tiles_of_a_third_make_are_proven_and_its_stand_in_bundles_refused() -> None:
    [mirror] = (VECTORS / "sunlight" / "witness" / "mirror").glob("000de1*")
    files = files_in(mirror)
    head = parse_checkpoint(parse_note(files["checkpoint"]).text)
    log = LogFiles(files.get, head)
    assert root_of([log.leaf(index) for index in range(300)]) == head.root
    # The published bundles are a line of text each, compressed.
    assert check_log(files.get, head) == Fault(0, "tile/entries/000", "unreadable")


def test_a_forged_tile_with_its_forged_bundle_is_refused() -> None:
    forged = LOG | files_in(VECTORS / "forged-tile")
    assert check_log(forged.get, HEAD) == Fault(0, "tile/0/000", "parent")
    log = LogFiles(forged.get, HEAD)
    for index in (0, 7, 255):
        with pytest.raises(FilesDoNotHold, match="parent"):
            log.leaf(index)
        with pytest.raises(FilesDoNotHold, match="parent"):
            log.entry(index)
        with pytest.raises(FilesDoNotHold, match="parent"):
            log.inclusion_proof(index)
    # What other subtrees and tiles hold is still proven, and a proof over it is still good.
    assert log.entry(300) == golden("leaf-300")


def test_tiles_that_share_a_parent_are_each_checked() -> None:
    # Read the honest neighbours first: nothing they have proved is said of the forged one.
    forged = LOG | files_in(VECTORS / "forged-tile")
    log = LogFiles(forged.get, HEAD)
    for index in (256, 511, 512, 767, 770, 774):
        assert log.leaf(index) == LogFiles(LOG.get, HEAD).leaf(index)
    with pytest.raises(FilesDoNotHold):
        log.leaf(7)


@pytest.mark.parametrize("index", [0, 7, 255, 256, 511, 700, 768, 774])
def test_a_changed_entry_is_named(index: int) -> None:
    tile = Tile(ENTRIES, index // 256, 256 if index < 768 else 7)
    entries = split_bundle(tile, LOG[tile.path])
    entries[index % 256] += b"!"
    assert check_log((LOG | {tile.path: bundle(entries)}).get, HEAD) == Fault(
        index, tile.path, "entry"
    )
    with pytest.raises(FilesDoNotHold, match=f"leaf {index} on"):
        LogFiles((LOG | {tile.path: bundle(entries)}).get, HEAD).entry(index)


@pytest.mark.parametrize(
    ("path", "at", "index"),
    [
        ("tile/0/000", 7, 7),
        ("tile/0/002", 255, 767),
        ("tile/0/003.p/7", 2, 770),
        ("tile/1/000.p/3", 0, 0),
        ("tile/1/000.p/3", 2, 512),
    ],
)
def test_a_changed_hash_is_named_by_its_leaf(path: str, at: int, index: int) -> None:
    bent = bytearray(LOG[path])
    bent[32 * at] ^= 1
    fault = check_log((LOG | {path: bytes(bent)}).get, HEAD)
    assert fault is not None
    assert (fault.index, fault.path) == (index, path)


def changed(files: Files, path: str, at: int) -> Files:
    """The files with one hash, or one entry, changed."""
    if "entries" in path:
        entries = split_bundle(Tile(ENTRIES, 0, 256), files[path])
        entries[at] += b"!"
        return files | {path: bundle(entries)}
    bent = bytearray(files[path])
    bent[32 * at] ^= 1
    return files | {path: bytes(bent)}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        # The earlier of two, wherever they are.
        ([("tile/0/003.p/7", 2), ("tile/entries/000", 5)], Fault(5, "tile/entries/000", "entry")),
        ([("tile/1/000.p/3", 1), ("tile/entries/000", 5)], Fault(5, "tile/entries/000", "entry")),
        ([("tile/1/000.p/3", 1), ("tile/0/000", 9)], Fault(0, "checkpoint", "root")),
        ([("tile/0/001", 3), ("tile/0/000", 9)], Fault(9, "tile/0/000", "tile")),
        # A tile and its bundle both: nothing proves either, so no decoy can be named instead.
        ([("tile/0/000", 7), ("tile/entries/000", 200)], Fault(0, "tile/0/000", "parent")),
    ],
)
def test_of_several_faults_the_first_that_is_certain_is_named(
    changes: list[tuple[str, int]], fault: Fault
) -> None:
    files = LOG
    for path, at in changes:
        files = changed(files, path, at)
    assert check_log(files.get, HEAD) == fault


def test_a_wrong_tile_over_a_missing_bundle_is_refused() -> None:
    files = changed(LOG, "tile/0/001", 3)
    del files["tile/entries/001"]
    assert check_log(files.get, HEAD) == Fault(256, "tile/0/001", "parent")


def test_files_that_agree_with_each_other_and_not_with_the_checkpoint_are_refused() -> None:
    other = Checkpoint(HEAD.origin, HEAD.size, leaf_hash(b"another"))
    assert check_log(LOG.get, other) == Fault(0, "checkpoint", "root")
    with pytest.raises(FilesDoNotHold, match="root"):
        LogFiles(LOG.get, other)
    swapped = Checkpoint(HEAD.origin, 774, HEAD.root)
    cut = LOG | {
        "tile/0/003.p/6": LOG["tile/0/003.p/7"][:-32],
        "tile/entries/003.p/6": bundle(
            split_bundle(Tile(ENTRIES, 3, 7), LOG["tile/entries/003.p/7"])[:6]
        ),
    }
    assert check_log(cut.get, swapped) == Fault(0, "checkpoint", "root")


@pytest.mark.parametrize("path", sorted(set(LOG) - {"checkpoint"}))
def test_a_file_that_is_needed_and_missing_or_cut_is_named(path: str) -> None:
    needed = [
        head
        for head in HEADS
        if check_log({k: v for k, v in LOG.items() if k != path}.get, head) is not None
    ]
    full = path.partition(".p/")[0]
    # Only a partial whose full tile is there can be spared.
    assert needed or full in LOG
    for head in needed:
        for files in (
            {k: v for k, v in LOG.items() if k != path},
            LOG | {path: LOG[path][:-1]},
            LOG | {path: LOG[path] + b"\x00"},
            LOG | {path: b""},
        ):
            fault = check_log(files.get, head)
            assert fault is not None
            assert (fault.path, fault.why in ("missing", "unreadable")) == (path, True)


def test_a_partial_that_was_deleted_is_read_from_its_full_tile() -> None:
    files = {
        path: data
        for path, data in LOG.items()
        if not path.startswith(("tile/0/000.p", "tile/entries/000.p"))
    }
    for head in HEADS:
        assert check_log(files.get, head) is None
    early = next(head for head in HEADS if head.size == 200)
    assert LogFiles(files.get, early).entry(199) == LogFiles(LOG.get, early).entry(199)


def test_an_empty_log_is_whole_and_has_nothing() -> None:
    empty = Checkpoint("o", 0, EMPTY_ROOT)
    assert check_log({}.get, empty) is None
    log = LogFiles({}.get, empty)
    assert log.consistency_proof(0) == []
    for ask in (log.leaf, log.entry, log.inclusion_proof):
        with pytest.raises(BeyondTheTree):
            ask(0)


def test_a_log_is_asked_only_for_what_it_has() -> None:
    log = LogFiles(LOG.get, HEAD)
    for ask in (log.leaf, log.entry, log.inclusion_proof, log.consistency_proof):
        for index in (-1, 776):
            with pytest.raises(BeyondTheTree):
                ask(index)
    with pytest.raises(BeyondTheTree):
        log.node(10, 0)


def test_only_what_the_checkpoint_requires_is_read() -> None:
    asked: list[str] = []

    def read(path: str) -> bytes | None:
        asked.append(path)
        return LOG.get(path)

    assert check_log(read, HEAD) is None
    needed = {f"tile/{level}/00{at}" for level in ("0", "entries") for at in range(3)}
    last = [partial(level, 775) for level in (ENTRIES, 0, 1)]
    assert sorted(asked) == sorted(needed | {tile.path for tile in last if tile})


def test_proofs_from_files_are_those_of_the_tree() -> None:
    receipt = parse_receipt(golden("receipt-300.tlog-proof"))
    log = LogFiles(LOG.get, HEAD)
    assert log.inclusion_proof(300) == list(receipt.hashes)
    tree = Tree(log.leaf(index) for index in range(775))
    assert tree.root() == HEAD.root
    for index in range(0, 775, 31):
        assert log.inclusion_proof(index) == tree.inclusion_proof(index)
        assert leaf_hash(log.entry(index)) == tree.leaf(index)
    for old in [*range(0, 776, 31), 256, 512, 768, 775]:
        assert log.consistency_proof(old) == tree.consistency_proof(old)
        verify_consistency(old, tree.root(old), 775, HEAD.root, log.consistency_proof(old))


def test_a_log_of_three_levels_is_whole_and_proves() -> None:
    entries = [b"%d" % number for number in range(70_000)]
    files, [early, head] = laid_out(entries, [65_536, 70_000])
    assert early.root == root_of([leaf_hash(one) for one in entries[:65_536]])
    assert check_log(files.get, early) is None
    assert check_log(files.get, head) is None
    log = LogFiles(files.get, head)
    for index in (0, 65_535, 65_536, 69_887, 69_888, 69_999):
        proof = log.inclusion_proof(index)
        verify_inclusion(leaf_hash(entries[index]), index, 70_000, proof, head.root)
    verify_consistency(65_536, early.root, 70_000, head.root, log.consistency_proof(65_536))
    for path, at, index in [
        ("tile/1/000", 5, 5 * 256),
        ("tile/1/001.p/17", 16, 65_536 + 16 * 256),
        ("tile/2/000.p/1", 0, 0),
        ("tile/0/200", 3, 200 * 256 + 3),
    ]:
        bent = bytearray(files[path])
        bent[32 * at + 31] ^= 0x80
        fault = check_log((files | {path: bytes(bent)}).get, head)
        assert fault is not None
        assert (fault.index, fault.path) == (index, path)


@given(st.integers(1, 700), st.integers(0, 700))
def test_any_growth_can_be_read_back(one: int, two: int) -> None:
    sizes = sorted({one, one + two})
    files, heads = laid_out([b"%d" % number for number in range(sizes[-1])], sizes)
    for head in heads:
        assert check_log(files.get, head) is None


def test_no_single_bit_of_a_log_can_change_unseen() -> None:
    chance = random.Random(775)
    weights = [len(data) for data in LOG.values()]
    for path in [*LOG, *chance.choices(list(LOG), weights, k=1000)]:
        bent = LOG | {path: flipped(LOG[path], chance)}
        if path == "checkpoint":
            with pytest.raises(Problem):
                judged(bent)
            continue
        fault = judged(bent)
        assert fault is not None, path
        assert 0 <= fault.index < 775


# -- a year's log, whose files begin where the year before ended

LONG = [b"leaf %d" % n for n in range(65_536 + 600)]
WHOLE, [LAST] = laid_out(LONG, [len(LONG)])


@pytest.mark.parametrize("start", [0, 1, 255, 256, 700, 65_536, 65_536 + 300])
def test_a_year_s_files_prove_its_own_leaves_and_nothing_is_missed(start: int) -> None:
    pruned = {path for path in WHOLE if parse_path(path).is_before(start)}
    # Bundles and hashes of 256 leaves each; and of the level above where all of it is past.
    assert len(pruned) == 2 * (start // 256) + start // 65_536
    files = {path: data for path, data in WHOLE.items() if path not in pruned}
    assert check_log(files.get, LAST, start) is None
    own = LogFiles(files.get, LAST)
    for index in {start, start + 1, len(LONG) - 1}:
        proof = own.inclusion_proof(index)
        verify_inclusion(leaf_hash(own.entry(index)), index, LAST.size, proof, LAST.root)
    if start:
        root = own.root(start)
        assert root == root_of([leaf_hash(one) for one in LONG[:start]])
        proof = own.consistency_proof(start)
        verify_consistency(start, root, LAST.size, LAST.root, proof)
    # To whoever is not told where the year begins, what is pruned is missing.
    assert bool(pruned) == (check_log(files.get, LAST) is not None)
    # A leaf of the year that was changed is found as before.
    path = tile_with(ENTRIES, (len(LONG) - 1) // 256, len(LONG)).path
    fault = check_log({**files, path: files[path][:-1] + b"x"}.get, LAST, start)
    assert fault == Fault(len(LONG) - 1, path, "entry")


def test_a_root_is_given_of_sizes_that_the_tree_has_had() -> None:
    files, [head] = laid_out([b"one", b"two"], [2])
    assert LogFiles(files.get, head).root(2) == head.root
    assert LogFiles(files.get, head).root(1) == leaf_hash(b"one")
    for size in (-1, 0, 3):
        with pytest.raises(BeyondTheTree):
            LogFiles(files.get, head).root(size)
