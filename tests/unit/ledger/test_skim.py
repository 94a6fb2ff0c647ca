"""What is skimmed at speed is what is parsed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.ledger.leaf import parse
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ledger.skim import day, skim
from tests.unit.ledger.written import BAD, GOOD


def as_parsed(entry: bytes) -> object:
    try:
        leaf, sealed_on = parse(entry)
    except LeafUnreadable as refused:
        return refused.details["why"]
    return leaf.kind, sealed_on, {k: v for k, v in json.loads(entry).items() if k not in "kv"}


def as_skimmed(entry: bytes) -> object:
    try:
        kind, fields = skim(entry)
    except LeafUnreadable as refused:
        return refused.details["why"]
    written = {key: text for key, text in fields.items() if text is not None}
    plain: dict[str, object] = {
        key: int(text) if key in {*"abgijn", "grace"} or (key == "r" and text[:1] != b'"') else
        text.decode().strip('"')
        for key, text in written.items()
    }  # fmt: skip
    assert fields["t"] is not None
    return kind, day(fields["t"]), plain


@pytest.mark.parametrize("entry", GOOD + BAD)
def test_what_is_skimmed_is_what_is_parsed(entry: bytes) -> None:
    assert as_skimmed(entry) == as_parsed(entry)


@given(st.sampled_from(GOOD), st.data())
def test_a_changed_leaf_is_skimmed_as_it_is_parsed(entry: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entry)))
    cut = data.draw(st.integers(0, 3))
    put = data.draw(st.binary(max_size=3) | st.sampled_from(b'0 1 - " , : { } A a _ /'.split()))
    changed = entry[:at] + put + entry[at + cut :]
    assert as_skimmed(changed) == as_parsed(changed)


@pytest.mark.parametrize("text", [b"1899-12-31", b"2101-01-01", b"2022-02-30", b"2022-00-01"])
def test_a_day_that_is_none_is_skimmed_as_it_is_parsed(text: bytes) -> None:
    for entry in GOOD:
        sealed_on = json.loads(entry)["t"].encode()
        changed = entry.replace(b'"t":"' + sealed_on, b'"t":"' + text)
        assert as_skimmed(changed) == as_parsed(changed) == "value"
