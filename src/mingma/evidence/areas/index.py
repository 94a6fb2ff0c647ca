"""The rows of a list, by county and place: what matching looks things up in.

INVARIANT: a row stands under the one county its names say, or under none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from mingma.evidence.areas.divisions import Divisions
from mingma.evidence.areas.listings import LevelLetter, Listing
from mingma.evidence.areas.spans import Level, Span
from mingma.evidence.areas.words import Scope, normalised, scope_of

LEVELS: Final[dict[LevelLetter, Level]] = {"H": "high", "M": "medium", "L": "low"}


class County:
    """The listings of one county: of its places, of all of it, of the rest of it."""

    __slots__ = ("places", "rest", "whole")

    def __init__(self) -> None:
        self.places: dict[str, list[Span]] = {}
        self.whole: list[Span] = []
        self.rest: list[Span] = []


class Index:
    """Counties by code; `unlocated` counts rows by the names that no division has."""

    def __init__(self, listings: Iterable[Listing], divisions: Divisions) -> None:
        self.counties: dict[str, County] = {}
        self.unlocated: Counter[tuple[str, str, str]] = Counter()
        shelves: dict[tuple[str, str, str], _Shelf | None] = {}
        for row in listings:
            where = row.province, row.city, row.county
            if where not in shelves:
                shelves[where] = self._shelf(divisions, *where)
            shelf = shelves[where]
            if shelf is None:
                self.unlocated[where] += 1
                continue
            text = normalised(row.community)
            # An empty place matches nothing, and neither does a listing that ends as it begins.
            if text and row.ends != row.starts:
                shelf.add(text, Span(LEVELS[row.level], row.starts, row.ends))

    def _shelf(self, divisions: Divisions, province: str, city: str, name: str) -> _Shelf | None:
        found = divisions.locate(province, city, name)
        if found is None:
            return None
        names = divisions.names(found.code)
        assert names is not None  # `locate` answers with codes of the table
        own = names.county or names.city
        spelt = map(normalised, (province + city + own, province + own, city + own, own))
        # A town's row speaks of the town. A stay says only the county, so its place must be equal.
        return _Shelf(
            self.counties.setdefault(found.code, County()),
            () if found.town else tuple(dict.fromkeys(spelt)),
        )


class _Shelf(NamedTuple):
    """Where the rows of one listed (province, city, county) go."""

    county: County
    names: tuple[str, ...]  # the county's, longest first; none for a town's rows

    def add(self, text: str, span: Span) -> None:
        scope = scope_of(text, self.names, low=span.level == "low") if self.names else Scope.PLACE
        if scope is Scope.COUNTY:
            self.county.whole.append(span)
        elif scope is Scope.REST:
            self.county.rest.append(span)
        else:
            self.county.places.setdefault(text, []).append(span)


__all__ = ["LEVELS", "County", "Index"]
