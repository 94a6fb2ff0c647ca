"""The one byte form of a value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.canonical import b64url, canonical
from mingma.kernel.times import Instant
from mingma.kernel.words import Colour

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=10,
)


@given(VALUES)
def test_equal_values_give_equal_bytes_that_read_back(value: object) -> None:
    assert json.loads(canonical(value)) == value
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(st.recursive(VALUES, lambda inner: st.dictionaries(st.text(), inner), max_leaves=4))
def test_the_bytes_are_those_of_json_with_ascii_alone(value: object) -> None:
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    assert canonical(value) == plain.encode("ascii")


@pytest.mark.parametrize("text", [*map(chr, range(0x81)), "\ud800", "甲", "a" * 300])
def test_each_character_is_escaped_as_json_does(text: str) -> None:
    assert canonical({text: [text, 2**64, -(2**63) - 1]}) == canonical({text: [text]})[:-2] + (
        b",18446744073709551616,-9223372036854775809]}"
    )
    assert json.loads(canonical(text)) == text
    assert canonical(text) == json.dumps(text).encode("ascii")


def test_what_is_a_number_or_a_text_by_descent_is_written_as_one() -> None:
    class Name(str):
        __slots__ = ()

    assert canonical({Name("a"): [Instant(5), Name("甲"), Name("b"), Colour.RED]}) == (
        b'{"a":[5,"\\u7532","b","red"]}'
    )
    assert canonical([Instant(5), Name("b")]) == b'[5,"b"]'


def test_the_order_of_keys_does_not_matter_and_nothing_is_padded() -> None:
    assert canonical({"b": [1, "甲"], "a": None}) == b'{"a":null,"b":[1,"\\u7532"]}'
    assert canonical({"b": 1, "a": 2}) == canonical({"a": 2, "b": 1})


@pytest.mark.parametrize("value", [1.0, float("nan"), {1: "x"}, b"x", {"a": {2}}, object()])
def test_what_has_no_single_spelling_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


def test_binary_is_base64url_without_padding() -> None:
    assert b64url(b"\xff\xfe") == "__4"
