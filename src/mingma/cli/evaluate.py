"""`mingma evaluate`: what packs make of a file of facts at an instant."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from mingma.cli.facts_at import area_history
from mingma.engines.evaluation import verdict_lines, write_parquet
from mingma.engines.fact_files import FileUnreadable, read_facts
from mingma.kernel.errors import Place, Unavailable
from mingma.kernel.times import parse_instant
from mingma.rules.pack import Pack
from mingma.shelf import load_pack
from mingma.shipped import divisions


class EngineMissing(Unavailable):
    """An engine that is not part of this installation."""

    slug = "engine.missing"
    zh = "没有安装引擎 `{engine}`"
    en = "the engine `{engine}` is not installed"
    remedy_zh = "可用 python 或 duckdb,结果相同"
    remedy_en = "use python or duckdb: the answers are the same"


def evaluate(
    *,
    pack: Annotated[list[str], Parameter(consume_multiple=False)],
    facts: Path,
    at: str,
    areas: Path | None = None,
    engine: Literal["python", "duckdb", "spark"] = "python",
    emergency: bool = True,
    out: Path | None = None,
    json: bool = False,
) -> int:
    """Write one record a subject that has facts, sorted by subject.

    Args:
        pack: A pack's id; may be given several times.
        facts: NDJSON (plain or gzip) or Parquet.
        at: The instant, RFC 3339 with offset.
        areas: An area list, CSV.
        engine: Which definition answers; the bytes are the same.
        emergency: A declared emergency covers the instant; without one every answer is unknown.
        out: A .ndjson or .parquet file; the default is NDJSON on standard output.
        json: Errors as RFC 9457 objects; the records are JSON already.
    """
    del json  # read where errors are printed
    if engine == "spark":
        raise EngineMissing(engine=engine)
    instant = parse_instant(at, "at")
    packs = [load_pack(id) for id in dict.fromkeys(pack)]
    for one in packs:
        _warn_outside(one, instant, at)
    found = read_facts(facts, divisions())
    history = area_history(areas) if areas else None
    made = verdict_lines(packs, found, instant, history, engine, emergency=emergency)
    if out is None:
        sys.stdout.buffer.writelines(made)
    else:
        _write_whole(out, made)
    return 0


def _warn_outside(pack: Pack, instant: int, at: str) -> None:
    if instant < pack.starts or (pack.ends is not None and instant >= pack.ends):
        since, until = pack.effective
        print(
            f"warning: {at} is outside the window of {pack.id} edition {pack.edition} "
            f"({since} to {until or 'now'}); evaluated all the same",
            file=sys.stderr,
        )


def _write_whole(out: Path, made: Iterator[bytes]) -> None:
    """Write beside and rename: a reader sees the whole file or none."""
    part = out.with_name(out.name + ".part")
    try:
        if out.suffix == ".parquet":
            write_parquet(part, made)
        else:
            with part.open("wb") as file:
                file.writelines(made)
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise FileUnreadable(Place(str(out)), why=error.strerror or str(error)) from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise
