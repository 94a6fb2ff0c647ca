"""What is left to two who work together."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mingma.bench.oversight_collusion import colluding
from mingma.flows.oversee import shipped_thresholds


def test_what_a_maker_and_a_checker_still_achieve_is_said() -> None:
    found = {one.name: one.figures for one in colluding(
        shipped_thresholds(), 500, np.random.default_rng(1))}  # fmt: skip
    list_of_ten = found["a list of 10, plausible contacts"]
    assert list_of_ten["seen by a sample of 1 %"] == pytest.approx(0.0956, abs=1e-3)
    assert list_of_ten["seen by contacts per case"] < 0.05
    split = found["1317 people in 14 batches of 80 to 99"]
    assert split["seen by structuring"] == 1
    assert split["every batch falls to the accomplice"] == pytest.approx(6.1e-19, rel=0.01)
    assert json.dumps(found)
