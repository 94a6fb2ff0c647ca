"""Files of facts: NDJSON (plain or gzip) and Parquet, read whole and strictly.

One malformed line refuses the file: the first twenty places are named and nothing is kept.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Container, Iterator
from pathlib import Path
from typing import IO, Any, Final

from mingma.evidence.admit import FIELDS, REQUIRED, admit, shown
from mingma.evidence.lines import MAX_LINE, read_line
from mingma.evidence.model import Fact
from mingma.kernel.errors import Malformed, Place

NAMED: Final = 20  # how many places a refusal names; more would hide the first
ROWS: Final = 8192  # of a Parquet file read at a time
PARQUET: Final = b"PAR1"  # how such a file begins
MAX_PLAIN: Final = 8 << 30  # bytes after decompression; a larger file is split by its sender


class FileUnreadable(Malformed):
    """A file that cannot be opened or is damaged."""

    slug = "file.unreadable"
    zh = "文件无法读取:{why}"
    en = "the file cannot be read: {why}"
    remedy_zh = "请核对路径与文件是否完整"
    remedy_en = "check the path and that the file is whole"


class FileRefused(Malformed):
    """A file with malformed lines; `refusals` are the first of them."""

    slug = "file.refused"
    zh = "文件有 {count} 处错误,未保留任何记录"
    en = "the file has {count} faulty lines; nothing was kept"
    remedy_zh = "改正所列各处后重新提交"
    remedy_en = "correct the places named and send it again"

    def __init__(self, place: Place | None = None, **details: object) -> None:
        self.refusals: list[Malformed] = list(details.pop("refusals", []))  # type: ignore[call-overload]
        super().__init__(place, **details)

    def __str__(self) -> str:
        return "\n".join([*(str(refusal) for refusal in self.refusals), super().__str__()])


class DuplicateId(Malformed):
    """Two records with one id and different content."""

    slug = "file.id_twice"
    zh = "编号 `{value}` 重复而内容不同(首见于第 {first} 行)"
    en = "the id `{value}` stands twice with different content (first on line {first})"
    remedy_zh = "每条记录用自己的编号;更正请另报"
    remedy_en = "give each record an id of its own; send a correction as a new record"


class WrongColumns(Malformed):
    """A Parquet file with other columns or types."""

    slug = "file.wrong_columns"
    zh = "Parquet 列不符:{why}"
    en = "the Parquet columns are not as wanted: {why}"
    remedy_zh = "列名与 NDJSON 字段相同,均为文本,data 为 JSON 文本"
    remedy_en = "columns are named as the NDJSON fields, all text, `data` as JSON text"


def read_facts(path: Path, divisions: Container[str]) -> list[Fact]:
    """Every fact of a file, an identical repeat once; raises FileUnreadable or FileRefused."""
    facts: dict[str, tuple[Fact, int]] = {}
    refusals: list[Malformed] = []
    count = 0
    for line, value in numbered(path):
        try:
            if isinstance(value, Malformed):
                raise value
            fact = admit(value if not isinstance(value, bytes) else read_line(value), divisions)
            first = facts.setdefault(fact.id, (fact, line))
            if first[0] != fact:
                raise DuplicateId(Place(field="id"), value=shown(fact.id), first=first[1])
        except Malformed as refusal:
            count += 1
            if count <= NAMED:
                refusals.append(refusal.at(file=str(path), line=line))
    if refusals:
        raise FileRefused(Place(str(path)), count=count, refusals=refusals)
    return [fact for fact, _ in facts.values()]


def numbered(path: Path) -> Iterator[tuple[int, Any]]:
    """(line from 1, its bytes, decoded record or refusal) of an NDJSON or Parquet file."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
            file.seek(0)
            if start == PARQUET:
                yield from parquet_rows(file, str(path))
            elif start[:2] == b"\x1f\x8b":
                with gzip.GzipFile(fileobj=file) as plain:
                    yield from lines(plain)
            else:
                yield from lines(file)
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise FileUnreadable(Place(str(path)), why=why) from None


def lines(file: IO[bytes] | gzip.GzipFile) -> Iterator[tuple[int, bytes]]:
    """Numbered lines of NDJSON without their line feeds; blank lines are passed over."""
    number, left = 0, MAX_PLAIN
    begins = True  # else the piece is the rest of an over-long line, refused by its length
    while line := file.readline(MAX_LINE + 2):
        left -= len(line)
        if left < 0:
            raise OSError(None, f"more than {MAX_PLAIN} bytes")
        bare = line.rstrip(b"\r\n")
        number += begins
        if bare and begins:
            yield number, bare
        begins = line.endswith(b"\n")


def parquet_rows(file: IO[bytes], name: str | None = None) -> Iterator[tuple[int, Any]]:
    """Numbered rows of a Parquet file as records or refusals; raises FileUnreadable, WrongColumns.

    `name` is said in refusals.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.ParquetFile(file)
        _check_columns(found.schema_arrow, pa, name)
        unpacked = sum(
            found.metadata.row_group(i).total_byte_size for i in range(found.num_row_groups)
        )
        if unpacked > MAX_PLAIN:
            raise FileUnreadable(Place(name), why=f"more than {MAX_PLAIN} bytes")
        row = 0
        for batch in found.iter_batches(batch_size=ROWS):
            for record in batch.to_pylist():
                row += 1
                yield row, _record(record)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        why = str(error).partition("\n")[0]
        raise FileUnreadable(Place(name), why=why) from None


def _check_columns(schema: Any, pa: Any, file: str | None) -> None:
    unknown = [name for name in schema.names if name not in FIELDS]
    if unknown:
        raise WrongColumns(Place(file), why=f"unknown column `{unknown[0][:64]}`")
    twice = [name for name in schema.names if schema.names.count(name) > 1]
    if twice:
        raise WrongColumns(Place(file), why=f"the column `{twice[0]}` stands twice")
    for field in schema:
        if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            raise WrongColumns(Place(file), why=f"column `{field.name}` is {field.type}, not text")
    missing = [name for name in REQUIRED if name not in schema.names]
    if missing:
        raise WrongColumns(Place(file), why=f"column `{missing[0]}` is missing")


def _record(row: dict[str, Any]) -> dict[str, Any] | Malformed:
    record = {name: value for name, value in row.items() if value is not None}
    if "data" in record:
        try:
            record["data"] = read_line(record["data"].encode())
        except Malformed as refusal:  # of this row: the others are still read
            return type(refusal)(Place(field="data"), **refusal.details)
    return record
