"""Receipts: the golden one proves its leaf, and no changed one proves anything else."""

from __future__ import annotations

import contextlib
import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.errors import Malformed, Problem
from mingma.ledger.commitment import commitment, nonce, tag
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.note import Note
from mingma.ledger.policy import NoQuorum, parse_policy
from mingma.ledger.proof import (
    MAX_EXTRA,
    Extra,
    Receipt,
    ReceiptUnreadable,
    parse_extra,
    parse_receipt,
    short_note,
)
from mingma.ledger.tree import ProofDoesNotHold
from tests.unit.ledger.published import GOLDEN, flipped, golden

DATA = golden("receipt-300.tlog-proof")
LEAF = golden("leaf-300")
RECEIPT = parse_receipt(DATA)
POLICY = parse_policy(golden("policy"))
HASHES = DATA.split(b"\n")[2:12]
ALL = parse_policy(
    golden("policy").replace(
        b"group provinces 2 hebei shandong guangdong",
        f"witness pq {GOLDEN['mldsa44']['vkey']}\n".encode()
        + b"group provinces all hebei shandong guangdong pq",
    )
)


def test_the_golden_receipt_proves_its_leaf_and_prints_back() -> None:
    assert (RECEIPT.index, len(RECEIPT.hashes), RECEIPT.extra) == (300, 10, None)
    assert bytes(RECEIPT) == DATA
    checkpoint, found = RECEIPT.verify(LEAF, POLICY)
    assert checkpoint.size == 775
    assert len(found) == 4
    assert len(RECEIPT.verify(LEAF, ALL)[1]) == 5


def test_another_leaf_index_or_hash_is_refused() -> None:
    with pytest.raises(ProofDoesNotHold):
        RECEIPT.verify(LEAF + b"\x00", POLICY)
    for changed in (
        dataclasses.replace(RECEIPT, index=301),
        dataclasses.replace(RECEIPT, index=775),
        dataclasses.replace(RECEIPT, hashes=RECEIPT.hashes[:-1]),
        dataclasses.replace(RECEIPT, hashes=(*RECEIPT.hashes, RECEIPT.hashes[0])),
        dataclasses.replace(RECEIPT, hashes=RECEIPT.hashes[::-1]),
    ):
        with pytest.raises(ProofDoesNotHold):
            changed.verify(LEAF, POLICY)


def test_one_cosignature_short_of_the_quorum_is_refused() -> None:
    lines = RECEIPT.note.signatures
    short = dataclasses.replace(RECEIPT, note=Note(RECEIPT.note.text, (lines[0], lines[2])))
    with pytest.raises(NoQuorum, match="witnesses"):
        short.verify(LEAF, POLICY)
    enough = dataclasses.replace(RECEIPT, note=Note(RECEIPT.note.text, lines[:3]))
    enough.verify(LEAF, POLICY)
    with pytest.raises(NoQuorum, match="log"):
        dataclasses.replace(RECEIPT, note=Note(RECEIPT.note.text, lines[1:])).verify(LEAF, POLICY)


def test_a_false_extra_changes_nothing_that_is_proven() -> None:
    for extra in (b"x", b"another leaf", b"\x00" * MAX_EXTRA):
        receipt = dataclasses.replace(RECEIPT, extra=extra)
        assert parse_receipt(bytes(receipt)) == receipt
        assert receipt.verify(LEAF, POLICY) == RECEIPT.verify(LEAF, POLICY)
        with pytest.raises(ProofDoesNotHold):
            receipt.verify(b"another leaf", POLICY)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "version"),
        (DATA.replace(b"@v1", b"@v2"), "version"),
        (b"\n" + DATA, "version"),
        (DATA.replace(b"v1\n", b"v1\nextra \n"), "extra"),
        (DATA.replace(b"v1\n", b"v1\nextra AB==\n"), "extra"),
        (DATA.replace(b"v1\n", b"v1\nextra AA\n"), "extra"),
        (DATA.replace(b"v1\n", b"v1\nextra  AA==\n"), "extra"),
        (DATA.replace(b"v1\n", b"v1\nextra AA==\nextra AA==\n"), "index"),
        (DATA.replace(b"v1\n", b"v1\nExtra AA==\n"), "index"),
        (DATA.replace(b"v1\n", b"v1\nextra " + b"AAAA" * 22_000 + b"\n"), "extra"),
        (DATA.replace(b"300", b"0300"), "index"),
        (DATA.replace(b"300", b"+300"), "index"),
        (DATA.replace(b"300", b"300 "), "index"),
        (DATA.replace(b"300", b"-1"), "index"),
        (DATA.replace(b"300", b"9223372036854775808"), "index"),
        (DATA.replace(b"index", b"Index"), "index"),
        (DATA.replace(b"index 300\n", b""), "index"),
        (DATA.partition(b"\n")[0] + b"\n\n", "index"),
        (DATA.replace(b"300\n", b"300\r\n"), "index"),
        (DATA.replace(HASHES[0], HASHES[0][:-1]), "hashes"),
        (DATA.replace(HASHES[0], b"AAAA"), "hashes"),
        (DATA.replace(HASHES[0], HASHES[0] + b" "), "hashes"),
        (DATA.replace(HASHES[0], (HASHES[0] + b"\n") * 54 + HASHES[0]), "hashes"),
        (DATA.replace(HASHES[0], "\u4e00".encode()), "bytes"),
        (DATA.replace(b"\n\nledger", b"\n\n\nledger"), "checkpoint"),
        (DATA.partition(b"\n\n")[0], "checkpoint"),
        (DATA[:-1], "checkpoint"),
        (DATA + b"\n", "checkpoint"),
        (DATA + b"x" * 10**6, "size"),
    ],
)
def test_what_is_no_receipt_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ReceiptUnreadable) as refused:
        parse_receipt(data)
    assert refused.value.details["why"] == why


