"""The log's arithmetic beside hashlib alone, beside pymerkle, and the audit of a log's files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, Final

from mingma.bench.leaves import NOW, unsealed
from mingma.bench.peers import missing, peer
from mingma.bench.rows import Row, best_rates
from mingma.flows.leaf_posts import LEAF_POSTS
from mingma.kernel.times import day_of
from mingma.ledger.audit import audit
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.files import check_log
from mingma.ledger.sealing import seal
from mingma.ledger.tiles import ENTRIES, Tile, bundle, growth, hashes_of, split_bundle
from mingma.ledger.tree import Tree, hash_entries

BATCH: Final = 1000  # entries appended at a time: a pool
RUNS: Final = 5
STEP: Final = 611_953  # a prime: leaves all over the tree, the same ones every time
WORSE: Final = {"yellow": 1, "red": 2}


def entries(count: int) -> list[bytes]:
    """So many sealed leaves."""
    today = day_of(NOW)
    return [seal(unsealed(number), today) for number in range(count)]


def ceiling_of(made: list[bytes]) -> Callable[[], int]:
    """What hashlib alone needs: one leaf hash and one node hash an entry."""
    node = bytes(64)

    def job() -> int:
        for entry in made:
            sha256(b"\x00" + entry).digest()
            sha256(b"\x01" + node).digest()
        return len(made)

    return job


def appends(made: list[bytes]) -> list[Row]:
    """In-memory appends in pools, beside the ceiling and beside pymerkle."""

    def ours() -> int:
        tree = Tree()
        for start in range(0, len(made), BATCH):
            tree.extend(hash_entries(made[start : start + BATCH]))
        return tree.size

    pymerkle = peer("pymerkle")
    jobs = {"ours": ours, "ceiling": ceiling_of(made)}
    if pymerkle is not None:
        jobs["pymerkle"] = lambda: _pymerkle_tree(pymerkle, made).get_size()
    found = best_rates(RUNS, jobs)
    what, unit = "appends in memory", "a CPU second"
    return [
        Row("hashlib alone: a leaf and a node an entry", unit, found["ceiling"]),
        Row(what, unit, found["ours"], "hashlib alone", found["ceiling"], bar=0.7),
        Row(
            what, unit, found["ours"], "pymerkle", found.get("pymerkle"), bar=8,
            why="" if pymerkle else missing("pymerkle"),
        ),
    ]  # fmt: skip


def proofs(size: int, asked: int) -> Row:
    """Inclusion proofs in a large tree, beside pymerkle's in one of that size."""
    made = [b"%d" % number for number in range(size)]
    places = [number * STEP % size for number in range(asked)]
    tree = Tree(hash_entries(made))

    def ours() -> int:
        for index in places:
            tree.inclusion_proof(index)
        return asked

    pymerkle = peer("pymerkle")
    jobs = {"ours": ours}
    if pymerkle is not None:
        other = _pymerkle_tree(pymerkle, made)

        def theirs() -> int:
            for index in places[: asked // 5]:
                other.prove_inclusion(index + 1)
            return asked // 5

        jobs["pymerkle"] = theirs
    found = best_rates(RUNS, jobs)
    return Row(
        f"inclusion proofs at {size:,} leaves", "a CPU second", found["ours"],
        "pymerkle", found.get("pymerkle"), bar=6, why="" if pymerkle else missing("pymerkle"),
    )  # fmt: skip


def _pymerkle_tree(pymerkle: Any, made: list[bytes]) -> Any:
    tree = pymerkle.InmemoryTree()
    tree.append_entries(made)
    return tree


def audits(made: list[bytes]) -> list[Row]:
    """Every file of a log checked and every leaf looked at, beside aics-tlog, which does less."""
    tree = Tree(hash_entries(made))
    head = Checkpoint("ledger.bench.example/codes/2022", tree.size, tree.root())
    files = _files(made, tree)

    def ours() -> int:
        found = audit(read, head.size, WORSE, LEAF_POSTS)
        if check_log(files.get, head) is not None or list(found):
            raise AssertionError("the log of the benchmark is an honest one")
        return head.size

    def read() -> Iterator[bytes]:
        for tile in growth(0, head.size):
            if tile.level == ENTRIES:
                yield from split_bundle(tile, files[tile.path])

    jobs = {
        "all": ours,
        "files": lambda: head.size if check_log(files.get, head) is None else 0,
    }
    aics = peer("aics_tlog")
    if aics is not None:
        jobs["aics"] = lambda: _audited_by(aics, files, head)
    found = best_rates(2, jobs)
    unit, beside = "leaves a CPU second", found.get("aics")
    return [
        Row(
            "audit: files checked, every leaf read", unit, found["all"],
            "aics-tlog, files alone", beside, limit=150_000,
            why="" if aics else missing("aics-tlog"),
        ),
        Row("… of it, the files", unit, found["files"], "aics-tlog, files alone", beside),
    ]  # fmt: skip


def _files(made: list[bytes], tree: Tree) -> dict[str, bytes]:
    def data(tile: Tile) -> bytes:
        if tile.level == ENTRIES:
            return bundle(made[tile.start : tile.start + tile.width])
        return hashes_of(tile, tree.node)

    return {tile.path: data(tile) for tile in growth(0, tree.size)}


def _audited_by(aics: Any, files: dict[str, bytes], head: Checkpoint) -> int:
    reader = aics.MemoryTileReader(files)
    return int(aics.audit_tiles(reader, head.size, head.root).size)
