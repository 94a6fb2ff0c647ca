"""What is lawful and usual, as rates: what a chart compares with.

INVENTED. Nobody has published how often a health code was coloured without a case, appealed or
refused; the figures are those of ACCOUNTABILITY section 6 and of nothing else, and an instance
that knows its own should fit its own (scripts/fit_oversight). What follows from them is the order
in which detectors see an attack, not the minute.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from scipy import stats

from mingma.kernel.times import DAY

BIN: Final = 600  # seconds of a bin
BINS: Final = DAY // BIN  # in a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """The rates. `marks` a million people and day; shares and probabilities as such."""

    cities: int = 340
    millions: float = 4.1  # people of a city
    marks: float = 6.0
    without_case: float = 0.05  # of the marks: the case is named later, or the clause needs none
    dispersion: float = 2.0  # variance of a day's count, as a multiple of its mean
    outbreak_every: int = 180  # days, a city
    outbreak_days: int = 14
    outbreak_times: float = 4.0  # … and as many marks without a case as otherwise
    other_province: float = 0.08
    attacked_share: float = 0.6  # of other provinces, where a list of outsiders is marked
    appealed: float = 0.02
    overturned: float = 0.10
    attacked_overturned: float = 0.6
    contacts: float = 10.75  # people marked for one case
    contacts_size: float = 0.8  # of the negative binomial; small is long-tailed
    cases_a_week: float = 3000.0  # with contacts, in all cities
    in_band: float = 0.002  # of lawful batches have 80 to 99 people
    batches_a_week: float = 3000.0
    recoloured: float = 0.002  # of those cleared, lawfully marked again within the shield
    cleared_a_week: float = 120.0
    attempts_an_hour: float = 0.02  # refused, of an organ
    makers_a_week: float = 33.0  # who get their first grant to propose, in all organs
    marked_at_once: float = 0.01  # of these, who mark somebody by hand within the day
    organs: int = 3400
    bin_mean: float = field(init=False)  # marks without a case of a city and bin

    def __post_init__(self) -> None:
        mean = self.marks * self.millions * self.without_case / BINS
        object.__setattr__(self, "bin_mean", mean)


def counts(mean: float, dispersion: float) -> stats.rv_discrete:
    """The negative binomial of this mean, with a variance so many times as large."""
    return stats.nbinom(mean / (dispersion - 1.0), 1.0 / dispersion)


def contacts(background: Background) -> stats.rv_discrete:
    """How many people are marked for one case."""
    size = background.contacts_size
    return stats.nbinom(size, size / (size + background.contacts))
