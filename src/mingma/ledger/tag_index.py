"""The tags of a range of leaves in order: that a tag is among them, and that it is not.

An `index.hour` leaf commits to the range, to how many tags it holds, and to the RFC 6962 root of
the sorted list; anyone remakes it from the leaves. A *run* shows all tags that begin alike, so that
whoever asks for one need not say which. Follows docs/formats/tag-index.md.

INVARIANT: the count comes from the proven `index.hour` leaf, never from whoever made the proof.
What proves neither presence nor absence is an error; an error is never an absence.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from mingma.kernel.errors import Malformed, Refused
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.ledger.leaf_values import MAX_INDEX, TAG_SIZE
from mingma.ledger.tree import EMPTY_ROOT, HASH_SIZE, Tree, leaf_hash, verify_inclusion

VERSION: Final = 1
MAX_SHOWN: Final = 2  # the neighbours of a gap
MAX_RUN: Final = 4096  # entries shown at once: 2.5 MB with their hashes
CROWD: Final = 64  # tags, expected, among which the one that is asked for hides
NIBBLES: Final = 2 * TAG_SIZE  # of a tag, the unit of a prefix
MAX_HASHES: Final = MAX_INDEX.bit_length()  # no index has more tags than a log has leaves
_HEAD: Final = struct.Struct(">BB")  # version, how many entries are shown
_SHOWN: Final = struct.Struct(f">Q{TAG_SIZE}sQB")  # place, tag, leaf index, how many hashes
_RUN: Final = struct.Struct(">BH")  # version, how many entries are shown
_INDEX: Final = struct.Struct(">Q")


class TagProofUnreadable(Malformed):
    """Bytes or values that are no tag proof, or no commitment to a tag index.

    `why` is one of size, version, shown, place, tag, index, hashes, range, count, root, prefix,
    kind.
    """

    slug = "ledger.tag_proof_unreadable"
    zh = "不是合格的标签证明(`{why}`)"
    en = "not a proof about a tag (`{why}`)"
    remedy_zh = "请原样传送;写法见 docs/formats/tag-index.md"
    remedy_en = "pass it on unchanged; docs/formats/tag-index.md says how it is written"


class TagProofDoesNotHold(Refused):
    """A proof that shows neither that the tag is in the index nor that it is not.

    `why` is one of shown, place, tag, edge, range, root.
    """

    slug = "ledger.tag_proof_does_not_hold"
    zh = "标签证明不成立(`{why}`):既不能证明有,也不能证明无"
    en = "the tag proof does not hold (`{why}`): it shows neither presence nor absence"
    remedy_zh = "请勿当作“无此记录”;另取证明,或取全部叶自行核对"
    remedy_en = "do not take it for absence; fetch another, or all leaves of the range"


class TagTwice(Refused):
    """One tag stands twice in a range, which no honest log writes. An alarm."""

    slug = "ledger.tag_twice"
    zh = "同一标签出现两次:第 {first} 片叶与第 {second} 片叶"
    en = "one tag stands twice: in leaf {first} and in leaf {second}"
    remedy_zh = "请报警,连同检查点与两片叶一并公布"
    remedy_en = "raise the alarm and publish both leaves with the checkpoint"


class RunTooLong(Refused):
    """More tags begin so than are shown at once."""

    slug = "ledger.run_too_long"
    status = 400
    zh = "以此开头的标签过多(超过 {limit} 个)"
    en = "too many tags begin so (over {limit})"
    remedy_zh = "请加长开头的十六进制位,或取整个索引"
    remedy_en = "give more of its hexadecimal digits, or fetch the whole index"


@dataclass(frozen=True, slots=True)
class Commitment:
    """What an `index.hour` leaf says: `count` tags in leaves [start, end), under this root."""

    start: int
    end: int
    count: int
    root: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end <= MAX_INDEX:
            raise TagProofUnreadable(why="range")
        if not 0 <= self.count <= self.end - self.start:
            raise TagProofUnreadable(why="count")
        # A root does not tell its size, but for this one.
        if len(self.root) != HASH_SIZE or (self.count == 0) != (self.root == EMPTY_ROOT):
            raise TagProofUnreadable(why="root")


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry of the index, its place there, and the hashes from it to the root."""

    place: int
    tag: bytes
    leaf: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.place <= MAX_INDEX:
            raise TagProofUnreadable(why="place")
        _must_be_tag(self.tag)
        if not 0 <= self.leaf <= MAX_INDEX:
            raise TagProofUnreadable(why="index")
        if len(self.hashes) > MAX_HASHES or any(len(one) != HASH_SIZE for one in self.hashes):
            raise TagProofUnreadable(why="hashes")

    def __bytes__(self) -> bytes:
        head = _SHOWN.pack(self.place, self.tag, self.leaf, len(self.hashes))
        return head + b"".join(self.hashes)


