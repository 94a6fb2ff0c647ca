"""Tags that stand twice, and hour indexes that do not have the tags of their leaves.

A set of all tags of a province's year would take gigabytes. A bitmap takes eight bytes a leaf and
names suspects: every tag that stands twice is one, and about one in a hundred of the others. The
log is then read again for the suspects alone.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

from mingma.kernel.canonical import b64url
from mingma.ledger.tag_index import TagIndex
from mingma.ledger.tag_proof import TagTwice

BITS: Final = 64  # of the bitmap, for each leaf
SMALLEST: Final = 1 << 16  # bits
KEPT: Final = 2_000_000  # leaves whose tags are kept for an hour's index; an hour has fewer
_BEFORE_TAG: Final = b'"s":"'


class Suspects:
    """Tags that were seen before, or share a bit with one that was."""

    __slots__ = ("_bits", "_mask", "suspects")

    def __init__(self, leaves: int) -> None:
        size = max(SMALLEST, 1 << (leaves * BITS).bit_length())
        self._bits = bytearray(size // 8)
        self._mask = size - 1
        self.suspects: set[bytes] = set()

    def see(self, tag: bytes) -> None:
        """Take a tag, as a leaf writes it."""
        at = hash(tag) & self._mask
        byte, bit = at >> 3, 1 << (at & 7)
        if self._bits[byte] & bit:
            self.suspects.add(tag)
        else:
            self._bits[byte] |= bit

    def may_have(self, tag: bytes) -> bool:
        """Whether a tag may have been taken; False is certain."""
        at = hash(tag) & self._mask
        return bool(self._bits[at >> 3] & (1 << (at & 7)))


def tags_twice(
    read: Callable[[], Iterable[bytes]], suspects: Collection[bytes]
) -> Iterator[tuple[int, int]]:
    """(first leaf, later leaf) of each tag that stands twice; the log is read if any is suspect."""
    if not suspects:
        return
    first: dict[bytes, int] = {}
    for index, entry in enumerate(read()):
        start = entry.find(_BEFORE_TAG) + len(_BEFORE_TAG)
        tag = entry[start : entry.find(b'"', start)]
        if tag in suspects:
            before = first.setdefault(tag, index)
            if before != index:
                yield before, index


class HourIndex:
    """The tags since the last `index.hour`, to remake the next one from."""

    __slots__ = ("_start", "_tags")

    def __init__(self) -> None:
        self._start = 0
        self._tags: list[bytes | None] = []

    def see(self, index: int, tag: bytes | None) -> None:
        """Take the tag of the next leaf; None where it has none."""
        if len(self._tags) >= KEPT:
            self._start, self._tags = index, []
        self._tags.append(tag)

    def agrees(self, start: int, end: int, count: int, root: bytes) -> bool:
        """Whether the index of [start, end) has this count and this root, as leaves write it.

        A range that begins before what is kept can no longer be remade, and is not doubted; one
        that ends after it is nobody's to ask for.
        """
        if start < self._start:
            return True
        tags = self._tags[start - self._start : end - self._start]
        try:
            made = TagIndex(start, (_bytes(tag) for tag in tags)).commitment
        except TagTwice:
            return False
        self._tags, self._start = self._tags[end - self._start :], end
        return (made.count, b64url(made.root).encode()) == (count, root)


def _bytes(tag: bytes | None) -> bytes | None:
    return None if tag is None else base64.urlsafe_b64decode(tag + b"==")
