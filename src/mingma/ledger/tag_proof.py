"""The proof about one tag: that it is among the tags of a range of leaves, or that it is not.

A *run* shows all tags that begin alike, so that whoever asks for one need not say which. Follows
docs/formats/tag-index.md.

INVARIANT: the count comes from the proven `index.hour` leaf, never from whoever made the proof.
What proves neither presence nor absence is an error; an error is never an absence.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

from mingma.kernel.errors import Malformed, Refused
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.leaf_values import MAX_INDEX, TAG_SIZE
from mingma.ledger.tree import EMPTY_ROOT, HASH_SIZE, leaf_hash, verify_inclusion

VERSION: Final = 1
MAX_SHOWN: Final = 2  # the neighbours of a gap
MAX_RUN: Final = 4096  # entries shown at once: 2.5 MB with their hashes
MAX_HASHES: Final = MAX_INDEX.bit_length()  # no index has more tags than a log has leaves
_HEAD: Final = struct.Struct(">BB")  # version, how many entries are shown
_SHOWN: Final = struct.Struct(f">Q{TAG_SIZE}sQB")  # place, tag, leaf index, how many hashes
_RUN: Final = struct.Struct(">BH")  # version, how many entries are shown
LEAF_INDEX: Final = struct.Struct(">Q")


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
        must_be_tag(self.tag)
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
        must_be_tag(tag)
        place = bisect_left(self.shown, tag, key=lambda one: one.tag)
        if place < len(self.shown) and self.shown[place].tag == tag:
            return TagProof((self.shown[place],))
        return TagProof(self.shown[max(0, place - 1) : place + 1])


def commitment_in(leaf: Leaf) -> Commitment:
    """What an `index.hour` leaf commits to; TagProofUnreadable for any other leaf."""
    if leaf.kind is not Kind.INDEX_HOUR:
        raise TagProofUnreadable(why="kind")
    assert leaf.index is not None
    assert leaf.end is not None
    assert leaf.count is not None
    assert leaf.digest is not None  # the kind has all four
    return Commitment(leaf.index, leaf.end, leaf.count, leaf.digest)


def entry_of(tag: bytes, leaf: int) -> bytes:
    """What the index hashes for a tag: the tag and its leaf's index, eight bytes, big end first."""
    must_be_tag(tag)
    if not 0 <= leaf <= MAX_INDEX:
        raise TagProofUnreadable(why="index")
    return tag + LEAF_INDEX.pack(leaf)


def verify_present(tag: bytes, proof: TagProof, commitment: Commitment) -> int:
    """The index of the leaf that has the tag, or a refusal."""
    must_be_tag(tag)
    if len(proof.shown) != 1:
        raise TagProofDoesNotHold(why="shown")
    (found,) = proof.shown
    _must_stand(found, commitment)
    if found.tag != tag:
        raise TagProofDoesNotHold(why="tag")
    return found.leaf


def verify_absent(tag: bytes, proof: TagProof, commitment: Commitment) -> None:
    """No leaf of the range has the tag, or a refusal."""
    must_be_tag(tag)
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


def leaf_in(entry: bytes) -> int:
    """The leaf's index that an entry holds."""
    return int.from_bytes(entry[TAG_SIZE:], "big")


def must_be_tag(tag: bytes) -> None:
    """Raise TagProofUnreadable for bytes of another length."""
    if len(tag) != TAG_SIZE:
        raise TagProofUnreadable(why="tag")
