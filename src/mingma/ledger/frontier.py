"""The root of a growing log, reckoned without `tree`: what is stored is hashed again before a seal.

A binary counter of complete subtrees, the largest first. It shares no function with `tree`, so a
fault in one, or a bit that flipped between them, shows as two different roots.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Frontier:
    """The roots of a log's complete subtrees: one for each bit of its size."""

    size: int = 0
    subtrees: tuple[bytes, ...] = ()

    def grown(self, entries: Iterable[bytes]) -> Frontier:
        """The frontier with these entries after the others."""
        size, subtrees = self.size, list(self.subtrees)
        for entry in entries:
            hashed = sha256(b"\x00" + entry).digest()
            carried = size
            while carried & 1:
                hashed = sha256(b"\x01" + subtrees.pop() + hashed).digest()
                carried >>= 1
            subtrees.append(hashed)
            size += 1
        return Frontier(size, tuple(subtrees))

    def root(self) -> bytes:
        """The root over all of it."""
        if not self.subtrees:
            return sha256().digest()
        *larger, root = self.subtrees
        for subtree in reversed(larger):
            root = sha256(b"\x01" + subtree + root).digest()
        return root
