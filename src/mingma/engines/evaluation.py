"""Evaluate many people by either definition, in the order of their subjects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from mingma.engines.subjects import by_subject, stale_kinds
from mingma.evidence.areas.matching import AreaHistory
from mingma.evidence.model import Fact
from mingma.rules.assess import Rulebook, assess, no_areas
from mingma.rules.output import line_of
from mingma.rules.pack import Pack
from mingma.rules.verdict import Verdict

BATCH: Final = 8192  # rows of one Parquet batch


def verdict_lines(
    packs: Sequence[Pack],
    facts: Sequence[Fact],
    at: int,
    history: AreaHistory | None,
    engine: str = "python",
    *,
    emergency: bool = True,
) -> Iterator[bytes]:
    """One NDJSON line a subject, sorted by subject."""
    if not emergency:
        return _unknown(packs, facts, at)
    if engine == "duckdb":
        from mingma.engines.duckdb.evaluate import verdicts

        return map(line_of, verdicts(packs, facts, at, history))
    return map(line_of, plain_verdicts(packs, facts, at, history))


def plain_verdicts(
    packs: Sequence[Pack], facts: Iterable[Fact], at: int, history: AreaHistory | None
) -> Iterator[Verdict]:
    """The verdicts of the plain definition."""
    book = Rulebook(packs)
    people = by_subject(facts)
    stale = stale_kinds(packs, people, at)
    match = history.match if history else no_areas
    for subject in sorted(people):
        yield assess(book, subject, people[subject], at, match, stale)


def _unknown(packs: Sequence[Pack], facts: Sequence[Fact], at: int) -> Iterator[bytes]:
    """Without a declared emergency nobody has a colour (P14)."""
    refs = tuple(pack.ref for pack in packs)
    for subject in sorted({fact.subject for fact in facts}):
        yield line_of(Verdict(subject, at, refs, (), known=False))


def write_parquet(path: Path, lines: Iterable[bytes]) -> None:
    """The records as Parquet: the same keys; notices, next and findings as JSON text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = "subject colour notices rule pack since until next findings".split()
    schema = pa.schema(
        [(name, pa.string()) for name in texts[:5]]
        + [("edition", pa.int64())]
        + [(name, pa.string()) for name in texts[5:]]
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        rows: list[dict[str, object]] = []
        for line in lines:
            rows.append(_row(json.loads(line)))
            if len(rows) == BATCH:
                writer.write_table(pa.Table.from_pylist(rows, schema))
                rows.clear()
        writer.write_table(pa.Table.from_pylist(rows, schema))


def _row(record: dict[str, object]) -> dict[str, object]:
    for key in ("notices", "next", "findings"):
        if record[key] is not None:
            record[key] = json.dumps(record[key], ensure_ascii=False, separators=(",", ":"))
    return record
