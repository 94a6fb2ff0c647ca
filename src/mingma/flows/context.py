"""What an instance stands on while it works: packs, areas, its organ, its keys' values.

Made once by `app`; flows take it as a value, so two instances in one process do not mix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from mingma.authority.places import NOWHERE, PlacePolicy
from mingma.evidence.areas.divisions import Divisions
from mingma.evidence.areas.matching import AreaHistory
from mingma.ledger.policy import Policy
from mingma.rules.assess import MatchArea, Rulebook, no_areas
from mingma.rules.impact import Town
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
    evidence_key: bytes = field(default=b"", repr=False)  # vouches for what was admitted
    places: PlacePolicy = NOWHERE  # where a code may be asked for, until another is approved
    policy: Policy | None = None  # whose word makes a head believable; None in a specimen
    settled: tuple[Pack, ...] = ()  # the packs of the settings, where editions changed them
    settled_areas: AreaHistory | None = None  # … and their area list, where areas were added
    added_areas: tuple[str, ...] = ()  # the digests of those
    town: Callable[[], Town] | None = None  # where changes of rules are tried; read when asked
    book: Rulebook = field(init=False)
    match: MatchArea = field(init=False)  # what a place matches in the area list

    def __post_init__(self) -> None:
        object.__setattr__(self, "book", Rulebook(self.packs))
        match = lru_cache(PLACES_KEPT)(self.areas.match) if self.areas else no_areas
        object.__setattr__(self, "match", match)

    @property
    def base(self) -> tuple[Pack, ...]:
        """The packs that count where no edition was put into force."""
        return self.settled or self.packs

    @property
    def base_areas(self) -> AreaHistory | None:
        """The area list without the areas that were added here."""
        return self.settled_areas if self.added_areas else self.areas

    def pack(self, id: str) -> Pack:
        """A pack in force by id."""
        return next(pack for pack in self.packs if pack.id == id)
