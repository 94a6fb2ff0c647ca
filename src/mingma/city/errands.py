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
    LABORATORY,
    Agenda,
)
from mingma.city.plan import CityPlan
from mingma.city.population import Population
from mingma.city.travel import arrival, journey, stated_stay
from mingma.kernel.times import DAY, HOUR, print_instant

BORDER_WORK: Final = "示例机场集团"
GROUNDS: Final = ("companion", "area", "transport", "venue", "cold_chain")
OTHER_ISSUERS: Final = (("440100", "GD-Y1", "yellow"), ("230100", "HLJ-SELF", "yellow"))
IN_FUJIAN: Final = ("350102", "350203")  # some fall ill on a visit there
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

    def _reference(self, letters: str) -> str:
        return f"{letters}-{int(self._chance.integers(10**8)):08d}"

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
        self._agenda.add(
            "clinic_visit",
            person,
            at,
            data,
            recorded_at=at + 8 * HOUR,
            region=region,
            organ=HOSPITAL,
        )
        self._negative(person, at + HOUR)
        if chance.random() < 0.2:
            self._suspected(person, at + 2 * HOUR)

    def _negative(self, person: int, at: int) -> None:
        reported = at + 5 * HOUR
        data = {
            "assay": "pcr",
            "result": "negative",
            "reported_at": print_instant(reported),
            "tube": "single",
        }
        self._agenda.add(
            "test",
            person,
            at,
            data,
            recorded_at=reported,
            region=self._plan.region,
            organ=LABORATORY,
        )

    def _suspected(self, person: int, at: int) -> None:
        """A suspicion, ruled out two days later."""
        excluded = at + 2 * DAY
        end = {"excluded_at": print_instant(excluded)}
        self._until_excluded(person, at, {"class": "suspected"}, excluded, end)

    def _screen_positive(self, person: int) -> None:
        """A first screening that the re-check next morning does not confirm."""
        at = self._hour(8, 16)
        again = self._plan.moment(self._day + 1, 8)
        self._negative(person, again)
        end = {"excluded_at": print_instant(again + 6 * HOUR)}
        self._until_excluded(person, at, {"class": "screen_positive"}, again + 6 * HOUR, end)

    def _until_excluded(
        self, person: int, at: int, data: dict[str, Any], over: int, end: dict[str, Any]
    ) -> None:
        """A record, and the record with its end that takes its place."""
        add, region = self._agenda.add, self._plan.region
        first = add(
            "infection", person, at, data, recorded_at=at + HOUR, region=region, organ=HOSPITAL
        )
        add("release", person, over, {"of": first}, recorded_at=over, organ=HOSPITAL)
        add(
            "infection",
            person,
            at,
            data | end,
            recorded_at=over,
            region=region,
            organ=HOSPITAL,
        )

    def _companion_match(self, person: int) -> None:
        at = self._hour(0, 24)
        minutes = 10 + int(self._chance.gamma(1.5, 20))
        cell = f"cell-{int(self._chance.integers(1, 1 + self._plan.people // 500)):05d}"
        data = {"overlap_minutes": minutes, "cell": cell}
        recorded = at + int(self._chance.integers(6, 30)) * HOUR
        found = self._agenda.add(
            "companion_match",
            person,
            at,
            data,
            recorded_at=recorded,
            region=self._plan.region,
            organ=CARRIER_NETWORK,
        )
        if self._chance.random() < DRIFT:
            again = recorded + 20 * HOUR
            withdrawn = {"of": found, "reason": "复核:基站信号漂移"}
            self._agenda.add(
                "withdrawal", person, again, withdrawn, recorded_at=again, organ=CARRIER_NETWORK
            )

    def _assistance_request(self, person: int) -> None:
        self._assigned("assistance_request", person, "XC")

    def _risk_notice(self, person: int) -> None:
        self._assigned("risk_notice", person, "FX")

    def _assigned(self, kind: str, person: int, letters: str) -> None:
        at = self._hour(8, 20)
        data = {"reference": self._reference(letters)}
        if self._chance.random() < 0.8:
            data["ground"] = GROUNDS[int(self._chance.integers(len(GROUNDS)))]
        found = self._agenda.add(
            kind,
            person,
            at,
            data,
            recorded_at=at,
            region=self._home(person),
            organ=HEADQUARTERS,
        )
        if self._chance.random() < 0.05:
            later = at + 2 * DAY
            self._agenda.add(
                "release", person, later, {"of": found}, recorded_at=later, organ=HEADQUARTERS
            )

    def _cold_chain_contact(self, person: int) -> None:
        at = self._hour(2, 20)
        data = {
            "frequency": ("ordinary", "frequent")[int(self._chance.random() < 0.3)],
            "goods": ("cold_chain", "other")[int(self._chance.random() < 0.2)],
        }
        self._agenda.add(
            "cold_chain_contact",
            person,
            at,
            data,
            recorded_at=at + DAY,
            region=self._plan.region,
            organ=INVESTIGATORS,
        )

    def _foreign_statement(self, person: int) -> None:
        at = self._hour(8, 20)
        issuer, rule, colour = OTHER_ISSUERS[int(self._chance.integers(len(OTHER_ISSUERS)))]
        data = {"issuer": issuer, "rule": rule, "colour": colour}
        self._agenda.add(
            "foreign_statement",
            person,
            at,
            data,
            recorded_at=at,
            region=issuer,
            organ=HEALTH_COMMISSION,
        )

    def _closed_loop_end(self, person: int) -> None:
        at = self._hour(8, 20)
        self._agenda.add(
            "closed_loop_end",
            person,
            at,
            {},
            recorded_at=at,
            region=self._plan.region,
            organ=BORDER_WORK,
        )

    def _mark(self, person: int) -> None:
        """A mark as the rules want it: two organs, and evidence of the person's own, older."""
        at = self._hour(9, 18)
        match = {"overlap_minutes": 45, "cell": "cell-00001"}
        evidence = self._agenda.add(
            "companion_match",
            person,
            at - DAY,
            match,
            recorded_at=at - 12 * HOUR,
            region=self._plan.region,
            organ=CARRIER_NETWORK,
        )
        data = {
            "rule": "HLJ-BD",
            "approved_by": [INVESTIGATORS, HEALTH_COMMISSION],
            "evidence": [evidence],
        }
        self._agenda.add(
            "mark",
            person,
            at,
            data,
            recorded_at=at,
            region=self._plan.region,
            organ=HEALTH_COMMISSION,
        )
