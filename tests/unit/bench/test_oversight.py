"""The attacks are seen in order, and lawful days cost no more than is said."""

from __future__ import annotations

import pytest

from mingma.bench.oversight import oversight
from mingma.bench.oversight_attacks import ATTACKS
from mingma.flows.oversee import shipped_thresholds


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
