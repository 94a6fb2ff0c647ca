"""Tiles and entry bundles: the log as files that never change (c2sp.org/tlog-tiles).

Hash i of tile n at level l is the root of leaves [(256n + i) 256^l, (256n + i + 1) 256^l). A bundle
holds the entries of a tile of level 0. Paths, bytes, and what a growth of the log writes are here;
checking is in `files`. Knows names and bytes, opens nothing.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mingma.kernel.errors import Malformed
from mingma.ledger.text import MAX_NUMBER
from mingma.ledger.tree import HASH_SIZE

HEIGHT: Final = 8  # levels of the tree in one tile
WIDTH: Final = 1 << HEIGHT  # hashes or entries in a full one
ENTRIES: Final = -1  # the level of bundles
MAX_LEVEL: Final = 63 // HEIGHT  # a log has fewer than 2**63 leaves
MAX_ENTRY_LENGTH: Final = 2**16 - 1
_PATH: Final = re.compile(
    r"tile/(entries|[0-7])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)
_LENGTH: Final = struct.Struct(">H")


class TileUnreadable(Malformed):
    """A path that names no tile, or bytes that are none. `why` is one of path, size, bundle."""

    slug = "ledger.tile_unreadable"
    zh = "不是日志的数据块(`{why}`:`{path}`)"
    en = "not a tile or bundle of a log (`{why}`: `{path}`)"
    remedy_zh = "请另取该文件;路径写法见 docs/formats/checkpoint.md"
    remedy_en = "fetch the file again; docs/formats/checkpoint.md says how paths are written"


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """The name of a tile, or of a bundle at level ENTRIES. Less than full width: a partial."""

    level: int
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        in_range = ENTRIES <= self.level <= MAX_LEVEL and 0 < self.width <= WIDTH
        if not in_range or not 0 <= self.index <= MAX_NUMBER // WIDTH:
            raise TileUnreadable(why="path", path=f"{self.level}/{self.index}/{self.width}")

    @property
    def path(self) -> str:
        """Where it is published, below the log's prefix."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        index = "/".join([f"x{one}" for one in groups[:-1]] + groups[-1:])
        level = "entries" if self.level == ENTRIES else str(self.level)
        part = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{index}{part}"

    @property
    def full(self) -> Tile:
        """The full tile that a partial becomes."""
        return Tile(self.level, self.index)

    @property
    def start(self) -> int:
        """The index of the first leaf that it covers."""
        return self.index << (max(self.level, 0) + 1) * HEIGHT

    def is_before(self, index: int) -> bool:
        """Whether it is full and ends at a leaf or before: pruned where a log begins there."""
        end = (self.index + 1) << (max(self.level, 0) + 1) * HEIGHT
        return self.width == WIDTH and end <= index


def parse_path(path: str) -> Tile:
    """The tile that a path names; TileUnreadable unless it prints back the same."""
    found = _PATH.fullmatch(path)
    if found is None or len(path) > 64:
        raise TileUnreadable(why="path", path=path[:64])
    level, index, width = found.groups()
    number = int(index.replace("/", "").replace("x", ""))
    if number > MAX_NUMBER // WIDTH or int(width or WIDTH) > WIDTH:
        raise TileUnreadable(why="path", path=path)
    tile = Tile(ENTRIES if level == "entries" else int(level), number, int(width or WIDTH))
    if tile.path != path:
        raise TileUnreadable(why="path", path=path)
    return tile


def partial(level: int, size: int) -> Tile | None:
    """The partial tile of a level in a log of that size; None if there is none."""
    index, width = divmod(size >> HEIGHT * max(level, 0), WIDTH)
    return Tile(level, index, width) if width else None


def tile_with(level: int, index: int, size: int) -> Tile:
    """The tile at an index of a level as a log of that size has it: full, or its partial."""
    last = partial(level, size)
    return last if last is not None and last.index == index else Tile(level, index)


def growth(old: int, size: int) -> Iterator[Tile]:
    """What a log that grows from `old` to `size` leaves writes: bundles first, then tiles upward.

    A full one is written once and never again; a partial for every size that is published.
    """
    if not 0 <= old <= size <= MAX_NUMBER:
        raise ValueError("a log only grows")
    for level in range(ENTRIES, MAX_LEVEL + 1):
        shift = HEIGHT * max(level, 0)
        before, after = old >> shift, size >> shift
        if before == after:
            return  # and nothing changes above
        for index in range(before // WIDTH, after // WIDTH):
            yield Tile(level, index)
        if width := after % WIDTH:
            yield Tile(level, after // WIDTH, width)


def hashes_of(tile: Tile, node: Callable[[int, int], bytes]) -> bytes:
    """The bytes of a tile, from a tree's complete subtrees by their height and place."""
    first = tile.index * WIDTH
    return b"".join(node(tile.level * HEIGHT, first + at) for at in range(tile.width))


def split_hashes(tile: Tile, data: bytes) -> list[bytes]:
    """The hashes in the bytes of a tile: exactly as many as it is wide."""
    if len(data) != tile.width * HASH_SIZE:
        raise TileUnreadable(why="size", path=tile.path)
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def bundle(entries: Sequence[bytes]) -> bytes:
    """The bytes of a bundle: each entry behind its length."""
    try:
        return b"".join([_LENGTH.pack(len(one)) + one for one in entries])
    except struct.error:
        raise ValueError("an entry has at most 65,535 bytes") from None


def split_bundle(tile: Tile, data: bytes) -> list[bytes]:
    """The entries in the bytes of a bundle: exactly as many as it is wide, and nothing after."""
    entries, end = entries_in(data, tile.width)
    if end != len(data) or len(entries) != tile.width:
        raise TileUnreadable(why="bundle", path=tile.path)
    return entries


def entries_in(data: bytes, most: int) -> tuple[list[bytes], int]:
    """At most so many entries, and where the last ends; past the end if its length says so."""
    entries: list[bytes] = []
    at, last = 0, len(data) - _LENGTH.size
    while at <= last and len(entries) < most:
        start = at + _LENGTH.size
        at = start + (data[at] << 8 | data[at + 1])  # a call an entry would take as long as a hash
        entries.append(data[start:at])
    return entries, at
