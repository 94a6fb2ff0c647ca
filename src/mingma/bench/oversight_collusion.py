"""The colluding maker and checker of ACCOUNTABILITY section 5: what each control sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from mingma.bench.oversight_attacks import PEOPLE
from mingma.oversight.background import contacts
from mingma.oversight.fitted import Fitted
from mingma.oversight.tails import BAND


@dataclass(frozen=True, slots=True)
class Collusion:
    """A way in which a maker and a checker work together, and how likely each control sees it."""

    name: str
    figures: dict[str, float]


def colluding(fitted: Fitted, runs: int, rng: np.random.Generator) -> list[Collusion]:
    """Maker and checker together: what the lot, the cases, the band and the audit leave of it."""
    background, roster, small = fitted.background, 20, 10
    split = -(-PEOPLE // BAND[-5])  # batches of 95
    limit = fitted.thresholds.contacts_per_case
    base = np.asarray(contacts(background).rvs(size=runs, random_state=rng), dtype=np.float64)
    week = stats.poisson.rvs(
        background.batches_a_week / background.organs, size=runs, random_state=rng
    )
    by_chance = stats.binom.sf(split - 1, split + week, background.in_band)
    banded = by_chance < fitted.thresholds.structuring
    return [
        Collusion(f"{PEOPLE} people in {split} batches of 80 to 99", {
            "every batch falls to the accomplice": (1 / roster) ** split,
            "seen by structuring": float(np.mean(banded)),
            "seen by a sample of 1 %": 1 - 0.99**PEOPLE,
            "seen by a sample of 0.5 %": 1 - 0.995**PEOPLE,
        }),
        Collusion("a true case padded with 100 people", {
            "the batch falls to the accomplice": 1 / roster,
            "seen by contacts per case": float(np.mean(base + 100 > limit)),
            "a case is as large by chance": float(contacts(background).sf(100)),
        }),
        Collusion(f"a list of {small}, plausible contacts", {
            "the batch falls to the accomplice": 1 / roster,
            "seen by a sample of 1 %": 1 - 0.99**small,
            "seen by a sample of 5 %": 1 - 0.95**small,
            "seen by contacts per case": float(np.mean(base + small > limit)),
        }),
        Collusion("a laboratory signs extra positives (1 expected)", {
            "14 extra by chance": float(stats.poisson.sf(13, 1.0)),
            "2 extra by chance": float(stats.poisson.sf(1, 1.0)),
            "a laboratory without any positive among 5,000 at 0.1 %": float(
                stats.binom.cdf(0, 5_000, 0.001)
            ),
        }),
    ]  # fmt: skip
