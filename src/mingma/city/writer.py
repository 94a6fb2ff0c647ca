"""Facts to files, a few at a time: Parquet in CONTRACT's columns, or NDJSON.

Memory is bounded by one row group; a new part begins, between two blocks, after PART_ROWS. Equal
facts give equal bytes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mingma.city.facts import SCHEMA

Form: TypeAlias = Literal["parquet", "ndjson"]
GROUP_ROWS: Final = 131_072  # rows gathered before they are written: about 30 MB in memory
PART_ROWS: Final = 4_000_000  # rows after which a part is closed: about 60 MB on disk
# Ids and subjects ascend, so their differences are small; the other columns repeat.
PARQUET: Final = {
    "compression": "zstd",
    "compression_level": 6,
    "use_dictionary": ["kind", "region", "place", "organ", "data", "at", "until", "recorded_at"],
    "column_encoding": {"id": "DELTA_BYTE_ARRAY", "subject": "DELTA_BYTE_ARRAY"},
    "store_schema": False,
}
TEXT: Final = pa.string()


class FactWriter:
    """Writes `facts/part-*.parquet` (or `.ndjson`) in the order given."""

    def __init__(self, folder: Path, form: Form) -> None:
        self._folder, self._form = folder, form
        self._gathered: list[pa.Table] = []
        self._gathered_rows = self._part_rows = self.rows = self._parts = 0
        self._open: Any = None
        self.kinds: Counter[str] = Counter()

    def add(self, facts: pa.Table) -> None:
        """Take some facts; written when enough have gathered."""
        for kind in pc.value_counts(facts.column("kind")).to_pylist():
            self.kinds[kind["values"]] += kind["counts"]
        self._gathered.append(facts)
        self._gathered_rows += facts.num_rows
        self.rows += facts.num_rows
        if self._gathered_rows >= GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        """Write the rest."""
        self._flush()
        self._end_part()

    def _flush(self) -> None:
        if not self._gathered_rows:
            return
        gathered = pa.concat_tables(self._gathered).combine_chunks()
        self._gathered, self._gathered_rows = [], 0
        if self._open is None:
            self._begin_part()
        if self._form == "parquet":
            self._open.write_table(gathered, row_group_size=gathered.num_rows)
        else:
            self._open.write(json_lines(gathered))
        self._part_rows += gathered.num_rows
        if self._part_rows >= PART_ROWS:
            self._end_part()

    def _begin_part(self) -> None:
        path = self._folder / f"part-{self._parts:05d}.{self._form}"
        self._parts += 1
        parquet = self._form == "parquet"
        self._open = pq.ParquetWriter(path, SCHEMA, **PARQUET) if parquet else path.open("xb")

    def _end_part(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open, self._part_rows = None, 0


def json_lines(facts: pa.Table) -> Any:
    """One JSON object a fact; a column that is null is left out. The texts need no escapes."""
    pieces: list[Any] = []
    for name in SCHEMA.names:
        head = "{" if name == "id" else ","
        quote = "" if name == "data" else '"'
        column = facts.column(name).combine_chunks()
        piece = pc.binary_join_element_wise(
            _word(f'{head}"{name}":{quote}'), column, _word(quote), _word("")
        )
        pieces.append(pc.fill_null(piece, ""))
    lines = pc.binary_join_element_wise(*pieces, _word("}\n"), _word(""))
    return b"".join(chunk.buffers()[2][: _length(chunk)] for chunk in _chunks(lines))


def _word(text: str) -> Any:
    return pa.scalar(text, TEXT)


def _chunks(column: Any) -> list[Any]:
    return list(column.chunks) if isinstance(column, pa.ChunkedArray) else [column]


def _length(chunk: Any) -> int:
    """Bytes of text in an array that begins at its buffer's first byte."""
    return int(pc.sum(pc.binary_length(chunk)).as_py() or 0)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
