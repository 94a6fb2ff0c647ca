"""When a stay was in a place of some level: stated by an organ, else found in the area list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mingma.evidence.areas.matching import AreaMatch
from mingma.evidence.model import Fact
from mingma.kernel.times import day_of, midnight
from mingma.rules.ground import Area, Stay

STATED_DAYS: Final = 14  # a level an organ states on an open stay holds for days 0–14

MatchArea = Callable[[str | None, str | None], Sequence[AreaMatch]]


def no_areas(_region: str | None, _place: str | None) -> Sequence[AreaMatch]:
    """No area list: only what organs state counts."""
    return ()


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a ground on areas is about: when listing and stay meet, and whether by county row."""

    starts: int
    ends: int | None
    wide: bool


def exposures(area: Area | None, fact: Fact, at: int, areas: MatchArea) -> Iterable[Exposure]:
    """When the stay was in a place of the level; one empty exposure for other grounds."""
    if area is None:
        yield Exposure(fact.at, _stated_end(fact), False)
        return
    if (fact.until is None) is not (area.stay is Stay.OPEN):
        return
    stated = fact.data.level  # type: ignore[union-attr]
    if stated is not None:
        if stated in area.levels:
            yield Exposure(fact.at, _stated_end(fact), False)
        return
    limit: int | None = fact.until
    if limit is not None and area.look_back is not None:
        limit = midnight(day_of(limit) + area.look_back + 1)
    for match in areas(fact.region, fact.place):
        if (
            match.level in area.levels
            and match.starts <= at
            and (limit is None or match.starts < limit)
            and (match.ends is None or match.ends > fact.at)
        ):
            yield Exposure(max(fact.at, match.starts), match.ends, match.wide)


def _stated_end(fact: Fact) -> int:
    return midnight(day_of(fact.at) + STATED_DAYS + 1)
