"""The facts of many people on one day, made a block of people at once: reports, samples, scans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa

from mingma.city.chance import Bools, Chance, Ints, stream
from mingma.city.columns import Text, choose, digits, instants, joined, moments, subjects, table
from mingma.city.columns import taken as taken_from
from mingma.city.epidemic import Infected, is_campaign
from mingma.city.facts import BLOCK, LABORATORY, SCHEMA, Agenda
from mingma.city.findings import Course
from mingma.city.plan import CityPlan
from mingma.city.population import Population
from mingma.city.venues import visits_up_to
from mingma.kernel.times import DAY, HOUR, print_instant

REPORTING: Final = 0.93  # of reporters, on a day; chosen
UNWELL: Final = 0.004  # of reports by people who are not infected; chosen
BY_MISTAKE: Final = 0.1  # of those: corrected two hours later; chosen
TUBE: Final = 10  # people in a mixed tube
FALSE_TUBES: Final = 2e-4  # tubes that are positive although nobody in them is; chosen
ANTIGEN: Final = 0.1  # of tests at one's own wish; chosen
WEEKDAY_VISITS, WEEKEND_VISITS = 0.8, 1.4  # a person; TRACING, section 6
STAY: Final = 30  # minutes, median; TRACING, section 6
STAY_SPREAD: Final = 0.8  # of the logarithm; chosen
SHORTEST_STAY, LONGEST_STAY = 2 * 60, 4 * HOUR  # TRACING, section 6
GRADES: Final = ("A", "B", "C", "D")
GRADE_SHARES: Final = (0.05, 0.60, 0.20, 0.15)  # chosen
OPEN_HOURS: Final = (7, 12, 14, 18, 22)  # visits fall evenly between these hours' quarters; chosen
SYMPTOMS: Final = (
    ("fever",),
    ("cough",),
    ("fever", "cough"),
    ("sore_throat",),
    ("runny_nose",),
    ("fatigue", "myalgia"),
    ("diarrhoea",),
    ("fever", "dyspnoea"),
    ("conjunctivitis",),
    ("loss_of_smell_or_taste",),
    ("other",),
)
WELL_FROM, WELL_TO = 361, 372  # tenths of a degree
ILL_FROM, ILL_TO = 368, 392


@dataclass(frozen=True, slots=True)
class Everyday:
    """What the days of a city share."""

    plan: CityPlan
    population: Population
    course: Course
    agenda: Agenda
    in_campaign: dict[int, list[int]]  # by day: people whose tube will be positive
    venue_shares: np.ndarray[tuple[int], np.dtype[np.float64]]


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


def day_facts(city: Everyday, day: int, block: int) -> Iterator[pa.Table]:
    """The facts of a block of people on a day; may plan facts of this day and the next."""
    people = slice(block * BLOCK, min((block + 1) * BLOCK, city.plan.people))
    chance = stream(city.plan.seed, "day", day, block)
    date = print_instant(city.plan.moment(day))[:10].replace("-", "")
    out = ~city.course.away(people, day)
    yield _reports(city, day, date, people, chance)
    if is_campaign(city.plan.habits.campaign_every, day):
        yield _campaign(city, day, date, people, chance, out)
    for assay, share in (("pcr", 1 - ANTIGEN), ("antigen", ANTIGEN)):
        wish = out & (chance.random(len(out)) < city.plan.habits.tested_daily * share)
        yield _single_tests(city, day, date, people.start + np.flatnonzero(wish), assay)
    yield _check_ins(city, day, date, people, chance, out)


# --- daily reports --------------------------------------------------------------------------


@cache
def _report_words() -> pa.Array:
    """Every report there can be: well by temperature, then by symptoms and temperature."""
    well = [_report([], tenths, "") for tenths in range(WELL_FROM, WELL_TO)]
    been = [_report([], 365, more) for more in (',"high_area_stay":true', ',"overseas":true')]
    ill = [
        _report(list(symptoms), tenths, "")
        for symptoms in SYMPTOMS
        for tenths in range(ILL_FROM, ILL_TO)
    ]
    return pa.array(well + been + ill)


def _report(symptoms: list[str], tenths: int, more: str) -> str:
    named = ",".join(f'"{symptom}"' for symptom in symptoms)
    return f'{{"symptoms":[{named}],"temperature":{tenths / 10}{more}}}'


def _reports(city: Everyday, day: int, date: str, people: slice, chance: Chance) -> pa.Table:
    size = people.stop - people.start
    files = city.population.reports[people] & (chance.random(size) < REPORTING)
    well, temperatures = WELL_TO - WELL_FROM, ILL_TO - ILL_FROM
    words = chance.integers(0, well, size)
    been = chance.random(size) < UNWELL / 4
    words[been] = well + chance.integers(0, 2, int(been.sum()))
    infected = city.course.ill(people, day)
    unwell = infected | (chance.random(size) < UNWELL)
    kinds = chance.integers(0, len(SYMPTOMS), size) * temperatures
    words[unwell] = (well + 2 + kinds + chance.integers(0, temperatures, size))[unwell]
    at = city.plan.moment(day, 6) + chance.integers(0, 6 * 60, size) * 60
    mistaken = files & unwell & ~infected & (chance.random(size) < BY_MISTAKE)
    for index in np.flatnonzero(mistaken):
        _correct(city, people.start + int(index), int(at[index]), date)
    who = people.start + np.flatnonzero(files)
    return table(
        len(who),
        SCHEMA,
        id=joined(f"dr-{date}-", digits(who + 1, 7)),
        kind="daily_report",
        subject=joined(subjects(who)),
        at=moments(at[files]),
        data=taken_from(_report_words(), words[files]),
    )


def _correct(city: Everyday, person: int, at: int, date: str) -> None:
    data = {"symptoms": [], "temperature": 36.5, "corrects": f"dr-{date}-{person + 1:07d}"}
    later = at + 2 * HOUR
    city.agenda.add("daily_report", person, later, data, recorded_at=later)


# --- samples --------------------------------------------------------------------------------


def _campaign(
    city: Everyday, day: int, date: str, people: slice, chance: Chance, out: Bools
) -> pa.Table:
    """Everyone is called; neighbours share a tube; a positive tube is sampled again singly."""
    planted = np.zeros(len(out), dtype=np.bool_)
    for person in city.in_campaign.get(day, []):
        if people.start <= person < people.stop:
            planted[person - people.start] = True
    queue = (out & (chance.random(len(out)) < city.plan.habits.campaign_share)) | planted
    who = np.flatnonzero(queue)
    tube = np.arange(len(who)) // TUBE
    tubes = int(tube[-1]) + 1 if len(who) else 0
    positive = chance.random(tubes) < FALSE_TUBES
    positive[tube[planted[who]]] = True
    if not day - 1 and people.start == 0 and tubes:
        positive[tubes // 2] = True  # however small the city, one tube is positive by mistake
    for index in who[positive[tube] & ~planted[who]]:
        _again(city, day + 1, people.start + int(index))
    at = city.plan.moment(day, 7) + (tube * 20) % (5 * HOUR)
    number = people.start // TUBE + tube
    return _tests(
        city,
        who + people.start,
        id_head=f"te-{date}-",
        at=at,
        result=positive[tube].astype(np.int64),
        assay="pcr",
        tube_of=("mixed", f"tube-{date}-", digits(number + 1, 6)),
    )


def _again(city: Everyday, day: int, person: int) -> None:
    """The single re-check, negative, next morning of one who was in a positive tube."""
    at = city.plan.moment(day, 7) + person % HOUR
    reported = at + 4 * HOUR
    data = {
        "assay": "pcr",
        "result": "negative",
        "reported_at": print_instant(reported),
        "tube": "single",
    }
    city.agenda.add(
        "test",
        person,
        at,
        data,
        recorded_at=reported,
        region=city.plan.region,
        organ=LABORATORY,
    )


def _single_tests(city: Everyday, day: int, date: str, who: Ints, assay: str) -> pa.Table:
    return _tests(
        city,
        who,
        id_head=f"ts-{date}-",
        at=city.plan.moment(day, 8) + (who % 600) * 60 // 2,
        result=np.zeros(len(who), dtype=np.int64),
        assay=assay,
        tube_of=None,
    )


def _tests(
    city: Everyday,
    who: Ints,
    *,
    id_head: str,
    at: Ints,
    result: Ints,
    assay: str,
    tube_of: tuple[str, str, Text] | None,
) -> pa.Table:
    """Tests of a day; antigen is read on the spot, PCR reported nine hours later."""
    reported = at + (9 * HOUR if assay == "pcr" else 900)
    tail: tuple[str | Text, ...] = ('","tube":"single"}',)
    if tube_of is not None:
        tail = (f'","tube":"{tube_of[0]}","group":"{tube_of[1]}', tube_of[2], '"}')
    return table(
        len(who),
        SCHEMA,
        id=joined(id_head, digits(who + 1, 7)),
        kind="test",
        subject=joined(subjects(who)),
        at=moments(at),
        region=city.plan.region,
        organ=LABORATORY,
        data=joined(
            f'{{"assay":"{assay}","result":"',
            choose(("negative", "positive"), result),
            '","reported_at":"',
            instants(reported),
            *tail,
        ),
    )


# --- scans ----------------------------------------------------------------------------------


def _check_ins(
    city: Everyday, day: int, date: str, people: slice, chance: Chance, out: Bools
) -> pa.Table:
    """Visits of a day: no two of one person's overlap; a bare scan (D) has no leaving."""
    weekend = (city.plan.first + day + 3) % 7 >= 5
    mean = WEEKEND_VISITS if weekend else WEEKDAY_VISITS
    count = np.where(out & city.population.scans[people], chance.poisson(mean, len(out)), 0)
    count = np.minimum(count, 9)
    person = np.repeat(np.arange(len(out)), count)
    rank = np.arange(len(person)) - np.repeat(np.cumsum(count) - count, count)
    share = (rank + chance.random(len(person))) / count[person]
    quarters = np.linspace(0, 1, len(OPEN_HOURS))
    at = city.plan.moment(day) + (np.interp(share, quarters, OPEN_HOURS) * HOUR).astype(np.int64)
    leaving = at + _stays(chance, len(person))
    same = person[1:] == person[:-1]
    leaving[:-1][same] = np.minimum(leaving[:-1][same], at[1:][same])
    leaving = np.minimum(leaving, city.plan.moment(day) + DAY - 1)
    venue = np.searchsorted(city.venue_shares, chance.random(len(person)))
    venue = np.minimum(venue, len(city.venue_shares) - 1)
    grade = chance.choice(len(GRADES), len(person), p=np.asarray(GRADE_SHARES))
    who = people.start + person
    return table(
        len(who),
        SCHEMA,
        id=joined(f"ci-{date}-", digits(who + 1, 7), "-", digits(rank + 1, 1)),
        kind="check_in",
        subject=joined(subjects(who)),
        at=moments(at),
        until=moments(leaving, grade < len(GRADES) - 1),
        data=joined(
            '{"venue":"v', digits(venue + 1, 7), '","grade":"', choose(GRADES, grade), '"}'
        ),
    )


def _stays(chance: Chance, visits: int) -> Ints:
    """Seconds of each stay."""
    seconds = np.exp(np.log(STAY * 60) + STAY_SPREAD * chance.standard_normal(visits))
    found: Ints = np.clip(seconds, SHORTEST_STAY, LONGEST_STAY).astype(np.int64)
    return found
