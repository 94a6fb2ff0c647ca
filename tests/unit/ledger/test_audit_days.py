"""Days of leaves are held against the time when witnesses saw the tree."""

from __future__ import annotations

import pytest

from mingma.kernel.times import DAY, day_of, midnight
from mingma.ledger.audit_days import CLOCKS_APART, misdated, seen_at
from mingma.ledger.cosignature import Cosignature
from mingma.ledger.note import KeyType
from tests.unit.ledger.published import ed25519

TODAY = 19_157
NOON = midnight(TODAY) + DAY // 2


def wrong(seen: int, last: int | None, following: int | None = TODAY) -> list[tuple[int, str]]:
    return list(misdated(seen, (7, last), (8, following)))


def test_leaves_of_the_day_when_they_were_seen_are_well_dated() -> None:
    assert day_of(NOON) == TODAY
    assert wrong(NOON, TODAY) == []
    assert wrong(NOON, TODAY - 40, TODAY + 40) == []
    assert list(misdated(NOON, (7, TODAY), None)) == []
    assert wrong(NOON, None, None) == []  # leaves that nobody can read


def test_no_leaf_says_a_later_day_than_its_witnesses_but_for_their_clocks() -> None:
    before_midnight = midnight(TODAY + 1) - CLOCKS_APART
    assert wrong(before_midnight, TODAY + 1) == []
    assert wrong(before_midnight - 1, TODAY + 1) == [(7, "1 days ahead of its witnesses")]


def test_the_next_leaf_says_no_day_that_was_over_when_the_one_before_was_seen() -> None:
    assert wrong(NOON, TODAY - 2, TODAY - 1) == []  # sealed while the witnesses were asked
    assert wrong(NOON, TODAY - 2, TODAY - 2) == [
        (8, "2 days behind the witnesses of the leaf before")
    ]


@pytest.mark.parametrize(
    ("times", "seen"),
    [([], None), ([None], None), ([5], 5), ([1, 5, 99], 5), ([99, 5, 5], 5), ([None, 5], 5)],
)
def test_the_time_in_the_middle_counts(times: list[int | None], seen: int | None) -> None:
    key, _ = ed25519(b"w" * 32, "w.example/1", KeyType.ED25519_COSIGNATURE)
    assert seen_at(Cosignature(key, time) for time in times) == seen
