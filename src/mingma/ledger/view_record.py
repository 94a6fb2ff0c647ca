"""The looks of an organ in one leaf, and a person's proof that hers is among them.

A `view.record` leaf counts looks and commits to them: `c` is the root (RFC 6962) over their
commitments in order. Each commitment hides its look under the looked-at person's own key K, so the
leaf tells nobody whom an organ looked at, and only she can open her look, and only while K exists.
Format and vectors: docs/formats/looks.md.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Refused
from mingma.ledger.commitment import KEY_SIZE, commitment
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.tree import Tree, leaf_hash, verify_inclusion

Body = dict[str, str | int | None]


class NotThatLeaf(Refused):
    """A look held against a leaf that is no `view.record`, or of another count."""

    slug = "look.not_that_leaf"
    zh = "这片叶不是该次查看所在的叶"
    en = "this leaf is not the one that holds the look"
    remedy_zh = "请核对叶序号与所附证明"
    remedy_en = "compare the leaf's index with the proof"


@dataclass(frozen=True, slots=True)
class LookProof:
    """A look, what opens it, and its way to the commitment of its leaf."""

    id: str
    body: Body
    place: int  # among the looks of the leaf, from 0
    count: int
    hashes: tuple[bytes, ...]


def look_nonce(key: bytes, id: str) -> bytes:
    """What hides a look at the holder of K: 32 bytes. `id` is her look's, as her log shows it."""
    if len(key) != KEY_SIZE:
        raise ValueError("K has 32 bytes")
    return hmac.digest(key, b"mingma/look/1|" + id.encode("ascii"), "sha256")


def look_commitment(key: bytes, id: str, body: Body) -> bytes:
    """The commitment to one look."""
    return commitment(look_nonce(key, id), canonical(body))


def looks_leaf(organ: str, commitments: Sequence[bytes]) -> Leaf:
    """The leaf over these looks, in their order."""
    return Leaf(
        kind=Kind.VIEW_RECORD,
        commitment=_tree(commitments).root(),
        organ=organ,
        count=len(commitments),
    )


def prove_look(commitments: Sequence[bytes], place: int) -> tuple[bytes, ...]:
    """The hashes from a look's place to the commitment of its leaf."""
    return tuple(_tree(commitments).inclusion_proof(place))


def verify_look(key: bytes, proof: LookProof, leaf: Leaf) -> None:
    """The look is among those the leaf commits to; raises NotThatLeaf or ProofDoesNotHold.

    That the leaf is in the log is proven apart.
    """
    if leaf.kind is not Kind.VIEW_RECORD or leaf.count != proof.count or leaf.commitment is None:
        raise NotThatLeaf
    shown = leaf_hash(look_commitment(key, proof.id, proof.body))
    verify_inclusion(shown, proof.place, proof.count, proof.hashes, leaf.commitment)


def _tree(commitments: Sequence[bytes]) -> Tree:
    return Tree(leaf_hash(one) for one in commitments)
