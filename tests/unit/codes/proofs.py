"""A small log of decisions in memory, its landmarks, and the frames that lead to them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from mingma.codes.receipt_frame import write_frame
from mingma.codes.token import LEAF_SIZE
from mingma.kernel.words import Colour
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.short_receipt import ShortReceipt
from mingma.ledger.tree import Tree, leaf_hash

DAY = 19157


def entry(at: int, to: str = "red", kind: Kind = Kind.DECISION) -> bytes:
    """The leaf of a decision, from green to a colour."""
    return Leaf(
        kind=kind,
        commitment=sha256(b"c%d" % at).digest(),
        tag=sha256(b"s%d" % at).digest()[:16],
        organ="henan/410100-hc",
        rule="cn-henan-2021-08/HA-R3",
        before="green",
        after=to,
    ).sealed(DAY)


def without_colour(at: int) -> bytes:
    """A leaf that is no decision."""
    return Leaf(
        kind=Kind.ENROL, commitment=sha256(b"c%d" % at).digest(), organ="o", tag=b"t" * 16
    ).sealed(DAY)


@dataclass(frozen=True, slots=True)
class SmallLog:
    """Entries and the sizes that are landmarks."""

    entries: tuple[bytes, ...]
    sizes: tuple[int, ...]

    @property
    def tree(self) -> Tree:
        return Tree(leaf_hash(one) for one in self.entries)

    @property
    def landmarks(self) -> dict[int, bytes]:
        return {size: self.tree.root(size) for size in self.sizes}

    def short(self, index: int, size: int | None = None) -> ShortReceipt:
        size = size or next(one for one in self.sizes if one > index)
        proof = tuple(self.tree.inclusion_proof(index, size))
        return ShortReceipt(self.entries[index], index, size, proof)

    def frame(self, index: int, size: int | None = None) -> str:
        return write_frame(self.short(index, size))

    def names(self, index: int) -> bytes:
        """What a token says of the leaf."""
        return leaf_hash(self.entries[index])[:LEAF_SIZE]


# Leaf 0 … 5 give these at worst, 6 is none, 7 a fall, 8 a word that is no colour.
COLOURS = (Colour.RED, Colour.YELLOW, Colour.ORANGE, Colour.BLUE, Colour.GREY, Colour.GREEN)
NONE, FALL, UNKNOWN = 6, 7, 8
LOG = SmallLog(
    (
        *(entry(at, colour.value) for at, colour in enumerate(COLOURS)),
        without_colour(6),
        entry(7, "yellow", Kind.FALL),
        entry(8, "unknown"),
        entry(9, "black"),
        entry(10, "red"),
    ),
    (7, 11),
)
