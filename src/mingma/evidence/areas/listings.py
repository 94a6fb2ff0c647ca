"""A listing: one place at one risk level from one instant to another, as published.

Read from CSV rows of seven columns. Half-open: listed from `starts`, no longer at `ends`.
A list is read whole or refused whole; the first faults are named with file, line and field.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal

import msgspec

from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import Instant, NotAnInstant, parse_instant

HEADER: Final = ("level", "province", "city", "county", "community", "first_seen", "gone_by")
MAX_TEXT: Final = 4096  # characters of any text field (CONTRACT, Bad input)
NAMED_FAULTS: Final = 20  # places a refusal names: enough to mend a file, few enough to read

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MINUTE: Final = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(Z|[+-]\d{2}:\d{2})", re.ASCII)

_JSON: Final = msgspec.json.Encoder()

LevelLetter = Literal["H", "M", "L"]
LETTERS: Final[dict[str, LevelLetter]] = {"H": "H", "M": "M", "L": "L"}


class Listing(msgspec.Struct, frozen=True, gc=False):
    """One row. `ends` is None while still listed. INVARIANT: ends >= starts."""

    level: LevelLetter
    province: str
    city: str
    county: str
    community: str
    starts: Instant
    ends: Instant | None


class WrongHeader(Malformed):
    """The first line is not the header of an area list."""

    slug = "areas.wrong_header"
    zh = "表头 `{value}` 不是风险区清单的表头"
    en = "the header `{value}` is not that of an area list"
    remedy_zh = "第一行应为:{wanted}"
    remedy_en = "the first line must be: {wanted}"


class WrongColumnCount(Malformed):
    """A line with more or fewer columns than the header."""

    slug = "areas.wrong_column_count"
    zh = "这一行有 {count} 列,应为 {wanted} 列"
    en = "the line has {count} columns, not {wanted}"
    remedy_zh = "含逗号的地名请加双引号"
    remedy_en = "put a place name that holds a comma in double quotes"


class UnknownLevel(Malformed):
    """A level that is none of H, M, L."""

    slug = "areas.unknown_level"
    zh = "`{value}` 不是风险等级"
    en = "`{value}` is no risk level"
    remedy_zh = "请写 H(高)、M(中)或 L(低)"
    remedy_en = "write H (high), M (medium) or L (low)"


class GoneBeforeSeen(Malformed):
    """A listing that ends before it begins."""

    slug = "areas.gone_before_seen"
    zh = "`gone_by`({ends})早于 `first_seen`({starts})"
    en = "`gone_by` ({ends}) is before `first_seen` ({starts})"
    remedy_zh = "请核对两个时刻;仍在列者 `gone_by` 留空"
    remedy_en = "check both instants; leave `gone_by` empty while the place is still listed"


class TextTooLong(Malformed):
    """A name over 4,096 characters."""

    slug = "areas.text_too_long"
    zh = "这一栏有 {length} 个字符,上限 {limit}"
    en = "the field has {length} characters, the limit is {limit}"
    remedy_zh = "请写清单所列的地名"
    remedy_en = "write the place as listed"


class NotCsv(Malformed):
    """Text that cannot be read as CSV."""

    slug = "areas.not_csv"
    zh = "这一行不是 CSV:{why}"
    en = "the line is not CSV: {why}"
    remedy_zh = "请用逗号分隔,双引号成对"
    remedy_en = "separate fields by commas and close every double quote"


def parse_listings(lines: Iterable[str], file: str | None = None) -> tuple[Listing, ...]:
    """The listings of a whole list; raises the first fault, the next ones as its notes.

    `lines` are the text's lines with their line ends. Nothing is kept of a list with a fault.
    """
    found: list[Listing] = []
    faults: list[Malformed] = []
    for row in _rows(lines, file):
        if isinstance(row, Listing):
            found.append(row)
        else:
            faults.append(row)
            if len(faults) == NAMED_FAULTS:
                break
    if faults:
        for other in faults[1:]:
            faults[0].add_note(str(other))
        raise faults[0]
    return tuple(found)


def _rows(lines: Iterable[str], file: str | None) -> Iterator[Listing | Malformed]:
    reader = csv.reader(lines, strict=True)
    instants: dict[str, Instant] = {}  # a list names few instants, many times each
    try:
        header = tuple(next(reader, []))
        if header != HEADER:
            shown = ",".join(header)[:120]
            raise WrongHeader(Place(file, 1), value=shown, wanted=",".join(HEADER))
        for row in reader:
            try:
                yield _listing(row, instants)
            except Malformed as fault:
                yield _placed(fault, file, reader.line_num)
    except csv.Error as error:
        yield NotCsv(Place(file, reader.line_num), why=str(error))


def _placed(fault: Malformed, file: str | None, line: int) -> Malformed:
    placed = fault.at(file=file, line=line)
    assert isinstance(placed, Malformed)  # `at` keeps the class
    return placed


def _listing(row: list[str], instants: dict[str, Instant]) -> Listing:
    if len(row) != len(HEADER):
        raise WrongColumnCount(count=len(row), wanted=len(HEADER))
    letter, province, city, county, community, first_seen, gone_by = row
    level = LETTERS.get(letter)
    if level is None:
        raise UnknownLevel(Place(field="level"), value=letter[:64])
    if max(len(province), len(city), len(county), len(community)) > MAX_TEXT:
        name, text = max(zip(HEADER[1:5], row[1:5], strict=True), key=lambda pair: len(pair[1]))
        raise TextTooLong(Place(field=name), length=len(text), limit=MAX_TEXT)
    starts = _instant(first_seen, "first_seen", instants)
    ends = _instant(gone_by, "gone_by", instants) if gone_by else None
    if ends is not None and ends < starts:
        raise GoneBeforeSeen(Place(field="gone_by"), starts=first_seen, ends=gone_by)
    return Listing(level, province, city, county, community, starts, ends)


def _instant(text: str, field: str, known: dict[str, Instant]) -> Instant:
    found = known.get(text)
    if found is None:
        found = known[text] = list_instant(text, field)
    return found


def list_instant(text: str, field: str) -> Instant:
    """The instant of a list's column: RFC 3339, or without seconds, or a date (00:00 +08:00)."""
    written = text
    if _DATE.fullmatch(text):
        written = f"{text}T00:00:00+08:00"
    elif minute := _MINUTE.fullmatch(text):
        written = f"{minute[1]}:00{minute[2]}"
    try:
        return parse_instant(written, field)
    except NotAnInstant:
        raise NotAnInstant(Place(field=field), value=text[:64]) from None


def listing_digest(listings: Iterable[Listing]) -> str:
    """SHA-256, in hexadecimal, of a list's rows; their order and repetition do not matter."""
    digest = hashlib.sha256()
    for line in sorted({_line(row) for row in listings}):
        digest.update(line)
    return digest.hexdigest()


def _line(row: Listing) -> bytes:
    """One row's bytes; JSON quotes what a name may hold, so no two rows have the same."""
    names = row.level, row.province, row.city, row.county, row.community
    ends = None if row.ends is None else int(row.ends)
    return _JSON.encode((*names, int(row.starts), ends)) + b"\n"


__all__ = [
    "HEADER",
    "GoneBeforeSeen",
    "LevelLetter",
    "Listing",
    "NotCsv",
    "TextTooLong",
    "UnknownLevel",
    "WrongColumnCount",
    "WrongHeader",
    "list_instant",
    "listing_digest",
    "parse_listings",
]
