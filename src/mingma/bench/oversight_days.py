"""Lawful days in simulation, and what each chart of the detectors makes of them.

The rates are `oversight.background`, INVENTED. The charts' law is the one that runs
(`oversight.cusum`), over all cities at once in numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from mingma.oversight.background import BINS, Background, counts
from mingma.oversight.cusum import YesNoScore, count_score, step, yes_no_score

Array = npt.NDArray[np.float64]

SEED: Final = 20220613
YEAR: Final = 364  # days
COLUMNS: Final = 2048  # sequences of yes and no simulated side by side
EVENTS: Final = 20_000  # of each


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart over so many simulated weeks; `peaks` simulates them anew each time."""

    name: str
    weeks: float
    peaks: Callable[[], Array]

    def alarms_a_week(self, threshold: float) -> float:
        """The excursions of a new simulation that go over a threshold."""
        return float((self.peaks() > threshold).sum() / self.weeks)


def charts(
    background: Background, days: int, events: int, rng: np.random.Generator
) -> Iterator[Chart]:
    """The three charts, on lawful days."""
    score = count_score(background)
    yield Chart(
        "without_case",
        days / 7,
        lambda: peaks(score.of(found) for found in lawful_bins(background, days, rng)),
    )
    marks, appeals = events_a_week(background)
    for name, usual, attacked, rate in (
        ("other_province", background.other_province, background.attacked_share, marks),
        ("overturned", background.overturned, background.attacked_overturned, appeals),
    ):
        values = yes_no_score(usual, attacked)
        drawn = partial(yes_no_peaks, values, usual, events, rng)
        yield Chart(name, events * COLUMNS / rate, drawn)


def lawful_bins(background: Background, days: int, rng: np.random.Generator) -> Iterator[Array]:
    """Bin by bin, every city's marks without a case: some cities have an outbreak."""
    outbreak = rng.integers(0, background.outbreak_every, background.cities)
    for day in range(days):
        since = (day + outbreak) % background.outbreak_every
        times = np.where(since < background.outbreak_days, background.outbreak_times, 1.0)
        mean = background.bin_mean * times
        spread = counts(1.0, background.dispersion)
        size = mean * spread.args[0]  # the same dispersion at every mean
        for found in rng.negative_binomial(size, spread.args[1], (BINS, background.cities)):
            yield found.astype(np.float64)


def peaks(scores: Iterator[Array]) -> Array:
    """The highest sum of every excursion of every column, from zero to zero."""
    sums = highest = None
    found: list[Array] = []
    for score in scores:
        if sums is None or highest is None:
            sums = highest = np.zeros_like(score)
        sums = step(sums, score)
        over = (sums == 0.0) & (highest > 0.0)
        if over.any():
            found.append(highest[over])
        highest = np.where(sums == 0.0, 0.0, np.maximum(highest, sums))
    if highest is not None:
        found.append(highest[highest > 0.0])
    return np.sort(np.concatenate(found))


def yes_no_peaks(score: YesNoScore, usual: float, events: int, rng: np.random.Generator) -> Array:
    """The peaks of many sequences of yes and no at the usual share."""
    return peaks(np.where(rng.random(COLUMNS) < usual, score.yes, score.no) for _ in range(events))


def events_a_week(background: Background) -> tuple[float, float]:
    """(marks without a case, answered appeals) nationwide a week, outbreaks included."""
    ill = background.outbreak_days / background.outbreak_every
    times = 1.0 + ill * (background.outbreak_times - 1.0)
    marks = background.marks * background.millions * background.cities * 7 * times
    return marks * background.without_case, marks * background.appealed
