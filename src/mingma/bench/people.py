"""Typed columns of many people for benchmarks: mostly healthy, one in twenty with a finding.

Shaped like the columnar engine's table `facts`; seeded, so that every run sees the same people.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mingma.kernel.times import DAY, HOUR, OFFSET
from mingma.rules.columnar import COLUMNS

AT: Final = 19_300 * DAY - OFFSET + 12 * HOUR  # noon of 4 November 2022, local time
TESTS: Final = 2.28  # negatives a person in three weeks, as in a city that tests weekly
REPORTS: Final = 1.08  # daily reports a person kept
WITH_FINDING: Final = 0.05
CHUNK: Final = 100_000  # people written at a time
_ARROW: Final = {
    "VARCHAR": pa.string(), "BIGINT": pa.int64(), "BOOLEAN": pa.bool_(), "DOUBLE": pa.float64(),
    "VARCHAR[]": pa.list_(pa.string()),
}  # fmt: skip
SCHEMA: Final = pa.schema([(name, _ARROW[kind]) for name, kind in COLUMNS.items()])


def write_people(path: Path, people: int, seed: int = 7) -> int:
    """Write typed facts of so many people to Parquet; returns the number of facts."""
    chance = np.random.default_rng(seed)
    count = 0
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for start in range(0, people, CHUNK):
            for table in _chunk(chance, start, min(CHUNK, people - start)):
                writer.write_table(table)
                count += table.num_rows
    return count


def _chunk(chance: np.random.Generator, start: int, people: int) -> list[pa.Table]:
    tests = int(people * TESTS)
    when = AT - chance.integers(HOUR, 21 * DAY, tests)
    who = chance.integers(0, people, tests) + start
    tables = [
        _table("test", "t", start, who, when, d_assay="pcr", d_result="negative", d_tube="single",
               d_reported_at=when + 6 * HOUR)
    ]  # fmt: skip
    reports = int(people * REPORTS)
    tables.append(
        _table("daily_report", "r", start, chance.integers(0, people, reports) + start,
               AT - chance.integers(HOUR, 14 * DAY, reports), d_temperature=36.5)
    )  # fmt: skip
    marked = chance.permutation(people)[: int(people * WITH_FINDING)] + start
    parts = np.array_split(marked, 5)
    relations = np.array(["close", "secondary"])[chance.integers(0, 2, len(parts[0]))]

    def ago(n: int, days: int) -> Any:
        return AT - chance.integers(HOUR, days * DAY, n)

    tables.append(_table("contact_finding", "c", start, parts[0], ago(len(parts[0]), 9),
                         d_relation=relations))  # fmt: skip
    tables.append(_table("infection", "i", start, parts[1], ago(len(parts[1]), 20),
                         d_class="confirmed"))  # fmt: skip
    tables.append(_table("entry", "e", start, parts[2], ago(len(parts[2]), 9), region="130102",
                         d_from="TH", d_entered_via="310115", d_destination="130100"))  # fmt: skip
    left = ago(len(parts[3]), 8)
    tables.append(_table("area_stay", "s", start, parts[3], left - 3 * DAY, until=left,
                         region="460203", d_level="high"))  # fmt: skip
    seen = ago(len(parts[4]), 6)
    tables.append(_table("test", "p", start, parts[4], seen, d_assay="pcr", d_result="positive",
                         d_tube="single", d_reported_at=seen + 5 * HOUR))  # fmt: skip
    return tables


def _table(kind: str, mark: str, start: int, who: Any, when: Any, **more: Any) -> pa.Table:
    rows = len(who)
    values: dict[str, Any] = {
        "subject": np.char.add("p", np.char.zfill(who.astype(str), 8)),
        "id": [f"{mark}{start}-{n}" for n in range(rows)],
        "kind": kind,
        "at_s": when,
        **more,
    }
    columns = []
    for field in SCHEMA:
        value = values.get(field.name)
        if value is None:
            columns.append(pa.nulls(rows, field.type))
        elif isinstance(value, (str, float)):
            columns.append(pa.repeat(pa.scalar(value, field.type), rows))
        else:
            columns.append(pa.array(list(value), field.type))
    return pa.table(columns, schema=SCHEMA)
