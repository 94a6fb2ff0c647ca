"""A list's preview as it is shown: columns and their fields, masked rows, refused rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mingma.evidence.linelist import Column, LineList, Table, preview
from mingma.evidence.linelist.headings import EACH_HIS_OWN
from mingma.kernel.errors import Malformed
from mingma.kernel.times import parse_instant
from mingma.web.list_choices import ListRead
from mingma.web.texts import known, say
from mingma.web.when import moment


@dataclass(frozen=True, slots=True)
class ColumnView:
    """One column of the file: its number, its heading, its field or `-`, why it is not used."""

    number: int
    heading: str
    field: str
    why: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one row."""

    row: int
    column: str
    slug: str
    sentence: str
    remedy: str


def label(column: Column, lang: str) -> str:
    """What a column is called."""
    zh, _, en = column.label.partition(" / ")
    return zh if lang == "zh" else en or zh


def needed(table: Table, lang: str) -> list[str]:
    """The columns without which a list of the kind is not read, each field once."""
    first = {column.field: column for column in reversed(table.columns) if column.needed}
    return [label(first[field], lang) for field in table.fields if field in first]


def fields(read: ListRead, lang: str) -> list[tuple[str, str]]:
    """Every field a column may be, with its name."""
    table = read.table
    return [(name, label(column, lang)) for name in table.fields if (column := table.column(name))]


def columns(read: ListRead, lang: str) -> list[ColumnView]:
    """Every column of the file."""
    if read.headings is None:
        return []
    ignored = {one.number: one.why for one in read.linelist.ignored} if read.linelist else {}
    return [
        ColumnView(
            number,
            name,
            read.field_of(number),
            ignored[number].sentence(lang) if number in ignored else "",
        )
        for number, name in enumerate(read.headings.names, start=1)
    ]


def for_all(read: ListRead, lang: str) -> list[tuple[str, str, str]]:
    """(field, name, value) of what is, or may have to be, one value for the whole list."""
    shown = {read.field_of(one.number) for one in columns(read, lang)}
    wanted = [
        column.field
        for column in read.table.columns
        if column.field not in EACH_HIS_OWN
        and ((column.needed and column.field not in shown) or column.field in read.choices.fixed)
    ]
    return [
        (name, label(column, lang), read.choices.fixed.get(name, ""))
        for name in dict.fromkeys(wanted)
        if (column := read.table.column(name))
    ]


def rows(read: ListRead, limit: int, lang: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The headings and the first good rows, with people masked, as they would be received."""
    assert read.linelist is not None
    records = [_flat(record) for record in preview(read.linelist, limit)]
    names = [name for name in read.table.fields if any(name in record for record in records)]
    head = [say(lang, "import.who")]
    head += [label(column, lang) for name in names if (column := read.table.column(name))]
    body = [
        (good.row, [_who(record, lang), *(_cell(record.get(name), lang) for name in names)])
        for good, record in zip(read.linelist.good, records, strict=False)
    ]
    return head, body


def faults(linelist: LineList, limit: int, lang: str) -> list[Fault]:
    """What is wrong with the first bad rows."""
    return [
        fault(problem, bad.row, lang) for bad in linelist.bad[:limit] for problem in bad.problems
    ]


def fault(problem: Malformed, row: int, lang: str) -> Fault:
    """One refusal in words."""
    return Fault(
        row,
        problem.place.field or "",
        problem.slug,
        problem.sentence(lang),
        problem.remedy(lang),
    )


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """{"data": {"result": x}} as {"data.result": x}; who and what stay apart."""
    shown = {k: v for k, v in record.items() if k not in ("data", "kind", "id", "subject")}
    shown["who"] = record.get("subject")
    return shown | {f"data.{name}": value for name, value in record["data"].items()}


def _who(record: dict[str, Any], lang: str) -> str:
    if identity := record.get("identity"):
        key = f"paper.{identity['type']}"
        paper = say(lang, key) if known(key) else identity["type"]
        return f"{paper} {identity['number']}"
    if reached := record.get("provisional"):
        return f"{reached['name']} {reached['phone']}"
    return str(record["who"])


def _cell(value: object, lang: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return say(lang, "yes" if value else "no")
    if isinstance(value, list):
        return say(lang, "say.list").join(_cell(one, lang) for one in value) or say(lang, "none")
    text = str(value)
    key = f"word.{text}"
    if known(key):
        return say(lang, key)
    try:
        return moment(parse_instant(text), lang)
    except Malformed:
        return text
