"""The division table: GB/T 2260, six-digit codes and names, as of the end of 2022.

Promises: a code is in the table or it is not; a listed place maps to a county only if the names are
equal (width, space and punctuation apart). No abbreviation is guessed and no special zone
(经开区, 高新区 …) is mapped to the county it lies in: the standard has no code for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from mingma.evidence.areas.words import normalised
from mingma.kernel.errors import Broken, Place

COLUMNS: Final = ("code", "province", "city", "county")


class Names(msgspec.Struct, frozen=True):
    """What a code is called; city and county are empty above their own level."""

    province: str
    city: str
    county: str


class Located(msgspec.Struct, frozen=True):
    """The lowest division a listed place lies in; `town` where the list names one below it."""

    code: str
    town: bool


class TableBroken(Broken):
    """The shipped division table cannot be read."""

    slug = "areas.table_broken"
    zh = "行政区划代码表有误:`{value}`"
    en = "the division table is wrong: `{value}`"
    remedy_zh = "请重新安装本软件"
    remedy_en = "install this software again"


class Divisions:
    """The codes and names of one dated edition; `code in divisions` asks for membership."""

    def __init__(self, rows: Iterable[tuple[str, Names]], edition: str) -> None:
        self.edition = edition
        self._names = dict(rows)
        self._counties: dict[tuple[str, str, str], str] = {}
        self._in_province: dict[tuple[str, str], list[str]] = {}
        self._cities: dict[tuple[str, str], str] = {}
        with_counties = {code[:4] for code, names in self._names.items() if names.county}
        for code, names in self._names.items():
            province, city, county = map(normalised, (names.province, names.city, names.county))
            if county:
                self._counties[province, city, county] = code
                self._in_province.setdefault((province, county), []).append(code)
            elif city:
                # A city without counties (Dongguan, Danzhou) is itself the lowest division.
                self._cities[province, city] = "" if code[:4] in with_counties else code
        self._city_names = frozenset(city for _, city in self._cities)
        self._lowest = frozenset([*self._counties.values(), *self._cities.values()]) - {""}

    def __contains__(self, code: object) -> bool:
        return code in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def names(self, code: str) -> Names | None:
        """What the code is called, or None where the table has no such code."""
        return self._names.get(code)

    def is_lowest(self, code: str) -> bool:
        """Whether the code is a county, or a city that has none: what a stay can be matched in."""
        return code in self._lowest

    def locate(self, province: str, city: str, county: str) -> Located | None:
        """The division a listed (province, city, county) names, or None.

        The list shifts its columns in two ways, and both are read only where the names decide:
        counties under no city, and towns in the county column (Beijing, Dongguan).
        """
        province, city, county = map(normalised, (province, city, county))
        # (1) As the table has it.
        if code := self._counties.get((province, city, county)):
            return Located(code, town=False)
        known = self._cities.get((province, city))
        # (2) A city without counties; the third column repeats it or names one of its towns.
        if known:
            return Located(known, town=county not in ("", "市辖区", city))
        # (3) The second column is no city at all (the province or the county again,
        #     省直辖县级行政单位 …): the county, if the province has only one of that name,
        #     or else a town of the county that stands in the city's column.
        if city not in self._city_names:
            if code := self._only(province, county):
                return Located(code, town=False)
            if code := self._only(province, city):
                return Located(code, town=True)
        return None

    def _only(self, province: str, county: str) -> str | None:
        found = self._in_province.get((province, county), [])
        return found[0] if len(found) == 1 else None


def table(rows: Iterable[Sequence[str]], edition: str) -> Divisions:
    """The table that rows of text (the header first) state; raises TableBroken."""
    lines = iter(rows)
    if tuple(next(lines, ())) != COLUMNS:
        raise TableBroken(Place(line=1), value="header")
    found: dict[str, Names] = {}
    for number, row in enumerate(lines, start=2):
        if len(row) != len(COLUMNS) or not _is_code(row[0]) or row[0] in found or not row[1]:
            raise TableBroken(Place(line=number), value=",".join(row)[:64])
        found[row[0]] = Names(*row[1:])
    return Divisions(found.items(), edition)


def _is_code(text: str) -> bool:
    return len(text) == 6 and text.isascii() and text.isdigit() and text[0] != "0"


__all__ = ["COLUMNS", "Divisions", "Located", "Names", "TableBroken", "table"]
