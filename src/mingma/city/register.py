"""What was on record before the first day: where everyone lives, and who had which dose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa

from mingma.city.chance import stream
from mingma.city.columns import constant, digits, joined, moments, subjects, table, taken
from mingma.city.facts import BLOCK, HOSPITAL, SCHEMA
from mingma.city.plan import CityPlan
from mingma.city.population import Population
from mingma.kernel.times import DAY, HOUR

PRODUCTS: Final = ("BBIBP-CorV", "CoronaVac", "ZF2001")
LIVED_THERE: Final = 1000  # days at most since a household moved in; chosen
DOSE_GAPS: Final = (430, 400, 200)  # days before the start: first, second, third dose; chosen
RESIDENTS_OFFICE: Final = "示例社区居委会"


def registers(plan: CityPlan, population: Population, block: int) -> Iterator[pa.Table]:
    """The home stays and the doses of one block of people."""
    people = np.arange(block * BLOCK, min((block + 1) * BLOCK, plan.people))
    yield _homes(plan, population, people)
    yield _doses(plan, population, people, block)


def _homes(plan: CityPlan, population: Population, people: Any) -> pa.Table:
    household = population.household[people]
    moved = stream(plan.seed, "moved").integers(1, LIVED_THERE, len(population.households))
    place = population.places(people)
    return table(
        len(people),
        SCHEMA,
        id=joined("home-", digits(people + 1, 7)),
        kind="area_stay",
        subject=joined(subjects(people)),
        at=moments(plan.opens - moved[household] * DAY),
        region=taken(population.homes.regions, place),
        place=taken(population.homes.names, place),
        organ=RESIDENTS_OFFICE,
        data="{}",
    )


def _doses(plan: CityPlan, population: Population, people: Any, block: int) -> pa.Table:
    chance = stream(plan.seed, "doses", block)
    product = chance.integers(0, len(PRODUCTS), len(people))
    shift = chance.integers(0, 120, len(people))
    doses = population.doses[people]
    person = np.repeat(np.arange(len(people)), doses)
    number = np.arange(len(person)) - np.repeat(np.cumsum(doses) - doses, doses)
    days = np.asarray(DOSE_GAPS)[number] - shift[person]
    at = plan.opens - days * DAY + 9 * HOUR + (people[person] % 480) * 60
    words = pa.array(
        [f'{{"dose":{n + 1},"product":"{name}"}}' for name in PRODUCTS for n in range(3)]
    )
    rows = len(person)
    return table(
        rows,
        SCHEMA,
        id=joined("va-", digits(people[person] + 1, 7), "-", digits(number + 1, 1)),
        kind="vaccination",
        subject=joined(subjects(people[person])),
        at=moments(at),
        region=constant(plan.region, rows),
        organ=HOSPITAL,
        data=taken(words, product[person] * 3 + number),
    )
