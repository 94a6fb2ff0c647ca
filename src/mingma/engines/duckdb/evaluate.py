"""Evaluate packs in DuckDB: load columns, run the script, read spans back as verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from mingma.engines.subjects import by_subject, stale_kinds
from mingma.evidence.areas.matching import AreaHistory
from mingma.evidence.channels import CHANNELS, KINDS
from mingma.evidence.model import Fact
from mingma.kernel.words import Colour
from mingma.rules.columnar import COLUMNS, LISTINGS, script
from mingma.rules.pack import Pack
from mingma.rules.verdict import Span, Verdict

_ARROW = {
    "VARCHAR": pa.string(), "BIGINT": pa.int64(), "BOOLEAN": pa.bool_(), "DOUBLE": pa.float64(),
    "VARCHAR[]": pa.list_(pa.string()),
}  # fmt: skip
_ENVELOPE = {name: name.removesuffix("_s") for name in COLUMNS if not name.startswith("d_")}


def verdicts(
    packs: Sequence[Pack], facts: Sequence[Fact], at: int, history: AreaHistory | None
) -> Iterator[Verdict]:
    """One verdict a subject, sorted by subject: the same as the plain definition's."""
    stale: frozenset[str] = frozenset()
    if any(pack.stale_after for pack in packs):
        stale = stale_kinds(packs, by_subject(facts), at)
    with connect() as connection:
        load_facts(connection, facts)
        load_listings(connection, history, at)
        run(connection, packs, at, stale)
        yield from _read(connection, packs, at)


def connect() -> duckdb.DuckDBPyConnection:
    """An in-memory database that asks nobody for extensions."""
    return duckdb.connect(
        ":memory:",
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False},
    )


def load_facts(connection: duckdb.DuckDBPyConnection, facts: Iterable[Fact]) -> None:
    """Make the table `facts` from admitted facts."""
    connection.register("facts_in", columns_of(facts))
    connection.execute("CREATE TEMP TABLE facts AS SELECT * FROM facts_in")
    connection.unregister("facts_in")


def columns_of(facts: Iterable[Fact]) -> pa.Table:
    """Admitted facts as typed columns, data fields beside the envelope's."""
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    fields = {
        channel.kind: [
            (f"d_{encoded}", name)
            for encoded, name in zip(
                channel.__struct_encode_fields__, channel.__struct_fields__, strict=True
            )
            if f"d_{encoded}" in COLUMNS
        ]
        for channel in CHANNELS
    }
    assert fields.keys() == KINDS.keys()
    count = 0
    for count, fact in enumerate(facts, start=1):
        for column, name in _ENVELOPE.items():
            columns[column].append(getattr(fact, name))
        for column, name in fields[fact.kind]:
            values = columns[column]
            values.extend([None] * (count - 1 - len(values)))
            values.append(getattr(fact.data, name))
    for values in columns.values():
        values.extend([None] * (count - len(values)))
    return pa.table(
        {name: pa.array(columns[name], type=_ARROW[kind]) for name, kind in COLUMNS.items()}
    )


def load_listings(
    connection: duckdb.DuckDBPyConnection, history: AreaHistory | None, at: int
) -> None:
    """Make `place_listings`: what each distinct place of a stay matches, by the pure matcher."""
    rows: list[tuple[Any, ...]] = []
    if history is not None:
        pairs = connection.execute(
            "SELECT DISTINCT region, place FROM facts WHERE kind = 'area_stay' "
            "AND d_level IS NULL AND region IS NOT NULL AND place IS NOT NULL"
        ).fetchall()
        rows = [
            (one.region, one.place, one.level, one.starts, one.ends, one.wide)
            for one in history.place_matches(pairs)
            if one.starts <= at
        ]
    columns = zip(*rows, strict=True) if rows else [[] for _ in LISTINGS]
    table = pa.table(
        {
            name: pa.array(list(values), type=_ARROW[kind])
            for (name, kind), values in zip(LISTINGS.items(), columns, strict=True)
        }
    )
    connection.register("listings_in", table)
    connection.execute("CREATE TEMP TABLE place_listings AS SELECT * FROM listings_in")
    connection.unregister("listings_in")


def run(
    connection: duckdb.DuckDBPyConnection, packs: Sequence[Pack], at: int, stale: Iterable[str] = ()
) -> None:
    """Run the script of the packs over the tables `facts` and `place_listings`."""
    for statement in script(packs, at, stale):
        connection.execute(statement)


def _read(
    connection: duckdb.DuckDBPyConnection, packs: Sequence[Pack], at: int
) -> Iterator[Verdict]:
    spans: dict[str, list[Span]] = {}
    rows = connection.execute(
        "SELECT subject, pack, rule, ground, colour, notice, starts, until, evidence, release, "
        "gives_way_to FROM spans"
    ).fetchall()
    for subject, pack, rule, ground, colour, notice, starts, until, evidence, release, way in rows:
        span = Span(
            pack, rule, ground, Colour(colour) if colour else None, notice, starts, until,
            tuple(evidence), release, tuple(way),
        )  # fmt: skip
        spans.setdefault(subject, []).append(span)
    refs = tuple(pack.ref for pack in packs)
    subjects = connection.execute("SELECT subject, blind FROM subjects ORDER BY subject")
    while batch := subjects.fetchmany(10_000):
        for subject, blind in batch:
            yield Verdict(subject, at, refs, tuple(spans.get(subject, ())), known=not blind)
