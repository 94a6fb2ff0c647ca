"""Scans of venue codes: how many, when, for how long, of what grade."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from mingma.city.chance import Bools, Chance, Ints
from mingma.city.columns import choose, digits, joined, moments, subjects, table
from mingma.city.everyday import Everyday
from mingma.city.facts import SCHEMA
from mingma.kernel.times import DAY, HOUR

WEEKDAY_VISITS, WEEKEND_VISITS = 0.8, 1.4  # a person, on average; TRACING, section 6
MOST_VISITS: Final = 9  # a person and day: ids have one digit for it
STAY: Final = 30  # minutes, median; TRACING, section 6
STAY_SPREAD: Final = 0.8  # standard deviation of the stay's logarithm; chosen
SHORTEST_STAY, LONGEST_STAY = 2 * 60, 4 * HOUR  # TRACING, section 6
OPEN_HOURS: Final = (7, 12, 14, 18, 22)  # a quarter of visits between each two; chosen
GRADES: Final = ("A", "B", "C", "D")
GRADE_SHARES: Final = (0.05, 0.60, 0.20, 0.15)  # chosen


def scans(city: Everyday, day: int, people: slice, chance: Chance, out: Bools) -> pa.Table:
    """Visits of a day: no two of one person's overlap; a bare scan (D) has no leaving."""
    mean = WEEKEND_VISITS if city.plan.is_weekend(day) else WEEKDAY_VISITS
    visits = np.minimum(chance.poisson(mean, len(out)), MOST_VISITS)
    count = np.where(out & city.population.scans[people], visits, 0)
    person = np.repeat(np.arange(len(out)), count)
    rank = np.arange(len(person)) - np.repeat(np.cumsum(count) - count, count)
    at, leaving = _spans(city.plan.moment(day), chance, person, (rank, count[person]))
    venue = np.searchsorted(city.venue_shares, chance.random(len(person)))
    venue = np.minimum(venue, len(city.venue_shares) - 1)
    grade = chance.choice(len(GRADES), len(person), p=np.asarray(GRADE_SHARES))
    who = people.start + person
    return table(
        len(who),
        SCHEMA,
        id=joined(f"ci-{city.date(day)}-", digits(who + 1, 7), "-", digits(rank + 1, 1)),
        kind="check_in",
        subject=joined(subjects(who)),
        at=moments(at),
        until=moments(leaving, grade < len(GRADES) - 1),
        data=joined(
            '{"venue":"v', digits(venue + 1, 7), '","grade":"', choose(GRADES, grade), '"}'
        ),
    )


def _spans(
    midnight: int, chance: Chance, person: Ints, ranked: tuple[Ints, Ints]
) -> tuple[Ints, Ints]:
    """Begin and end of each visit: a person's n visits lie in n equal parts of the open hours."""
    rank, count = ranked
    part = (rank + chance.random(len(person))) / count
    hour = np.interp(part, np.linspace(0, 1, len(OPEN_HOURS)), OPEN_HOURS)
    at = midnight + (hour * HOUR).astype(np.int64)
    stay = np.exp(np.log(STAY * 60) + STAY_SPREAD * chance.standard_normal(len(person)))
    end = at + np.clip(stay, SHORTEST_STAY, LONGEST_STAY).astype(np.int64)
    same = person[1:] == person[:-1]
    end[:-1][same] = np.minimum(end[:-1][same], at[1:][same])
    return at, np.minimum(end, midnight + DAY - 1)
