"""Journeys: a ride there, a stay, a ride back; and arrivals from abroad.

Numbers of trains, flights and coaches are made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from mingma.city.chance import Chance
from mingma.city.facts import BORDER, CARRIERS, HEADQUARTERS, Agenda
from mingma.city.places import ELSEWHERE, ENTRY_PORTS, REGIONS, sample_place
from mingma.city.plan import CityPlan
from mingma.city.population import Population
from mingma.kernel.times import DAY, HOUR, print_instant

MODES: Final = ("rail", "rail", "rail", "coach", "coach", "air", "car", "ship")  # shares; chosen
HOURS: Final = {"air": 2, "rail": 4, "coach": 3, "ship": 6, "car": 4}  # chosen
LONGEST_STAY: Final = 5  # days; chosen
LISTED_STAY: Final = 0.15  # stays in a place that was listed, where the town has one; chosen
COUNTRIES: Final = ("JP", "KR", "RU", "VN", "TH", "SG", "AE", "GB", "DE", "US")
LEVELS: Final = ("high", "medium", "low", "special")
ZONES: Final = ("sealed", "controlled", "surrounding", "case_county", "border_county")


@dataclass(frozen=True, slots=True)
class Ride:
    """One vehicle's journey from the city to a region."""

    mode: str
    to: str
    number: str
    carriage: str
    departs: int
    arrives: int

    def book(self, agenda: Agenda, person: int, origin: str, row: int) -> None:
        """A seat on the way out."""
        self._seat(agenda, person, row, origin, self.to, self.departs)

    def back(self, agenda: Agenda, person: int, origin: str, row: int, departs: int) -> int:
        """A seat on the way back; when it arrives."""
        return self._seat(agenda, person, row, self.to, origin, departs)

    def _seat(
        self, agenda: Agenda, person: int, row: int, origin: str, to: str, departs: int
    ) -> int:
        data: dict[str, Any] = {"mode": self.mode, "from": origin, "to": to}
        if self.mode != "car":
            data["number"] = self.number
            data["seat"] = f"{row:02d}{'ABCDF'[row % 5]}"
        if self.mode == "rail":
            data["carriage"] = self.carriage
        arrives = departs + self.arrives - self.departs
        agenda.add(
            "trip",
            person,
            departs,
            data,
            until=arrives,
            recorded_at=departs,
            region=origin,
            organ=CARRIERS,
        )
        return arrives


def ride(plan: CityPlan, chance: Chance, day: int, mode: str) -> Ride:
    """A vehicle that leaves the city on a day for somewhere else."""
    to = _destination(plan, chance)
    number = {"air": "MM9{:03d}", "rail": "G9{:03d}", "coach": "K9{:03d}", "ship": "S9{:03d}"}
    departs = plan.moment(day, 7) + int(chance.integers(0, 12 * 12)) * 300
    return Ride(
        mode,
        to,
        number.get(mode, "").format(int(chance.integers(1000))),
        f"{int(chance.integers(1, 17)):02d}",
        departs,
        departs + HOURS[mode] * HOUR,
    )


def _destination(plan: CityPlan, chance: Chance) -> str:
    near = [c.code for code, r in REGIONS.items() if code != plan.region for c in r.counties]
    names = list(ELSEWHERE) if chance.random() < 0.5 else near
    return names[int(chance.integers(len(names)))]


def journey(plan: CityPlan, chance: Chance, day: int, person: int, agenda: Agenda) -> None:
    """There, a stay, and back, where the way back is before the end."""
    mode = MODES[int(chance.integers(len(MODES)))]
    out, row = ride(plan, chance, day, mode), int(chance.integers(1, 20))
    out.book(agenda, person, plan.region, row)
    departs = out.departs + int(chance.integers(1, LONGEST_STAY + 1)) * DAY
    home = out.back(agenda, person, plan.region, row, departs)
    stay(chance, person, agenda, out.to, out.arrives, departs, home, {}, None)


def stay(
    chance: Chance,
    person: int,
    agenda: Agenda,
    region: str,
    at: int,
    until: int | None,
    recorded: int,
    stated: dict[str, Any],
    organ: str | None,
) -> None:
    """A stay elsewhere, in a listed place at times."""
    agenda.add(
        "area_stay",
        person,
        at,
        stated,
        until=until,
        recorded_at=recorded,
        region=region,
        place=_somewhere(chance, region),
        organ=organ or CARRIERS,
    )


def _somewhere(chance: Chance, region: str) -> str:
    county = next((c for r in REGIONS.values() for c in r.counties if c.code == region), None)
    if county is not None and chance.random() < LISTED_STAY:
        listed = county.high + county.medium
        if listed:
            return listed[int(chance.integers(len(listed)))]
    name = county.name if county is not None else ELSEWHERE[region]
    return sample_place(name, int(chance.integers(1, 30)))


def stated_stay(plan: CityPlan, chance: Chance, day: int, person: int, agenda: Agenda) -> None:
    """A stay elsewhere whose level or zone the organ there states; one in five is still there."""
    until = plan.moment(day, 6) + int(chance.integers(0, 12 * HOUR))
    stated: dict[str, Any] = {}
    if chance.random() < 0.6:
        stated["level"] = LEVELS[int(chance.integers(len(LEVELS)))]
        if stated["level"] == "medium":
            stated["community_spread"] = bool(chance.random() < 0.5)
    else:
        stated["zone"] = ZONES[int(chance.integers(len(ZONES)))]
    begin = until - int(chance.integers(1, LONGEST_STAY + 1)) * DAY
    there = chance.random() < 0.2
    end = None if there else until
    region = _destination(plan, chance)
    stay(chance, person, agenda, region, begin, end, until, stated, HEADQUARTERS)


def arrival(
    plan: CityPlan,
    chance: Chance,
    day: int,
    person: int,
    agenda: Agenda,
    population: Population,
) -> None:
    """An entry from abroad on the way home."""
    at = plan.moment(day, 5) + int(chance.integers(0, 15 * HOUR))
    data = {
        "from": COUNTRIES[int(chance.integers(len(COUNTRIES)))],
        "entered_via": ENTRY_PORTS[int(chance.integers(len(ENTRY_PORTS)))],
        "destination": population.home_region(person),
        "isolation_started_at": print_instant(at + 6 * HOUR),
    }
    over = at + 10 * DAY
    if over < plan.opens:
        data["isolation_ended_at"] = print_instant(over)
    agenda.add("entry", person, at, data, recorded_at=at, region=data["entered_via"], organ=BORDER)
