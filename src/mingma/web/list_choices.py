"""What was chosen for a list: kind, sheet, header row, columns, values for all rows.

The choices live in the page's address, so a preview can be reloaded, and the import reads the very
list that was previewed. `c3=data.result`: column 3 is that field; `c3=-`: it is not used;
`f.data.assay=pcr`: the same for all rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from mingma.evidence.areas.divisions import Divisions
from mingma.evidence.linelist import TABLES, Headings, LineList, Table, find_headings, read_linelist
from mingma.evidence.linelist.faults import ColumnTwice, NoHeader, UnknownListKind
from mingma.evidence.linelist.reading import shown
from mingma.kernel.errors import Malformed, Place
from mingma.web.uploads import Upload

UNUSED: Final = "-"
MOST_DIGITS: Final = 7  # of a column or row number
TOP: Final = 8  # rows shown where the header was not found
NAMED_BY: Final = 12  # characters of the file's digest in the ids of its rows


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices of one preview."""

    kind: str
    sheet: str | None = None
    header_row: int | None = None
    columns: Mapping[int, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """The choices as an address's query."""
        pairs = [("kind", self.kind)]
        pairs += [("sheet", self.sheet)] if self.sheet else []
        pairs += [("header", str(self.header_row))] if self.header_row else []
        pairs += [(f"c{number}", name) for number, name in sorted(self.columns.items())]
        pairs += [(f"f.{name}", text) for name, text in sorted(self.fixed.items())]
        return urlencode(pairs)


def choices_of(pairs: Iterable[tuple[str, str]]) -> Choices:
    """The choices in a query; what is no choice is left out, an unknown kind is refused."""
    single: dict[str, str] = {}
    columns: dict[int, str] = {}
    fixed: dict[str, str] = {}
    for name, text in pairs:
        if name.startswith("f."):
            if text.strip():
                fixed[name.removeprefix("f.")] = text.strip()
        elif name.startswith("c") and (number := _number(name[1:])) and text:
            columns[number] = text
        else:
            single[name] = text
    kind = single.get("kind", "")
    if kind not in TABLES:
        raise UnknownListKind(Place(field="kind"), value=kind[:64], known=", ".join(TABLES))
    header = _number(single.get("header", ""))
    return Choices(kind, single.get("sheet") or None, header, columns, fixed)


def _number(text: str) -> int | None:
    """A whole number above 0, or None."""
    right = text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
    return int(text) or None if right else None


@dataclass(frozen=True, slots=True)
class ListRead:
    """A list as the choices have it: read, or the problem of the list as a whole."""

    choices: Choices
    table: Table
    file: str
    sheets: tuple[str, ...]
    sheet: str | None
    top: tuple[tuple[str, ...], ...]  # the first rows, without long numbers, to find the header in
    headings: Headings | None
    linelist: LineList | None
    problem: Malformed | None

    def field_of(self, number: int) -> str:
        """The field a column is in use for, or `-`."""
        if number in self.choices.columns:
            return self.choices.columns[number]
        if self.linelist is not None:
            used = {one.number: one.field for one in self.linelist.columns}
            return used.get(number, UNUSED)
        assert self.headings is not None
        column = self.headings.columns[number - 1]
        return column.field if column and column.field not in self.choices.fixed else UNUSED


def read_list(
    upload: Upload, choices: Choices, *, digest: str, divisions: Divisions, today: int
) -> ListRead:
    """The list in an upload; raises Malformed only where the file holds no table at all."""
    sheet = upload.sheet(choices.sheet)
    table = TABLES[choices.kind]
    headings: Headings | None = None
    linelist: LineList | None = None
    problem: Malformed | None = None
    try:
        headings = _headings(sheet.rows, table, choices.header_row)
        linelist = read_linelist(
            sheet.rows,
            choices.kind,
            batch=f"{digest[:NAMED_BY]}-{choices.kind}",
            divisions=divisions,
            today=today,
            mapping=_mapping(headings, choices),
            fixed=choices.fixed,
            header_row=headings.row,
            file=upload.name,
        )
    except Malformed as refusal:
        problem = refusal
    return ListRead(
        choices=choices,
        table=table,
        file=upload.name,
        sheets=tuple(name for name in (sheet.name, *sheet.others) if name),
        sheet=sheet.name,
        top=tuple(tuple(map(shown, row)) for row in sheet.rows[:TOP]),
        headings=headings,
        linelist=linelist,
        problem=problem,
    )


def _headings(rows: Sequence[Sequence[str]], table: Table, row: int | None) -> Headings:
    """The headings that are found, or those of the row that was named though none is known."""
    try:
        return find_headings(rows, table, None, row)
    except NoHeader:
        if row is None or row > len(rows):
            raise
        names = tuple(" ".join(name.split()) for name in rows[row - 1])
        return Headings(row, names, (None,) * len(names))


def _mapping(headings: Headings, choices: Choices) -> Mapping[str, str | None] | None:
    """{field: heading} as chosen; None where nothing was: headings speak for themselves."""
    if not choices.columns:
        return None
    mapping: dict[str, str | None] = {}
    for number, name in sorted(choices.columns.items()):
        if name == UNUSED or number > len(headings.names):
            continue
        heading = headings.names[number - 1]
        if mapping.get(name):
            raise ColumnTwice(value=name, headings=f"{mapping[name]}, {heading}")
        mapping[name] = heading
    for column in headings.columns:
        if column is not None:
            mapping.setdefault(column.field, None)
    return mapping
