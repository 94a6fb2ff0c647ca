"""Whole indexes and runs: what a server shows to whoever does not say which tag she means."""

from __future__ import annotations

import contextlib
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.errors import Malformed
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.leaf_values import TAG_SIZE
from mingma.ledger.tag_index import NIBBLES, RunTooLong, TagIndex, whole_index
from mingma.ledger.tag_proof import (
    MAX_RUN,
    TagProofDoesNotHold,
    TagProofUnreadable,
    TagRun,
    TagTwice,
    commitment_in,
    parse_tag_run,
    verify_absent,
    verify_present,
)
from mingma.ledger.tree import ProofDoesNotHold


def mark(number: int) -> bytes:
    return sha256(b"%d" % number).digest()[:TAG_SIZE]


TAGS = [None if n % 5 == 0 else mark(n) for n in range(300)]
INDEX = TagIndex(1000, TAGS)
SAID = INDEX.commitment
THERE = {tag: leaf for leaf, tag in enumerate(TAGS, 1000) if tag}


@pytest.mark.parametrize("digits", [0, 1, 2, 3, NIBBLES])
def test_a_run_proves_every_tag_that_begins_so_present_or_absent(digits: int) -> None:
    for tag in [*THERE, *(mark(n) for n in range(300, 500)), bytes(16), b"\xff" * 16]:
        run = parse_tag_run(bytes(INDEX.run(tag.hex()[:digits])))
        if tag in THERE:
            assert verify_present(tag, run.about(tag), SAID) == THERE[tag]
        else:
            verify_absent(tag, run.about(tag), SAID)


def test_a_run_says_nothing_of_tags_that_begin_otherwise() -> None:
    run = INDEX.run("7")
    outside = [tag for tag in THERE if tag.hex()[0] in "5a"]
    assert outside
    for tag in outside:
        with pytest.raises(TagProofDoesNotHold):
            verify_absent(tag, run.about(tag), SAID)


def test_of_a_run_with_an_entry_left_out_no_absence_is_proven() -> None:
    run = INDEX.run("7")
    for place in range(1, len(run.shown) - 1):
        shorter = TagRun(run.shown[:place] + run.shown[place + 1 :])
        hidden = run.shown[place].tag
        with pytest.raises((TagProofDoesNotHold, ProofDoesNotHold)):
            verify_absent(hidden, shorter.about(hidden), SAID)


def test_a_run_of_an_empty_index_proves_every_absence() -> None:
    empty = TagIndex(0, [None, None])
    run = parse_tag_run(bytes(empty.run("")))
    verify_absent(mark(1), run.about(mark(1)), empty.commitment)


@pytest.mark.parametrize("prefix", ["x", "A", " ", "0" * 33, "é"])
def test_what_is_no_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(TagProofUnreadable, match="prefix"):
        INDEX.run(prefix)


def test_a_run_has_a_limit() -> None:
    many = TagIndex(0, [n.to_bytes(TAG_SIZE, "big") for n in range(MAX_RUN + 1)])
    with pytest.raises(RunTooLong):
        many.run("00")
    assert len(many.run("0" * 29).shown) == MAX_RUN + 1  # sixteen blocks of 256, a neighbour more


@given(st.binary(max_size=200))
def test_any_bytes_are_a_run_or_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert bytes(parse_tag_run(data)) == data


# -- the whole


def test_the_whole_index_is_the_one_committed_to() -> None:
    assert whole_index(bytes(INDEX), SAID).commitment == SAID
    assert len(bytes(INDEX)) == 24 * SAID.count


def entries() -> list[bytes]:
    data = bytes(INDEX)
    return [data[at : at + 24] for at in range(0, len(data), 24)]


def test_an_index_with_anything_changed_is_refused() -> None:
    listed = entries()
    swapped = [listed[1], listed[0], *listed[2:]]
    moved = [listed[0][:16] + (2000).to_bytes(8, "big"), *listed[1:]]
    other = [mark(999) + listed[0][16:], *listed[1:]]
    for wrong in (swapped, moved, other):
        with pytest.raises(TagProofDoesNotHold):
            whole_index(b"".join(wrong), SAID)
    for short in (listed[1:], [*listed, listed[0]], [*listed, b"x"]):
        with pytest.raises(TagProofUnreadable, match="size"):
            whole_index(b"".join(short), SAID)
    twice = [listed[0], listed[0][:16] + listed[1][16:], *listed[2:]]
    with pytest.raises(TagTwice):
        whole_index(b"".join(twice), SAID)


def test_what_an_index_leaf_commits_to_is_read_from_it_and_from_no_other() -> None:
    leaf = Leaf(
        kind=Kind.INDEX_HOUR, organ="o", index=SAID.start, end=SAID.end, count=SAID.count,
        digest=SAID.root,
    )  # fmt: skip
    assert commitment_in(leaf) == SAID
    with pytest.raises(TagProofUnreadable, match="kind"):
        commitment_in(Leaf(kind=Kind.ERASE_BATCH, organ="o", rule="r", count=1))
    with pytest.raises(TagProofUnreadable, match="root"):
        commitment_in(
            Leaf(kind=Kind.INDEX_HOUR, organ="o", index=0, end=2, count=0, digest=b"x" * 32)
        )
