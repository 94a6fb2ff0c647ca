"""Who infects whom, when, and how each infection is found.

Parameters: incubation 3.49 days and time from infection to infection 2.99 days on average, the
pooled estimates for Omicron BA.1 of Xu et al., BMC Medicine 21:374 (2023); everything else is
chosen to be plausible, with no claim beyond that.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final

from mingma.city.chance import Chance, Ints, stream
from mingma.city.plan import HISTORY, CityPlan
from mingma.city.population import Population
from mingma.kernel.times import DAY, HOUR

INCUBATION: Final = 3.49  # days, mean
GENERATION: Final = 2.99  # days, mean
SHAPE: Final = 4.0  # of both gamma distributions; chosen
DETECTABLE: Final = 1.5  # days from infection to a positive test and to infecting others; chosen
OFFSPRING: Final = 1.6  # people infected by one who is never found; chosen
SYMPTOMATIC: Final = 0.5  # of those found; chosen
AT_HOME, AT_SCHOOL_OR_WORK = 0.5, 0.8  # cumulative: household, class or team, else a venue; chosen
TRACED_AFTER: Final = 1.0  # days from the finding of a case to the test of his contacts; chosen
NEVER_FOUND: Final = 9.0  # days, when an infection that nothing else finds ends unseen as found
FEWEST: Final = 6  # infections in the smallest city
SPREAD: Final = 3.0  # infections for each one brought in, about


@dataclass(frozen=True, slots=True)
class Infected:
    """One infection. `source` is None where it was brought in; `layer` is where it happened."""

    person: int
    source: int | None
    layer: str  # seed, household, class, team, venue
    infected_at: int
    onset_at: int | None  # None: without symptoms
    found_at: int
    found_by: str  # campaign, clinic, contact

    @property
    def infection_class(self) -> str:
        """The hospital's word for it."""
        return "asymptomatic" if self.onset_at is None else "confirmed"

    @property
    def infectious_from(self) -> int:
        """When others could first be infected."""
        return self.infected_at + int(DETECTABLE * DAY)


def spread(plan: CityPlan, population: Population) -> list[Infected]:
    """All infections from HISTORY days before the start to the end, by time of infection."""
    span = plan.days + HISTORY
    expected = max(FEWEST, plan.habits.infections * plan.people * span)
    chance = stream(plan.seed, "epidemic")
    found: dict[int, Infected] = {}
    waiting: list[tuple[int, int, int | None, str]] = []
    seeds = max(4, round(expected / SPREAD))
    begin = plan.moment(-HISTORY)
    for number in range(seeds):
        at = begin + int((number + chance.random()) / seeds * span * DAY)
        heapq.heappush(waiting, (at, int(chance.integers(plan.people)), None, "seed"))
    while waiting and len(found) < 2 * expected:
        at, person, source, layer = heapq.heappop(waiting)
        if person in found or at >= plan.closes:
            continue
        infected = _course(plan, chance, at, person, found.get(-1 if source is None else source))
        case = Infected(person, source, layer, at, *infected)
        found[person] = case
        for next_at, target, where in _offspring(population, chance, case):
            heapq.heappush(waiting, (next_at, target, person, where))
    return sorted(found.values(), key=lambda case: (case.infected_at, case.person))


def _course(
    plan: CityPlan, chance: Chance, at: int, person: int, source: Infected | None
) -> tuple[int | None, int, str]:
    """Onset, and the first thing that finds the infection: symptoms, a campaign, a trace."""
    incubation = chance.gamma(SHAPE, INCUBATION / SHAPE)
    detectable = at + int(DETECTABLE * DAY)
    onset = at + int(incubation * DAY) if chance.random() < SYMPTOMATIC else None
    ways = [(at + int(NEVER_FOUND * DAY), "clinic")]
    if onset is not None:
        ways.append((max(onset, detectable) + int((0.3 + chance.random()) * DAY), "clinic"))
    if source is not None:
        traced = source.found_at + int(TRACED_AFTER * DAY) + int(chance.integers(6 * HOUR))
        ways.append((max(traced, detectable + 6 * HOUR), "contact"))
    if (campaign := next_campaign(plan, detectable)) is not None:
        retest = plan.moment(campaign + 1, 7.5) + person % HOUR
        ways.append((retest, "campaign"))
    found_at, found_by = min(ways)
    return onset, found_at, found_by


def next_campaign(plan: CityPlan, after: int) -> int | None:
    """The first campaign day whose sampling begins after an instant, if the plan has one."""
    every = plan.habits.campaign_every
    for day in range(max(plan.day(after), 0), plan.days):
        if is_campaign(every, day) and plan.moment(day, 7) > after:
            return day
    return None


def is_campaign(every: int, day: int) -> bool:
    """Whether everyone is called to be sampled on a day: the plan's day 1, then every so often."""
    return day >= 1 and (day - 1) % every == 0


def _offspring(
    population: Population, chance: Chance, case: Infected
) -> list[tuple[int, int, str]]:
    """Whom a case infects before he is found: (when, who, where)."""
    found = []
    for _ in range(int(chance.poisson(OFFSPRING))):
        delay = max(chance.gamma(SHAPE, GENERATION / SHAPE), DETECTABLE)
        at = case.infected_at + int(delay * DAY)
        layer, group = _circle(population, chance, case.person)
        target = int(group[chance.integers(len(group))])
        if at < case.found_at and target != case.person:
            found.append((at, target, layer))
    return found


def _circle(population: Population, chance: Chance, person: int) -> tuple[str, Ints]:
    """Where one infection happens, and the people it may hit there."""
    draw = chance.random()
    if draw < AT_HOME:
        home = population.households.members(int(population.household[person]))
        if len(home) > 1:
            return "household", home
    if draw < AT_SCHOOL_OR_WORK:
        for layer, groups, of in (
            ("class", population.classes, population.school_class),
            ("team", population.teams, population.team),
        ):
            if of[person] >= 0:
                return layer, groups.members(int(of[person]))
    return "venue", population.households.order
