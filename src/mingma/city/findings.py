"""What investigators write down about the people around each case.

INVARIANT: every infection found before the end has its record, its positive test and findings
about the people around it; every infection at a venue has two check-ins that overlap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from mingma.city.chance import Chance, Ints, shares, stream
from mingma.city.epidemic import Infected
from mingma.city.facts import INVESTIGATORS, Agenda
from mingma.city.hospital import single_test, take_in
from mingma.city.isolation import Course
from mingma.city.plan import CityPlan
from mingma.city.population import NOBODY, Population
from mingma.city.travel import ride
from mingma.city.venues import venue_count, venue_name
from mingma.kernel.times import DAY, HOUR, print_instant

LOOKBACK: Final = 2  # days before onset or first positive sampling (national plan, 2022)
CLOSE_AT_WORK: Final = 8  # people of a class or team who were near, on average; chosen
STRANGERS: Final = 6  # people of a venue visit whom an investigator finds, on average; chosen
STRANGER_RELATIONS: Final = ("companion_enclosed", "companion", "potential", "venue_exposed")
STRANGER_SHARES: Final = (0.15, 0.35, 0.25, 0.25)  # chosen
IN_VEHICLE: Final = {"air": "same_flight", "rail": "same_carriage", "coach": "same_coach"}
FELLOW_TRAVELLERS: Final = 4
WITHDRAWN: Final = 0.03  # findings taken back the next day; chosen
RELEASED: Final = 0.03  # findings ended early by an order; chosen
QUARANTINE: Final = 7  # days; chosen
WHOLE_COURSE: Final = 21  # days after which a contact's course is over before the start
TEST_DAYS: Final = (1, 4)  # of a close contact's quarantine; chosen


def investigate(
    plan: CityPlan, population: Population, cases: list[Infected], agenda: Agenda
) -> Course:
    """Plan the facts of every case that is found before the end; who is isolated when."""
    course = Course.of(plan.people)
    by_person = {case.person: case for case in cases}
    caught: dict[int, list[Infected]] = {}
    for case in cases:
        if case.source is not None:
            caught.setdefault(case.source, []).append(case)
    found = sorted((case for case in cases if case.found_at < plan.closes), key=_when_found)
    for number, case in enumerate(found):
        chance = stream(plan.seed, "case", number)
        take_in(plan, agenda, course, case, chance)
        file = _CaseFile(
            plan, population, agenda, course, by_person, caught, chance, number, case, {case.person}
        )
        file.write()
    return course


def _when_found(case: Infected) -> tuple[int, int]:
    return case.found_at, case.person


@dataclass(frozen=True, slots=True)
class _CaseFile:
    """The inquiry into one case; `known` are the people already written down in it."""

    plan: CityPlan
    population: Population
    agenda: Agenda
    course: Course
    by_person: dict[int, Infected]
    caught: dict[int, list[Infected]]  # by source
    chance: Chance
    number: int
    case: Infected
    known: set[int] = field(repr=False)

    def write(self) -> None:
        for person, at in self._near():
            if self._finding(person, "close", at):
                self._quarantine(person)
                self._second_circle(person, at)
        for person in self._group():
            self._finding(int(person), "general", self._last_working_hour())
        self._infected_at_venues()
        self._strangers()
        modes = list(IN_VEHICLE)  # each way of travelling in turn, and as many who stayed in town
        if self.number % (2 * len(modes)) < len(modes):
            self._fellow_travellers(modes[self.number % len(modes)])

    # --- the people around ------------------------------------------------------------------

    def _near(self) -> list[tuple[int, int]]:
        """Household, near members of class or team, whoever was infected there: last exposure."""
        households = self.population.households
        home = households.members(int(self.population.household[self.case.person]))
        hours = self.chance.integers(HOUR, 4 * HOUR, len(home))
        near = [(int(p), self.case.found_at - int(h)) for p, h in zip(home, hours, strict=True)]
        group = self.chance.permutation(self._group())
        count = 2 + int(self.chance.poisson(CLOSE_AT_WORK - 2))
        there = self._last_working_hour()
        near += [(int(person), there) for person in group[:count]]
        return near + [
            (other.person, max(there, other.infected_at))
            for other in self.caught.get(self.case.person, [])
            if other.layer in ("class", "team")
        ]

    def _group(self) -> Ints:
        """The case's class, else team, else nobody."""
        population, person = self.population, self.case.person
        if population.school_class[person] != NOBODY:
            return population.classes.members(int(population.school_class[person]))
        return population.teams.members(int(population.team[person]))

    def _last_working_hour(self) -> int:
        """17:00 of the last weekday before the case was found, in the infectious window."""
        day = self.plan.day(self.case.found_at) - 1
        while self.plan.is_weekend(day):
            day -= 1
        return max(self.plan.moment(day, 17), self.case.infectious_from)

    def _second_circle(self, person: int, at: int) -> None:
        """Those who live with a close contact."""
        households = self.population.households
        for other in households.members(int(self.population.household[person])):
            last = at + int(self.chance.integers(HOUR, 12 * HOUR))
            self._finding(int(other), "secondary", last)

    def _quarantine(self, person: int) -> None:
        """A close contact stays in, and is sampled; he may be found infected meanwhile."""
        found = self.plan.day(self.case.found_at)
        self.course.isolate(person, found + 1, QUARANTINE)
        other = self.by_person.get(person)
        for day in TEST_DAYS:
            at = self.plan.moment(found + day, 15) + person % HOUR
            if other is None or at < other.infectious_from:
                single_test(self.plan, self.agenda, person, at)

    # --- the finding ------------------------------------------------------------------------

    def _finding(self, person: int, relation: str, at: int) -> bool:
        """Write a finding about a person, once a case; whether it was written."""
        other = self.by_person.get(person)
        earlier = other is not None and other.found_at <= self.case.found_at
        if person in self.known or earlier:
            return False
        self.known.add(person)
        spare = int(self.chance.integers(12 * HOUR))
        recorded = max(self.case.found_at, at) + 6 * HOUR + spare
        data: dict[str, Any] = {
            "relation": relation,
            "index": f"case-{self.number + 1:05d}",
            "index_class": self.case.infection_class,
        }
        if relation == "close":
            data |= self._isolation(at, recorded)
        found = self.agenda.add(
            "contact_finding",
            person,
            at,
            data,
            recorded_at=recorded,
            region=self.plan.region,
            organ=INVESTIGATORS,
        )
        self._second_thoughts(person, found, recorded)
        return True

    def _isolation(self, at: int, recorded: int) -> dict[str, str]:
        window = (self.case.onset_at or self.case.found_at) - LOOKBACK * DAY
        data = {
            "first_exposure_at": print_instant(min(at, max(window, at - DAY))),
            "isolation_started_at": print_instant(recorded),
        }
        if recorded + WHOLE_COURSE * DAY < self.plan.opens:
            data["isolation_ended_at"] = print_instant(recorded + QUARANTINE * DAY)
        return data

    def _second_thoughts(self, person: int, finding: str, recorded: int) -> None:
        """Some findings are withdrawn, some ended early."""
        draw = self.chance.random()
        if draw < WITHDRAWN:
            kind, at = "withdrawal", recorded + 20 * HOUR
            data = {"of": finding, "reason": "流调复核:当事人当时不在现场"}
        elif draw < WITHDRAWN + RELEASED:
            kind, at, data = "release", recorded + 3 * DAY, {"of": finding}
        else:
            return
        self.agenda.add(kind, person, at, data, recorded_at=at, organ=INVESTIGATORS)

    # --- venues and vehicles ----------------------------------------------------------------

    def _infected_at_venues(self) -> None:
        for other in self.caught.get(self.case.person, []):
            if other.layer == "venue":
                self._meet([other.person], other.infected_at)
                at = other.infected_at + HOUR // 2
                self._finding(other.person, "companion_enclosed", at)

    def _strangers(self) -> None:
        """An evening's visit of the case's, and some who were there."""
        at = self.plan.moment(self.plan.day(self.case.found_at) - 1, 18)
        at += int(self.chance.integers(2 * HOUR))
        some = self.chance.integers(0, self.plan.people, int(self.chance.poisson(STRANGERS)))
        met = [int(person) for person in some if person not in self.known]
        self._meet(met, at)
        for person in met:
            relation = self.chance.choice(STRANGER_RELATIONS, p=shares(STRANGER_SHARES))
            self._finding(person, str(relation), at + HOUR // 2)

    def _meet(self, others: list[int], at: int) -> None:
        """Check-ins that overlap: the case's from `at` on, the others' a little later."""
        data = {"venue": venue_name(int(self.chance.integers(venue_count(self.plan.people))))}
        starts = [at, *(at + int(self.chance.integers(0, HOUR // 3)) for _ in others)]
        for visitor, start in zip([self.case.person, *others], starts, strict=True):
            self.agenda.add(
                "check_in",
                visitor,
                start,
                data | {"grade": "AB"[int(self.chance.integers(2))]},
                recorded_at=start,
                until=start + 40 * 60,
            )

    def _fellow_travellers(self, mode: str) -> None:
        """A ride of the case's in his window, and people of the same vehicle."""
        day = self.plan.day(self.case.found_at) - LOOKBACK
        taken = ride(self.plan, self.chance, day, mode)
        some = self.chance.integers(0, self.plan.people, FELLOW_TRAVELLERS)
        others = [int(person) for person in some if person not in self.known]
        for row, person in enumerate([self.case.person, *others]):
            taken.book(self.agenda, person, self.plan.region, row + 1)
        for person in others:
            self._finding(person, IN_VEHICLE[mode], taken.arrives)
