"""Whether somebody's own record meets a case: the same place at the same time, by both records.

A scan, a journey and an address say nothing about exposure; that a case's own record overlaps it
does. Presence counts only where it was proven (grades A and B), and only beside the case's (P13).
Who never scanned anything has her own words: an interview that names the case.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mingma.evidence.model import Fact
from mingma.kernel.times import HOUR, day_of

STAY: Final = 2 * HOUR  # seconds a check-in lasts whose end nobody recorded
PROVEN: Final = frozenset({"A", "B"})
ENDLESS: Final = 2**62


def meets(fact: Fact, case: str, patient: Sequence[Fact]) -> bool:
    """Whether a person's own fact meets a case, by the patient's facts."""
    data: Any = fact.data
    match fact.kind:
        case "interview":
            return bool(data.index == case)
        case "check_in":
            return data.grade in PROVEN and any(_met_there(fact, other) for other in patient)
        case "trip":
            return any(_rode_together(fact, other) for other in patient)
        case "area_stay":
            return any(_lived_together(fact, other) for other in patient)
    return False


def _met_there(fact: Fact, other: Fact) -> bool:
    mine: Any = fact.data
    theirs: Any = other.data
    return (
        other.kind == "check_in"
        and theirs.grade in PROVEN
        and mine.venue == theirs.venue
        and _overlap(fact, other, STAY)
    )


def _rode_together(fact: Fact, other: Fact) -> bool:
    mine: Any = fact.data
    if other.kind != "trip" or mine.number is None:
        return False
    theirs: Any = other.data
    return (mine.mode, mine.number) == (theirs.mode, theirs.number) and day_of(fact.at) == day_of(
        other.at
    )


def _lived_together(fact: Fact, other: Fact) -> bool:
    return (
        other.kind == "area_stay"
        and fact.place is not None
        and (fact.region, fact.place) == (other.region, other.place)
        and _overlap(fact, other, ENDLESS)
    )


def _overlap(one: Fact, other: Fact, lasts: int) -> bool:
    """Whether two half-open stays have a time in common; one without an end lasts so long."""
    ends = [f.at + lasts if f.until is None else f.until for f in (one, other)]
    return max(one.at, other.at) < min(ends)
