"""Whom a change of rules would have coloured otherwise, in a city where nobody lives.

Old and new rules are asked about every resident of a generated city at noon of each of the last
fourteen days. What comes out are counts by county and age class, of those who would have been
worse off and better off on any of the days; cells under ten are merged, so that the table keeps to
the rule it stands for. It is published with the change, before it takes effect (P10).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mingma.evidence.model import Fact
from mingma.kernel.times import DAY, HOUR, day_of, midnight
from mingma.kernel.words import SEVERITY, Colour
from mingma.rules.assess import MatchArea, Rulebook, assess, no_areas
from mingma.rules.conditions import matcher
from mingma.rules.ground import Ground
from mingma.rules.pack import Pack

DAYS: Final = 14
SMALL: Final = 10  # a cell with fewer people is merged
OTHER: Final = "other"

Cell = tuple[str, str, str]  # area, age class, `worse` or `better`


@dataclass(frozen=True, slots=True)
class Town:
    """A generated city: who lives where, of which age class, and every fact about them."""

    name: str
    ends: int
    people: Mapping[str, tuple[str, str]]
    facts: Mapping[str, Sequence[Fact]]
    areas: MatchArea = no_areas


@dataclass(frozen=True, slots=True)
class Impact:
    """The counts of a replay. `cells` has only those of ten and more; `merged` sums the others."""

    town: str
    days: int
    people: int
    worse: int
    better: int
    cells: Mapping[Cell, int] = field(default_factory=dict)
    merged: int = 0

    def body(self) -> dict[str, Any]:
        """The table as it is published and hashed; a merged count under ten is not told."""
        rows = [
            {"age": age, "area": area, "count": count, "who": who}
            for (area, age, who), count in sorted(self.cells.items())
        ]
        if self.merged:
            count = self.merged if self.merged >= SMALL else None
            rows.append({"age": OTHER, "area": OTHER, "count": count, "who": OTHER})
        return {
            "better": shown(self.better),
            "cells": rows,
            "days": self.days,
            "people": self.people,
            "town": self.town,
            "worse": shown(self.worse),
        }


def impact(town: Town, before: Sequence[Pack], after: Sequence[Pack], days: int = DAYS) -> Impact:
    """The counts for a change from these packs to those."""
    old, new = Rulebook(before), Rulebook(after)
    concerns = _concerns(before, after)
    last = midnight(day_of(town.ends)) - 12 * HOUR
    noons = [last - n * DAY for n in reversed(range(days))]
    cells: Counter[Cell] = Counter()
    for ref, (area, age) in town.people.items():
        facts = town.facts.get(ref, ())
        if not concerns(facts):
            continue
        shift = _worst([_shift(old, new, ref, facts, at, town.areas) for at in noons])
        if shift:
            cells[area, age, "worse" if shift > 0 else "better"] += 1
    return _counted(town, days, cells)


def shown(count: int) -> int | None:
    """A count as it is published: None stands for fewer than ten, and not none."""
    return None if 0 < count < SMALL else count


def _counted(town: Town, days: int, cells: Counter[Cell]) -> Impact:
    sums: Counter[str] = Counter()
    for (_, _, who), count in cells.items():
        sums[who] += count
    return Impact(
        town=town.name,
        days=days,
        people=len(town.people),
        worse=sums["worse"],
        better=sums["better"],
        cells={cell: count for cell, count in cells.items() if count >= SMALL},
        merged=sum(count for count in cells.values() if count < SMALL),
    )


def _worst(shifts: Sequence[int]) -> int:
    """The worst that happens to a person on any day; better only if nothing was worse."""
    return max(shifts) if max(shifts) > 0 else min(shifts)


def _shift(
    old: Rulebook, new: Rulebook, ref: str, facts: Sequence[Fact], at: int, areas: MatchArea
) -> int:
    return _rank(assess(new, ref, facts, at, areas).colour) - _rank(
        assess(old, ref, facts, at, areas).colour
    )


def _rank(colour: Colour) -> int:
    return SEVERITY.get(colour, SEVERITY[Colour.GREEN])


def _concerns(before: Sequence[Pack], after: Sequence[Pack]) -> Callable[[Sequence[Fact]], bool]:
    """Whether somebody with these facts can be touched: by a ground that is not in both."""
    old, new = _grounds(before), _grounds(after)
    changed = [one for one in new if one not in old] + [one for one in old if one not in new]
    if any(ground.when is None for _, ground in changed):
        return lambda _: True
    tests: dict[str, list[Callable[[Fact], bool]]] = {}
    for _, ground in changed:
        if ground.when is not None:
            tests.setdefault(ground.when.kind, []).append(matcher(ground.when))
    return lambda facts: any(test(fact) for fact in facts for test in tests.get(fact.kind, ()))


def _grounds(packs: Sequence[Pack]) -> list[tuple[str, Ground]]:
    return [(pack.id, ground) for pack in packs for ground in pack.grounds]
