"""Evaluation: the columnar engine beside a hand-written query, plain Python, growth, one fact.

Every figure is a ratio to a peer measured in the same run; the machine may be small and noisy, so
the best of several runs counts.
"""

from __future__ import annotations

import tempfile
import time
from collections import deque
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from mingma.bench.one_fact import one_fact
from mingma.bench.people import AT, write_people
from mingma.engines.duckdb.evaluate import connect, load_listings, run
from mingma.engines.evaluation import plain_verdicts, verdict_lines
from mingma.kernel.times import print_instant
from mingma.shelf import load_pack

PACK: Final = "cn-hebei-2022-11"
RUNS: Final = 5  # the best counts


def evaluate(people: int = 1_000_000) -> dict[str, Any]:
    """The figures for so many people; `ratio_*` are what the bars are about."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        small, large = where / "small.parquet", where / "large.parquet"
        write_people(small, people // 10)
        facts = write_people(large, people)
        ours, peer = where / "ours.parquet", where / "peer.parquet"
        columnar = _best(lambda: columnar_run(large, ours))
        by_hand = _best(lambda: by_hand_run(large, peer))
        differing = _differing(ours, peer)
        smaller = _best(lambda: columnar_run(small, where / "s.parquet"))
        rate, ndjson = _plain(small, people // 10)
        return {
            "people": people,
            "facts": facts,
            "columnar_s": columnar,
            "by_hand_s": by_hand,
            "ratio_columnar_to_by_hand": columnar / by_hand,
            "rows_that_differ": differing,
            "growth_tenfold": columnar / smaller,
            "plain_subjects_per_s": rate,
            "ndjson_of_all_s_per_million": ndjson * 1_000_000 / (people // 10),
            **one_fact(where),
        }


def columnar_run(facts: Path, out: Path) -> None:
    """Our script over a Parquet file, written as Parquet of people who are not green."""
    with connect() as connection:
        connection.execute(f"CREATE TEMP VIEW facts AS FROM read_parquet('{facts}')")
        load_listings(connection, None, AT)
        run(connection, [load_pack(PACK)], AT)
        connection.execute(
            f"COPY (SELECT * FROM coloured ORDER BY subject) TO '{out}' (FORMAT parquet)"
        )


def by_hand_run(facts: Path, out: Path) -> None:
    """The hand-written query over the same file."""
    query = (files("mingma.bench") / "hebei.sql").read_text("utf-8")
    with connect() as connection:
        connection.execute(f"CREATE TEMP VIEW facts AS FROM read_parquet('{facts}')")
        connection.execute(query.format(at=AT, out=out))


def _best(job: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        job()
        times.append(time.perf_counter() - begun)
    return min(times)


def _differing(ours: Path, peer: Path) -> int:
    """Rows that one file has and the other has not: none, or the comparison means nothing."""
    with connect() as connection:
        row = connection.execute(
            f"SELECT count(*) FROM ((FROM '{ours}' EXCEPT ALL FROM '{peer}') "
            f"UNION ALL (FROM '{peer}' EXCEPT ALL FROM '{ours}'))"
        ).fetchone()
    return int(row[0]) if row else -1


def _plain(facts: Path, people: int) -> tuple[float, float]:
    """Subjects a second of the plain definition on one core, and seconds for NDJSON of all."""
    found = read_typed(facts)
    packs = [load_pack(PACK)]
    begun = time.perf_counter()
    subjects = sum(1 for _ in plain_verdicts(packs, found, AT, None))
    rate = subjects / (time.perf_counter() - begun)
    begun = time.perf_counter()
    deque(verdict_lines(packs, found, AT, None, "duckdb"), maxlen=0)
    ndjson = time.perf_counter() - begun
    return rate, ndjson * people / subjects


def read_typed(facts: Path) -> list[Any]:
    """Typed columns back as facts."""
    import pyarrow.parquet as pq

    from mingma.evidence.admit import admit
    from mingma.shipped import divisions

    made = []
    for batch in pq.ParquetFile(facts).iter_batches():
        for row in batch.to_pylist():
            record: dict[str, Any] = {"data": {}}
            for name, value in row.items():
                if value is None:
                    continue
                if name.startswith("d_"):
                    moment = name.endswith("_at")
                    record["data"][name[2:]] = print_instant(value) if moment else value
                elif name in ("at_s", "until"):
                    record[name.removesuffix("_s")] = print_instant(value)
                else:
                    record[name] = value
            if record["kind"] == "daily_report":
                record["data"]["symptoms"] = []
            if record["kind"] == "contact_finding":
                record["data"]["index"] = "case-1"
            made.append(admit(record, divisions()))
    return made