@dataclass(frozen=True, slots=True)
class TagProof:
    """The entry of a tag, or those beside the place where it would stand. Not yet verified."""

    shown: tuple[Shown, ...]

    def __post_init__(self) -> None:
        if len(self.shown) > MAX_SHOWN:
            raise TagProofUnreadable(why="shown")

    def __bytes__(self) -> bytes:
        return _HEAD.pack(VERSION, len(self.shown)) + b"".join(bytes(one) for one in self.shown)


@dataclass(frozen=True, slots=True)
class TagRun:
    """All entries whose tags begin alike, and the neighbours of both ends. Not yet verified."""

    shown: tuple[Shown, ...]

    def __post_init__(self) -> None:
        if len(self.shown) > MAX_RUN + MAX_SHOWN:
            raise TagProofUnreadable(why="shown")

    def __bytes__(self) -> bytes:
        return _RUN.pack(VERSION, len(self.shown)) + b"".join(bytes(one) for one in self.shown)

    def about(self, tag: bytes) -> TagProof:
        """What the run shows of one tag, still to be verified."""
        _must_be_tag(tag)
        place = bisect_left(self.shown, tag, key=lambda one: one.tag)
        if place < len(self.shown) and self.shown[place].tag == tag:
            return TagProof((self.shown[place],))
        return TagProof(self.shown[max(0, place - 1) : place + 1])


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
                raise TagTwice(first=_leaf_in(before), second=_leaf_in(after))
        self._tree = Tree(leaf_hash(entry) for entry in self._entries)
        self.commitment = Commitment(
            start, start + len(every), len(self._entries), self._tree.root()
        )

    def prove(self, tag: bytes) -> TagProof:
        """The proof that the tag is there, or the one that it is not: whichever is true."""
        _must_be_tag(tag)
        place = bisect_left(self._entries, tag)
        if place < len(self._entries) and self._entries[place].startswith(tag):
            return TagProof((self._show(place),))
        beside = (one for one in (place - 1, place) if 0 <= one < len(self._entries))
        return TagProof(tuple(self._show(one) for one in beside))

    def run(self, prefix: str) -> TagRun:
        """Everything about the tags that begin with these hexadecimal digits; RunTooLong."""
        _must_be_prefix(prefix)
        first = bisect_left(self._entries, bytes.fromhex(prefix.ljust(NIBBLES, "0")))
        last = bytes.fromhex(prefix.ljust(NIBBLES, "f")) + b"\xff" * (_INDEX.size + 1)
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
        return Shown(place, entry[:TAG_SIZE], _leaf_in(entry), hashes)


def index_of(start: int, entries: Iterable[bytes]) -> TagIndex:
    """The index of a range of the log's entries; LeafUnreadable if one of them is no leaf."""
    return TagIndex(start, (parse(entry)[0].tag for entry in entries))


def whole_index(data: bytes, commitment: Commitment) -> TagIndex:
    """The index whose bytes these are, if it is the one committed to; or a refusal."""
    size = TAG_SIZE + _INDEX.size
    if len(data) != commitment.count * size:
        raise TagProofUnreadable(why="size")
    tags: list[bytes | None] = [None] * (commitment.end - commitment.start)
    for at in range(0, len(data), size):
        tag, leaf = data[at : at + TAG_SIZE], _leaf_in(data[at : at + size])
        if not commitment.start <= leaf < commitment.end:
            raise TagProofDoesNotHold(why="range")
        tags[leaf - commitment.start] = tag
    index = TagIndex(commitment.start, tags)
    if index.commitment != commitment or bytes(index) != data:
        raise TagProofDoesNotHold(why="root")
    return index


def commitment_in(leaf: Leaf) -> Commitment:
    """What an `index.hour` leaf commits to; TagProofUnreadable for any other leaf."""
    if leaf.kind is not Kind.INDEX_HOUR:
        raise TagProofUnreadable(why="kind")
    assert leaf.index is not None
    assert leaf.end is not None
    assert leaf.count is not None
    assert leaf.digest is not None  # the kind has all four
    return Commitment(leaf.index, leaf.end, leaf.count, leaf.digest)


def prefix_of(tag: bytes, count: int) -> str:
    """The digits to ask with, so that some CROWD of an index's tags begin alike; "" for all."""
    _must_be_tag(tag)
    digits = 0
    while count >> 4 * (digits + 1) >= CROWD:
        digits += 1
    return tag.hex()[:digits]


