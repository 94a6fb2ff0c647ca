"""Which row holds the headings, and which column is which field.

A heading is recognised if it, its part outside brackets, or its Chinese and its English part name
one field. Whoever imports may say otherwise; nothing is guessed from the cells below. Every column
that is not used is listed with the reason, and no column whatsoever gives a colour.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mingma.evidence.linelist.columns import Column, Table
from mingma.evidence.linelist.faults import (
    ColumnTwice,
    MissingColumn,
    NoHeader,
    NoSuchColumn,
    NotForAll,
    UnknownListField,
)
from mingma.evidence.linelist.reading import plain, shown
from mingma.kernel.errors import Place

LOOKED_AT: Final = 30  # rows that may stand above the table: titles, notes, who filled it in
ENOUGH: Final = 2  # recognised headings that make a row the header
REASONS: Final = "退回原因 / Reasons"  # the column that bad rows come back with
EACH_HIS_OWN: Final = frozenset({"id", "subject", "name", "phone", "id_number"})

_BRACKETED: Final = re.compile(r"\(.*?\)|\[.*?\]|【.*?】|<.*?>|\*")
_COLOURS: Final = re.compile("码色|颜色|赋码|转码|红码|黄码|绿码|健康码|colour|color|code status")


class Why(StrEnum):
    """Why a column is not used."""

    UNKNOWN = "unknown"
    NAMELESS = "nameless"
    NOT_CHOSEN = "not_chosen"
    REASONS = "reasons"
    COLOUR = "colour"

    def sentence(self, lang: str = "en") -> str:
        """The reason in `zh` or `en`."""
        return _WHY[self][lang == "en"]


_WHY: Final = {
    Why.UNKNOWN: ("不认识的列名", "the heading is not known"),
    Why.NAMELESS: ("没有列名", "the column has no heading"),
    Why.NOT_CHOSEN: ("另有指定", "another column or value was chosen"),
    Why.REASONS: ("上次退回时附加的原因", "the reasons added when rows were sent back"),
    Why.COLOUR: ("颜色只由规则给出,不接受导入", "only rules give a colour; none is imported"),
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """A column in use: its number from 1, its heading, its field, and whether a person chose it."""

    number: int
    heading: str
    field: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Ignored:
    """A column not in use."""

    number: int
    heading: str
    why: Why


@dataclass(frozen=True, slots=True)
class Used:
    """A field's column in the file."""

    column: Column
    index: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Headings:
    """The header row, from 1, its texts, and the column each was recognised as."""

    row: int
    names: tuple[str, ...]
    columns: tuple[Column | None, ...]

    def recognised(self, used: Mapping[str, Used]) -> tuple[Recognised, ...]:
        """The columns in use, from left to right."""
        return tuple(
            Recognised(use.index + 1, self.names[use.index], field, use.chosen)
            for field, use in sorted(used.items(), key=lambda item: item[1].index)
        )

    def ignored(self, used: Mapping[str, Used]) -> tuple[Ignored, ...]:
        """The columns not in use, with the reason."""
        taken = {use.index for use in used.values()}
        return tuple(
            Ignored(index + 1, name, self._why(index))
            for index, name in enumerate(self.names)
            if index not in taken
        )

    def _why(self, index: int) -> Why:
        name = self.names[index]
        if not name:
            return Why.NAMELESS
        if is_reasons(name):
            return Why.REASONS
        if self.columns[index] is not None:
            return Why.NOT_CHOSEN
        return Why.COLOUR if _COLOURS.search(name.casefold()) else Why.UNKNOWN


def find_headings(
    rows: Sequence[Sequence[str]],
    table: Table,
    mapping: Mapping[str, str | None] | None = None,
    row: int | None = None,
) -> Headings:
    """The row (from 1) with the most headings known or named in the mapping; raises NoHeader."""
    named = {plain(name) for name in (mapping or {}).values() if name}
    lookup = _lookup(table)
    best: Headings | None = None
    most = 0
    numbered = list(enumerate(rows[: row or LOOKED_AT], start=1))
    for number, cells in numbered if row is None else numbered[row - 1 : row]:
        names = _trimmed(cells)
        columns = tuple(_recognise(name, lookup) for name in names)
        fields = {column.field for column in columns if column}
        fields |= {plain(name) for name in names} & named
        if len(fields) > most:
            best, most = Headings(number, names, columns), len(fields)
    if best is None or (most < ENOUGH and row is None):
        raise NoHeader(rows=min(LOOKED_AT, len(rows)), wanted=_needed_labels(table))
    return best


