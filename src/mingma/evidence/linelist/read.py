"""A messy line list becomes records and refusals, each row once.

Every good row would pass `evidence.admit` as it stands, once a subject takes the place of its
`identity` (a paper) or `provisional` (a name and a telephone). Nothing is admitted here, and what
was assumed is listed. Does not know who may import, nor what happens with the rows.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mingma.evidence.admit import admit
from mingma.evidence.areas.divisions import Divisions
from mingma.evidence.linelist.columns import WHO, Table
from mingma.evidence.linelist.faults import (
    ExtraCells,
    IdTwice,
    MissingValue,
    OutOfOrder,
    SameAsRow,
    UnknownListKind,
)
from mingma.evidence.linelist.headings import (
    Headings,
    Ignored,
    Recognised,
    Used,
    assign,
    check_complete,
    find_headings,
)
from mingma.evidence.linelist.persons import FIELDS, any_rounded, who
from mingma.evidence.linelist.reading import Note, Setting, cell, is_blank
from mingma.evidence.linelist.regions import region_names
from mingma.evidence.linelist.tables import TABLES
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import parse_instant

_WHO_FIELDS: Final = tuple(column.field for column in WHO)
_STAND_IN: Final = "-"  # the subject that `admit` sees before there is one


@dataclass(frozen=True, slots=True)
class GoodRow:
    """A row that would be admitted, with its number in the file from 1."""

    row: int
    record: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not taken, its cells as they came, and every reason with its place."""

    row: int
    cells: tuple[str, ...] = field(repr=False)
    problems: tuple[Malformed, ...]


@dataclass(frozen=True, slots=True)
class Assumption:
    """What was assumed, in which column, for how many rows."""

    heading: str
    note: Note
    rows: int


@dataclass(frozen=True, slots=True)
class LineList:
    """A list as it was read. INVARIANT: every row that is not empty is good or bad, never both."""

    kind: str
    header_row: int
    headings: tuple[str, ...]
    columns: tuple[Recognised, ...]
    ignored: tuple[Ignored, ...]
    assumptions: tuple[Assumption, ...]
    good: tuple[GoodRow, ...]
    bad: tuple[BadRow, ...]
    blank: int

    @property
    def total(self) -> int:
        """The rows below the header that say something."""
        return len(self.good) + len(self.bad)


def read_linelist(
    rows: Iterable[Sequence[str]],
    kind: str,
    *,
    batch: str,
    divisions: Divisions,
    today: int,
    mapping: Mapping[str, str | None] | None = None,
    fixed: Mapping[str, str] | None = None,
    header_row: int | None = None,
    file: str | None = None,
) -> LineList:
    """The records and refusals of a list; raises Malformed where the list as a whole is unclear.

    `mapping` is {field: heading} (None: leave the field out), `fixed` {field: text for all rows},
    `batch` begins the id of rows without one, `today` is a day as in kernel.times.
    """
    # (1) The table: which row is the header, which column is which field, what holds for all rows.
    table = TABLES.get(kind)
    if table is None:
        raise UnknownListKind(Place(file), value=kind[:64], known=", ".join(TABLES))
    sheet = list(rows)
    setting = Setting(today, region_names(divisions))
    try:
        headings = find_headings(sheet, table, mapping, header_row)
        used = assign(headings, table, mapping or {}, fixed or {})
        given, notes = _given(table, headings, used, fixed or {}, setting)
        check_complete(used, table, given)
    except Malformed as problem:
        raise problem.at(file=file, line=header_row) from None

    # (2) Each row that says something.
    reader = _Reader(table, headings, used, given, setting, divisions, batch, file)
    body = sheet[headings.row :]
    number = used.get("id_number")
    reader.rounded = number is not None and any_rounded(
        row[number.index] for row in body if number.index < len(row)
    )
    reader.for_all = notes
    for place, row in enumerate(body, start=headings.row + 1):
        reader.take(place, tuple(row))
    return LineList(
        kind,
        headings.row,
        headings.names,
        headings.recognised(used),
        headings.ignored(used),
        tuple(Assumption(heading, note, n) for (heading, note), n in sorted(reader.notes.items())),
        tuple(reader.good),
        tuple(reader.bad),
        reader.blank,
    )


def _given(
    table: Table,
    headings: Headings,
    used: Mapping[str, Used],
    fixed: Mapping[str, str],
    setting: Setting,
) -> tuple[dict[str, object], frozenset[tuple[str, Note]]]:
    """The values that hold for every row, and the note of each: fixed, or said by a heading."""
    given: dict[str, object] = {}
    notes: set[tuple[str, Note]] = set()
    for name, text in fixed.items():
        column = table.column(name)
        assert column is not None  # `assign` refused other fields
        try:
            given[name] = text if name in _WHO_FIELDS else column.read(cell(text), setting).value
        except Malformed as problem:
            raise _placed(problem, Place(field=name)) from None
        notes.add((column.label, Note.FIXED))
    for use in used.values():
        implied = use.column.implies
        if implied and implied[0] not in used and implied[0] not in given:
            given[implied[0]] = implied[1]
            notes.add((headings.names[use.index], Note.BY_HEADING))
    return given, frozenset(notes)


