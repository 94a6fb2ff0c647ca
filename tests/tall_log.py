"""A log of as many leaves as you like, one of them given and all others alike: nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.files import LogFiles
from mingma.ledger.tiles import hashes_of, parse_path
from mingma.ledger.tree import leaf_hash, node_hash

OTHER: Final = b"another leaf"


@dataclass(frozen=True, slots=True)
class TallLog:
    """The hashes and files of such a log; `entry` is the leaf at `index`."""

    entry: bytes
    index: int
    size: int
    _others: list[bytes] = field(default_factory=list)
    _above: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        other, own = leaf_hash(OTHER), leaf_hash(self.entry)
        for height in range(self.size.bit_length()):
            self._others.append(other)
            self._above.append(own)
            right = self.index >> height & 1
            own = node_hash(other, own) if right else node_hash(own, other)
            other = node_hash(other, other)

    def node(self, height: int, place: int) -> bytes:
        """The root of a complete subtree."""
        held = place == self.index >> height
        return self._above[height] if held else self._others[height]

    @property
    def root(self) -> bytes:
        """The root of all leaves, folded from the smallest subtree at the right."""
        heights = [height for height in range(self.size.bit_length()) if self.size >> height & 1]
        root = self.node(heights[0], (self.size >> heights[0]) - 1)
        for height in heights[1:]:
            root = node_hash(self.node(height, (self.size >> height) - 1), root)
        return root

    @property
    def head(self) -> Checkpoint:
        """Its checkpoint."""
        return Checkpoint("log.test.example/tall", self.size, self.root)

    def proof(self) -> tuple[bytes, ...]:
        """From the given leaf to the root."""
        return tuple(LogFiles(self.file, self.head).inclusion_proof(self.index))

    def file(self, path: str) -> bytes:
        """The tile at a path."""
        tile = parse_path(path)
        return hashes_of(tile, self.node)

    def file_in(self, _: object, path: str) -> bytes:
        """The same, asked as `Receipts` asks a store's log."""
        return self.file(path)
