"""A log laid out as files, read by path and believed only under a checkpoint.

Whoever can change the files can at most make them be refused. The right-edge tiles together give
the root; every full tile is checked against its hash in the tile above before anything in it is
used, each tile by itself, however many leaves, levels and proofs share it. (CVE-2026-56865: a
reader that checked only some.)

`LogFiles` reads single hashes, entries and proofs. `check_log` reads everything once and names the
first leaf that the files do not prove.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from mingma.kernel.errors import Refused
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.tiles import (
    ENTRIES,
    HEIGHT,
    MAX_LEVEL,
    WIDTH,
    Tile,
    TileUnreadable,
    partial,
    split_bundle,
    split_hashes,
    tile_with,
)
from mingma.ledger.tree import BeyondTheTree, hash_entries, leaf_hash, node_hash, root_of

Read = Callable[[str], bytes | None]  # the bytes at a path; None: there is no such file
Edge = dict[Tile, list[bytes]]  # the partial tiles, the top one first
_CHECKPOINT: Final = "checkpoint"


class FilesDoNotHold(Refused):
    """A file of the log is not the one that its checkpoint stands for.

    `index` is the first leaf that is not proven. `why` is one of missing, unreadable, root, parent,
    tile, entry; and landmark, one that witnesses cosigned and the log does not continue.
    """

    slug = "ledger.files_do_not_hold"
    zh = "日志文件 `{path}` 与检查点不符(`{why}`),自第 {index} 片叶起不可采信"
    en = "the log's file `{path}` does not fit its checkpoint (`{why}`) from leaf {index} on"
    remedy_zh = "请另取该文件;仍不符者,连同检查点公布并报警"
    remedy_en = "fetch the file again; if it stays so, publish it with the checkpoint and alarm"


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a log's files stop being what its checkpoint stands for."""

    index: int
    path: str
    why: str


