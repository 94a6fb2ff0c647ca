"""The other single facts of a day: clinics, requests, notices, goods, statements, marks.

Every kind happens at least once in a city's days, however small the city.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mingma.city.chance import stream
from mingma.city.facts import (
    CARRIER_NETWORK,
    HEADQUARTERS,
    HEALTH_COMMISSION,
    HOSPITAL,
    INVESTIGATORS,
    Agenda,
)
from mingma.city.hospital import infection_with_end, single_test
from mingma.city.plan import CityPlan
from mingma.city.population import Population
from mingma.city.travel import arrival, journey, stated_stay
from mingma.kernel.times import DAY, HOUR, print_instant

AIRPORT: Final = "示例机场集团"
GROUNDS: Final = ("companion", "area", "transport", "venue", "cold_chain")
OTHER_ISSUERS: Final = (("440100", "GD-Y1", "yellow"), ("230100", "HLJ-SELF", "yellow"))
IN_FUJIAN: Final = ("350102", "350203")  # some fall ill on a visit there
RELEASED: Final = 0.05  # requests and notices taken back after two days; chosen
DRIFT: Final = 0.05  # telecom matches withdrawn the next day; chosen


def errands(plan: CityPlan, population: Population, day: int, agenda: Agenda) -> None:
    """Plan the facts of one day, which may be before the start."""
    _Errands(plan, population, day, agenda).run()


class _Errands:
    """One day's single facts. Methods are the kinds; each makes one person's facts."""

    def __init__(self, plan: CityPlan, population: Population, day: int, agenda: Agenda) -> None:
        self._plan, self._population, self._day, self._agenda = plan, population, day, agenda
        self._chance = stream(plan.seed, "errands", day)

    def run(self) -> None:
        habits = self._plan.habits
        for number, (rate, happen) in enumerate(
            (
                (habits.journeys, self._journey),
                (habits.entries, self._arrival),
                (habits.stated_stays, self._stated_stay),
                (habits.clinic_visits, self._clinic_visit),
                (habits.companion_matches, self._companion_match),
                (habits.assistance_requests, self._assistance_request),
                (habits.risk_notices, self._risk_notice),
                (habits.cold_chain_contacts, self._cold_chain_contact),
                (habits.foreign_statements, self._foreign_statement),
                (habits.closed_loop_ends, self._closed_loop_end),
                (habits.screen_positives, self._screen_positive),
                (habits.marks, self._mark),
            )
        ):
            self._happen(number, rate, happen)

    def _happen(self, number: int, rate: float, happen: Callable[[int], None]) -> None:
        """For as many people as the rate gives, and for one on the kind's own day."""
        due = int(self._day == number % self._plan.days)
        count = max(due, int(self._chance.poisson(rate * self._plan.people)))
        for person in self._chance.integers(0, self._plan.people, count):
            happen(int(person))

    def _hour(self, earliest: int, latest: int) -> int:
        seconds = self._chance.integers(earliest * HOUR, latest * HOUR)
        return self._plan.moment(self._day) + int(seconds)

    def _home(self, person: int) -> str:
        return self._population.home_region(person)

    def _journey(self, person: int) -> None:
        journey(self._plan, self._chance, self._day, person, self._agenda)

    def _stated_stay(self, person: int) -> None:
        stated_stay(self._plan, self._chance, self._day, person, self._agenda)

    def _arrival(self, person: int) -> None:
        arrival(self._plan, self._chance, self._day, person, self._agenda, self._population)

    def _clinic_visit(self, person: int) -> None:
        """A fever that is no infection: sampled at once, ruled out the same day for most."""
        chance, at = self._chance, self._hour(8, 14)
        here = chance.random() < 0.9
        region = self._home(person) if here else IN_FUJIAN[int(chance.integers(2))]
        data: dict[str, Any] = {"department": "fever"}
        if chance.random() < 0.3:
            data["finding"] = "unexplained_fever"
        if chance.random() < 0.6:
            data["excluded_at"] = print_instant(at + 7 * HOUR)
        if not here:
            data["local_outbreak"] = bool(chance.random() < 0.3)
        self._add("clinic_visit", person, at, data, HOSPITAL, later=8 * HOUR, region=region)
        single_test(self._plan, self._agenda, person, at + HOUR)
        if chance.random() < 0.2:  # a suspicion, ruled out two days later
            self._infection(person, at + 2 * HOUR, "suspected", at + 2 * DAY)

    def _screen_positive(self, person: int) -> None:
        """A first screening that the re-check next morning does not confirm."""
        again = self._plan.moment(self._day + 1, 8)
        single_test(self._plan, self._agenda, person, again)
        self._infection(person, self._hour(8, 16), "screen_positive", again + 6 * HOUR)

    def _infection(self, person: int, at: int, word: str, excluded: int) -> None:
        data, end = {"class": word}, ("excluded_at", excluded)
        infection_with_end(self._plan, self._agenda, person, at, data, at + HOUR, end)

    def _companion_match(self, person: int) -> None:
        at = self._hour(0, 24)
        minutes = 10 + int(self._chance.gamma(1.5, 20))
        cell = f"cell-{int(self._chance.integers(1, 1 + self._plan.people // 500)):05d}"
        data = {"overlap_minutes": minutes, "cell": cell}
        later = int(self._chance.integers(6, 30)) * HOUR
        found = self._add("companion_match", person, at, data, CARRIER_NETWORK, later=later)
        if self._chance.random() < DRIFT:
            again, why = at + later + 20 * HOUR, "复核:基站信号漂移"
            self._add("withdrawal", person, again, {"of": found, "reason": why}, CARRIER_NETWORK)

    def _assistance_request(self, person: int) -> None:
        self._assigned("assistance_request", person, "XC")

    def _risk_notice(self, person: int) -> None:
        self._assigned("risk_notice", person, "FX")

    def _assigned(self, kind: str, person: int, letters: str) -> None:
        at, number = self._hour(8, 20), int(self._chance.integers(10**8))
        data = {"reference": f"{letters}-{number:08d}"}
        if self._chance.random() < 0.8:
            data["ground"] = GROUNDS[int(self._chance.integers(len(GROUNDS)))]
        found = self._add(kind, person, at, data, HEADQUARTERS, region=self._home(person))
        if self._chance.random() < RELEASED:
            self._add("release", person, at + 2 * DAY, {"of": found}, HEADQUARTERS)

    def _cold_chain_contact(self, person: int) -> None:
        data = {
            "frequency": ("ordinary", "frequent")[int(self._chance.random() < 0.3)],
            "goods": ("cold_chain", "other")[int(self._chance.random() < 0.2)],
        }
        at = self._hour(2, 20)
        self._add("cold_chain_contact", person, at, data, INVESTIGATORS, later=DAY)

    def _foreign_statement(self, person: int) -> None:
        issuer, rule, colour = OTHER_ISSUERS[int(self._chance.integers(len(OTHER_ISSUERS)))]
        data = {"issuer": issuer, "rule": rule, "colour": colour}
        at = self._hour(8, 20)
        self._add("foreign_statement", person, at, data, HEALTH_COMMISSION, region=issuer)

    def _closed_loop_end(self, person: int) -> None:
        self._add("closed_loop_end", person, self._hour(8, 20), {}, AIRPORT)

    def _mark(self, person: int) -> None:
        """A mark as the rules want it: two organs, and evidence of the person's own, older."""
        at = self._hour(9, 18)
        match = {"overlap_minutes": 45, "cell": "cell-00001"}
        evidence = self._add(
            "companion_match", person, at - DAY, match, CARRIER_NETWORK, later=12 * HOUR
        )
        data = {
            "rule": "HLJ-BD",
            "approved_by": [INVESTIGATORS, HEALTH_COMMISSION],
            "evidence": [evidence],
        }
        self._add("mark", person, at, data, HEALTH_COMMISSION)

    def _add(
        self,
        kind: str,
        person: int,
        at: int,
        data: dict[str, Any],
        organ: str,
        *,
        later: int = 0,
        region: str | None = None,
    ) -> str:
        """A fact recorded some seconds later, of the whole city unless a region is named."""
        return self._agenda.add(
            kind,
            person,
            at,
            data,
            recorded_at=at + later,
            region=region or self._plan.region,
            organ=organ,
        )
