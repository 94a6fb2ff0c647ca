"""Who lives there: households, classes and teams add up."""

from __future__ import annotations

import numpy as np
import pytest

from mingma.city import plan_city
from mingma.city.population import NOBODY, SCHOOL_AGES, WORKING_AGES, populate
from tests.unit.city.conftest import Made


@pytest.mark.parametrize("people", [1_000, 1_001, 12_345])
def test_households_sum_to_the_people(people: int) -> None:
    households = populate(plan_city(people=people, days=1, seed=5)).households
    sizes = np.diff(households.starts)
    assert sizes.sum() == people
    assert sizes.min() >= 1
    assert 2.4 < sizes.mean() < 2.8


def test_household_sizes_follow_the_census() -> None:
    sizes = np.diff(populate(plan_city(people=50_000, days=1, seed=5)).households.starts)
    assert abs((sizes == 1).mean() - 0.2539) < 0.01
    assert abs(sizes.mean() - 2.62) < 0.05


def test_every_household_has_an_adult(made: Made) -> None:
    population = made.population
    for household in range(len(population.households)):
        assert population.age[population.households.members(household)].max() >= 18


def test_a_class_is_of_one_age_and_a_team_of_working_age(made: Made) -> None:
    population = made.population
    for number in range(len(population.classes)):
        members = population.classes.members(number)
        assert 1 <= len(members) <= 40
        assert len(set(population.age[members])) == 1
        assert SCHOOL_AGES[0] <= population.age[members[0]] < SCHOOL_AGES[1]
    for number in range(len(population.teams)):
        ages = population.age[population.teams.members(number)]
        assert ((ages >= WORKING_AGES[0]) & (ages < WORKING_AGES[1])).all()


def test_nobody_is_in_two_groups_of_a_kind(made: Made) -> None:
    population = made.population
    for groups, of in (
        (population.classes, population.school_class),
        (population.teams, population.team),
    ):
        assert len(set(groups.order)) == len(groups.order)
        assert (of != NOBODY).sum() == len(groups.order)


def test_the_people_file_says_the_same(made: Made) -> None:
    residents = list(made.city.people())
    counts = made.city.manifest["counts"]
    assert len(residents) == made.plan.people
    assert len({person.household for person in residents}) == counts["households"]
    assert len({person.school_class for person in residents} - {None}) == counts["classes"]
    assert len({person.team for person in residents} - {None}) == counts["teams"]
