"""The random audit: the same for everybody, and every leaf as likely as every other."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mingma.oversight import sample
from mingma.oversight.sample import draw, sample_size
from tests.paths import ROOT

VECTORS = json.loads((ROOT / "tests/vectors/oversight/sample.json").read_text("utf-8"))
roots = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: f"{row['start']}-{row['end']}")
def test_the_vectors_are_drawn(row: dict[str, object]) -> None:
    root = bytes.fromhex(str(row["root"]))
    found = draw(root, row["number"], row["start"], row["end"], row["cities"])  # type: ignore[arg-type]
    assert list(found) == row["leaves"]


@given(
    roots, st.integers(0, 40_000), st.integers(0, 10**9), st.integers(0, 3000), st.integers(1, 3)
)
def test_a_sample_is_of_the_day_sorted_without_repeats_and_large_enough(
    root: bytes, day: int, start: int, leaves: int, cities: int
) -> None:
    found = draw(root, day, start, start + leaves, cities)
    assert list(found) == sorted(set(found))
    assert all(start <= leaf < start + leaves for leaf in found)
    assert len(found) == sample_size(leaves, cities)
    assert len(found) * 100 >= leaves
    assert len(found) >= min(leaves, 20 * cities)
    assert found == draw(root, day, start, start + leaves, cities)


@given(roots, st.integers(0, 40_000), st.integers(0, 10**9))
def test_another_day_or_another_root_is_another_sample(root: bytes, day: int, start: int) -> None:
    other = bytes([root[0] ^ 1]) + root[1:]
    found = draw(root, day, start, start + 4000)
    assert found != draw(root, day + 1, start, start + 4000)
    assert found != draw(other, day, start, start + 4000)


def test_every_leaf_is_as_likely_as_every_other(monkeypatch: pytest.MonkeyPatch) -> None:
    # In a space of 256 a remainder without care would make the first 56 leaves twice as likely.
    monkeypatch.setattr(sample, "_SPACE", 256)
    numbers = sample._numbers
    monkeypatch.setattr(sample, "_numbers", lambda *seed: (x % 256 for x in numbers(*seed)))
    leaves, rounds = 200, 1500
    seen = Counter(
        leaf for n in range(rounds) for leaf in draw(n.to_bytes(32, "big"), n, 0, leaves)
    )
    expected = rounds * sample_size(leaves) / leaves
    counts = [seen[leaf] for leaf in range(leaves)]
    statistic = sum((count - expected) ** 2 / expected for count in counts)
    assert stats.chi2.sf(statistic, leaves - 1) > 0.001


def test_with_the_real_space_no_leaf_is_favoured_either() -> None:
    leaves, rounds = 100, 1000
    seen = Counter(
        leaf for n in range(rounds) for leaf in draw(n.to_bytes(32, "big"), 1, 50, 50 + leaves)
    )
    assert stats.chisquare([seen[50 + leaf] for leaf in range(leaves)]).pvalue > 0.001