class _Reader:
    """Takes the rows of one list in order, and keeps what came of them."""

    def __init__(
        self,
        table: Table,
        headings: Headings,
        used: Mapping[str, Used],
        given: Mapping[str, object],
        setting: Setting,
        divisions: Divisions,
        batch: str,
        file: str | None,
    ) -> None:
        self.table, self.headings, self.used, self.given = table, headings, used, given
        self.setting, self.divisions, self.batch, self.file = setting, divisions, batch, file
        self.rounded = False
        self.good: list[GoodRow] = []
        self.bad: list[BadRow] = []
        self.blank = 0
        self.notes: Counter[tuple[str, Note]] = Counter()
        self.for_all: frozenset[tuple[str, Note]] = frozenset()
        self.ids: dict[str, tuple[int, bytes]] = {}
        self.contents: dict[bytes, int] = {}

    def take(self, row: int, cells: tuple[str, ...]) -> None:
        """Read one row: it is empty, good, or bad."""
        if not any(text.strip() for text in cells):
            self.blank += 1
            return
        notes: list[tuple[str, Note]] = []
        problems: list[Malformed] = []
        record = self._record(row, cells, notes, problems)
        if not problems:
            self._check_whole(row, record, problems)
        if problems:
            self.bad.append(BadRow(row, cells, tuple(problems)))
            return
        self.good.append(GoodRow(row, record))
        self.notes.update(set(notes))
        self.notes.update(self.for_all)

    def _record(
        self,
        row: int,
        cells: tuple[str, ...],
        notes: list[tuple[str, Note]],
        problems: list[Malformed],
    ) -> dict[str, Any]:
        """The record a row makes; adds what was assumed and what is wrong."""
        record: dict[str, Any] = {"id": self._id(row), "kind": self.table.kind}
        people = {f: str(v) for f, v in self.given.items() if f in _WHO_FIELDS}
        values = {f: v for f, v in self.given.items() if f not in _WHO_FIELDS}
        width = len(self.headings.names)
        if any(text.strip() for text in cells[width:]):
            problems.append(ExtraCells(Place(self.file, row)))
        for name, use in self.used.items():
            try:
                text = cell(cells[use.index]) if use.index < len(cells) else ""
                if is_blank(text, use.column.blanks):
                    if use.column.needed:
                        raise MissingValue
                elif name in _WHO_FIELDS:
                    people[name] = text
                else:
                    reading = use.column.read(text, self.setting)
                    values[name] = reading.value
                    notes += [(self._heading(name), note) for note in reading.notes]
            except Malformed as problem:
                problems.append(_placed(problem, self._place(row, name)))
        try:
            person, assumed = who(people, self.setting, rounded=self.rounded)
        except Malformed as problem:
            at = FIELDS.get(problem.place.field or "", problem.place.field or "")
            if not any(known.place.field == self._heading(at) for known in problems):
                problems.append(_placed(problem, self._place(row, at)))
        else:
            record |= person
            notes += [(self._heading("id_number"), note) for note in assumed]
        return _nested(record | values)

    def _check_whole(self, row: int, record: dict[str, Any], problems: list[Malformed]) -> None:
        """Add what is wrong with the record as a whole."""
        # (1) What the one door would say.
        trial = {k: v for k, v in record.items() if k not in ("identity", "provisional")}
        try:
            admit({"subject": _STAND_IN} | trial, self.divisions)
        except Malformed as problem:
            problems.append(_placed(problem, self._place(row, problem.place.field or "")))
            return
        # (2) Instants that cannot follow each other.
        for early, late in self.table.orders:
            first, second = _at(record, early), _at(record, late)
            if first and second and parse_instant(second) < parse_instant(first):
                problems.append(OutOfOrder(self._place(row, late), earlier=self._heading(early)))
        # (3) Each record once.
        content = _digest({k: v for k, v in record.items() if k != "id"})
        generated = record["id"] == self._id(row)
        known = self.ids.get(record["id"])
        if known is not None and known[1] != content:
            problems.append(IdTwice(self._place(row, "id"), row=known[0]))
        elif content in self.contents and (generated or known is not None):
            problems.append(SameAsRow(Place(self.file, row), row=self.contents[content]))
        if not problems:
            self.contents.setdefault(content, row)
            self.ids[record["id"]] = row, content

    def _id(self, row: int) -> str:
        """The id of a row that brings none."""
        return f"{self.batch}-{row}"

    def _heading(self, name: str) -> str:
        """A field's heading in the file, or what the column would be called."""
        if use := self.used.get(name):
            return self.headings.names[use.index]
        column = self.table.column(name)
        return column.label if column else name

    def _place(self, row: int, name: str) -> Place:
        return Place(self.file, row, self._heading(name) or None)


def _placed(problem: Malformed, place: Place) -> Malformed:
    """The same refusal at another place."""
    return type(problem)(place, **problem.details)


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """{"data.result": x} as {"data": {"result": x}}."""
    record: dict[str, Any] = {}
    data: dict[str, Any] = {}
    for name, value in flat.items():
        if name.startswith("data."):
            data[name.removeprefix("data.")] = value
        else:
            record[name] = value
    return record | {"data": data}


def _at(record: Mapping[str, Any], name: str) -> str | None:
    """The instant of a field, if it is there."""
    holder = record["data"] if name.startswith("data.") else record
    value = holder.get(name.removeprefix("data."))
    return value if isinstance(value, str) else None


def _digest(record: Mapping[str, Any]) -> bytes:
    text = json.dumps(record, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).digest()
