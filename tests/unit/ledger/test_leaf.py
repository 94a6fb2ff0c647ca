"""The leaf format: the vectors, and that nothing else is read."""

from __future__ import annotations

import contextlib
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mingma.kernel.errors import Malformed
from mingma.kernel.times import day_of, parse_instant
from mingma.ledger.leaf import FIELDS, MAX_ENTRY, Kind, Leaf, parse, parse_unsealed, seal, sealed_on
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ledger.tree import leaf_hash
from tests.paths import ROOT

VECTORS = ROOT / "tests" / "vectors" / "leaf"
GOOD: list[dict[str, str]] = json.loads((VECTORS / "good.json").read_text(encoding="utf-8"))
BAD: list[dict[str, str]] = json.loads((VECTORS / "bad.json").read_text(encoding="utf-8"))


def name(case: dict[str, str]) -> str:
    return case["name"]


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


@pytest.mark.parametrize("case", GOOD, ids=name)
def test_a_good_leaf_is_sealed_and_read_byte_for_byte(case: dict[str, str]) -> None:
    unsealed, entry = case["unsealed"].encode(), case["entry"].encode()
    leaf = parse_unsealed(unsealed)
    assert leaf.unsealed() == unsealed
    assert seal(unsealed, day(case["sealed_on"])) == entry
    assert parse(entry) == (leaf, day(case["sealed_on"]))
    assert sealed_on(entry) == day(case["sealed_on"])
    assert leaf_hash(entry).hex() == case["leaf_hash"]


def test_every_open_kind_has_a_good_leaf() -> None:
    assert {json.loads(case["entry"])["k"] for case in GOOD} == set(FIELDS)


@pytest.mark.parametrize("case", BAD, ids=name)
def test_a_bad_leaf_is_refused_with_its_reason(case: dict[str, str]) -> None:
    with pytest.raises(LeafUnreadable) as refused:
        parse(case["entry"].encode())
    assert refused.value.details["why"] == case["why"]


def test_outbox_bytes_are_canonical_too() -> None:
    good = GOOD[1]["unsealed"]
    for bad in (good + "\n", good.replace(",", ", "), good.replace('"v":1', '"v":1,"v":1')):
        with pytest.raises(LeafUnreadable, match="not_canonical"):
            parse_unsealed(bad.encode())
        with pytest.raises(LeafUnreadable, match="not_canonical"):
            seal(bad.encode(), 19157)


def test_an_entry_is_no_outbox_leaf_and_the_other_way_round() -> None:
    with pytest.raises(LeafUnreadable, match="fields"):
        parse_unsealed(GOOD[1]["entry"].encode())
    with pytest.raises(LeafUnreadable, match="value"):
        sealed_on(GOOD[1]["unsealed"].encode())
    with pytest.raises(LeafUnreadable, match="fields"):
        parse(GOOD[1]["unsealed"].encode())
    with pytest.raises(LeafUnreadable, match="fields"):
        seal(GOOD[1]["entry"].encode(), 19157)


def test_the_day_of_a_leaf_is_the_local_day_of_the_seal() -> None:
    sealed_at = parse_instant("2022-06-14T00:00:00+08:00")
    entry = seal(GOOD[1]["unsealed"].encode(), day_of(sealed_at))
    assert json.loads(entry)["t"] == "2022-06-14"
    assert json.loads(seal(GOOD[1]["unsealed"].encode(), day_of(sealed_at - 1)))["t"] == (
        "2022-06-13"
    )


def test_a_leaf_is_built_only_if_its_kind_allows_it() -> None:
    whole: dict[str, Any] = {"commitment": b"c" * 32, "organ": "410100-hc", "tag": b"s" * 16}
    assert Leaf(kind=Kind.APPEAL_OPEN, answers=1, **whole).answers == 1
    for wrong in [
        {"kind": Kind.APPEAL_OPEN, **whole},
        {"kind": Kind.APPEAL_OPEN, "answers": 1, "count": 2, **whole},
        {"kind": Kind.APPEAL_OPEN, "answers": -1, **whole},
        {"kind": Kind.APPEAL_OPEN, "answers": 1, **whole, "tag": b"s" * 15},
        {
            "kind": Kind.GRANT_GIVE,
            **whole,
            "receiver": "410100-hq",
            "until": 19157,
            "what": "checker",
        },  # nobody's tag
    ]:
        with pytest.raises(LeafUnreadable):
            Leaf(**wrong)
    with pytest.raises(LeafUnreadable):
        Leaf(kind=Kind.APPEAL_OPEN, answers=1, **whole).sealed(10**9)


def test_the_longest_leaf_that_is_allowed_is_read_when_sealed() -> None:
    longest = Leaf(
        kind=Kind.IMPORT_MARK,
        commitment=b"c" * 32,
        index=2**53 - 1,
        origin="l" * 128,
        organ="o" * 128,
        rule="r" * 128,
        tag=b"s" * 16,
        before="f" * 32,
        after="t" * 32,
    )
    entry = longest.sealed(19157)
    assert len(entry) <= MAX_ENTRY
    assert parse(entry) == (longest, 19157)


@given(st.binary(max_size=1100))
@example(b"[" * 1000)
@example(b'{"v":1,"k":[]}')
@example(b'{"v":1,"k":"enrol","c":5}')
@example(b'{"v":1,"t":{}}')
def test_any_bytes_are_a_leaf_or_malformed(data: bytes) -> None:
    for read in (parse, parse_unsealed):
        with contextlib.suppress(Malformed):
            read(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(
    st.sampled_from(GOOD),
    st.sampled_from("a b c clear d from g grace h i j k l n o r s t to u until v what x".split()),
    json_values,
)
def test_a_leaf_with_one_value_changed_prints_back_the_same_or_is_refused(
    case: dict[str, str], key: str, value: object
) -> None:
    changed = {**json.loads(case["entry"]), key: value}
    entry = json.dumps(changed, sort_keys=True, separators=(",", ":")).encode()
    try:
        leaf, sealed_on = parse(entry)
    except LeafUnreadable:
        return
    assert leaf.sealed(sealed_on) == entry
