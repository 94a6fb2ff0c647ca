"""The tags of a range of leaves in order, and what is proven from them (`tag_proof`).

An `index.hour` leaf commits to the range, to how many tags it holds, and to the RFC 6962 root of
the sorted list; anyone remakes it from the leaves. Follows docs/formats/tag-index.md.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from mingma.kernel.errors import Refused
from mingma.ledger.leaf import parse
from mingma.ledger.leaf_values import TAG_SIZE
from mingma.ledger.tag_proof import (
    LEAF_INDEX,
    MAX_RUN,
    Commitment,
    Shown,
    TagProof,
    TagProofDoesNotHold,
    TagProofUnreadable,
    TagRun,
    TagTwice,
    entry_of,
    leaf_in,
    must_be_tag,
)
from mingma.ledger.tree import Tree, leaf_hash

CROWD: Final = 64  # tags, expected, among which the one that is asked for hides
NIBBLES: Final = 2 * TAG_SIZE  # of a tag, the unit of a prefix


class RunTooLong(Refused):
    """More tags begin so than are shown at once."""

    slug = "ledger.run_too_long"
    status = 400
    zh = "以此开头的标签过多(超过 {limit} 个)"
    en = "too many tags begin so (over {limit})"
    remedy_zh = "请加长开头的十六进制位,或取整个索引"
    remedy_en = "give more of its hexadecimal digits, or fetch the whole index"


class TagIndex:
    """The sorted tags of the leaves from `start` on; None stands for a leaf without a tag."""

    __slots__ = ("_entries", "_tree", "commitment")

    def __init__(self, start: int, tags: Iterable[bytes | None]) -> None:
        every = list(tags)
        self._entries = sorted(
            entry_of(tag, leaf) for leaf, tag in enumerate(every, start) if tag is not None
        )
        for before, after in pairwise(self._entries):
            if before[:TAG_SIZE] == after[:TAG_SIZE]:
                raise TagTwice(first=leaf_in(before), second=leaf_in(after))
        self._tree = Tree(leaf_hash(entry) for entry in self._entries)
        self.commitment = Commitment(
            start, start + len(every), len(self._entries), self._tree.root()
        )

    def prove(self, tag: bytes) -> TagProof:
        """The proof that the tag is there, or the one that it is not: whichever is true."""
        must_be_tag(tag)
        place = bisect_left(self._entries, tag)
        if place < len(self._entries) and self._entries[place].startswith(tag):
            return TagProof((self._show(place),))
        beside = (one for one in (place - 1, place) if 0 <= one < len(self._entries))
        return TagProof(tuple(self._show(one) for one in beside))

    def run(self, prefix: str) -> TagRun:
        """Everything about the tags that begin with these hexadecimal digits; RunTooLong."""
        _must_be_prefix(prefix)
        first = bisect_left(self._entries, bytes.fromhex(prefix.ljust(NIBBLES, "0")))
        last = bytes.fromhex(prefix.ljust(NIBBLES, "f")) + b"\xff" * (LEAF_INDEX.size + 1)
        after = bisect_left(self._entries, last)
        if after - first > MAX_RUN:
            raise RunTooLong(limit=MAX_RUN)
        places = range(max(0, first - 1), min(len(self._entries), after + 1))
        return TagRun(tuple(self._show(place) for place in places))

    def __bytes__(self) -> bytes:
        """The whole index: its entries in order."""
        return b"".join(self._entries)

    def _show(self, place: int) -> Shown:
        entry = self._entries[place]
        hashes = tuple(self._tree.inclusion_proof(place))
        return Shown(place, entry[:TAG_SIZE], leaf_in(entry), hashes)


def index_of(start: int, entries: Iterable[bytes]) -> TagIndex:
    """The index of a range of the log's entries; LeafUnreadable if one of them is no leaf."""
    return TagIndex(start, (parse(entry)[0].tag for entry in entries))


def whole_index(data: bytes, commitment: Commitment) -> TagIndex:
    """The index whose bytes these are, if it is the one committed to; or a refusal."""
    size = TAG_SIZE + LEAF_INDEX.size
    if len(data) != commitment.count * size:
        raise TagProofUnreadable(why="size")
    tags: list[bytes | None] = [None] * (commitment.end - commitment.start)
    for at in range(0, len(data), size):
        tag, leaf = data[at : at + TAG_SIZE], leaf_in(data[at : at + size])
        if not commitment.start <= leaf < commitment.end:
            raise TagProofDoesNotHold(why="range")
        tags[leaf - commitment.start] = tag
    index = TagIndex(commitment.start, tags)
    if index.commitment != commitment or bytes(index) != data:
        raise TagProofDoesNotHold(why="root")
    return index


def prefix_of(tag: bytes, count: int) -> str:
    """The digits to ask with, so that some CROWD of an index's tags begin alike; "" for all."""
    must_be_tag(tag)
    digits = 0
    while count >> 4 * (digits + 1) >= CROWD:
        digits += 1
    return tag.hex()[:digits]


def _must_be_prefix(text: str) -> None:
    if len(text) > NIBBLES or any(digit not in "0123456789abcdef" for digit in text):
        raise TagProofUnreadable(why="prefix")
