"""Sealing at speed gives what sealing gives, and refuses what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.ledger import leaf, sealing
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.leaf_values import MAX_INDEX, LeafUnreadable
from tests.unit.ledger.test_leaf import GOOD, day, name

SOME_DAY = 19157


def outcome(seal: Callable[[bytes, int], bytes], unsealed: bytes, day: int) -> bytes | str:
    try:
        return seal(unsealed, day)
    except LeafUnreadable as refused:
        return str(refused.details["why"])


def both_ways(unsealed: bytes, day: int = SOME_DAY) -> bytes | str:
    fast = outcome(sealing.seal, unsealed, day)
    assert fast == outcome(leaf.seal, unsealed, day)
    return fast


@pytest.mark.parametrize("case", GOOD, ids=name)
def test_a_good_leaf_is_sealed_as_the_vectors_say(case: dict[str, str]) -> None:
    sealed_on = day(case["sealed_on"])
    assert sealing.seal(case["unsealed"].encode(), sealed_on) == case["entry"].encode()


def test_a_leaf_of_the_usual_kinds_is_not_read_word_by_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(leaf, "seal")
    usual = {"decision", "fall", "enrol", "mark.approve", "appeal.open", "view.record"}
    for case in GOOD:
        if json.loads(case["entry"])["k"] in usual and "largest" not in case["name"]:
            assert sealing.seal(case["unsealed"].encode(), day(case["sealed_on"]))


@given(st.sampled_from(GOOD), st.data())
def test_outbox_bytes_with_one_byte_changed_have_the_same_end_both_ways(
    case: dict[str, str], data: st.DataObject
) -> None:
    unsealed = bytearray(case["unsealed"].encode())
    at = data.draw(st.integers(0, len(unsealed) - 1))
    unsealed[at] = data.draw(st.integers(0, 255))
    both_ways(bytes(unsealed))


@given(st.sampled_from(GOOD), st.sampled_from(GOOD), st.data())
def test_two_leaves_spliced_have_the_same_end_both_ways(
    one: dict[str, str], other: dict[str, str], data: st.DataObject
) -> None:
    left, right = one["unsealed"].encode(), other["entry"].encode()
    at = data.draw(st.integers(0, len(left)))
    both_ways(left[:at] + right[data.draw(st.integers(0, len(right))) :])


@pytest.mark.parametrize("wrong", [-(10**9), -719_163, 47_848, 10**9, 10**30])
def test_a_day_that_no_leaf_may_have_is_refused(wrong: int) -> None:
    assert both_ways(GOOD[1]["unsealed"].encode(), wrong) == "value"


def test_an_entry_is_not_sealed_again() -> None:
    for case in GOOD:
        assert both_ways(case["entry"].encode()) == "fields"


def test_a_word_that_looks_like_a_field_is_no_place_for_the_day() -> None:
    for word in (b'"to":', b'"u":"AAAAAAAA",', b'"v":1}'):
        assert isinstance(both_ways(b'{"k":"enrol",' + word + GOOD[0]["unsealed"].encode()), str)


def test_the_largest_index_is_sealed_too() -> None:
    largest = Leaf(kind=Kind.EMERGENCY_END, answers=MAX_INDEX, organ="o").unsealed()
    assert isinstance(both_ways(largest), bytes)
    assert both_ways(largest.replace(b"%d" % MAX_INDEX, b"%d" % (MAX_INDEX + 1))) == "value"


def test_a_second_day_must_be_one() -> None:
    declared = next(case["unsealed"] for case in GOOD if '"until":"' in case["unsealed"])
    said = declared[declared.index('"until":"') + 9 :][:10]
    assert isinstance(both_ways(declared.encode()), bytes)
    assert both_ways(declared.replace(said, "2022-02-30").encode()) == "value"
