"""What a chart makes of simulated days."""

from __future__ import annotations

import numpy as np

from mingma.bench.oversight_days import peaks


def test_an_excursion_counts_once_by_its_highest_sum() -> None:
    scores = [[1.0, -1.0], [2.0, 4.0], [-9.0, 1.0], [5.0, -2.0]]
    assert peaks(iter(np.array(row) for row in scores)).tolist() == [3.0, 5.0, 5.0]
