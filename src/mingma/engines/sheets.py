"""Spreadsheets as they arrive (CSV, XLSX) become rows of text, values only.

Promises: raises Malformed and nothing else for any bytes; reads no more than the limits below; runs
no formula, follows no link, expands no entity. A formula stays its text, `=…`, for the importer to
refuse where it matters. A number too long for a spreadsheet comes out in scientific notation: its
last digits are lost, and so it must not look like a number.
Does not know what the columns mean (evidence.linelist does).
"""

from __future__ import annotations

import codecs
import csv
import io
import threading
import unicodedata
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final
from xml.parsers import expat

import openpyxl

from mingma.kernel.errors import Malformed, Place

MAX_BYTES: Final = 32 << 20  # of a file; 100,000 rows of a dozen columns have about 15 MiB
MAX_UNPACKED: Final = 512 << 20  # of all parts of an XLSX; more is a trap
MAX_ROWS: Final = 200_000  # that say something
LAST_ROW: Final = 1 << 20  # of a spreadsheet; formatted rows of nothing often go down to it
MAX_COLUMNS: Final = 256
SAMPLE: Final = 65_536  # characters that show how a CSV is separated
MAX_CELL: Final = 32_767  # characters; what a spreadsheet itself allows
EXACT: Final = 10**15  # a spreadsheet keeps fifteen digits
HALF_A_SECOND: Final = timedelta(microseconds=500_000)

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SEPARATORS: Final = (",", "\t", ";", "|", "，")
_OLE: Final = b"\xd0\xcf\x11\xe0"  # the old .xls, and an .xlsx behind a password
_WARNING_FILTERS: Final = threading.Lock()
_ZIP: Final = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of text. `row 1` of a message is the first of `rows`."""

    rows: tuple[tuple[str, ...], ...]
    name: str | None = None  # the sheet's, in an XLSX
    others: tuple[str, ...] = ()  # sheets that were not read
    encoding: str | None = None  # of a CSV
    separator: str | None = None


class SheetUnreadable(Malformed):
    """Bytes that are no table of a kind that is read."""

    slug = "sheet.unreadable"
    zh = "文件无法作为表格读取:{why_zh}"
    en = "the file cannot be read as a table: {why_en}"
    remedy_zh = "请另存为 .xlsx 或 UTF-8 编码的 .csv 后重试"
    remedy_en = "save it as .xlsx or as .csv in UTF-8 and try again"


class SheetTooLarge(Malformed):
    """A table beyond the limits."""

    slug = "sheet.too_large"
    zh = "表格过大:{what} 超过上限 {limit}"
    en = "the table is too large: {what} over the limit of {limit}"
    remedy_zh = "请拆成几个文件"
    remedy_en = "split it into several files"


class NoSuchSheet(Malformed):
    """A sheet's name that the workbook does not have."""

    slug = "sheet.no_such_sheet"
    zh = "没有名为 `{value}` 的工作表"
    en = "there is no sheet `{value}`"
    remedy_zh = "工作表有:{known}"
    remedy_en = "the sheets are: {known}"


class SheetEmpty(Malformed):
    """A table without a single filled cell."""

    slug = "sheet.empty"
    zh = "表格是空的"
    en = "the table is empty"
    remedy_zh = "请检查是否选对了文件和工作表"
    remedy_en = "check whether this is the file and the sheet you mean"


def read_sheet(data: bytes, *, sheet: str | None = None, file: str | None = None) -> Sheet:
    """The table in a file's bytes, whatever its name; raises Malformed."""
    try:
        if len(data) > MAX_BYTES:
            raise SheetTooLarge(what=f"{len(data)} bytes", limit=MAX_BYTES)
        if data[:4] == _OLE:
            raise _unreadable(
                "这是旧版 .xls 或加了密码的工作簿",
                "this is an old .xls, or a workbook with a password",
            )
        found = _xlsx(data, sheet) if data[:4] == _ZIP else _csv(data)
        if not any(text.strip() for row in found.rows for text in row):
            raise SheetEmpty
        return found
    except Malformed as problem:
        raise problem.at(file=file) from None


# --- CSV -----------------------------------------------------------------------------------------


def _csv(data: bytes) -> Sheet:
    encoding, text = _decoded(data)
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] == "<":
        raise _unreadable("这是网页,不是表格", "this is a web page, not a table")
    separator, text = _separator(text)
    # `strict`: a quote that is not closed would swallow the rest of the list as one cell.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = tuple(_limited(reader))
    except csv.Error as error:
        raise _unreadable(
            f"第 {reader.line_num} 行的引号或换行有误", f"line {reader.line_num}: {error}"
        ) from None
    return Sheet(rows, encoding=encoding, separator=separator)


def _decoded(data: bytes) -> tuple[str, str]:
    """(encoding, text): by the byte order mark, else UTF-8, else GB18030."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, _decode(data.removeprefix(mark), encoding)
    try:
        return "utf-8", _decode(data, "utf-8")
    except SheetUnreadable:
        return "gb18030", _decode(data, "gb18030")


def _decode(data: bytes, encoding: str) -> str:
    """The text, if it is one: GB18030 makes letters of almost any bytes, binary ones too."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\x00"
    if any(_is_binary(c) for c in set(text)):
        raise _unreadable("编码不是 UTF-8 或 GB18030", "it is neither UTF-8 nor GB18030 text")
    return text


def _is_binary(character: str) -> bool:
    """Whether a character stands in no written text. Private letters do: rare names have them."""
    kind = unicodedata.category(character)
    return kind in ("Cc", "Cs") and character not in "\t\n\r\x0b\x0c"


