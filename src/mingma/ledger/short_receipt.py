"""The short receipt: that an entry is in the log, small enough for a QR code.

It has no signatures. It leads to a landmark, a size and root of the log that the reader loaded
beforehand and checked under its policy. Follows docs/formats/short-receipt.md: a fixed layout, so
that every receipt has one writing.

Does not know where landmarks come from, nor which log's they are.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mingma.kernel.errors import Malformed, Refused
from mingma.ledger.leaf import MAX_ENTRY
from mingma.ledger.leaf_values import MAX_INDEX
from mingma.ledger.tree import HASH_SIZE, leaf_hash, verify_inclusion

MAX_SIZE: Final = MAX_INDEX + 1  # of a landmark: every leaf that a leaf can name can be proven
MAX_HASHES: Final = MAX_INDEX.bit_length()
NARROW: Final = 2**32 - 1  # the largest landmark that version 1 leads to
# By version: version, index, landmark's size, bytes of the entry.
_HEADS: Final = {1: struct.Struct(">BIIH"), 2: struct.Struct(">BQQH")}


class ShortReceiptUnreadable(Malformed):
    """Bytes or values that are no short receipt.

    `why` is one of size, version, landmark, index, entry, hashes.
    """

    slug = "ledger.short_receipt_unreadable"
    zh = "不是合格的短回执(`{why}`)"
    en = "not a short receipt (`{why}`)"
    remedy_zh = "请重新扫码;写法见 docs/formats/short-receipt.md"
    remedy_en = "scan it again; docs/formats/short-receipt.md says how it is written"


class LandmarkUnknown(Refused):
    """The receipt leads to a landmark that the reader has not loaded: it proves nothing here."""

    slug = "ledger.landmark_unknown"
    zh = "未载入大小为 {size} 的日志界标,短回执无从核验"
    en = "no landmark of size {size} is loaded, so the short receipt cannot be verified"
    remedy_zh = "请更新界标,或出示完整回执;核验之前不得据此认定红码、黄码"
    remedy_en = "load newer landmarks or show the full receipt; until then it supports no red"


@dataclass(frozen=True, slots=True)
class ShortReceipt:
    """An entry, its index, and the hashes from it to a landmark's root. Not yet verified."""

    entry: bytes
    index: int
    size: int  # of the landmark
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not 0 < self.size <= MAX_SIZE:
            raise ShortReceiptUnreadable(why="landmark")
        if not 0 <= self.index < self.size:
            raise ShortReceiptUnreadable(why="index")
        if not 0 < len(self.entry) <= MAX_ENTRY:
            raise ShortReceiptUnreadable(why="entry")
        if len(self.hashes) > MAX_HASHES or any(len(one) != HASH_SIZE for one in self.hashes):
            raise ShortReceiptUnreadable(why="hashes")

    def __bytes__(self) -> bytes:
        version = _version(self.size)
        head = _HEADS[version].pack(version, self.index, self.size, len(self.entry))
        return head + self.entry + b"".join(self.hashes)

    def verify(self, landmarks: Mapping[int, bytes]) -> tuple[bytes, int]:
        """The proven entry and the size of the landmark that proves it, or a refusal.

        `landmarks` are roots by size, of one log. The entry is hashed and not read: read it after
        this, and only its own bytes.
        """
        root = landmarks.get(self.size)
        if root is None:
            raise LandmarkUnknown(size=self.size)
        verify_inclusion(leaf_hash(self.entry), self.index, self.size, self.hashes, root)
        return self.entry, self.size


def parse_short_receipt(data: bytes) -> ShortReceipt:
    """The receipt in the bytes; ShortReceiptUnreadable unless they are exactly one."""
    if not data:
        raise ShortReceiptUnreadable(why="size")
    head = _HEADS.get(data[0])
    if head is None:
        raise ShortReceiptUnreadable(why="version")
    if len(data) < head.size:
        raise ShortReceiptUnreadable(why="size")
    version, index, size, length = head.unpack_from(data)
    if version != _version(size):
        raise ShortReceiptUnreadable(why="landmark")
    start = head.size + length
    count, over = divmod(len(data) - start, HASH_SIZE)
    if count < 0 or over:
        raise ShortReceiptUnreadable(why="size")
    if count > MAX_HASHES:
        raise ShortReceiptUnreadable(why="hashes")
    hashes = tuple(data[one : one + HASH_SIZE] for one in range(start, len(data), HASH_SIZE))
    return ShortReceipt(data[head.size : start], index, size, hashes)


def _version(size: int) -> int:
    """The version a landmark of this size is written in: the narrow one as long as it can be."""
    return 1 if size <= NARROW else 2
