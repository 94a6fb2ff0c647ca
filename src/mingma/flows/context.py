"""What an instance stands on while it works: packs, areas, its organ, its keys' values.

Made once by `app`; flows take it as a value, so two instances in one process do not mix.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from mingma.evidence.areas.divisions import Divisions
from mingma.evidence.areas.matching import AreaHistory
from mingma.ledger.policy import Policy
from mingma.rules.assess import MatchArea, Rulebook, no_areas
from mingma.rules.pack import Pack

PLACES_KEPT: Final = 65_536  # places whose matches are kept; a city has some thousands


@dataclass(frozen=True, slots=True)
class Context:
    """The rules in force, the area list as known, and who decides here: organ and division code."""

    organ: str
    region: str
    packs: tuple[Pack, ...]
    divisions: Divisions
    areas: AreaHistory | None = None
    specimen: bool = True
    policy: Policy | None = None  # whose word makes a head believable; None in a specimen
    book: Rulebook = field(init=False)
    match: MatchArea = field(init=False)  # what a place matches in the area list

    def __post_init__(self) -> None:
        object.__setattr__(self, "book", Rulebook(self.packs))
        match = lru_cache(PLACES_KEPT)(self.areas.match) if self.areas else no_areas
        object.__setattr__(self, "match", match)

    def pack(self, id: str) -> Pack:
        """A pack in force by id."""
        return next(pack for pack in self.packs if pack.id == id)
