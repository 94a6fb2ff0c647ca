"""`mingma city generate`: a seeded city in a folder."""

from __future__ import annotations

import json as json_text
import sys
import time
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from mingma.city import generate as make
from mingma.city import plan_city
from mingma.city.writer import Form
from mingma.engines.fact_files import FileUnreadable
from mingma.kernel.errors import Place

app = App(name="city", help="Generate a seeded city to try things on.")


@app.command
def generate(
    *,
    people: int,
    days: int,
    seed: int,
    out: Path,
    start: str = "2022-10-01",
    region: str = "410100",
    json: bool = False,
    form: Annotated[Form, Parameter(name="--format")] = "parquet",
) -> int:
    """Make a city: the same seed gives the same files, byte for byte.

    Args:
        people: From 1,000 to 1,000,000.
        days: From 1 to 366.
        seed: Any whole number from 0.
        out: A new or empty folder.
        start: The first day, like 2022-10-01.
        region: The prefecture, six digits.
        json: Print the manifest in place of a table.
        form: Files of facts, Parquet or NDJSON.
    """
    plan = plan_city(people=people, days=days, seed=seed, start=start, region=region)
    began = time.perf_counter()
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("days", total=days)
        try:
            manifest = make(plan, out, form, lambda done, _: bar.update(task, completed=done))
        except OSError as error:
            why = error.strerror or str(error)
            raise FileUnreadable(Place(str(out)), why=why) from None
    if json:
        print(json_text.dumps(manifest, ensure_ascii=False))
    else:
        _show(manifest, out, time.perf_counter() - began)
    return 0


def _show(manifest: dict[str, Any], out: Path, seconds: float) -> None:
    """The counts as a table, then where the city is and how long it took."""
    counts, kinds = manifest["counts"], manifest["counts"]["kinds"]
    table = Table("", "count", box=None)
    table.columns[1].justify = "right"
    for name, count in counts.items():
        if name != "kinds":
            table.add_row(name, f"{count:,}")
    table.add_section()
    for kind, count in sorted(kinds.items(), key=lambda row: -row[1]):
        table.add_row(kind, f"{count:,}")
    console = Console(file=sys.stdout)
    console.print(table)
    size = sum(file["bytes"] for file in manifest["files"]) / 1e6
    speed = counts["facts"] / seconds
    print(f"{out}: {size:,.1f} MB in {seconds:,.1f} s, {speed:,.0f} facts a second")
