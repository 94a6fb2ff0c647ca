"""A new area list: decide anew for the people whose stays it matches otherwise than before."""

from __future__ import annotations

from collections.abc import Collection

from mingma.evidence.model import Fact
from mingma.flows.context import Context
from mingma.flows.decide import redecide
from mingma.kernel.times import Instant
from mingma.ports import Unit


def renew_areas(
    unit: Unit, before: Context, after: Context, subjects: Collection[str], now: Instant
) -> int:
    """Decide anew for those of the subjects whom the list touches; returns how many were made.

    `before` and `after` differ in their area list only.
    """
    touched = {
        ref
        for ref, facts in unit.facts_of(subjects).items()
        if any(_matches_otherwise(fact, before, after) for fact in facts)
    }
    return redecide(unit, after, touched, now)


def _matches_otherwise(fact: Fact, before: Context, after: Context) -> bool:
    place = fact.region, fact.place
    return fact.kind == "area_stay" and before.match(*place) != after.match(*place)
