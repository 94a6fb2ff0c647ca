"""Tag proofs: what is there is present, everything else absent, and no proof says otherwise."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import random
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.errors import Problem
from mingma.ledger.leaf_values import MAX_INDEX
from mingma.ledger.tag_index import TagIndex
from mingma.ledger.tag_proof import (
    MAX_HASHES,
    Commitment,
    Shown,
    TagProof,
    TagProofDoesNotHold,
    TagProofUnreadable,
    TagTwice,
    entry_of,
    parse_tag_proof,
    verify_absent,
    verify_present,
)
from mingma.ledger.tree import EMPTY_ROOT, ProofDoesNotHold, Tree, leaf_hash
from tests.paths import ROOT
from tests.unit.ledger.published import flipped

VECTORS = ROOT / "tests" / "vectors" / "ledger" / "own" / "tag-index.json"
SEED = "mingma tag index 1"
START = 1000
LOWEST, HIGHEST = b"\x00" * 16, b"\xff" * 16


def drawn(name: str) -> bytes:
    """A tag from the seed."""
    return sha256(f"{SEED}|{name}".encode()).digest()[:16]


def spaced(count: int) -> list[bytes]:
    """Tags with room for another before, between and after them."""
    return [(2 * at + 1).to_bytes(16, "big") for at in range(count)]


def present(tag: bytes, proof: TagProof, commitment: Commitment) -> int | None:
    """The leaf that is proven to have the tag, or None."""
    try:
        return verify_present(tag, proof, commitment)
    except Problem:
        return None


def absent(tag: bytes, proof: TagProof, commitment: Commitment) -> bool:
    """Whether the tag is proven not to be there."""
    try:
        verify_absent(tag, proof, commitment)
    except Problem:
        return False
    return True


def settled(tag: bytes, data: bytes, commitment: Commitment, *, is_there: bool) -> int | None:
    """The leaf of the tag, or None for absence, as the bytes prove it; or a refusal."""
    proof = parse_tag_proof(data)
    if is_there:
        return verify_present(tag, proof, commitment)
    verify_absent(tag, proof, commitment)
    return None


TAGS = st.lists(st.binary(min_size=16, max_size=16), unique=True, max_size=40)
OTHER = st.binary(min_size=16, max_size=16)


@given(st.lists(st.none() | st.binary(min_size=16, max_size=16), max_size=40), st.data())
def test_every_tag_in_the_index_is_present_and_not_absent(
    drawn_tags: list[bytes | None], data: st.DataObject
) -> None:
    tags = [t for n, t in enumerate(drawn_tags) if t is None or t not in drawn_tags[:n]]
    index = TagIndex(START, tags)
    assert index.commitment.count == sum(tag is not None for tag in tags)
    for leaf, tag in enumerate(tags, START):
        if tag is not None:
            proof = parse_tag_proof(bytes(index.prove(tag)))
            assert verify_present(tag, proof, index.commitment) == leaf
            with pytest.raises(TagProofDoesNotHold, match="edge"):
                verify_absent(tag, proof, index.commitment)


@given(TAGS, OTHER)
def test_every_other_tag_is_absent_and_not_present(tags: list[bytes], other: bytes) -> None:
    index = TagIndex(START, [tag for tag in tags if tag != other])
    proof = parse_tag_proof(bytes(index.prove(other)))
    verify_absent(other, proof, index.commitment)
    with pytest.raises(TagProofDoesNotHold, match=r"shown|tag"):
        verify_present(other, proof, index.commitment)


def test_before_the_first_between_and_after_the_last_a_tag_is_absent() -> None:
    for count in range(1, 18):
        index = TagIndex(START, spaced(count))
        for at in range(count + 1):
            gap = (2 * at).to_bytes(16, "big")
            proof = index.prove(gap)
            beside = [one for one in (at - 1, at) if 0 <= one < count]
            assert [one.place for one in proof.shown] == beside
            verify_absent(gap, proof, index.commitment)


def test_an_index_without_tags_proves_every_tag_absent_with_nothing_shown() -> None:
    for index in (TagIndex(START, []), TagIndex(START, [None, None])):
        assert index.commitment.root == EMPTY_ROOT
        assert bytes(index.prove(drawn("any"))) == b"\x01\x00"
        verify_absent(drawn("any"), TagProof(()), index.commitment)
    with pytest.raises(TagProofDoesNotHold, match="shown"):
        verify_absent(drawn("any"), TagProof(()), TagIndex(START, spaced(1)).commitment)


@given(TAGS, OTHER, st.integers(0), st.booleans())
def test_any_single_bit_change_of_a_proof_is_refused(
    tags: list[bytes], other: bytes, bit: int, of_present: bool
) -> None:
    tags = [tag for tag in tags if tag != other]
    asked = tags[bit % len(tags)] if tags and of_present else other
    index = TagIndex(START, tags)
    bent = bytearray(bytes(index.prove(asked)))
    bent[bit // 8 % len(bent)] ^= 1 << bit % 8
    try:
        proof = parse_tag_proof(bytes(bent))
    except TagProofUnreadable:
        return
    assert present(asked, proof, index.commitment) is None
    assert not absent(asked, proof, index.commitment)


def test_every_single_bit_of_one_proof_of_each_sort_counts() -> None:
    index = TagIndex(START, spaced(11))
    for asked in (7, 8, 0, 22):
        tag = asked.to_bytes(16, "big")
        data = bytes(index.prove(tag))
        for bit in range(8 * len(data)):
            bent = bytearray(data)
            bent[bit // 8] ^= 1 << bit % 8
            with pytest.raises((TagProofUnreadable, TagProofDoesNotHold, ProofDoesNotHold)):
                settled(tag, bytes(bent), index.commitment, is_there=asked == 7)


def counted(commitment: Commitment, count: int) -> Commitment:
    return dataclasses.replace(commitment, count=count, end=START + 64)


@given(TAGS.filter(bool), st.integers(1, 64))
def test_a_proof_of_the_last_edge_is_refused_under_every_other_count(
    tags: list[bytes], count: int
) -> None:
    index = TagIndex(START, [tag for tag in tags if tag != HIGHEST])
    other = counted(index.commitment, count)
    proof = index.prove(HIGHEST)
    assert absent(HIGHEST, proof, other) == (count == index.commitment.count)


@given(TAGS.filter(bool), st.integers(1, 64), OTHER)
def test_a_wrong_count_that_asks_for_another_number_of_hashes_is_refused(
    tags: list[bytes], count: int, other: bytes
) -> None:
    index = TagIndex(START, tags)
    wrong = counted(index.commitment, count)
    tree = Tree([b"\x00" * 32] * count)
    for asked in (tags[0], other):
        proof = index.prove(asked)
        if any(
            one.place >= count or len(one.hashes) != len(tree.inclusion_proof(one.place))
            for one in proof.shown
        ):
            assert present(asked, proof, wrong) is None
            assert not absent(asked, proof, wrong)


@pytest.mark.parametrize("held", range(1, 7))
def test_no_choice_of_entries_places_and_count_proves_what_is_not_so(held: int) -> None:
    index = TagIndex(START, spaced(held))
    true = [index.prove(tag).shown[0] for tag in spaced(held)]
    asked = [at.to_bytes(16, "big") for at in range(2 * held + 1)]
    for count, place in itertools.product(range(1, 9), range(9)):
        commitment = counted(index.commitment, count)
        moved = [dataclasses.replace(one, place=place) for one in true]
        after = [dataclasses.replace(one, place=place + 1) for one in true]
        proofs = [TagProof(()), *(TagProof((one,)) for one in moved)]
        proofs += [TagProof(pair) for pair in itertools.product(moved, after)]
        for tag, proof in itertools.product(asked, proofs):
            is_there = int.from_bytes(tag, "big") % 2 == 1
            if is_there:
                assert not absent(tag, proof, commitment)
                assert present(tag, proof, commitment) in (
                    None,
                    START + int.from_bytes(tag, "big") // 2,
                )
            else:
                assert present(tag, proof, commitment) is None


def test_neighbours_that_are_not_neighbours_prove_nothing() -> None:
    index = TagIndex(START, spaced(8))
    shown = [index.prove(tag).shown[0] for tag in spaced(8)]
    gap = (8).to_bytes(16, "big")
    for pair in ((2, 4), (3, 5), (4, 3), (3, 3)):
        with pytest.raises(TagProofDoesNotHold, match="place"):
            verify_absent(gap, TagProof((shown[pair[0]], shown[pair[1]])), index.commitment)
    with pytest.raises(TagProofDoesNotHold, match="tag"):
        verify_absent(gap, TagProof((shown[0], shown[1])), index.commitment)
    for lone in shown:
        with pytest.raises(TagProofDoesNotHold, match="edge"):
            verify_absent(gap, TagProof((lone,)), index.commitment)


def test_a_neighbour_with_the_very_tag_is_no_proof_that_it_is_absent() -> None:
    index = TagIndex(START, spaced(4))
    shown = [index.prove(tag).shown[0] for tag in spaced(4)]
    for tag in (shown[1].tag, shown[2].tag):
        with pytest.raises(TagProofDoesNotHold, match="tag"):
            verify_absent(tag, TagProof((shown[1], shown[2])), index.commitment)


def committed_to(entries: list[tuple[bytes, int]]) -> tuple[Commitment, list[Shown]]:
    """What a log commits to that does not care what it writes, and each entry with its proof."""
    tree = Tree(leaf_hash(entry_of(*one)) for one in entries)
    commitment = Commitment(START, START + 64, len(entries), tree.root())
    return commitment, [
        Shown(place, tag, leaf, tuple(tree.inclusion_proof(place)))
        for place, (tag, leaf) in enumerate(entries)
    ]


def test_neighbours_with_one_tag_are_an_alarm_and_not_an_absence() -> None:
    commitment, shown = committed_to([(drawn("a"), START), (drawn("a"), START + 1)])
    with pytest.raises(TagTwice, match="leaf 1000 and in leaf 1001"):
        verify_absent(drawn("b"), TagProof((shown[0], shown[1])), commitment)


def test_an_index_that_is_out_of_order_proves_no_absence_there() -> None:
    low, middle, high = spaced(3)
    commitment, shown = committed_to([(high, START), (low, START + 1)])
    with pytest.raises(TagProofDoesNotHold, match="tag"):
        verify_absent(middle, TagProof((shown[0], shown[1])), commitment)


def test_a_leaf_outside_the_range_is_refused() -> None:
    for leaf in (START - 1, START + 64):
        commitment, (shown,) = committed_to([(drawn("a"), leaf)])
        with pytest.raises(TagProofDoesNotHold, match="range"):
            verify_present(drawn("a"), TagProof((shown,)), commitment)
        with pytest.raises(TagProofDoesNotHold, match="range"):
            verify_absent(drawn("b"), TagProof((shown,)), commitment)


def test_the_proof_of_an_absence_in_a_busy_hour_is_about_a_kilobyte() -> None:
    index = TagIndex(0, [drawn(str(at)) for at in range(1 << 14)])
    proof = index.prove(drawn("another"))
    assert len(proof.shown) == 2
    assert len(bytes(proof)) <= 2 + 2 * (33 + 14 * 32) == 964
    verify_absent(drawn("another"), proof, index.commitment)


@given(st.binary(max_size=80) | st.binary(max_size=80).map(lambda rest: b"\x01\x01" + rest))
def test_bytes_are_refused_or_print_back_the_same(data: bytes) -> None:
    with contextlib.suppress(TagProofUnreadable):
        assert bytes(parse_tag_proof(data)) == data


def test_a_proof_cut_short_or_with_more_behind_it_is_refused() -> None:
    data = bytes(TagIndex(START, spaced(5)).prove((4).to_bytes(16, "big")))
    for end in range(len(data)):
        with pytest.raises(TagProofUnreadable, match="size"):
            parse_tag_proof(data[:end])
    with pytest.raises(TagProofUnreadable, match="size"):
        parse_tag_proof(data + b"\x00")


def test_no_value_is_built_that_the_form_does_not_allow() -> None:
    good = Shown(0, drawn("a"), 0, ())
    for wrong, why in (
        ({"place": -1}, "place"),
        ({"place": MAX_INDEX + 1}, "place"),
        ({"tag": b"t" * 15}, "tag"),
        ({"leaf": -1}, "index"),
        ({"leaf": MAX_INDEX + 1}, "index"),
        ({"hashes": (b"h" * 31,)}, "hashes"),
        ({"hashes": (b"h" * 32,) * (MAX_HASHES + 1)}, "hashes"),
    ):
        with pytest.raises(TagProofUnreadable, match=why):
            dataclasses.replace(good, **wrong)
    with pytest.raises(TagProofUnreadable, match="shown"):
        TagProof((good, good, good))
    with pytest.raises(TagProofUnreadable, match="index"):
        entry_of(drawn("a"), MAX_INDEX + 1)
    index = TagIndex(START, spaced(1))
    for asking in (
        lambda: index.prove(b"t" * 15),
        lambda: verify_present(b"t" * 17, index.prove(spaced(1)[0]), index.commitment),
        lambda: verify_absent(b"", index.prove(drawn("a")), index.commitment),
        lambda: TagIndex(START, [b"t" * 17]),
    ):
        with pytest.raises(TagProofUnreadable, match="tag"):
            asking()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ((-1, 5, 1, b"r" * 32), "range"),
        ((6, 5, 0, EMPTY_ROOT), "range"),
        ((0, MAX_INDEX + 1, 1, b"r" * 32), "range"),
        ((0, 5, 6, b"r" * 32), "count"),
        ((0, 5, -1, b"r" * 32), "count"),
        ((0, 5, 1, b"r" * 31), "root"),
        ((0, 5, 0, b"r" * 32), "root"),
        ((0, 5, 1, EMPTY_ROOT), "root"),
    ],
)
def test_a_commitment_that_cannot_be_is_refused(
    values: tuple[int, int, int, bytes], why: str
) -> None:
    with pytest.raises(TagProofUnreadable, match=why):
        Commitment(*values)


# The vectors: made from SEED by `made`, frozen in the file.


def made() -> dict[str, Any]:
    """The vectors, from the seed."""
    chance = random.Random(SEED)
    good: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    for count in (0, 1, 2, 7, 300):
        tags = [drawn(f"{count}/{at}") for at in range(count)]
        index = TagIndex(START, tags)
        # Known tags, the two ends of the order, and one that only chance places.
        for tag in [*tags[:2], LOWEST, HIGHEST, drawn(f"{count}/x")]:
            leaf = START + tags.index(tag) if tag in tags else None
            case = vector(f"{len(good)}", index.commitment, tag, leaf, bytes(index.prove(tag)))
            good.append(case)
            bent = flipped(bytes.fromhex(case["proof"]), chance).hex()
            bad += [
                {**case, "name": f"{len(good)}, a bit changed", "proof": bent},
                {**case, "name": f"{len(good)}, a byte more", "proof": case["proof"] + "00"},
                {**case, "name": f"{len(good)}, a byte less", "proof": case["proof"][:-2]},
            ]
        if count > 2:
            bad += lies(index, drawn(f"{count}/x"))
    about = "tags are SHA-256(seed|count/n)[:16], of leaves 1000, 1001, ...; leaf null: absent"
    return {"seed": SEED, "about": about, "good": good, "bad": bad}


def lies(index: TagIndex, between: bytes) -> list[dict[str, Any]]:
    """Proofs of true entries that do not prove the absence they are sent for."""
    true, first, last = index.commitment, index.prove(LOWEST), index.prove(HIGHEST)
    ends, count = TagProof(first.shown + last.shown), true.count
    fewer = dataclasses.replace(true, count=count - 1)
    more = dataclasses.replace(true, count=count + 1, end=true.end + 1)
    return [
        vector(f"nothing shown of {count}", true, between, None, bytes(TagProof(()))),
        vector(f"only the first of {count}", true, between, None, bytes(first)),
        vector(f"only the last of {count}", true, between, None, bytes(last)),
        vector(f"the ends of {count} as neighbours", true, between, None, bytes(ends)),
        vector(f"one fewer than {count}", fewer, HIGHEST, None, bytes(last)),
        vector(f"one more than {count}", more, HIGHEST, None, bytes(last)),
    ]


def vector(
    name: str, commitment: Commitment, tag: bytes, leaf: int | None, proof: bytes
) -> dict[str, Any]:
    return {
        "name": name,
        **dataclasses.asdict(commitment),
        "root": commitment.root.hex(),
        "tag": tag.hex(),
        "leaf": leaf,
        "proof": proof.hex(),
    }


def in_file() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return found


def test_the_vectors_are_what_the_seed_makes() -> None:
    assert made() == in_file()


def asked_of(case: dict[str, Any]) -> int | None:
    """The leaf of the tag as the case's proof shows it, None for absence, or a refusal."""
    root = bytes.fromhex(case["root"])
    commitment = Commitment(case["start"], case["end"], case["count"], root)
    tag, proof = bytes.fromhex(case["tag"]), bytes.fromhex(case["proof"])
    return settled(tag, proof, commitment, is_there=case["leaf"] is not None)


def test_the_good_vectors_prove_what_they_say() -> None:
    good = in_file()["good"]
    assert {case["leaf"] is None for case in good} == {True, False}
    for case in good:
        assert asked_of(case) == case["leaf"]
        assert bytes(parse_tag_proof(bytes.fromhex(case["proof"]))).hex() == case["proof"]


@pytest.mark.parametrize("case", in_file()["bad"], ids=lambda case: case["name"])
def test_the_bad_vectors_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises((TagProofUnreadable, TagProofDoesNotHold, ProofDoesNotHold)):
        asked_of(case)
