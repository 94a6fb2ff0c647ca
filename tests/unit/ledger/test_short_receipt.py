"""Short receipts: each proves its leaf under a landmark, in about a kilobyte, and nothing else."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import random
import struct
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.errors import Problem
from mingma.ledger.leaf import MAX_ENTRY, Kind, Leaf, parse
from mingma.ledger.short_receipt import (
    MAX_HASHES,
    MAX_SIZE,
    NARROW,
    LandmarkUnknown,
    ShortReceipt,
    ShortReceiptUnreadable,
    parse_short_receipt,
)
from mingma.ledger.tree import ProofDoesNotHold, Tree, leaf_hash, node_hash
from tests.paths import ROOT
from tests.tall_log import TallLog
from tests.unit.ledger.published import flipped

VECTORS = ROOT / "tests" / "vectors" / "ledger" / "own" / "short-receipt.json"
SEED = "mingma short receipt 1"
SIZES = (1, 2, 3, 64, 300, 301)  # of the landmarks; two differ in one bit


def entry(at: int) -> bytes:
    """A leaf of the log from the seed, of 178 bytes, as most are."""
    return Leaf(
        kind=Kind.DECISION,
        commitment=sha256(f"{SEED}|c/{at}".encode()).digest(),
        tag=sha256(f"{SEED}|s/{at}".encode()).digest()[:16],
        organ="henan/410100-hc",
        rule=1000 + at,
        before="green",
        after="yellow",
    ).sealed(19157)


ENTRIES = [entry(at) for at in range(max(SIZES))]
TREE = Tree(leaf_hash(one) for one in ENTRIES)
LANDMARKS = {size: TREE.root(size) for size in SIZES}


def receipt_of(index: int, size: int) -> ShortReceipt:
    return ShortReceipt(ENTRIES[index], index, size, tuple(TREE.inclusion_proof(index, size)))


PLACES = st.sampled_from(SIZES).flatmap(
    lambda size: st.tuples(st.integers(0, size - 1), st.just(size))
)


@given(PLACES)
def test_every_leaf_is_proven_under_every_landmark_that_holds_it(place: tuple[int, int]) -> None:
    index, size = place
    receipt = receipt_of(index, size)
    read = parse_short_receipt(bytes(receipt))
    assert read == receipt
    assert read.verify(LANDMARKS) == (ENTRIES[index], size)


@given(PLACES, st.integers(0))
def test_any_single_bit_change_of_a_receipt_is_refused(place: tuple[int, int], bit: int) -> None:
    bent = bytearray(bytes(receipt_of(*place)))
    bent[bit // 8 % len(bent)] ^= 1 << bit % 8
    with pytest.raises(Problem):
        proven(bytes(bent))


def test_every_single_bit_of_a_receipt_counts() -> None:
    data = bytes(receipt_of(299, 300))
    for bit in range(8 * len(data)):
        bent = bytearray(data)
        bent[bit // 8] ^= 1 << bit % 8
        with pytest.raises((ShortReceiptUnreadable, LandmarkUnknown, ProofDoesNotHold)):
            proven(bytes(bent))


def proven(data: bytes) -> tuple[bytes, int]:
    return parse_short_receipt(data).verify(LANDMARKS)


def test_a_receipt_of_ten_million_leaves_is_under_a_kilobyte() -> None:
    size, index, usual = 10**7, 1234, entry(0)
    hashes = tuple(sha256(bytes([at])).digest() for at in range(24))
    root = leaf_hash(usual)
    for height, beside in enumerate(hashes):
        root = node_hash(beside, root) if index >> height & 1 else node_hash(root, beside)
    receipt = ShortReceipt(usual, index, size, hashes)
    assert receipt.verify({size: root}) == (usual, size)
    assert len(usual) == 178
    assert len(bytes(receipt)) == 11 + 178 + 24 * 32 == 957


def test_the_largest_receipt_that_is_allowed_is_read() -> None:
    largest = ShortReceipt(b"e" * MAX_ENTRY, MAX_SIZE - 1, MAX_SIZE, (b"h" * 32,) * MAX_HASHES)
    assert parse_short_receipt(bytes(largest)) == largest
    assert len(bytes(largest)) == 19 + 1024 + 53 * 32


TALL = (2**25, 2**25 + 1, 40_000_000, 2**31, NARROW, NARROW + 1, 10**10, MAX_SIZE)


@pytest.mark.parametrize("size", TALL)
def test_a_log_of_any_size_proves_its_leaves(size: int) -> None:
    for index in (5, size - 1):
        log = TallLog(entry(0), index, size)
        receipt = ShortReceipt(log.entry, index, size, log.proof())
        read = parse_short_receipt(bytes(receipt))
        assert read == receipt
        assert read.verify({size: log.root}) == (log.entry, size)
        assert bytes(receipt)[0] == (1 if size < 2**32 else 2)


def test_each_size_has_one_writing() -> None:
    def written(version: int, size: int) -> bytes:
        head = struct.pack(">BIIH" if version == 1 else ">BQQH", version, 0, size, 1)
        return head + b"e" + b"h" * 32

    for size in (1, 64, NARROW):
        assert parse_short_receipt(written(1, size)).size == size
        with pytest.raises(ShortReceiptUnreadable, match="landmark"):
            parse_short_receipt(written(2, size))
    assert parse_short_receipt(written(2, NARROW + 1)).size == NARROW + 1
    with pytest.raises(ShortReceiptUnreadable, match="landmark"):
        parse_short_receipt(written(2, MAX_SIZE + 1))
    for other in (0, 3):
        with pytest.raises(ShortReceiptUnreadable, match="version"):
            parse_short_receipt(bytes([other]) + written(1, 64)[1:])


def test_a_landmark_that_is_not_loaded_proves_nothing() -> None:
    receipt = receipt_of(5, 64)
    for landmarks in ({}, {size: root for size, root in LANDMARKS.items() if size != 64}):
        with pytest.raises(LandmarkUnknown, match="64"):
            receipt.verify(landmarks)


def test_the_landmark_of_another_log_or_size_proves_nothing() -> None:
    receipt = receipt_of(5, 64)
    for root in (TREE.root(300), TREE.root(63), b"r" * 32, b"", LANDMARKS[64][:-1]):
        with pytest.raises(ProofDoesNotHold):
            receipt.verify({64: root})


def test_another_leaf_index_or_hash_is_refused() -> None:
    receipt = receipt_of(5, 64)
    for changed in (
        dataclasses.replace(receipt, entry=ENTRIES[6]),
        dataclasses.replace(receipt, entry=receipt.entry + b" "),
        dataclasses.replace(receipt, index=6),
        dataclasses.replace(receipt, size=300),
        dataclasses.replace(receipt, hashes=receipt.hashes[:-1]),
        dataclasses.replace(receipt, hashes=(*receipt.hashes, b"h" * 32)),
        dataclasses.replace(receipt, hashes=receipt.hashes[::-1]),
    ):
        with pytest.raises(ProofDoesNotHold):
            changed.verify(LANDMARKS)


def test_bytes_between_leaf_and_hashes_cannot_change_sides() -> None:
    receipt = receipt_of(5, 64)
    moved = ShortReceipt(receipt.entry + receipt.hashes[0], 5, 64, receipt.hashes[1:])
    assert bytes(moved)[11:] == bytes(receipt)[11:]
    with pytest.raises(ProofDoesNotHold):
        moved.verify(LANDMARKS)


@given(
    st.binary(max_size=120)
    | st.builds(bytes.__add__, st.sampled_from([b"\x01", b"\x02"]), st.binary(max_size=120))
)
def test_bytes_are_refused_or_print_back_the_same(data: bytes) -> None:
    with contextlib.suppress(ShortReceiptUnreadable):
        assert bytes(parse_short_receipt(data)) == data


def test_a_receipt_cut_short_or_with_more_behind_it_is_refused() -> None:
    data = bytes(receipt_of(5, 64))
    for end in range(len(data)):
        with pytest.raises((ShortReceiptUnreadable, ProofDoesNotHold)):
            proven(data[:end])
    with pytest.raises(ShortReceiptUnreadable, match="size"):
        parse_short_receipt(data + b"\x00")
    with pytest.raises(ShortReceiptUnreadable, match="hashes"):
        parse_short_receipt(data + b"\x00" * 32 * MAX_HASHES)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"size": 0}, "landmark"),
        ({"size": MAX_SIZE + 1}, "landmark"),
        ({"index": -1}, "index"),
        ({"index": 64}, "index"),
        ({"entry": b""}, "entry"),
        ({"entry": b"e" * (MAX_ENTRY + 1)}, "entry"),
        ({"hashes": (b"h" * 31,)}, "hashes"),
        ({"hashes": (b"h" * 32,) * (MAX_HASHES + 1)}, "hashes"),
    ],
)
def test_no_receipt_is_built_that_the_form_does_not_allow(values: Any, why: str) -> None:
    with pytest.raises(ShortReceiptUnreadable, match=why):
        dataclasses.replace(receipt_of(5, 64), **values)


# The vectors: made from SEED by `made`, frozen in the file.


def made() -> dict[str, Any]:
    """The vectors, from the seed."""
    chance = random.Random(SEED)
    good, bad = [], []
    for index, size in ((0, 1), (1, 2), (2, 3), (0, 64), (63, 64), (150, 300), (299, 300)):
        data = bytes(receipt_of(index, size))
        name = f"{index} of {size}"
        case = {"name": name, "index": index, "size": size, "entry": ENTRIES[index].decode()}
        good.append({**case, "receipt": data.hex()})
        bad += [
            {"name": f"{name}, a bit changed", "receipt": flipped(data, chance).hex()},
            {"name": f"{name}, a byte more", "receipt": data.hex() + "00"},
            {"name": f"{name}, a byte less", "receipt": data.hex()[:-2]},
            {"name": f"{name}, a hash more", "receipt": data.hex() + "00" * 32},
        ]
    landmarks = dict(LANDMARKS)
    for index, size in ((1234, NARROW), (1234, NARROW + 1), (5 * 10**9, 10**10)):
        log = TallLog(ENTRIES[7], index, size)
        data = bytes(ShortReceipt(log.entry, index, size, log.proof()))
        landmarks[size] = log.root
        name = f"{index} of {size}"
        case = {"name": name, "index": index, "size": size, "entry": log.entry.decode()}
        good.append({**case, "receipt": data.hex()})
        narrow = struct.pack(">BIIH", 1, index % 2**32, size % 2**32, 178)
        head = struct.pack(">BQQH", 2, index, size, 178) if size <= NARROW else narrow
        bent = head + data[-178 - 32 * len(log.proof()) :]
        bad.append({"name": f"{name}, in the other version", "receipt": bent.hex()})
    other = dataclasses.replace(receipt_of(5, 64), entry=ENTRIES[6])
    bad += [
        {"name": "another leaf", "receipt": bytes(other).hex()},
        {"name": "another landmark", "receipt": bytes(receipt_of(5, 200)).hex()},
        {"name": "nothing", "receipt": ""},
    ]
    roots = {str(size): root.hex() for size, root in landmarks.items()}
    return {"seed": SEED, "landmarks": roots, "good": good, "bad": bad}


def in_file() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return found


def checked(case: dict[str, Any]) -> tuple[bytes, int]:
    """What a vector's receipt proves under the landmarks of the file, or a refusal."""
    landmarks = {int(s): bytes.fromhex(root) for s, root in in_file()["landmarks"].items()}
    return parse_short_receipt(bytes.fromhex(case["receipt"])).verify(landmarks)


def test_the_vectors_are_what_the_seed_makes() -> None:
    assert made() == in_file()


@pytest.mark.parametrize("case", in_file()["good"], ids=lambda case: case["name"])
def test_the_good_vectors_prove_their_leaf(case: dict[str, Any]) -> None:
    proven_entry, size = checked(case)
    assert (proven_entry.decode(), size) == (case["entry"], case["size"])
    assert parse(proven_entry)[0].kind is Kind.DECISION
    again = parse_short_receipt(bytes.fromhex(case["receipt"]))
    assert (bytes(again).hex(), again.index) == (case["receipt"], case["index"])


@pytest.mark.parametrize("case", in_file()["bad"], ids=lambda case: case["name"])
def test_the_bad_vectors_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises((ShortReceiptUnreadable, LandmarkUnknown, ProofDoesNotHold)):
        checked(case)
