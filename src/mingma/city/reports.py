"""Daily reports: nearly all well; some unwell, a few by mistake and corrected."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa

from mingma.city.chance import Chance
from mingma.city.columns import digits, joined, moments, subjects, table, taken
from mingma.city.everyday import Everyday
from mingma.city.facts import SCHEMA
from mingma.kernel.times import HOUR

REPORTING: Final = 0.93  # of reporters, on a day; chosen
UNWELL: Final = 0.004  # of reports by people who are not infected; chosen
BEEN_AWAY: Final = 0.001  # of reports: in a high-risk area, or abroad; chosen
BY_MISTAKE: Final = 0.1  # of unwell ones: corrected two hours later; chosen
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
WELL: Final = range(361, 372)  # tenths of a degree
ILL: Final = range(368, 392)
AWAY: Final = (',"high_area_stay":true', ',"overseas":true')


def reports(city: Everyday, day: int, people: slice, chance: Chance) -> pa.Table:
    """The reports of a block of people on a day."""
    size = people.stop - people.start
    files = city.population.reports[people] & (chance.random(size) < REPORTING)
    words = chance.integers(0, len(WELL), size)
    away = chance.random(size) < BEEN_AWAY
    words[away] = len(WELL) + chance.integers(0, len(AWAY), int(away.sum()))
    infected = city.course.ill(people, day)
    unwell = infected | (chance.random(size) < UNWELL)
    ill = chance.integers(0, len(SYMPTOMS) * len(ILL), size)
    words[unwell] = (len(WELL) + len(AWAY) + ill)[unwell]
    at = city.plan.moment(day, 6) + chance.integers(0, 6 * 60, size) * 60
    mistaken = files & unwell & ~infected & (chance.random(size) < BY_MISTAKE)
    date = city.date(day)
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
        data=taken(_words(), words[files]),
    )


@cache
def _words() -> pa.Array:
    """Every report there can be: well by temperature, away, ill by symptoms and temperature."""
    well = [_report((), tenths, "") for tenths in WELL]
    away = [_report((), 365, more) for more in AWAY]
    ill = [_report(symptoms, tenths, "") for symptoms in SYMPTOMS for tenths in ILL]
    return pa.array(well + away + ill)


def _report(symptoms: tuple[str, ...], tenths: int, more: str) -> str:
    named = ",".join(f'"{symptom}"' for symptom in symptoms)
    return f'{{"symptoms":[{named}],"temperature":{tenths / 10}{more}}}'


def _correct(city: Everyday, person: int, at: int, date: str) -> None:
    data = {"symptoms": [], "temperature": 36.5, "corrects": f"dr-{date}-{person + 1:07d}"}
    later = at + 2 * HOUR
    city.agenda.add("daily_report", person, later, data, recorded_at=later)
