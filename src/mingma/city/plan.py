"""What city to make: its size, days, seed, and its habits, each with a source or "chosen".

A plan is checked when it is made; equal plans give equal files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mingma.city.places import REGIONS, UnknownCity
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import day_of, midnight, parse_instant

SMALLEST: Final = 1_000  # people: below that some kinds of fact have nobody to happen to
LARGEST: Final = 1_000_000  # people: subjects are numbered with seven digits
LONGEST: Final = 366  # days
START_DAYS: Final = ("2020-01-01", "2099-01-01")  # keeps births and ends inside 1900–2100
LARGEST_SEED: Final = 2**63 - 1
HISTORY: Final = 28  # days before the start whose findings may still matter on the first day


class NotInRange(Malformed):
    """A size, length or seed outside what a city can have."""

    slug = "city.not_in_range"
    zh = "`{value}` 超出范围"
    en = "`{value}` is out of range"
    remedy_zh = "请给 {least} 至 {most}"
    remedy_en = "give {least} to {most}"


@dataclass(frozen=True, slots=True)
class Habits:
    """How much of everything there is, as shares of people or rates a person and day.

    Chosen, none measured: so that about one person in twenty has a finding under Henan's or
    Fujian's rules at any time, and every kind of fact occurs.
    """

    reporters: float = 0.6  # people who file daily reports
    scanners: float = 0.8  # people who scan venue codes
    vaccinated: float = 0.9  # people whose doses are in the register
    campaign_every: int = 3  # days between sampling campaigns; the first on day 1
    campaign_share: float = 0.85  # people who queue at a campaign
    tested_daily: float = 0.01  # people tested singly at their own wish, a day
    high_homes: float = 0.02  # people at home in a place that was listed high
    medium_homes: float = 0.04  # people at home in a place that was listed medium
    infections: float = 5e-5  # infections found, a person and day
    journeys: float = 2e-3
    entries: float = 2e-4
    stated_stays: float = 3e-4  # stays elsewhere whose level an organ states
    clinic_visits: float = 1e-4
    companion_matches: float = 1e-3
    assistance_requests: float = 4e-4
    risk_notices: float = 6e-4
    cold_chain_contacts: float = 1.5e-4
    foreign_statements: float = 3e-5
    closed_loop_ends: float = 3e-5
    screen_positives: float = 1e-5  # first screenings that turn out negative
    marks: float = 1e-5


@dataclass(frozen=True, slots=True)
class CityPlan:
    """A checked plan. `first` is the first day, as a number of days since 1970-01-01."""

    people: int
    days: int
    seed: int
    first: int
    region: str
    habits: Habits = Habits()

    @property
    def opens(self) -> int:
        """The first second of the first day."""
        return midnight(self.first)

    @property
    def closes(self) -> int:
        """The first second after the last day: nothing later has been recorded."""
        return midnight(self.first + self.days)

    def day(self, instant: int) -> int:
        """The day of the plan an instant falls on, from 0; negative before the start."""
        return day_of(instant) - self.first

    def is_weekend(self, day: int) -> bool:
        """Whether a day of the plan is a Saturday or Sunday; 1970-01-01 was a Thursday."""
        return (self.first + day + 3) % 7 >= 5

    def moment(self, day: int, hour: float = 0) -> int:
        """The instant at an hour of a day of the plan."""
        return midnight(self.first + day) + int(hour * 3600)


def plan_city(
    *,
    people: int,
    days: int,
    seed: int,
    start: str = "2022-10-01",
    region: str = "410100",
    habits: Habits | None = None,
) -> CityPlan:
    """A checked plan; raises Malformed with the field named. `start` is a date."""
    for field, value, least, most in (
        ("people", people, SMALLEST, LARGEST),
        ("days", days, 1, LONGEST),
        ("seed", seed, 0, LARGEST_SEED),
    ):
        if not least <= value <= most:
            raise NotInRange(Place(field=field), value=value, least=least, most=most)
    if region not in REGIONS:
        raise UnknownCity(Place(field="region"), value=region, known=", ".join(REGIONS))
    whole = f"{start}T00:00:00+08:00" if re.fullmatch(r"[0-9-]{10}", start) else start
    first = day_of(parse_instant(whole, "start"))
    earliest, latest = (day_of(parse_instant(f"{day}T00:00:00+08:00")) for day in START_DAYS)
    if not earliest <= first <= latest:
        raise NotInRange(Place(field="start"), value=start, least=START_DAYS[0], most=START_DAYS[1])
    return CityPlan(people, days, seed, first, region, habits or Habits())


# The city in the wheel. From 2022-09-20 for six weeks: the real list has Zhengzhou's districts high
# from 2022-10-16 on, and a mass ending on the 24th. Reports, scans and doses of a small part of
# the people only: 20,000 people's would not fit the wheel, nor the first minute of `make run`.
FROZEN: Final = plan_city(
    people=20_000,
    days=42,
    seed=20221016,
    start="2022-09-20",
    habits=Habits(
        reporters=0.02,
        scanners=0.03,
        vaccinated=0.1,
        campaign_every=14,
        campaign_share=0.35,
        tested_daily=0.002,
    ),
)