def entry_of(tag: bytes, leaf: int) -> bytes:
    """What the index hashes for a tag: the tag and its leaf's index, eight bytes, big end first."""
    _must_be_tag(tag)
    if not 0 <= leaf <= MAX_INDEX:
        raise TagProofUnreadable(why="index")
    return tag + _INDEX.pack(leaf)


def verify_present(tag: bytes, proof: TagProof, commitment: Commitment) -> int:
    """The index of the leaf that has the tag, or a refusal."""
    _must_be_tag(tag)
    if len(proof.shown) != 1:
        raise TagProofDoesNotHold(why="shown")
    (found,) = proof.shown
    _must_stand(found, commitment)
    if found.tag != tag:
        raise TagProofDoesNotHold(why="tag")
    return found.leaf


def verify_absent(tag: bytes, proof: TagProof, commitment: Commitment) -> None:
    """No leaf of the range has the tag, or a refusal."""
    _must_be_tag(tag)
    for one in proof.shown:
        _must_stand(one, commitment)
    if len(proof.shown) == MAX_SHOWN:
        _must_be_between(tag, *proof.shown)
    elif proof.shown:
        _must_be_outside(tag, proof.shown[0], commitment.count)
    elif commitment.count:
        raise TagProofDoesNotHold(why="shown")


def _must_stand(shown: Shown, commitment: Commitment) -> None:
    """The entry stands at its place in the index, and its leaf in the range."""
    if not commitment.start <= shown.leaf < commitment.end:
        raise TagProofDoesNotHold(why="range")
    hashed = leaf_hash(entry_of(shown.tag, shown.leaf))
    verify_inclusion(hashed, shown.place, commitment.count, shown.hashes, commitment.root)


def _must_be_between(tag: bytes, before: Shown, after: Shown) -> None:
    if after.place != before.place + 1:
        raise TagProofDoesNotHold(why="place")
    if before.tag == after.tag:
        raise TagTwice(first=before.leaf, second=after.leaf)
    if not before.tag < tag < after.tag:
        raise TagProofDoesNotHold(why="tag")


def _must_be_outside(tag: bytes, shown: Shown, count: int) -> None:
    """The tag stands before the first entry, or after the last."""
    before_the_first = shown.place == 0 and tag < shown.tag
    after_the_last = shown.place == count - 1 and shown.tag < tag
    if not before_the_first and not after_the_last:
        raise TagProofDoesNotHold(why="edge")


def parse_tag_proof(data: bytes) -> TagProof:
    """The proof in the bytes; TagProofUnreadable unless they are exactly one."""
    return TagProof(_parse_shown(data, _HEAD, MAX_SHOWN))


def parse_tag_run(data: bytes) -> TagRun:
    """The run in the bytes; TagProofUnreadable unless they are exactly one."""
    return TagRun(_parse_shown(data, _RUN, MAX_RUN + MAX_SHOWN))


def _parse_shown(data: bytes, head: struct.Struct, most: int) -> tuple[Shown, ...]:
    if len(data) < head.size:
        raise TagProofUnreadable(why="size")
    version, count = head.unpack_from(data)
    if version != VERSION:
        raise TagProofUnreadable(why="version")
    if count > most:
        raise TagProofUnreadable(why="shown")
    shown, at = [], head.size
    for _ in range(count):
        one, at = _shown_at(data, at)
        shown.append(one)
    if at != len(data):
        raise TagProofUnreadable(why="size")
    return tuple(shown)


def _shown_at(data: bytes, at: int) -> tuple[Shown, int]:
    """The entry that begins there, and where it ends."""
    if len(data) < at + _SHOWN.size:
        raise TagProofUnreadable(why="size")
    place, tag, leaf, count = _SHOWN.unpack_from(data, at)
    at += _SHOWN.size
    end = at + count * HASH_SIZE
    if len(data) < end:
        raise TagProofUnreadable(why="size")
    hashes = tuple(data[one : one + HASH_SIZE] for one in range(at, end, HASH_SIZE))
    return Shown(place, tag, leaf, hashes), end


def _leaf_in(entry: bytes) -> int:
    return int.from_bytes(entry[TAG_SIZE:], "big")


def _must_be_tag(tag: bytes) -> None:
    if len(tag) != TAG_SIZE:
        raise TagProofUnreadable(why="tag")


def _must_be_prefix(text: str) -> None:
    if len(text) > NIBBLES or any(digit not in "0123456789abcdef" for digit in text):
        raise TagProofUnreadable(why="prefix")
