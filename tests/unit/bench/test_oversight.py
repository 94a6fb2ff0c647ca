"""A smaller simulation agrees with the stored thresholds, and the attacks are seen in order."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mingma.bench.oversight import ATTACKS, as_file, colluding, fit, oversight, peaks
from mingma.flows.oversee import shipped_thresholds
from mingma.oversight.background import Background
from mingma.oversight.fitted import read_fitted


def test_a_reduced_fit_gives_the_stored_thresholds() -> None:
    stored = shipped_thresholds()
    again = fit(stored.background, days=70, events=2000)["detectors"]
    for name, one in again.items():
        kept = getattr(stored.thresholds, name)
        # The charts are simulated, and the rest comes from the distributions themselves.
        close = 0.35 if name in {"without_case", "other_province", "overturned"} else 1e-3
        assert one["threshold"] == pytest.approx(kept, rel=close), name


def test_the_file_is_fitted_to_the_background_of_the_code() -> None:
    assert shipped_thresholds().background == Background()


def test_a_made_file_is_one_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "mingma.bench.oversight.fit", lambda _: fit(Background(), days=7, events=50)
    )
    assert read_fitted(as_file(Background()).encode()).background == Background()


def test_an_excursion_counts_once_by_its_highest_sum() -> None:
    scores = [[1.0, -1.0], [2.0, 4.0], [-9.0, 1.0], [5.0, -2.0]]
    assert peaks(iter(np.array(row) for row in scores)).tolist() == [3.0, 5.0, 5.0]


@pytest.fixture(scope="module")
def figures() -> dict[str, object]:
    return oversight(shipped_thresholds(), quick=True)


def test_lawful_days_cost_about_the_false_alarms_that_are_stored(
    figures: dict[str, object],
) -> None:
    for name, cost in figures["false_alarms_a_week"].items():  # type: ignore[attr-defined]
        assert cost < 1.5, name  # a third of one a week, in few weeks


def test_reconciliation_sees_every_attack_at_its_first_mark(figures: dict[str, object]) -> None:
    rows = {row["attack"]: row["seen"] for row in figures["attacks"]}  # type: ignore[attr-defined]
    assert list(rows) == [one.name for one in ATTACKS]
    for seen in rows.values():
        assert seen["reconciliation"]["marks"] == 1


def test_detection_is_as_fast_as_the_scorecard_asks(figures: dict[str, object]) -> None:
    rows = {row["attack"]: row["seen"] for row in figures["attacks"]}  # type: ignore[attr-defined]
    everyone = [seen[name] for seen in rows.values() for name in ("without_case", "overturned")]
    assert all(one["seen"] == one["runs"] for one in everyone)
    assert rows["1,317 in 1 h"]["without_case"]["seconds"] <= 10 * 60
    trap = rows["446 arrivals + 871 by photo, 72 h"]["other_province"]
    assert trap["seconds"] <= 3600
    assert trap["marks"] <= 50
    drip = rows["1,317 over 14 days"]["other_province"]
    assert drip["seconds"] <= 86_400
    assert drip["marks"] <= 70
    assert rows["200 locals, 48 h"]["other_province"]["seen"] == 0


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
