"""Base45: the examples of RFC 9285, one text for one sequence of bytes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.codes.base45 import ALPHABET, decode, encode
from mingma.codes.unreadable import TokenUnreadable


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
        (b"", ""),
        (b"\xff\xff", "FGW"),
        (b"\xff", "U5"),
    ],
)
def test_the_examples_of_the_standard(data: bytes, text: str) -> None:
    assert encode(data) == text
    assert decode(text) == data


@given(st.binary(max_size=300))
def test_bytes_survive(data: bytes) -> None:
    assert decode(encode(data)) == data


@pytest.mark.parametrize("text", ["GGW", ":::", "ZZZ", "V5", "::", "BB8GGW", "BB8::"])
def test_groups_that_overflow_are_refused(text: str) -> None:
    with pytest.raises(TokenUnreadable, match=r"base45\.overflow"):
        decode(text)


@pytest.mark.parametrize("text", ["A", "BB8A"])
def test_a_single_character_left_over_is_refused(text: str) -> None:
    with pytest.raises(TokenUnreadable, match=r"base45\.length"):
        decode(text)


@pytest.mark.parametrize("text", ["bb8", "BB8\n", "BB_", "BB８"])
def test_characters_outside_the_alphabet_are_refused(text: str) -> None:
    with pytest.raises(TokenUnreadable, match=r"base45\.character"):
        decode(text)


def test_two_characters_have_one_meaning_or_none() -> None:
    for group in itertools.product(ALPHABET, repeat=2):
        text = "".join(group)
        try:
            data = decode(text)
        except TokenUnreadable:
            continue
        assert encode(data) == text


@given(st.text(ALPHABET, max_size=60))
def test_any_text_is_refused_or_prints_back_the_same(text: str) -> None:
    try:
        data = decode(text)
    except TokenUnreadable:
        return
    assert encode(data) == text
