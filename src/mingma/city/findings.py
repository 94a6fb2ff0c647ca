"""What investigators and hospitals write down about each infection.

INVARIANT: every infection found before the end has its record, its positive test and the
findings about the people around it; every infection at a venue has two check-ins that overlap.
What ended before the city's start is written once, whole; what ends later is written as it becomes
known: the first record is released and a second one, with the end in it, takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from mingma.city.chance import Chance, Ints, shares, stream
from mingma.city.epidemic import Infected
from mingma.city.facts import HOSPITAL, INVESTIGATORS, LABORATORY, Agenda
from mingma.city.plan import CityPlan
from mingma.city.population import NOBODY, Population
from mingma.city.travel import Ride, ride
from mingma.city.venues import venue_count, venue_name
from mingma.kernel.times import DAY, HOUR, print_instant

LOOKBACK: Final = 2  # days before onset or first positive sampling (national plan, 2022)
CLOSE_AT_WORK: Final = 8  # people of a class or team who were near, on average; chosen
STRANGERS: Final = 6  # people of a venue visit an investigator finds, on average; chosen
STRANGER_RELATIONS: Final = ("companion_enclosed", "companion", "potential", "venue_exposed")
STRANGER_SHARES: Final = (0.15, 0.35, 0.25, 0.25)  # chosen
WITHDRAWN: Final = 0.03  # findings taken back the next day; chosen
RELEASED: Final = 0.03  # findings ended early by an order; chosen
ILLNESS: Final = (7, 12)  # days in hospital or isolation; chosen
QUARANTINE: Final = 7  # days; chosen
TEST_DAYS: Final = (1, 4)  # of a close contact's quarantine; chosen
AWAY_FOREVER: Final = 2**15 - 1


@dataclass(frozen=True, slots=True)
class Course:
    """By person: from which day of the plan he is in isolation, until which, and ill from which."""

    away_from: Ints
    away_until: Ints
    ill_from: Ints

    def away(self, people: slice, day: int) -> Any:
        """Who is in isolation on a day."""
        return (self.away_from[people] <= day) & (day < self.away_until[people])

    def ill(self, people: slice, day: int) -> Any:
        """Who has symptoms on a day."""
        return (self.ill_from[people] <= day) & (day < self.away_until[people])


def investigate(
    plan: CityPlan, population: Population, cases: list[Infected], agenda: Agenda
) -> Course:
    """Plan the facts of every case that is found before the end; who is isolated when."""
    course = Course(*(np.full(plan.people, AWAY_FOREVER, dtype=np.int64) for _ in range(3)))
    course.away_until[:] = -AWAY_FOREVER
    found = sorted((case.found_at, case.person, case) for case in cases)
    inquiry = _Inquiry(plan, population, agenda, course, cases)
    for number, (_, _, case) in enumerate(found):
        if case.found_at < plan.closes:
            inquiry.work(number, case)
    return course


class _Inquiry:
    """One investigator's desk: the people already written down, and the files of the cases."""

    def __init__(
        self,
        plan: CityPlan,
        population: Population,
        agenda: Agenda,
        course: Course,
        cases: list[Infected],
    ) -> None:
        self._plan, self._population, self._agenda, self._course = plan, population, agenda, course
        self._cases = {case.person: case for case in cases}
        self._caught: dict[int, list[Infected]] = {}
        for case in cases:
            if case.source is not None:
                self._caught.setdefault(case.source, []).append(case)

    def work(self, number: int, case: Infected) -> None:
        """Write down one case: the illness, then everybody around it."""
        chance = stream(self._plan.seed, "case", number)
        self._illness(case, chance)
        index, known = f"case-{number + 1:05d}", {case.person}
        for person, at in self._near(case, chance):
            if self._finding(chance, index, case, person, "close", at, known):
                self._quarantine(person, case)
                self._second_circle(chance, index, case, person, at, known)
        self._rest_of_group(chance, index, case, known)
        self._venues(chance, index, case, known)
        if number % 6 < 3:  # each way of travelling in turn, and as many who stayed in town
            self._fellow_travellers(
                ("air", "rail", "coach")[number % 6], chance, index, case, known
            )

    # --- the illness ------------------------------------------------------------------------

    def _illness(self, case: Infected, chance: Chance) -> None:
        plan, agenda, found = self._plan, self._agenda, case.found_at
        self._isolate(case.person, found, ILLNESS[1])
        if case.onset_at is not None and case.onset_at < found:
            self._course.ill_from[case.person] = plan.day(case.onset_at)
        self._positive(case, chance)
        over = found + int(chance.integers(*ILLNESS)) * DAY
        data: dict[str, Any] = {"class": "confirmed" if case.onset_at else "asymptomatic"}
        if case.onset_at is not None:
            data["onset_at"] = print_instant(case.onset_at)
        end = {"discharged_at" if case.onset_at else "isolation_ended_at": print_instant(over)}
        if over < plan.opens:
            data |= end
        recorded = found + 6 * HOUR
        first = self._hospital(case.person, found, data, recorded)
        if plan.opens <= over:
            agenda.add(
                "release",
                case.person,
                over,
                {"of": first},
                recorded_at=over + HOUR,
                organ=HOSPITAL,
            )
            self._hospital(case.person, found, data | end, over + HOUR)
        if chance.random() < 0.1:  # some test positive again after discharge; chosen
            again = over + 10 * DAY
            self._hospital(case.person, again, {"class": "recurrent"}, again + 6 * HOUR)

    def _hospital(self, person: int, at: int, data: dict[str, Any], recorded: int) -> str:
        return self._agenda.add(
            "infection",
            person,
            at,
            data,
            recorded_at=recorded,
            region=self._plan.region,
            organ=HOSPITAL,
        )

    def _positive(self, case: Infected, chance: Chance) -> None:
        if case.found_by == "clinic":
            self._agenda.add(
                "clinic_visit",
                case.person,
                case.found_at - HOUR,
                {"department": "fever", "finding": "unexplained_fever"},
                recorded_at=case.found_at,
                region=self._plan.region,
                organ=HOSPITAL,
            )
        value = round(18 + 16 * chance.random(), 1)
        self._test(case.person, case.found_at, "positive", {"ct": value})

    def _test(self, person: int, at: int, result: str, more: dict[str, Any]) -> None:
        reported = at + 4 * HOUR
        data = {
            "assay": "pcr",
            "result": result,
            "reported_at": print_instant(reported),
            "tube": "single",
        }
        self._agenda.add(
            "test",
            person,
            at,
            data | more,
            recorded_at=reported,
            region=self._plan.region,
            organ=LABORATORY,
        )

    # --- the people around ------------------------------------------------------------------

    def _near(self, case: Infected, chance: Chance) -> list[tuple[int, int]]:
        """Household, near members of class or team, whoever was infected there: last exposure."""
        population, found = self._population, case.found_at
        home = population.households.members(int(population.household[case.person]))
        near = [(int(person), found - int(chance.integers(HOUR, 4 * HOUR))) for person in home]
        group = self._group(case.person)
        count = min(len(group), 2 + int(chance.poisson(CLOSE_AT_WORK - 2)))
        there = self._last_working_hour(case)
        near += [(int(person), there) for person in chance.permutation(group)[:count]]
        for other in self._caught.get(case.person, []):
            if other.layer in ("class", "team"):
                near.append((other.person, max(there, other.infected_at)))
        return near

    def _group(self, person: int) -> Ints:
        population = self._population
        if population.school_class[person] != NOBODY:
            return population.classes.members(int(population.school_class[person]))
        return population.teams.members(int(population.team[person]))

    def _last_working_hour(self, case: Infected) -> int:
        """17:00 of the last weekday before the case was found."""
        day = self._plan.day(case.found_at) - 1
        while (self._plan.first + day + 3) % 7 >= 5:  # 1970-01-01 was a Thursday
            day -= 1
        return self._plan.moment(day, 17)

    def _finding(
        self,
        chance: Chance,
        index: str,
        case: Infected,
        person: int,
        relation: str,
        at: int,
        known: set[int],
    ) -> bool:
        """Write a finding about a person, once a case; whether it was written."""
        other = self._cases.get(person)
        if person in known or (other is not None and other.found_at <= case.found_at):
            return False
        known.add(person)
        recorded = max(case.found_at, at) + 6 * HOUR + int(chance.integers(12 * HOUR))
        data: dict[str, Any] = {
            "relation": relation,
            "index": index,
            "index_class": "confirmed" if case.onset_at else "asymptomatic",
        }
        if relation == "close":
            data["first_exposure_at"] = print_instant(min(at, max(self._window(case), at - DAY)))
            data["isolation_started_at"] = print_instant(recorded)
            if recorded + 21 * DAY < self._plan.opens:
                data["isolation_ended_at"] = print_instant(recorded + QUARANTINE * DAY)
        found = self._agenda.add(
            "contact_finding",
            person,
            at,
            data,
            recorded_at=recorded,
            region=self._plan.region,
            organ=INVESTIGATORS,
        )
        self._second_thoughts(chance, person, found, recorded)
        return True

    def _second_thoughts(self, chance: Chance, person: int, finding: str, recorded: int) -> None:
        draw = chance.random()
        if draw < WITHDRAWN:
            at = recorded + 20 * HOUR
            data = {"of": finding, "reason": "流调复核:当事人当时不在现场"}
            self._agenda.add("withdrawal", person, at, data, recorded_at=at, organ=INVESTIGATORS)
        elif draw < WITHDRAWN + RELEASED:
            at = recorded + 3 * DAY
            self._agenda.add(
                "release", person, at, {"of": finding}, recorded_at=at, organ=INVESTIGATORS
            )

    def _window(self, case: Infected) -> int:
        return (case.onset_at or case.found_at) - LOOKBACK * DAY

    def _quarantine(self, person: int, case: Infected) -> None:
        """A close contact stays in, and is sampled; he may be found infected meanwhile."""
        self._isolate(person, case.found_at + DAY, QUARANTINE)
        other = self._cases.get(person)
        for day in TEST_DAYS:
            at = self._plan.moment(self._plan.day(case.found_at) + day, 15) + person % HOUR
            if other is None or at < other.infectious_from:
                self._test(person, at, "negative", {})

    def _isolate(self, person: int, at: int, days: int) -> None:
        begin, course = self._plan.day(at), self._course
        if course.away_until[person] < begin:
            course.away_from[person] = begin
        course.away_until[person] = max(int(course.away_until[person]), begin + days)

    def _second_circle(
        self,
        chance: Chance,
        index: str,
        case: Infected,
        person: int,
        at: int,
        known: set[int],
    ) -> None:
        """Those who live with a close contact."""
        population = self._population
        for other in population.households.members(int(population.household[person])):
            last = at + int(chance.integers(HOUR, 12 * HOUR))
            self._finding(chance, index, case, int(other), "secondary", last, known)

    def _rest_of_group(self, chance: Chance, index: str, case: Infected, known: set[int]) -> None:
        there = self._last_working_hour(case)
        for person in self._group(case.person):
            self._finding(chance, index, case, int(person), "general", there, known)

    # --- venues and vehicles ----------------------------------------------------------------

    def _venues(self, chance: Chance, index: str, case: Infected, known: set[int]) -> None:
        """The infections at venues, each with its two check-ins, then a visit with strangers."""
        for other in self._caught.get(case.person, []):
            if other.layer == "venue":
                self._meet(chance, case.person, [other.person], other.infected_at)
                self._finding(
                    chance,
                    index,
                    case,
                    other.person,
                    "companion_enclosed",
                    other.infected_at + HOUR // 2,
                    known,
                )
        at = self._plan.moment(self._plan.day(case.found_at) - 1, 18) + int(
            chance.integers(2 * HOUR)
        )
        strangers = chance.integers(0, self._plan.people, int(chance.poisson(STRANGERS)))
        met = [int(p) for p in strangers if p not in known]
        self._meet(chance, case.person, met, at)
        for person in met:
            relation = str(chance.choice(STRANGER_RELATIONS, p=shares(STRANGER_SHARES)))
            self._finding(chance, index, case, person, relation, at + HOUR // 2, known)

    def _meet(self, chance: Chance, person: int, others: list[int], at: int) -> None:
        """Check-ins that overlap: the case from `at` for an hour, the others within it."""
        data = {"venue": venue_name(int(chance.integers(venue_count(self._plan.people))))}
        begin = [at, *(at + int(chance.integers(0, HOUR // 3)) for _ in others)]
        for visitor, start in zip([person, *others], begin, strict=True):
            self._agenda.add(
                "check_in",
                visitor,
                start,
                data | {"grade": "AB"[int(chance.integers(2))]},
                recorded_at=start,
                until=max(start, at) + 40 * 60,
            )

    def _fellow_travellers(
        self, mode: str, chance: Chance, index: str, case: Infected, known: set[int]
    ) -> None:
        """A ride of the case's in his window, and people of the same vehicle."""
        relation = {"air": "same_flight", "rail": "same_carriage", "coach": "same_coach"}[mode]
        day = self._plan.day(case.found_at) - LOOKBACK
        taken: Ride = ride(self._plan, chance, day, mode)
        others = [int(p) for p in chance.integers(0, self._plan.people, 4) if p not in known]
        for row, person in enumerate([case.person, *others]):
            taken.book(self._agenda, person, self._plan.region, row + 1)
            if person != case.person:
                self._finding(chance, index, case, person, relation, taken.arrives, known)
