"""The fit: each detector's threshold, at a share of one false alarm a week nationwide.

Three charts share one alarm; they are simulated. The other detectors' thresholds come straight
from their distributions.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from scipy import stats

from mingma.bench.oversight_days import EVENTS, SEED, YEAR, Array, charts
from mingma.oversight.background import Background, contacts
from mingma.oversight.fitted import VERSION

A_WEEK: Final = 1 / 3  # false alarms of one chart, nationwide: one of all three
TESTS_A_WEEK: Final = 1 / 4  # of each other detector


def as_file(background: Background) -> str:
    """The file of thresholds, as it is written."""
    return json.dumps(fit(background), indent=2, ensure_ascii=False) + "\n"


def fit(background: Background, *, days: int = YEAR, events: int = EVENTS) -> dict[str, Any]:
    """The file of thresholds, as an object: each threshold with its false alarms a week.

    The charts are fitted on one set of lawful days and their false alarms counted on another.
    """
    fitted: dict[str, tuple[float, float]] = {}
    for chart in charts(background, days, events, np.random.default_rng(SEED)):
        threshold = threshold_for(chart.peaks(), chart.weeks, A_WEEK)
        fitted[chart.name] = threshold, chart.alarms_a_week(threshold)
    return _file(background, fitted | _tails(background))


def threshold_for(highest: Array, weeks: float, a_week: float) -> float:
    """The sum that so many excursions a week go over."""
    allowed = max(1, round(weeks * a_week))
    return float(highest[-min(allowed + 1, len(highest))])


def _tails(background: Background) -> dict[str, tuple[float, float]]:
    """The tests' thresholds straight from the distributions: how often chance passes them."""
    people = float(contacts(background).isf(TESTS_A_WEEK / background.cases_a_week))
    cap = min(people, 100.0)  # over a hundred there is a second review anyway
    bulk = float(contacts(background).isf(TESTS_A_WEEK / background.makers_a_week))
    hours = background.organs * 24 * 7
    often = float(stats.poisson.isf(TESTS_A_WEEK / hours, background.attempts_an_hour)) + 1
    organs = background.organs
    return {
        "contacts_per_case": (
            cap, float(contacts(background).sf(cap)) * background.cases_a_week
        ),
        "structuring": _of_weeks(background.in_band, background.batches_a_week / organs, organs),
        "recoloured": _of_weeks(
            background.recoloured, background.cleared_a_week / background.cities, background.cities
        ),
        # By the bar that is asked for: 5,000 samples, p < 0.01. What it costs stands beside it.
        "positivity": (0.01, _positivity_alarms(0.01) * 7 * background.cities),
        "attempts": (
            often, float(stats.poisson.sf(often - 1, background.attempts_an_hour)) * hours
        ),
        "attempted_people": (100.0, 0.0),  # the hundred of authority.hundred: a law, and no chance
        "first_use": (24.0, background.makers_a_week * background.marked_at_once),  # hours: Z59
        "first_use_people": (
            bulk, float(contacts(background).sf(bulk)) * background.makers_a_week
        ),
    }  # fmt: skip


def _of_weeks(share: float, mean: float, units: int) -> tuple[float, float]:
    """The p below which a binomial test of a unit's week speaks a quarter of a time a week.

    Over the number of trials, which is Poisson; every number of hits that passes counts.
    """
    trials, p = np.arange(1, int(mean * 10 + 60)), 1.0
    weight = stats.poisson.pmf(trials, mean)
    cost = 1.0
    for exponent in np.arange(1.0, 8.0, 0.25):
        p = float(10.0**-exponent)
        least = stats.binom.isf(p, trials, share) + 1  # hits from which the test is below p
        cost = float((weight * stats.binom.sf(least - 1, trials, share)).sum() * units)
        if cost <= TESTS_A_WEEK:
            return p, cost
    return p, cost


def _positivity_alarms(p: float, samples: int = 5_000, share: float = 0.001) -> float:
    """How often a block of an honest laboratory speaks."""
    found = np.arange(0, 60)
    few, many = stats.binom.cdf(found, samples, share), stats.binom.sf(found - 1, samples, share)
    speaks = np.minimum(few, many) < p
    return float(stats.binom.pmf(found[speaks], samples, share).sum())


def _file(background: Background, fitted: dict[str, tuple[float, float]]) -> dict[str, Any]:
    said = asdict(background)
    said.pop("bin_mean")
    return {
        "v": VERSION,
        "background": said,
        "detectors": {
            name: {"threshold": float(f"{at:.4g}"), "false_alarms_a_week": float(f"{cost:.3g}")}
            for name, (at, cost) in fitted.items()
        },
        "says": "fitted by scripts/fit_oversight; the rates are invented (oversight/background.py)",
    }
