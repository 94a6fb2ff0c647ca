"""What hospitals and laboratories write about one person: an illness, a suspicion, a test.

What ended before the city's start is written once, whole. What ends later is written as it becomes
known: the first record is released, and a second one with the end in it takes its place.
"""

from __future__ import annotations

from typing import Any, Final

from mingma.city.chance import Chance
from mingma.city.epidemic import Infected
from mingma.city.facts import HOSPITAL, LABORATORY, Agenda
from mingma.city.isolation import Course
from mingma.city.plan import CityPlan
from mingma.kernel.times import DAY, HOUR, print_instant

ILLNESS: Final = (7, 12)  # days in hospital or isolation, from and below; chosen
RECURRENT: Final = 0.1  # of cases: positive again ten days after discharge; chosen
LABORATORY_HOURS: Final = 4  # from a single sample to its result; chosen


def single_test(
    plan: CityPlan,
    agenda: Agenda,
    person: int,
    at: int,
    result: str = "negative",
    ct: float | None = None,
) -> None:
    """A PCR test in a tube of one's own."""
    reported = at + LABORATORY_HOURS * HOUR
    data: dict[str, Any] = {
        "assay": "pcr",
        "result": result,
        "reported_at": print_instant(reported),
        "tube": "single",
    }
    if ct is not None:
        data["ct"] = ct
    agenda.add(
        "test",
        person,
        at,
        data,
        recorded_at=reported,
        region=plan.region,
        organ=LABORATORY,
    )


def infection(
    plan: CityPlan, agenda: Agenda, person: int, at: int, data: dict[str, str], recorded: int
) -> str:
    """An infection record; its id."""
    return agenda.add(
        "infection",
        person,
        at,
        data,
        recorded_at=recorded,
        region=plan.region,
        organ=HOSPITAL,
    )


def infection_with_end(
    plan: CityPlan,
    agenda: Agenda,
    person: int,
    at: int,
    data: dict[str, str],
    recorded: int,
    end: tuple[str, int],
) -> None:
    """A record while the illness lasts, and at its end the one that takes its place."""
    field, over = end
    ended = data | {field: print_instant(over)}
    if over < plan.opens:
        infection(plan, agenda, person, at, ended, recorded)
        return
    first = infection(plan, agenda, person, at, data, recorded)
    written = over + HOUR
    agenda.add("release", person, over, {"of": first}, recorded_at=written, organ=HOSPITAL)
    infection(plan, agenda, person, at, ended, written)


def take_in(plan: CityPlan, agenda: Agenda, course: Course, case: Infected, chance: Chance) -> None:
    """A case from his first positive sample to his discharge."""
    found = case.found_at
    course.isolate(case.person, plan.day(found), ILLNESS[1])
    data = {"class": case.infection_class}
    if case.onset_at is not None and case.onset_at < found:
        course.fall_ill(case.person, plan.day(case.onset_at))
        data["onset_at"] = print_instant(case.onset_at)
    if case.found_by == "clinic":
        agenda.add(
            "clinic_visit",
            case.person,
            found - HOUR,
            {"department": "fever", "finding": "unexplained_fever"},
            recorded_at=found,
            region=plan.region,
            organ=HOSPITAL,
        )
    ct = round(18 + 16 * chance.random(), 1)
    single_test(plan, agenda, case.person, found, "positive", ct)
    over = found + int(chance.integers(*ILLNESS)) * DAY
    ends = "discharged_at" if case.infection_class == "confirmed" else "isolation_ended_at"
    infection_with_end(plan, agenda, case.person, found, data, found + 6 * HOUR, (ends, over))
    if chance.random() < RECURRENT:
        again = over + 10 * DAY
        data = {"class": "recurrent"}
        infection(plan, agenda, case.person, again, data, again + 6 * HOUR)
