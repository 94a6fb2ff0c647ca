"""Alarms: what an honest instance never meets, kept on record and shown by the health pages.

An alarm is raised once for each thing it is about, is never taken back, and stops nothing by
itself: whoever runs the instance, and whoever watches it, must look. It names no person.
"""

from __future__ import annotations

from typing import Final

from mingma.flows.exact_record import exact_record
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Problem
from mingma.kernel.times import Instant
from mingma.ports import Unit
from mingma.records import Record

ALARM: Final = "alarm"  # the kind of records that are alarms; ids are `slug/what it is about`


def raise_alarm(unit: Unit, problem: Problem, about: str, now: Instant) -> bool:
    """Keep an alarm about something; False if it was kept before."""
    id = f"{problem.slug}/{about}"
    if is_raised(unit, problem.slug, about):
        return False
    unit.add_record(Record(ALARM, id, now, canonical({"says": str(problem)})))
    return True


def is_raised(unit: Unit, slug: str, about: str) -> bool:
    """Whether the alarm is on record."""
    return exact_record(unit, ALARM, f"{slug}/{about}") is not None


def alarms(unit: Unit) -> list[str]:
    """The alarms on record, by slug and what each is about."""
    return [record.id for record in unit.records(ALARM)]