def test_a_receipt_is_built_only_if_it_can_be_read() -> None:
    for wrong in ({"index": -1}, {"index": 2**63}, {"hashes": (b"x",)}, {"extra": b""}):
        with pytest.raises(ReceiptUnreadable):
            dataclasses.replace(RECEIPT, **wrong)


def test_a_tree_of_one_leaf_has_a_receipt_without_hashes() -> None:
    alone = Receipt(0, (), RECEIPT.note, b"e")
    assert parse_receipt(bytes(alone)) == alone


@given(st.binary(max_size=60), st.integers(0, 900))
def test_any_bytes_are_a_receipt_that_prints_back_or_malformed(noise: bytes, at: int) -> None:
    for data in (noise, DATA[:at] + noise + DATA[at:], DATA[:at] + noise + DATA[at + len(noise) :]):
        with contextlib.suppress(Malformed):
            assert bytes(parse_receipt(data)) == data


def test_no_single_bit_of_a_receipt_can_change_where_all_must_sign() -> None:
    chance = random.Random(300)
    head = len(DATA) - 3400  # all but the long post-quantum line
    for number in range(1000):
        part = DATA[:head] if number % 2 else DATA
        bent = flipped(part, chance) + DATA[len(part) :]
        with pytest.raises(Problem):
            parse_receipt(bent).verify(LEAF, ALL)


def test_no_single_bit_of_a_receipt_can_change_what_it_proves() -> None:
    # Two of three suffice here: a line whose name was changed is of an unknown key, and ignored.
    chance = random.Random(301)
    proven, _ = RECEIPT.verify(LEAF, POLICY)
    held = 0
    for _ in range(500):
        bent = flipped(DATA[:1300], chance) + DATA[1300:]
        with contextlib.suppress(Problem):
            receipt = parse_receipt(bent)
            assert receipt.verify(LEAF, POLICY)[0] == proven
            assert (receipt.index, receipt.hashes) == (RECEIPT.index, RECEIPT.hashes)
            held += 1
    assert 0 < held < 100


# -- what our receipts carry beside the proof

KEY, BODY = b"k" * 32, b'{"colour":"red"}'
NONCE = nonce(KEY, 1)
LEAF_OF_ONE = Leaf(
    kind=Kind.DECISION, commitment=commitment(NONCE, BODY), tag=tag(KEY, 1), organ="o",
    before="green", after="red",
)  # fmt: skip
ENTRY = LEAF_OF_ONE.sealed(19157)
WHOLE = Extra(ENTRY, BODY, NONCE)


def test_an_extra_is_read_as_it_was_written() -> None:
    for extra in (WHOLE, Extra(ENTRY), Extra(b"e", b"", NONCE)):
        assert parse_extra(bytes(extra)) == extra
    assert bytes(Extra(b"\xff\xfe")) == b'{"entry":"__4"}'


def test_a_body_is_believed_only_if_the_leafs_commitment_opens_to_it() -> None:
    assert WHOLE.opened(LEAF_OF_ONE) == BODY
    for false in (
        dataclasses.replace(WHOLE, body=BODY.replace(b"red", b"grey")),
        dataclasses.replace(WHOLE, body=b""),
        dataclasses.replace(WHOLE, nonce=nonce(KEY, 2)),
        Extra(ENTRY),
    ):
        assert false.opened(LEAF_OF_ONE) is None
    bare = Leaf(kind=Kind.APPEAL_OPEN, commitment=bytes(32), answers=1, organ="o", tag=bytes(16))
    assert WHOLE.opened(bare) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"[]",
        b"{}",
        b"null",
        b'{"entry":""}',
        b'{"entry":"AA","entry":"AA"}',
        b'{"entry":"AB"}',  # spare bits
        b'{"entry":"AA=="}',
        b'{ "entry":"AA"}',
        b'{"entry":1}',
        b'{"entry":["A"]}',
        b'{"entry":"\xe4\xb8\x80"}',
        b'{"entry":"\\u4e00AAA"}',
        b'{"entry":"AA","body":"AA"}',
        b'{"entry":"AA","nonce":"AA"}',
        b'{"body":"AA","entry":"AA","nonce":"AA"}',  # a nonce of one byte
        b'{"body":"AA","nonce":"' + b"A" * 43 + b'"}',
        b'{"entry":"AA","more":"AA"}',
        bytes(WHOLE) + b" ",
        bytes(WHOLE).replace(b'{"body"', b'{"Body"'),
        b'{"entry":"' + b"A" * 1368 + b'"}',  # 1,026 bytes
        b"[" * 100_000,
    ],
)
def test_what_is_no_extra_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(ReceiptUnreadable, match="extra"):
        parse_extra(data)


@given(st.binary(max_size=60))
def test_any_bytes_are_an_extra_that_prints_back_or_refused(noise: bytes) -> None:
    for data in (noise, b'{"entry":"' + noise + b'"}'):
        with contextlib.suppress(ReceiptUnreadable):
            assert bytes(parse_extra(data)) == data


def test_a_receipt_keeps_the_short_lines_of_its_note() -> None:
    assert max(len(one.signature) for one in RECEIPT.note.signatures) > 2000
    kept = short_note(RECEIPT.note)
    assert {len(one.signature) for one in kept.signatures} == {64, 72}
    lighter = dataclasses.replace(RECEIPT, note=kept)
    assert lighter.verify(LEAF, POLICY)[0] == RECEIPT.verify(LEAF, POLICY)[0]
