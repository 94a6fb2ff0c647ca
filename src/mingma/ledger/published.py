"""The entries of a published log, in order, and only those that were proven.

A log on the web may answer differently each time it is asked. `SameAgain` remembers a digest of
each bundle that `files.check_log` saw, and refuses other bytes at a later reading: what was proven
once and what is audited afterwards are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from mingma.ledger.files import FilesDoNotHold, Read
from mingma.ledger.tiles import ENTRIES, WIDTH, Tile, parse_path, split_bundle, tile_with

_BUNDLES: Final = "tile/entries/"


class SameAgain:
    """Reads files; a bundle that reads differently the second time is refused."""

    __slots__ = ("_digests", "_read")

    def __init__(self, read: Read) -> None:
        self._read = read
        self._digests: dict[str, bytes] = {}

    def __call__(self, path: str) -> bytes | None:
        """The bytes at a path, None if there is no such file; raises FilesDoNotHold."""
        data = self._read(path)
        if data is not None and path.startswith(_BUNDLES):
            digest = sha256(data).digest()
            if self._digests.setdefault(path, digest) != digest:
                raise FilesDoNotHold(path=path, why="entry", index=parse_path(path).start)
        return data


def entries_of(read: Read, size: int) -> Iterator[bytes]:
    """Every entry of a log of that size, whose files `check_log` found whole."""
    for index in range(-(-size // WIDTH)):
        tile = tile_with(ENTRIES, index, size)
        data, found = read(tile.path), tile
        if data is None:  # a partial may have been deleted once the full one was there
            found = Tile(ENTRIES, index)
            data = read(found.path)
        if data is None:
            raise FilesDoNotHold(path=tile.path, why="missing", index=tile.start)
        yield from split_bundle(found, data)[: tile.width]
