"""The Merkle tree of RFC 6962 (SHA-256): roots, inclusion and consistency proofs.

`Tree` grows by leaf hashes and proves for every size it has had; it is rebuilt from the stored
leaves at any time and is no truth of its own. Its levels hold complete subtrees only, which is
also what a tile holds. `root_of` is the definition written a second time, for whoever wants to
check what was stored before signing it.

Verification is strict: hashes of 32 bytes, the exact number of them, index < size. What does not
hold raises; nothing here answers with False.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final

from mingma.kernel.errors import Malformed, Refused

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()


class ProofDoesNotHold(Refused):
    """A proof that does not lead from what it claims to the root it claims.

    `why` is one of hash_size, sizes, proof_length, root_differs.
    """

    slug = "ledger.proof_does_not_hold"
    zh = "证明不成立(`{proof}`:`{why}`)"
    en = "the {proof} proof does not hold: `{why}`"
    remedy_zh = "请勿采信;另取证明,并与他人所见的检查点比对"
    remedy_en = "do not rely on it; fetch another and compare with a checkpoint others have seen"


class BeyondTheTree(Malformed):
    """A proof was asked for a leaf or size that the tree does not have."""

    slug = "ledger.beyond_the_tree"
    status = 404
    zh = "树中没有 `{asked}`:现有 {size} 片叶"
    en = "the tree has no `{asked}`: it has {size} leaves"
    remedy_zh = "请先取最新检查点"
    remedy_en = "read the latest checkpoint first"


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf."""
    return sha256(b"\x00" + entry).digest()


def hash_entries(entries: Iterable[bytes]) -> list[bytes]:
    """The hashes of many entries as leaves: a call an entry would cost a fifth of the hashing."""
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees as one."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, as RFC 6962 section 2.1 words it."""
    if not leaf_hashes:
        return EMPTY_ROOT
    if len(leaf_hashes) == 1:
        return leaf_hashes[0]
    split = 1 << (len(leaf_hashes) - 1).bit_length() - 1
    return node_hash(root_of(leaf_hashes[:split]), root_of(leaf_hashes[split:]))


class Tree:
    """A tree that grows at its right edge.

    Level l holds the hashes of all complete subtrees of 2**l leaves, 32 bytes each, in order.
    """

    __slots__ = ("_levels",)

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        self._levels: list[bytearray] = [bytearray()]
        self.extend(leaf_hashes)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0]) // HASH_SIZE

    def append(self, entry: bytes) -> int:
        """Add one entry; the index it got."""
        index = self.size
        self.extend((leaf_hash(entry),))
        return index

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add leaf hashes at the right edge, hashing level by level."""
        new = list(leaf_hashes)
        if not set(map(len, new)) <= {HASH_SIZE}:
            raise ProofDoesNotHold(proof="leaf", why="hash_size")
        level = 0
        while new:
            if level == len(self._levels):
                self._levels.append(bytearray())
            row = self._levels[level]
            waited = len(row) // HASH_SIZE & 1
            alone = bytes(row[-HASH_SIZE:])
            row += b"".join(new)
            if waited:  # a left one, and its right one has come
                new.insert(0, alone)
            one = iter(new)
            pairs = zip(one, one, strict=False)  # the last one, where it is alone, waits
            new = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
            level += 1

    def leaf(self, index: int) -> bytes:
        """The leaf hash at an index."""
        self._must_have(index, self.size, "leaf")
        return self._node(0, index)

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves, of all of them by default."""
        size = self._known(size)
        return self._fold(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """The siblings on the way from a leaf to the root of the first `size` leaves."""
        size = self._known(size)
        self._must_have(index, size, "leaf")
        return list(self._siblings(0, index, size))

    def consistency_proof(self, old: int, size: int | None = None) -> list[bytes]:
        """The hashes that lead from the root of `old` leaves to the root of `size` leaves."""
        size = self._known(size)
        self._must_have(old, size + 1, "size")
        if old in (0, size):
            return []
        # The last complete subtree of the old tree: its level, and its place in that level.
        level = (old & -old).bit_length() - 1
        place = (old >> level) - 1
        path = list(self._siblings(level, place, size))
        # The old root is that very subtree when old is a power of two; the verifier has it.
        return path if old & (old - 1) == 0 else [self._node(level, place), *path]

    def _siblings(self, level: int, place: int, size: int) -> Iterator[bytes]:
        """What stands beside the node at each level up to the root of `size` leaves."""
        while (1 << level) < size:
            beside = place ^ 1
            if (beside + 1) << level <= size:
                yield self._node(level, beside)
            elif beside << level < size:
                yield self._fold(beside << level, size)
            level, place = level + 1, place >> 1

    def _fold(self, start: int, end: int) -> bytes:
        """The hash of leaves [start, end), start being where a subtree that wide may begin."""
        hashed: list[bytes] = []
        while start < end:
            # The largest complete subtree that fits: the left side of RFC 6962's split.
            level = (end - start).bit_length() - 1
            hashed.append(self._node(level, start >> level))
            start += 1 << level
        folded = hashed.pop()
        while hashed:
            folded = node_hash(hashed.pop(), folded)
        return folded

    def node(self, height: int, place: int) -> bytes:
        """The root of leaves [place 2**height, (place + 1) 2**height), all of them in the tree."""
        if height < 0 or place < 0 or (place + 1) << height > self.size:
            raise BeyondTheTree(asked=f"subtree {place} of height {height}", size=self.size)
        return self._node(height, place)

    def _node(self, level: int, place: int) -> bytes:
        return bytes(self._levels[level][place * HASH_SIZE : (place + 1) * HASH_SIZE])

    def _known(self, size: int | None) -> int:
        if size is None:
            return self.size
        self._must_have(size, self.size + 1, "size")
        return size

    def _must_have(self, asked: int, below: int, what: str) -> None:
        if not 0 <= asked < below:
            raise BeyondTheTree(asked=f"{what} {asked}", size=self.size)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """The leaf hash stands at `index` of the tree with this size and root, or ProofDoesNotHold."""
    _must_be_hashes("inclusion", leaf, root, *proof)
    if not 0 <= index < size:
        raise ProofDoesNotHold(proof="inclusion", why="sizes")
    left, last, hashed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofDoesNotHold(proof="inclusion", why="proof_length")
        if left & 1 or left == last:
            hashed = node_hash(sibling, hashed)
            while not left & 1:  # levels where the right edge has no sibling
                left, last = left >> 1, last >> 1
        else:
            hashed = node_hash(hashed, sibling)
        left, last = left >> 1, last >> 1
    if last:
        raise ProofDoesNotHold(proof="inclusion", why="proof_length")
    _must_agree("inclusion", hashed, root)


def verify_consistency(
    old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]
) -> None:
    """The tree of `size` leaves begins with the tree of `old` leaves, or ProofDoesNotHold.

    An empty old tree is consistent with every tree, by an empty proof and the empty root.
    """
    verify_subtree_consistency(0, old, old_root, size, root, proof)


