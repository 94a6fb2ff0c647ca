"""Which listings match a stay, and why none does.

INVARIANT: no match ever widens. A listing matches a stay only in the stay's own county, and there
only if the places are equal, or the row names the whole county, or it is the low-risk row for the
rest of the county and no high or medium row listed meanwhile matches the place.
Does not know what a level leads to, nor whose the stay is: rules do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

from mingma.evidence.areas.divisions import Divisions
from mingma.evidence.areas.index import Index
from mingma.evidence.areas.listings import Listing, listing_digest
from mingma.evidence.areas.spans import Level, joined, known_end, overlap
from mingma.evidence.areas.words import normalised

_ORDER: Final[dict[Level, int]] = {"high": 0, "medium": 1, "low": 2}


class AreaMatch(NamedTuple):
    """A time for which a place is listed at a level. Half-open; `ends` None while still listed."""

    level: Level
    starts: int
    ends: int | None
    wide: bool  # matched through a row that names the whole county
    rest: bool  # matched through the low-risk row for the rest of the county


class PlaceMatch(NamedTuple):
    """An AreaMatch beside the region and place it is for, flat, for a columnar engine."""

    region: str
    place: str
    level: Level
    starts: int
    ends: int | None
    wide: bool
    rest: bool


class NoMatch(StrEnum):
    """Why a stay matches nothing in the list: said to the person and the operator."""

    NO_REGION = "no_region"
    UNKNOWN_REGION = "unknown_region"
    REGION_TOO_WIDE = "region_too_wide"
    NO_PLACE = "no_place"
    COUNTY_NOT_LISTED = "county_not_listed"
    PLACE_NOT_LISTED = "place_not_listed"

    def sentence(self, lang: str = "en") -> str:
        """The reason in `zh` or `en`."""
        return _REASONS[self][0 if lang == "zh" else 1]


_REASONS: Final = {
    NoMatch.NO_REGION: ("旅居记录未写行政区划代码", "the stay names no division"),
    NoMatch.UNKNOWN_REGION: ("该代码不在行政区划代码表中", "the code is not in the division table"),
    NoMatch.REGION_TOO_WIDE: (
        "该代码是省或市,未到县级,不作匹配",
        "the code is a province or a city; only a county is matched",
    ),
    NoMatch.NO_PLACE: ("旅居记录未写地点,不作匹配", "the stay names no place, so nothing matches"),
    NoMatch.COUNTY_NOT_LISTED: ("清单未列该县级区划的地点", "the list has no place of this county"),
    NoMatch.PLACE_NOT_LISTED: (
        "清单未列该地点(须与清单所列名称一致)",
        "the list has no place of this name in the county",
    ),
}


class Changes(NamedTuple):
    """What a newer list says otherwise: rows it has, and rows it has no more."""

    added: tuple[Listing, ...]
    removed: tuple[Listing, ...]


@dataclass(frozen=True, eq=False)
class AreaHistory:
    """One version of the list, ready to match. A newer list makes a new version; none is edited.

    `known_until` clips it to what was listed by then; made by `known_at`.
    """

    divisions: Divisions
    version: int
    known_until: int | None
    _rows: tuple[Listing, ...]
    _index: Index

    @classmethod
    def of(cls, listings: Iterable[Listing], divisions: Divisions, version: int = 1) -> AreaHistory:
        """The history that a whole list states."""
        rows = tuple(listings)
        return cls(divisions, version, None, rows, Index(rows, divisions))

    def match(self, region: str | None, place: str | None) -> tuple[AreaMatch, ...]:
        """The times for which the place is listed, ordered; empty where nothing matches."""
        county = self._index.counties.get(region or "")
        key = normalised(place or "")
        if county is None or not key:
            return ()
        known = self.known_until
        found = [
            AreaMatch(*span, wide=False, rest=False)
            for span in joined(county.places.get(key, ()), known)
        ]
        found += [AreaMatch(*span, wide=True, rest=False) for span in joined(county.whole, known)]
        worse = [match for match in found if match.level != "low"]
        found += [
            AreaMatch(*span, wide=False, rest=True)
            for span in joined(county.rest, known)
            if not any(overlap(span, match) for match in worse)
        ]
        return tuple(sorted(found, key=_order))

    def place_matches(self, pairs: Iterable[tuple[str | None, str | None]]) -> Iterator[PlaceMatch]:
        """The matches of each distinct (region, place), for an engine to join stays to.

        The rows carry region and place as given, so the join needs no normalising.
        """
        for region, place in dict.fromkeys(pairs):
            if region and place:
                for match in self.match(region, place):
                    yield PlaceMatch(region, place, *match)

    def unmatched(self, region: str | None, place: str | None) -> NoMatch | None:
        """Why a stay there matches nothing, or None if it matches."""
        if not region:
            return NoMatch.NO_REGION
        if region not in self.divisions:
            return NoMatch.UNKNOWN_REGION
        if not self.divisions.is_lowest(region):
            return NoMatch.REGION_TOO_WIDE
        if not normalised(place or ""):
            return NoMatch.NO_PLACE
        if self.match(region, place):
            return None
        listed = region in self._index.counties
        return NoMatch.PLACE_NOT_LISTED if listed else NoMatch.COUNTY_NOT_LISTED

    def known_at(self, instant: int) -> AreaHistory:
        """The history as the list stood then: later rows are unknown, later ends still open."""
        known = instant if self.known_until is None else min(instant, self.known_until)
        return replace(self, known_until=known)

    @property
    def listings(self) -> tuple[Listing, ...]:
        """The rows of this version, as far as known."""
        known = self.known_until
        if known is None:
            return self._rows
        return tuple(
            _with_end(row, known_end(row.ends, known)) for row in self._rows if row.starts <= known
        )

    @property
    def unlocated(self) -> dict[tuple[str, str, str], int]:
        """How many rows name a (province, city, county) that no division is called."""
        return dict(self._index.unlocated)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the rows, in hexadecimal: what a decision cites."""
        return listing_digest(self.listings)

    def newer(self, listings: Iterable[Listing]) -> AreaHistory:
        """The version that a newer list makes; this one if the list says the same."""
        loaded = AreaHistory.of(listings, self.divisions, self.version + 1)
        return self if loaded.digest == self.digest else loaded

    def changes(self, since: AreaHistory) -> Changes:
        """The rows in which this version differs from an earlier one."""
        before, now = set(since.listings), set(self.listings)
        return Changes(
            tuple(row for row in self.listings if row not in before),
            tuple(row for row in since.listings if row not in now),
        )


def _with_end(row: Listing, ends: int | None) -> Listing:
    if row.ends == ends:
        return row
    return Listing(row.level, row.province, row.city, row.county, row.community, row.starts, None)


def _order(match: AreaMatch) -> tuple[int, int, bool, bool]:
    return match.starts, _ORDER[match.level], match.wide, match.rest


__all__ = ["AreaHistory", "AreaMatch", "Changes", "NoMatch", "PlaceMatch"]
