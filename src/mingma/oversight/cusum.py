"""CUSUM: a sum of scores that never falls below zero, and speaks when it goes over a threshold.

A count scores how many standard deviations it lies over its mean, less K; a yes or no scores the
log of how much likelier it is under attack than usually (Bernoulli CUSUM). A chart speaks once,
and again only after its sum was back at zero: one attack, one signal. The sum stops at twice the
threshold, so that a large attack does not leave a chart deaf for months.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from mingma.oversight.background import Background, counts

K: Final = 0.75  # standard deviations a count may lie over its mean for ever (ACCOUNTABILITY 6)
MOST: Final = 2.0  # thresholds that a sum can reach
Sums = TypeVar("Sums", float, npt.NDArray[np.float64])


def step(sums: Sums, scores: Sums) -> Sums:
    """The sum, or many charts' sums, after one more score."""
    found: Sums = np.maximum(0.0, sums + scores)
    return found


@dataclass(frozen=True, slots=True)
class CountScore:
    """What a bin's count scores: standardised under the negative binomial, less K."""

    mean: float
    deviation: float

    def of(self, count: Sums) -> Sums:
        """The score of a count, or of many."""
        return (count - self.mean) / self.deviation - K


def count_score(background: Background) -> CountScore:
    """The score of a city's marks without a case in a bin."""
    spread = counts(background.bin_mean, background.dispersion)
    return CountScore(float(spread.mean()), float(spread.std()))


@dataclass(frozen=True, slots=True)
class YesNoScore:
    """What a yes and a no score."""

    yes: float
    no: float

    def of(self, yes: bool) -> float:
        """The score of one."""
        return self.yes if yes else self.no


def yes_no_score(usual: float, attacked: float) -> YesNoScore:
    """The log-likelihood ratios of a share under attack against the usual one."""
    return YesNoScore(math.log(attacked / usual), math.log((1 - attacked) / (1 - usual)))


@dataclass(slots=True)
class Chart:
    """One chart. INVARIANT: 0 <= sum <= twice the threshold."""

    threshold: float
    sum: float = 0.0
    spoke: bool = False

    def see(self, score: float) -> bool:
        """Take a score; True if the sum went over the threshold with it, first since zero."""
        self.sum = min(float(step(self.sum, score)), MOST * self.threshold)
        if self.sum == 0.0:
            self.spoke = False
        speaks = self.sum > self.threshold and not self.spoke
        self.spoke = self.spoke or speaks
        return speaks