class LogFiles:
    """The hashes, entries and proofs of one checkpoint's tree, out of files that are not trusted.

    Keeps the tiles it has checked, so it is for one question or a few; `check_log` keeps none.
    """

    __slots__ = ("_checked", "_read", "size")

    def __init__(self, read: Read, checkpoint: Checkpoint) -> None:
        self.size = checkpoint.size
        self._read = read
        edge = _right_edge(read, checkpoint.size)
        if _root_of_edge(edge) != checkpoint.root:
            raise FilesDoNotHold(path=_CHECKPOINT, why="root", index=0)
        self._checked = edge

    def leaf(self, index: int) -> bytes:
        """The leaf hash at an index."""
        return self.node(0, index)

    def entry(self, index: int) -> bytes:
        """The entry at an index, checked against its leaf hash."""
        hashed = self.leaf(index)
        tile = tile_with(ENTRIES, index // WIDTH, self.size)
        found = _entries(self._read, tile)[index % WIDTH]
        if leaf_hash(found) != hashed:
            raise FilesDoNotHold(path=tile.path, why="entry", index=index)
        return found

    def entries(self, start: int) -> Iterator[bytes]:
        """Every entry from an index on, in order, each checked against its leaf hash."""
        for place in range(start // WIDTH, -(-self.size // WIDTH)):
            tile = tile_with(ENTRIES, place, self.size)
            found = _entries(self._read, tile)
            if hash_entries(found) != self._tile(0, place):
                raise FilesDoNotHold(path=tile.path, why="entry", index=tile.start)
            yield from found[max(0, start - tile.start) :]

    def node(self, height: int, place: int) -> bytes:
        """The root of leaves [place 2**height, (place + 1) 2**height), all of them in the tree."""
        if place < 0 or (place + 1) << height > self.size:
            raise BeyondTheTree(asked=f"subtree {place} of height {height}", size=self.size)
        level, above = divmod(height, HEIGHT)
        first = place << above
        hashes = self._tile(level, first // WIDTH)
        return root_of(hashes[first % WIDTH : first % WIDTH + (1 << above)])

    def root(self, size: int) -> bytes:
        """The root that the tree had when it had so many leaves."""
        if not 0 < size <= self.size:
            raise BeyondTheTree(asked=f"size {size}", size=self.size)
        return self._subtree(0, size)

    def inclusion_proof(self, index: int) -> list[bytes]:
        """The siblings from a leaf to the root, as RFC 6962 section 2.1.1 words it."""
        if not 0 <= index < self.size:
            raise BeyondTheTree(asked=f"leaf {index}", size=self.size)
        proof, start, end = [], 0, self.size
        while end - start > 1:
            split = start + _split(end - start)
            if index < split:
                proof.append(self._subtree(split, end))
                end = split
            else:
                proof.append(self._subtree(start, split))
                start = split
        return proof[::-1]

    def consistency_proof(self, old: int) -> list[bytes]:
        """What leads from the root of `old` leaves to the root, as RFC 6962 section 2.1.2 words it.

        Empty for an old size of 0, whose root proves nothing.
        """
        if not 0 <= old <= self.size:
            raise BeyondTheTree(asked=f"size {old}", size=self.size)
        if old in (0, self.size):
            return []
        proof, start, end = [], 0, self.size
        while end != old:
            split = start + _split(end - start)
            if old <= split:
                proof.append(self._subtree(split, end))
                end = split
            else:
                proof.append(self._subtree(start, split))
                start = split
        # The old root itself is not sent: the verifier has it.
        return proof[::-1] if start == 0 else [self._subtree(start, end), *proof[::-1]]

    def _subtree(self, start: int, end: int) -> bytes:
        width = end - start
        if width & (width - 1) == 0:
            return self.node(width.bit_length() - 1, start // width)
        split = start + _split(width)
        return node_hash(self._subtree(start, split), self._subtree(split, end))

    def _tile(self, level: int, index: int) -> list[bytes]:
        """The hashes of a tile, every one above it checked first."""
        tile = tile_with(level, index, self.size)
        if tile not in self._checked:
            above = self._tile(level + 1, index // WIDTH)
            found = _hashes(self._read, tile)
            if _root(found) != above[index % WIDTH]:
                raise FilesDoNotHold(path=tile.path, why="parent", index=tile.start)
            self._checked[tile] = found
        return self._checked[tile]


def check_log(read: Read, checkpoint: Checkpoint, start: int = 0) -> Fault | None:
    """The first leaf that the files of a log do not prove, and why; None if all is well.

    Tiles that end at `start` or before are another log's to have, and not read.

    Reads each tile and bundle that a log of this size has, and nothing else; the checkpoint must
    have been verified before. A wrong tile is named by its first wrong hash where what lies below
    proves the rest; where a tile and its bundle were forged together nothing in them is proven, and
    the tile's first leaf is named.
    """
    try:
        stored = _right_edge(read, checkpoint.size)
        right = _proven_edge(read, stored, checkpoint.root)
        for tile in stored:  # from the top, which is from the first leaf on
            _check_below(read, tile, right[tile], stored[tile], start)
    except FilesDoNotHold as fault:
        return Fault(**fault.details)  # type: ignore[arg-type] # they are index, path and why
    return None


def _proven_edge(read: Read, stored: Edge, root: bytes) -> Edge:
    """The right edge that has this root: as it is stored, or as what lies below makes it."""
    if _root_of_edge(stored) == root:
        return stored
    remade = {tile: _remade(read, tile) for tile in stored}
    if _root_of_edge(remade) != root:
        raise FilesDoNotHold(path=_CHECKPOINT, why="root", index=0)
    return remade


def _check_below(
    read: Read, tile: Tile, right: list[bytes], stored: list[bytes], start: int
) -> None:
    """A tile, and everything under it, from the first leaf on: `right` is proven."""
    if tile.level == 0:
        _check_entries(read, tile, right, stored)
        return
    for at, hashed in enumerate(right):
        below = Tile(tile.level - 1, tile.index * WIDTH + at)
        if stored[at] != hashed:
            raise FilesDoNotHold(path=tile.path, why="tile", index=below.start)
        if below.is_before(start):
            continue
        found = proven = _hashes(read, below)
        if _root(found) != hashed:
            proven = _remade(read, below)
            if _root(proven) != hashed:
                raise FilesDoNotHold(path=below.path, why="parent", index=below.start)
        _check_below(read, below, proven, found, start)


def _check_entries(read: Read, tile: Tile, right: list[bytes], stored: list[bytes]) -> None:
    bundle = Tile(ENTRIES, tile.index, tile.width)
    found = hash_entries(_entries(read, bundle))
    if found == right == stored:
        return
    for at, hashed in enumerate(right):
        if found[at] != hashed:
            raise FilesDoNotHold(path=bundle.path, why="entry", index=tile.start + at)
        if stored[at] != hashed:
            raise FilesDoNotHold(path=tile.path, why="tile", index=tile.start + at)


def _remade(read: Read, tile: Tile) -> list[bytes]:
    """The hashes of a tile made anew from what lies below it; as stored where that is no help."""
    try:
        if tile.level == 0:
            return hash_entries(_entries(read, Tile(ENTRIES, tile.index, tile.width)))
        first = tile.index * WIDTH
        below = [Tile(tile.level - 1, first + at) for at in range(tile.width)]
        return [_root(_hashes(read, one)) for one in below]
    except FilesDoNotHold:
        return _hashes(read, tile)


def _right_edge(read: Read, size: int) -> Edge:
    """The hashes of the partial tiles, which together give the root."""
    return {
        tile: _hashes(read, tile)
        for level in range(MAX_LEVEL, ENTRIES, -1)
        if (tile := partial(level, size)) is not None
    }


def _root_of_edge(edge: Edge) -> bytes:
    incomplete: list[bytes] = []
    for hashes in reversed(edge.values()):
        # What stands right of a level's complete subtrees is the one incomplete one.
        incomplete = [root_of(hashes + incomplete)]
    return root_of(incomplete)


def _hashes(read: Read, tile: Tile) -> list[bytes]:
    return _file(read, tile, split_hashes)


def _entries(read: Read, tile: Tile) -> list[bytes]:
    return _file(read, tile, split_bundle)


def _file(read: Read, tile: Tile, split: Callable[[Tile, bytes], list[bytes]]) -> list[bytes]:
    """What is in a file; a partial may have been deleted once the full one was there."""
    data, found = read(tile.path), tile
    if data is None and tile.width < WIDTH:
        found = tile.full
        data = read(found.path)
    if data is None:
        raise FilesDoNotHold(path=tile.path, why="missing", index=tile.start)
    try:
        return split(found, data)[: tile.width]
    except TileUnreadable:
        raise FilesDoNotHold(path=found.path, why="unreadable", index=tile.start) from None


def _root(hashes: list[bytes]) -> bytes:
    """The root of a full tile, level by level: `root_of` for the width that is met most."""
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return hashes[0]


def _split(width: int) -> int:
    """The largest power of two below a width: where RFC 6962 divides it."""
    return 1 << (width - 1).bit_length() - 1
