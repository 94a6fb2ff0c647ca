"""A tag index: made from the log's entries, and committed to by the root of its own."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ledger.tag_index import TagIndex, index_of
from mingma.ledger.tag_proof import Commitment, TagTwice, verify_present
from mingma.ledger.tree import leaf_hash, root_of

START = 1000


def drawn(name: str) -> bytes:
    return sha256(name.encode()).digest()[:16]


def test_a_tag_twice_raises_the_alarm_when_the_index_is_built() -> None:
    with pytest.raises(TagTwice, match="leaf 1000 and in leaf 1002"):
        TagIndex(START, [drawn("a"), None, drawn("a")])


def test_the_root_is_that_of_the_sorted_entries_as_the_rfc_words_it() -> None:
    tags = [drawn(str(at)) for at in range(37)]
    entries = sorted(tag + leaf.to_bytes(8, "big") for leaf, tag in enumerate(tags, START))
    assert TagIndex(START, tags).commitment == Commitment(
        START, START + 37, 37, root_of([leaf_hash(entry) for entry in entries])
    )


def test_the_tags_are_read_from_the_entries_of_the_log() -> None:
    whole: dict[str, Any] = {"commitment": b"c" * 32, "organ": "410100-hc"}
    entries = [
        Leaf(kind=Kind.ENROL, tag=drawn("b"), **whole).sealed(19157),
        Leaf(kind=Kind.VIEW_RECORD, count=3, **whole).sealed(19157),
        Leaf(kind=Kind.ENROL, tag=drawn("a"), **whole).sealed(19157),
    ]
    index = index_of(START, entries)
    assert index.commitment == TagIndex(START, [drawn("b"), None, drawn("a")]).commitment
    assert verify_present(drawn("a"), index.prove(drawn("a")), index.commitment) == START + 2
    with pytest.raises(LeafUnreadable):
        index_of(START, [*entries, b"{}"])
