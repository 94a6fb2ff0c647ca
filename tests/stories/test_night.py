"""300 contacts at two in the morning, three in ten checkers silent: when are they decided?

All are, none without another organ. A silent checker costs ten minutes; then three are asked at
once, and of two approvals neither waits for the other. The night's roster has twenty at each of the
two levels: with eight at the province's, whoever is awake there has three batches before him in the
second round, and 95 in 100 take 16.5 minutes. Broken to see it fail: one asked in every round.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from tests.posts import posts
from tests.stories.night import BATCHES, appoint, night, ninety_fifth, share_within

NIGHTS = 8


@pytest.fixture(scope="module")
def took(tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """Seconds until each of the nights' batches was decided."""
    folder: Path = tmp_path_factory.mktemp("night")
    chance = random.Random(2)
    with posts(folder) as here:
        appoint(here)
        return [one for n in range(1, NIGHTS + 1) for one in night(here, n, chance)]


def test_everything_is_decided_the_same_night_and_95_in_100_within_fifteen_minutes(
    took: list[int],
) -> None:
    assert len(took) == NIGHTS * BATCHES
    within, late = share_within(took, 15), ninety_fifth(took)
    said = f"{len(took)} batches: {within:.0%} within 15 min, 95th percentile {late:.1f} min"
    sys.stdout.write(f"\n{said}\n")
    assert late <= 15
    assert max(took) <= 40 * 60