def assign(
    headings: Headings, table: Table, mapping: Mapping[str, str | None], fixed: Mapping[str, str]
) -> dict[str, Used]:
    """{field: its column}: what was recognised, except where whoever imports said otherwise.

    Raises UnknownListField, NoSuchColumn, NotForAll or ColumnTwice.
    """
    # (1) What was said: a heading, or None for a field to leave out.
    for field in (*mapping, *fixed):
        if field not in table.fields:
            raise UnknownListField(value=shown(field), known=", ".join(table.fields))
    for field in fixed:
        if field in EACH_HIS_OWN:
            raise NotForAll(value=field)
        if mapping.get(field):
            raise ColumnTwice(value=field, headings=shown(str(mapping[field])))
    chosen: dict[str, Used] = {}
    for field, name in mapping.items():
        if name is not None:
            index = _index(headings, name)
            chosen[field] = Used(_as_field(table, headings.columns[index], field), index, True)

    # (2) What was recognised, for fields nobody spoke of and columns nobody took.
    taken = {used.index for used in chosen.values()}
    found: dict[str, list[Used]] = {}
    for index, column in enumerate(headings.columns):
        if column and index not in taken and column.field not in {*mapping, *fixed}:
            found.setdefault(column.field, []).append(Used(column, index, False))
    for field, several in found.items():
        if len(several) > 1:
            names = ", ".join(f"`{shown(headings.names[used.index])}`" for used in several)
            raise ColumnTwice(Place(field=field), value=_label(table, field), headings=names)
    return chosen | {field: several[0] for field, several in found.items()}


def check_complete(used: Mapping[str, Used], table: Table, given: Mapping[str, object]) -> None:
    """Refuse a list without a needed column; raises MissingColumn."""
    missing = [
        _label(table, field)
        for field in dict.fromkeys(column.field for column in table.columns if column.needed)
        if field not in used and field not in given
    ]
    if not ({"id_number", "subject"} & used.keys() or {"name", "phone"} <= used.keys()):
        missing.append("证件号码,或姓名和电话 / ID number, or name and phone")
    if missing:
        raise MissingColumn(value="; ".join(missing))


def is_reasons(name: str) -> bool:
    """Whether a column is the one bad rows come back with."""
    return plain(name) == plain(REASONS)


def _lookup(table: Table) -> dict[str, Column]:
    return {plain(h): column for column in reversed(table.columns) for h in column.headings}


def _recognise(name: str, lookup: Mapping[str, Column]) -> Column | None:
    """The column a heading names."""
    text = unicodedata.normalize("NFKC", name).casefold()
    for form in (text, bare := _BRACKETED.sub(" ", text)):
        if found := lookup.get(plain(form)):
            return found
    chinese = "".join(c for c in bare if c > "\u2e7f")
    latin = "".join(c if c < "\u2e80" else " " for c in bare)
    parts = [lookup.get(plain(part)) for part in (chinese, latin)]
    both = [part for part in parts if part]
    return both[0] if both and len({part.field for part in both}) == 1 else None


def _trimmed(cells: Sequence[str]) -> tuple[str, ...]:
    """The headings without spaces around and empty ones behind."""
    names = [" ".join(name.strip("\ufeff").split()) for name in cells]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _index(headings: Headings, name: str) -> int:
    """The place of the column with this heading."""
    wanted = " ".join(name.split())
    places = [index for index, heading in enumerate(headings.names) if heading == wanted]
    if not places:
        known = ", ".join(shown(heading) for heading in headings.names if heading)
        raise NoSuchColumn(value=shown(name), known=known)
    if len(places) > 1:
        numbers = ", ".join(str(place + 1) for place in places)
        raise ColumnTwice(value=shown(name), headings=numbers)
    return places[0]


def _as_field(table: Table, recognised: Column | None, field: str) -> Column:
    """How to read a column as a field: as its heading says, if that is the field's."""
    if recognised and recognised.field == field:
        return recognised
    column = table.column(field)
    assert column is not None  # the field is one of the table's
    return column


def _label(table: Table, field: str) -> str:
    column = table.column(field)
    return column.label if column else field


def _needed_labels(table: Table) -> str:
    return ", ".join(column.label for column in table.columns if column.needed)
