"""What all the days of a city share."""

from __future__ import annotations

from dataclasses import dataclass

from mingma.city.chance import Floats
from mingma.city.epidemic import Infected
from mingma.city.facts import BLOCK, Agenda
from mingma.city.isolation import Course
from mingma.city.plan import CityPlan
from mingma.city.population import Population
from mingma.city.venues import visits_up_to
from mingma.kernel.times import print_instant


@dataclass(frozen=True, slots=True)
class Everyday:
    """The city behind its days."""

    plan: CityPlan
    population: Population
    course: Course
    agenda: Agenda
    in_campaign: dict[int, list[int]]  # by day: people whose tube will be positive
    venue_shares: Floats

    def block(self, number: int) -> slice:
        """The people of a block."""
        return slice(number * BLOCK, min((number + 1) * BLOCK, self.plan.people))

    def date(self, day: int) -> str:
        """A day of the plan as ids carry it: 20221003."""
        return print_instant(self.plan.moment(day))[:10].replace("-", "")


def everyday(
    plan: CityPlan,
    population: Population,
    course: Course,
    agenda: Agenda,
    cases: list[Infected],
) -> Everyday:
    """The shared part, made once."""
    planted: dict[int, list[int]] = {}
    for case in cases:
        if case.found_by == "campaign":
            planted.setdefault(plan.day(case.found_at) - 1, []).append(case.person)
    return Everyday(plan, population, course, agenda, planted, visits_up_to(plan.people))
