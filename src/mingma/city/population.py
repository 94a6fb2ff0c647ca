"""The people: households, ages, classes, teams, homes, habits. Arrays by person, not objects.

Sources: mean household 2.62 people (bulletin of the seventh census, 2021) and 25.39 % one-person
households (China Population Census Yearbook 2020); the split of the others is chosen to agree
with both. Ages: 0–14 17.95 %, 15–59 63.35 %, 60 and over 18.70 %, of them 65 and over 13.50 %
(bulletin no. 5). Class and team sizes are chosen (TRACING: about 40 and 14).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mingma.city.chance import Bools, Chance, Ints, shares, stream
from mingma.city.places import Homes, settle
from mingma.city.plan import CityPlan

HOUSEHOLD_SIZES: Final = (0.2539, 0.2968, 0.2099, 0.1317, 0.0617, 0.0306, 0.0096, 0.0058)  # 1–8
AGE_BANDS: Final = ((0, 15, 0.1795), (15, 60, 0.6335), (60, 65, 0.0520), (65, 90, 0.1350))
ADULT: Final = 18  # years
SCHOOL_AGES: Final = (3, 18)  # from kindergarten to the end of upper secondary school
CLASS_SIZE: Final = 40
TEAM_SIZE: Final = 14
WORKING_AGES: Final = (18, 60)
EMPLOYED: Final = 0.75  # of working age; chosen
FOREIGN: Final = 0.002  # people with a passport in place of an ID number; chosen
DOSES: Final = (0.08, 0.02, 0.30, 0.60)  # of those in the register: none, 1, 2, 3; chosen
YEAR: Final = 365.25  # days
NOBODY: Final = -1


@dataclass(frozen=True, slots=True)
class Groups:
    """People by group: `order[starts[g]:starts[g + 1]]` are the members of group g."""

    order: Ints
    starts: Ints

    def members(self, group: int) -> Ints:
        """The people of one group; none for NOBODY's."""
        if group == NOBODY:
            return self.order[:0]
        return self.order[self.starts[group] : self.starts[group + 1]]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def of(self, people: int) -> Ints:
        """The group of each person, NOBODY where he is in none."""
        found = np.full(people, NOBODY, dtype=np.int64)
        found[self.order] = np.repeat(np.arange(len(self)), np.diff(self.starts))
        return found


@dataclass(frozen=True, slots=True)
class Population:
    """Everybody. All arrays are by person, from 0."""

    households: Groups
    classes: Groups
    teams: Groups
    homes: Homes
    household: Ints
    school_class: Ints
    team: Ints
    age: Ints
    born: Ints  # days since 1970-01-01
    female: Bools
    foreign: Bools
    reports: Bools  # files daily reports
    scans: Bools  # scans venue codes
    doses: Ints

    def __len__(self) -> int:
        return len(self.household)

    def places(self, people: Ints) -> Ints:
        """The place each of some people lives in, an index into `homes`."""
        return self.homes.of_household[self.household[people]]

    def home_region(self, person: int) -> str:
        """The county a person lives in."""
        return str(self.homes.regions[int(self.homes.of_household[self.household[person]])])


def populate(plan: CityPlan) -> Population:
    """The people of a plan."""
    people, habits = plan.people, plan.habits
    households = _households(people, stream(plan.seed, "households"))
    household = households.of(people)
    age = _ages(people, households.starts[:-1], stream(plan.seed, "ages"))
    chance = stream(plan.seed, "people")
    classes = _classes(age)
    teams = _teams(age, stream(plan.seed, "teams"))
    homes = settle(
        plan.seed,
        plan.region,
        households.starts[:-1],
        people,
        habits.high_homes,
        habits.medium_homes,
    )
    register = chance.random(people) < habits.vaccinated
    return Population(
        households=households,
        classes=classes,
        teams=teams,
        homes=homes,
        household=household,
        school_class=classes.of(people),
        team=teams.of(people),
        age=age,
        born=plan.first - (age * YEAR).astype(np.int64) - chance.integers(0, 365, people),
        female=chance.random(people) < 0.4876,  # bulletin no. 4
        foreign=chance.random(people) < FOREIGN,
        reports=chance.random(people) < habits.reporters,
        scans=(chance.random(people) < habits.scanners) & (age >= 6),
        doses=np.where(register & (age >= 3), chance.choice(4, people, p=shares(DOSES)), 0),
    )


def _households(people: int, chance: Chance) -> Groups:
    """Households one after another in number, the last cut so that sizes sum to the people."""
    sizes = chance.choice(len(HOUSEHOLD_SIZES), people, p=shares(HOUSEHOLD_SIZES)) + 1
    ends = np.cumsum(sizes)
    ends = ends[: int(np.searchsorted(ends, people)) + 1]
    ends[-1] = people
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends]).astype(np.int64)
    return Groups(np.arange(people, dtype=np.int64), starts)


def _ages(people: int, first_members: Ints, chance: Chance) -> Ints:
    """Ages after the census; the first member of each household is an adult."""
    lows, highs, weights = zip(*AGE_BANDS, strict=True)
    band = chance.choice(len(AGE_BANDS), people, p=shares(weights))
    low, high = np.asarray(lows)[band], np.asarray(highs)[band]
    age: Ints = low + (chance.random(people) * (high - low)).astype(np.int64)
    first = np.zeros(people, dtype=np.bool_)
    first[first_members] = True
    young = first & (age < ADULT)
    age[young] = chance.integers(ADULT, 65, int(young.sum()))
    return age


def _classes(age: Ints) -> Groups:
    """Pupils of one age and one neighbourhood sit together."""
    pupils = np.flatnonzero((age >= SCHOOL_AGES[0]) & (age < SCHOOL_AGES[1]))
    order = pupils[np.argsort(age[pupils], kind="stable")]
    new_age = np.flatnonzero(np.diff(age[order], prepend=-1))
    starts = [
        start
        for begin, end in zip(new_age, np.append(new_age[1:], len(order)), strict=True)
        for start in range(int(begin), int(end), CLASS_SIZE)
    ]
    return Groups(order, np.array([*starts, len(order)], dtype=np.int64))


def _teams(age: Ints, chance: Chance) -> Groups:
    """Workers of the whole city, mixed, in teams of about TEAM_SIZE."""
    of_age = (age >= WORKING_AGES[0]) & (age < WORKING_AGES[1])
    workers = np.flatnonzero(of_age & (chance.random(len(age)) < EMPLOYED))
    order = chance.permutation(workers)
    sizes = 2 + chance.poisson(TEAM_SIZE - 2, len(order) // TEAM_SIZE * 2 + 1)
    ends = np.cumsum(sizes)
    ends = ends[ends < len(order)]
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends, [len(order)]])
    return Groups(order, starts.astype(np.int64))