def _separator(text: str) -> tuple[str, str]:
    """(separator, text): the one that cuts the first rows most evenly; a `sep=;` line decides."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[4], rest
    return max(_SEPARATORS, key=lambda mark: _evenness(text[:SAMPLE], mark)), text


def _evenness(sample: str, mark: str) -> tuple[bool, int]:
    """Whether all rows have one width over one, and how many cuts the commonest width has."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=mark)
    try:
        rows = [len(row) for row in islice(reader, 50) if any(row)]
    except csv.Error:
        return False, 0
    if len(sample) == SAMPLE:
        rows = rows[:-1]  # the last one may be cut off
    widths = Counter(width for width in rows if width > 1)
    if not widths:
        return False, 0
    width, alike = max(widths.items(), key=lambda item: (item[1], item[0]))
    return alike == len(rows), alike * (width - 1)


# --- XLSX ----------------------------------------------------------------------------------------


def _xlsx(data: bytes, wanted: str | None) -> Sheet:
    try:
        _check_parts(data)
        # What openpyxl leaves out (styles, rules) is not asked for, so it need not warn of it. The
        # filters are the whole process's: one at a time, as the interpreter would anyway.
        with _WARNING_FILTERS, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _workbook(data, wanted)
    except Malformed:
        raise
    except Exception:  # noqa: BLE001 - openpyxl raises whatever its parsers meet in a broken file
        raise _unreadable("工作簿已损坏", "the workbook is damaged") from None


def _workbook(data: bytes, wanted: str | None) -> Sheet:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    try:
        tables = {table.title: table for table in book.worksheets}
        if wanted is not None and wanted not in tables:
            raise NoSuchSheet(value=wanted[:64], known=", ".join(tables))
        visible = [name for name, table in tables.items() if table.sheet_state == "visible"]
        names = [wanted] if wanted is not None else visible or list(tables)
        rows: tuple[tuple[str, ...], ...] = ()
        name = None
        for name in names:
            # The stated size is often wrong, and may be a million rows of nothing.
            tables[name].reset_dimensions()
            rows = tuple(_limited(map(_texts, tables[name].iter_rows())))
            if any(any(row) for row in rows):
                break
        return Sheet(rows, name=name, others=tuple(other for other in tables if other != name))
    finally:
        book.close()


def _check_parts(data: bytes) -> None:
    """Refuse a workbook that unpacks to far more than it should, or whose XML declares entities."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        unpacked = sum(part.file_size for part in parts)
        if unpacked > MAX_UNPACKED:
            raise SheetTooLarge(what=f"{unpacked} bytes", limit=MAX_UNPACKED)
        for part in parts:
            if part.filename.endswith((".xml", ".rels", ".vml")):
                with archive.open(part) as xml:
                    _refuse_doctype(xml)


def _refuse_doctype(xml: Any) -> None:
    """Read up to the first element; a document type before it could declare entities."""
    parser = expat.ParserCreate()
    begun = False

    def refuse(*_: object) -> None:
        raise _unreadable("工作簿中含有 DTD", "the workbook declares a document type")

    def begin(*_: object) -> None:
        nonlocal begun
        begun = True

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begin
    while not begun and (chunk := xml.read(4096)):
        parser.Parse(chunk, False)


def _texts(cells: tuple[Any, ...]) -> tuple[str, ...]:
    row = [_text(cell) for cell in cells]
    while row and not row[-1]:
        row.pop()
    return tuple(row)


def _text(cell: Any) -> str:
    """A cell's value as text; local dates as ISO without an offset."""
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number(value)
        case datetime():
            near = (value + HALF_A_SECOND).replace(microsecond=0)
            shows_time = any(letter in (cell.number_format or "").lower() for letter in "hs")
            return (
                near.isoformat(" ") if shows_time or near.time() != time() else f"{near:%Y-%m-%d}"
            )
        case date() | time():
            return value.isoformat()
        case str():
            return value  # a formula's begins with = already
        case _:
            if cell.data_type == "f":  # an array formula, or a data table without a text
                return "=" + str(getattr(value, "text", "")).removeprefix("=")
            return str(value)  # a length of time


def _number(value: float) -> str:
    """A number as a person would have typed it, if a spreadsheet keeps all of it."""
    if abs(value) >= EXACT:
        return f"{value:.14E}"
    if value == int(value):
        return str(int(value))
    return repr(value)


# --- both ----------------------------------------------------------------------------------------


def _limited(rows: Iterator[Any]) -> Iterator[tuple[str, ...]]:
    """The rows, without the empty ones at the end, while they are within the limits."""
    filled, empty = 0, 0
    for number, row in enumerate(rows, start=1):
        if number > LAST_ROW:
            raise SheetTooLarge(what=f"{number} rows", limit=LAST_ROW)
        if not any(row):
            empty += 1
            continue
        filled += 1
        if filled > MAX_ROWS:
            raise SheetTooLarge(what=f"{filled} rows", limit=MAX_ROWS)
        if len(row) > MAX_COLUMNS:
            raise SheetTooLarge(Place(line=number), what=f"{len(row)} columns", limit=MAX_COLUMNS)
        if any(len(text) > MAX_CELL for text in row):
            raise SheetTooLarge(Place(line=number), what="a cell", limit=MAX_CELL)
        yield from ((),) * empty
        empty = 0
        yield tuple(row)


def _unreadable(zh: str, en: str) -> SheetUnreadable:
    return SheetUnreadable(why_zh=zh, why_en=en)
