"""The second frame: one text for one receipt, and which proven entry supports which token."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.codes import base45
from mingma.codes.receipt_frame import FrameUnreadable, objection, read_frame, write_frame
from mingma.codes.token import MAX_TEXT
from mingma.kernel.words import SEVERITY, Colour
from mingma.ledger.leaf import MAX_ENTRY
from mingma.ledger.short_receipt import MAX_HASHES, MAX_SIZE, ShortReceipt
from mingma.ledger.tree import leaf_hash
from tests.unit.codes.proofs import COLOURS, FALL, LOG, NONE, UNKNOWN

OTHER_LEAF, OTHER_COLOUR = "receipt.other_leaf", "receipt.other_colour"


def test_a_frame_is_read_as_it_was_written() -> None:
    for index in range(len(LOG.entries)):
        short = LOG.short(index)
        assert read_frame(write_frame(short)) == short
        assert write_frame(short).startswith("MCR1:")


def test_a_frame_of_ten_million_leaves_fits_version_22_at_level_l() -> None:
    short = ShortReceipt(b"e" * 178, 1234, 10**7, (b"h" * 32,) * 24)
    assert len(bytes(short)) == 957
    # It holds 1,460 alphanumeric characters (ISO/IEC 18004, version 22 at level L).
    assert len(write_frame(short)) == 1441


@pytest.mark.parametrize(
    ("entry", "size", "hashes", "characters", "version"),
    [
        (178, 40_000_000, 26, 1537, 1588),  # version 23 at level L, and how much that holds
        (178, 2**32 - 1, 32, 1825, 1853),  # 25
        (178, 2**32, 32, 1837, 1853),  # 25
        (MAX_ENTRY, MAX_SIZE, MAX_HASHES, 4114, 4296),  # 40, the largest that there is
    ],
)
def test_a_frame_of_any_log_fits_a_code(
    entry: int, size: int, hashes: int, characters: int, version: int
) -> None:
    short = ShortReceipt(b"e" * entry, size - 1, size, (b"h" * 32,) * hashes)
    text = write_frame(short)
    assert len(text) == characters <= version
    assert read_frame(text) == short


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "prefix"),
        ("HC1:ABC", "prefix"),
        ("mcr1:ABC", "prefix"),
        (" " + LOG.frame(0), "prefix"),
        ("MCR1:" + "0" * MAX_TEXT, "length"),
        ("MCR1:GGW", "base45"),
        ("MCR1:abc", "base45"),
        (LOG.frame(0) + "\n", "base45"),
        ("MCR1:", "receipt"),
        ("MCR1:" + base45.encode(bytes(LOG.short(0)) + b"\x00"), "receipt"),
        ("MCR1:" + base45.encode(b"\x03" + bytes(LOG.short(0))[1:]), "receipt"),
    ],
)
def test_what_is_no_frame_is_refused(text: str, why: str) -> None:
    with pytest.raises(FrameUnreadable) as refused:
        read_frame(text)
    assert refused.value.details["why"] == why


@given(st.text(base45.ALPHABET, max_size=200) | st.text(max_size=60))
def test_any_text_is_a_frame_that_writes_back_or_refused(text: str) -> None:
    with contextlib.suppress(FrameUnreadable):
        assert write_frame(read_frame("MCR1:" + text)) == "MCR1:" + text


@pytest.mark.parametrize("colour", COLOURS)
def test_a_decision_supports_its_worst_colour_and_every_milder_one(colour: Colour) -> None:
    for index, worst in enumerate(COLOURS):
        found = objection(LOG.entries[index], LOG.names(index), colour)
        supported = SEVERITY[colour] <= SEVERITY[worst]
        assert found == (None if supported else OTHER_COLOUR)


def test_a_fall_supports_as_a_decision_does() -> None:
    entry = LOG.entries[FALL]
    assert objection(entry, LOG.names(FALL), Colour.YELLOW) is None
    assert objection(entry, LOG.names(FALL), Colour.RED) == OTHER_COLOUR


def test_a_decision_that_issues_no_code_supports_no_colour() -> None:
    for index in (UNKNOWN, UNKNOWN + 1):  # a word that is no colour at all supports none either
        assert objection(LOG.entries[index], LOG.names(index), Colour.GREY) == OTHER_COLOUR


def test_only_the_leaf_that_the_token_names_supports_it() -> None:
    named = LOG.names(0)
    assert objection(LOG.entries[10], named, Colour.RED) == OTHER_LEAF
    assert objection(LOG.entries[0], None, Colour.RED) == OTHER_LEAF
    assert objection(LOG.entries[0], named[:-1], Colour.RED) == OTHER_LEAF
    assert objection(LOG.entries[0], bytes(8), Colour.RED) == OTHER_LEAF


def test_a_leaf_of_another_kind_or_of_no_known_form_supports_nothing() -> None:
    assert objection(LOG.entries[NONE], LOG.names(NONE), Colour.GREY) == OTHER_LEAF
    future = LOG.entries[0].replace(b'"v":1', b'"v":2')
    assert objection(future, leaf_hash(future)[:8], Colour.GREY) == OTHER_LEAF
