"""The oversight detectors in simulation: what they cost in false alarms, and when they see what.

The stored thresholds meet a year of lawful days, five attacks, and a maker and a checker who work
together; the attacks' figures stand beside those of the document.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from mingma.bench.oversight_attacks import ATTACKS, Row, attacked
from mingma.bench.oversight_collusion import colluding
from mingma.bench.oversight_days import EVENTS, SEED, YEAR, charts
from mingma.oversight.fitted import Fitted

QUICK_DAYS: Final = 28
QUICK_EVENTS: Final = 3_000
RUNS, QUICK_RUNS = 60, 20


def oversight(
    fitted: Fitted, *, quick: bool = False, say: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Every figure: false alarms on lawful days of the stored thresholds, attacks, collusion."""
    background, days = fitted.background, QUICK_DAYS if quick else YEAR
    runs = QUICK_RUNS if quick else RUNS
    rng = np.random.default_rng(SEED + 1)
    say(f"{background.cities} cities, {days} lawful days …")
    events = QUICK_EVENTS if quick else EVENTS
    alarms = {
        chart.name: chart.alarms_a_week(getattr(fitted.thresholds, chart.name))
        for chart in charts(background, days, events, rng)
    }
    say(f"{len(ATTACKS)} attacks, {runs} runs each …")
    rows = [attacked(attack, fitted, runs, rng) for attack in ATTACKS]
    return {
        "says": "rates invented",
        "cities": background.cities,
        "days": days,
        "runs": runs,
        "false_alarms_a_week": alarms,
        "stored_false_alarms_a_week": dict(fitted.false_alarms),
        "attacks": [_row(row) for row in rows],
        "collusion": [asdict(one) for one in colluding(fitted, runs * 50, rng)],
    }


def _row(row: Row) -> dict[str, Any]:
    names = ("without_case", "other_province", "overturned", "reconciliation")
    return {
        "attack": row.attack.name,
        "here": {name: str(getattr(row, name)) for name in names},
        "document": dict(zip(names, row.attack.said, strict=True)),
        "seen": {name: asdict(getattr(row, name)) for name in names},
    }
