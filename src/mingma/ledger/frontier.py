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
        carried = [sha256(b"\x00" + entry).digest() for entry in entries]
        size, bits = self.size + len(carried), self.size
        subtrees, stay = list(self.subtrees), []
        while carried:  # once for each bit of the counter, the lowest first
            if bits & 1:
                carried.insert(0, subtrees.pop())
            if len(carried) & 1:
                stay.append(carried.pop())
            one = iter(carried)
            pairs = zip(one, one, strict=True)
            carried = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
            bits >>= 1
        return Frontier(size, (*subtrees, *reversed(stay)))

    def root(self) -> bytes:
        """The root over all of it."""
        if not self.subtrees:
            return sha256().digest()
        *larger, root = self.subtrees
        for subtree in reversed(larger):
            root = sha256(b"\x01" + subtree + root).digest()
        return root
