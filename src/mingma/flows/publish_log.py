"""Publish: what of the log is for everybody, as the bytes at a path (docs/formats/checkpoint.md).

A year's log carries on the tree of the year before, and has that one's files, too.

Made from the store whenever it is asked for, and the same bytes each time: the store is the truth,
files are a cache of it. Holds no leaf, and of the tree only what stands above the lowest tiles.
Whoever relies on the files checks them under the checkpoint's signature; nothing here vouches.
"""

from __future__ import annotations

import threading
from typing import Final

from mingma.flows.full_head import Heads
from mingma.flows.stored_head import last_heads, stored_head
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.note import parse_note
from mingma.ledger.tiles import (
    ENTRIES,
    HEIGHT,
    WIDTH,
    Tile,
    TileUnreadable,
    bundle,
    hashes_of,
    parse_path,
)
from mingma.ledger.tree import Tree, leaf_hash, root_of
from mingma.ports import Store, Unit

CHECKPOINT: Final = "checkpoint"
LANDMARKS: Final = "landmarks"  # made by `receipts`, for who has the trust policy


class PublicLog:
    """The files of one log, out of its store. Safe from several threads.

    `heads` complete the checkpoint; without them it has the lines that the store's head has. `last`
    is the last head of an earlier year's log, whose files are then given, and no more.
    """

    def __init__(self, store: Store, heads: Heads | None = None, last: bytes | None = None) -> None:
        self.store = store
        self._heads = heads
        self._last = last
        with store.read() as unit:
            size, _ = self._head(unit)
            earlier = [one for one, _ in last_heads(unit) if one < size]
        self.start = max(earlier, default=0)  # of this log; what ends before is an earlier one's
        self._above = Tree()  # over the roots of the full tiles of level 0
        self._growing = threading.Lock()

    def head(self) -> tuple[bytes, Checkpoint] | None:
        """The newest signed checkpoint, its bytes and what they say; None before the first one."""
        with self.store.read() as unit:
            size, head = self._head(unit)
        if not head:
            return None
        stored_head(head, size)
        note = self.completed(head)  # of a later head, where that was signed meanwhile
        return note, parse_checkpoint(parse_note(note).text)

    def completed(self, head: bytes) -> bytes:
        """A stored head as it is published, with every line of the log."""
        return self._heads.of(head) if self._heads else head

    def remember(self, note: bytes) -> None:
        """A checkpoint that was published before: its bytes stay while its head does."""
        if self._heads is not None:
            self._heads.remember(note)

    def file(self, path: str) -> bytes | None:
        """The bytes at a path; None if the log has no such file, or not yet."""
        if path == CHECKPOINT:
            found = self.head()
            return found[0] if found else None
        with self.store.read() as unit:
            return self.file_in(unit, path)

    def file_in(self, unit: Unit, path: str) -> bytes | None:
        """The bytes of a tile or bundle as a unit sees the log; None if it has none such."""
        try:
            tile = parse_path(path)
        except TileUnreadable:
            return None
        size, _ = self._head(unit)
        have = size >> HEIGHT * max(tile.level, 0)
        if tile.index * WIDTH + tile.width > have:
            return None
        return self._tile(unit, tile)

    def _head(self, unit: Unit) -> tuple[int, bytes]:
        if self._last is None:
            return unit.head()
        return parse_checkpoint(parse_note(self._last).text).size, self._last

    def _tile(self, unit: Unit, tile: Tile) -> bytes:
        if tile.level > 0:
            above = self._grown(unit, tile)
            return hashes_of(tile, lambda height, place: above.node(height - HEIGHT, place))
        entries = unit.leaves(tile.start, tile.start + tile.width)
        if tile.level == ENTRIES:
            return bundle(entries)
        return b"".join(leaf_hash(entry) for entry in entries)

    def _grown(self, unit: Unit, tile: Tile) -> Tree:
        """The tree above level 0, at least as far as a tile needs it."""
        needed = (tile.index * WIDTH + tile.width) << (tile.level - 1) * HEIGHT
        with self._growing:
            for index in range(self._above.size, needed):
                entries = unit.leaves(index * WIDTH, (index + 1) * WIDTH)
                self._above.extend([root_of([leaf_hash(entry) for entry in entries])])
        return self._above