def verify_subtree_inclusion(
    leaf: bytes, index: int, start: int, end: int, proof: Sequence[bytes], root: bytes
) -> None:
    """The leaf stands at `index` of the subtree [start, end) with this root."""
    if not _is_subtree(start, end):
        raise ProofDoesNotHold(proof="inclusion", why="sizes")
    verify_inclusion(leaf, index - start, end - start, proof, root)


def verify_subtree_consistency(
    start: int, end: int, subtree_root: bytes, size: int, root: bytes, proof: Sequence[bytes]
) -> None:
    """The tree of `size` leaves contains the subtree [start, end) with this root.

    Follows draft-ietf-plants-merkle-tree-certs section 4.4.3; start 0 is RFC 9162 2.1.4.2.
    """
    _must_be_hashes("consistency", subtree_root, root, *proof)
    if not _is_subtree(start, end) or end > size:
        raise ProofDoesNotHold(proof="consistency", why="sizes")
    if size == 0:
        _must_agree("consistency", root, EMPTY_ROOT)
    if start == end:
        if proof:
            raise ProofDoesNotHold(proof="consistency", why="proof_length")
        _must_agree("consistency", subtree_root, EMPTY_ROOT)
        return
    old, new = _roots(start, end - 1, size - 1, subtree_root, proof)
    _must_agree("consistency", old, subtree_root)
    _must_agree("consistency", new, root)


def _roots(
    first: int, last: int, top: int, subtree_root: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """The roots of the subtree [first, last] and of the tree [0, top] that a proof leads to."""
    # Climb to the largest complete subtree at the right edge of [first, last].
    while first != last and (last == top or last & 1):
        first, last, top = first >> 1, last >> 1, top >> 1
    rest = iter(proof)
    # Where that is the whole subtree, its root is not sent: the verifier has it.
    old = new = subtree_root if first == last else _next(rest)
    for sibling in rest:
        if top == 0:
            raise ProofDoesNotHold(proof="consistency", why="proof_length")
        if last & 1 or last == top:
            if first < last:
                old = node_hash(sibling, old)
            new = node_hash(sibling, new)
            while not last & 1:  # levels where the right edge has no sibling
                first, last, top = first >> 1, last >> 1, top >> 1
        else:
            new = node_hash(new, sibling)
        first, last, top = first >> 1, last >> 1, top >> 1
    if top:
        raise ProofDoesNotHold(proof="consistency", why="proof_length")
    return old, new


def _next(proof: Iterator[bytes]) -> bytes:
    for one in proof:
        return one
    raise ProofDoesNotHold(proof="consistency", why="proof_length")


def _is_subtree(start: int, end: int) -> bool:
    """Whether the nodes of [start, end) are nodes of every tree that holds them."""
    width = end - start
    if start < 0 or width < 0:
        return False
    return width == 0 or start % (1 << (width - 1).bit_length()) == 0


def _must_be_hashes(proof: str, *hashes: bytes) -> None:
    if any(len(one) != HASH_SIZE for one in hashes):
        raise ProofDoesNotHold(proof=proof, why="hash_size")


def _must_agree(proof: str, reckoned: bytes, claimed: bytes) -> None:
    if reckoned != claimed:
        raise ProofDoesNotHold(proof=proof, why="root_differs")
