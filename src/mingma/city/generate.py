"""A plan to a folder: facts, people, infections, and the manifest that says what is there.

`facts/part-*.parquet` (or `.ndjson`) are CONTRACT's columns, in the order of the day on which a
fact was recorded (`recorded_at`, else `at`; all days before the start first), then of people in
blocks of 50,000: a reader can replay day after day. `people.parquet` has an invented identity for
each person, `infections.parquet` who really infected whom, `city.json` the plan, the counts and
the digest of each file. It is written last: a folder without it is not a city.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mingma import __version__
from mingma.city import identity
from mingma.city.columns import constant, digits, joined, subjects, taken
from mingma.city.daily import day_facts
from mingma.city.epidemic import Infected, spread
from mingma.city.errands import errands
from mingma.city.everyday import everyday
from mingma.city.facts import BEFORE, BLOCK, Agenda, subject
from mingma.city.findings import investigate
from mingma.city.plan import HISTORY, CityPlan
from mingma.city.population import Population, populate
from mingma.city.register import registers
from mingma.city.venues import venue_count
from mingma.city.writer import GROUP_ROWS, PARQUET, FactWriter, Form, digest
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import print_instant
from mingma.people.identity import IdentityType

GENERATOR: Final = 1  # raised whenever the same plan would give another city
MANIFEST: Final = "city.json"
PEOPLE: Final = "people.parquet"
INFECTIONS: Final = "infections.parquet"
ENCODED_PEOPLE: Final = ("subject", "household", "id_number")  # ascending, or with a common head
INFECTION_COLUMNS: Final = (
    "subject",
    "source",
    "layer",
    "infected_at",
    "onset_at",
    "found_at",
    "found_by",
)
ORDER: Final = "day recorded, then people in blocks of 50,000"
NOTICE: Final = "synthetic: no real person; names and numbers are of forms issued to nobody"

Progress = Callable[[int, int], None]


class FolderInUse(Malformed):
    """A file, or a folder with something in it: a city is never mixed with anything else."""

    slug = "city.folder_in_use"
    zh = "`{value}` 不是空文件夹"
    en = "`{value}` is not an empty folder"
    remedy_zh = "请给一个新的或空的文件夹"
    remedy_en = "name a new or empty folder"


def generate(
    plan: CityPlan, folder: Path, form: Form = "parquet", progress: Progress | None = None
) -> dict[str, Any]:
    """Make the city of a plan in a folder; its manifest. `progress` hears (days done, days)."""
    if folder.is_file() or (folder.exists() and any(folder.iterdir())):
        raise FolderInUse(Place(field="out"), value=str(folder))
    (folder / "facts").mkdir(parents=True, exist_ok=True)
    population = populate(plan)
    cases = spread(plan, population)
    writer = FactWriter(folder / "facts", form)
    _write_facts(plan, population, cases, writer, progress)
    _write_people(plan, population, folder / PEOPLE)
    _write_infections(cases, folder / INFECTIONS)
    manifest = _manifest(plan, population, cases, writer, folder, form)
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return manifest


def _write_facts(
    plan: CityPlan,
    population: Population,
    cases: list[Infected],
    writer: FactWriter,
    progress: Progress | None,
) -> None:
    agenda = Agenda(plan)
    course = investigate(plan, population, cases, agenda)
    city = everyday(plan, population, course, agenda, cases)
    blocks = range(-(-plan.people // BLOCK))
    # (1) What was known before the first day.
    for day in range(-HISTORY, 0):
        errands(plan, population, day, agenda)
    for block in blocks:
        for facts in registers(plan, population, block):
            writer.add(facts)
        writer.add(agenda.take(BEFORE, block))
    # (2) Day after day. The agenda comes last: making a day's facts may add to it.
    for day in range(plan.days):
        errands(plan, population, day, agenda)
        for block in blocks:
            for facts in day_facts(city, day, block):
                writer.add(facts)
            writer.add(agenda.take(day, block))
        if progress is not None:
            progress(day + 1, plan.days)
    writer.close()


def _write_people(plan: CityPlan, population: Population, path: Path) -> None:
    """One row a person, with an invented identity for the demo."""
    people = np.arange(plan.people)
    numbers = joined(identity.id_numbers(plan.region, population.born, population.female))
    foreign = pa.array(population.foreign)
    name, masked = identity.names(plan.seed, plan.people)
    low = population.age // 5 * 5
    place = population.places(people)
    columns = {
        "subject": joined(subjects(people)),
        "household": joined("h", digits(population.household + 1, 7)),
        "class": _group("c", population.school_class),
        "team": _group("t", population.team),
        "age_band": joined(digits(low, 2), "-", digits(low + 4, 2)),
        "region": taken(population.homes.regions, place),
        "community": taken(population.homes.names, place),
        "id_type": pc.if_else(foreign, IdentityType.PASSPORT.value, IdentityType.RESIDENT_ID.value),
        "id_number": pc.if_else(foreign, identity.passport_numbers(people), numbers),
        "name": name,
        "name_masked": masked,
    }
    table = pa.table({key: column.cast(pa.string()) for key, column in columns.items()})
    plain = [key for key in columns if key not in ENCODED_PEOPLE]
    pq.write_table(
        table,
        path,
        row_group_size=GROUP_ROWS,
        use_dictionary=plain,
        column_encoding=dict.fromkeys(ENCODED_PEOPLE, "DELTA_BYTE_ARRAY"),
        **{key: PARQUET[key] for key in ("compression", "compression_level", "store_schema")},
    )


def _group(letter: str, group: Any) -> Any:
    named = joined(letter, digits(np.maximum(group, 0) + 1, 6))
    return pc.if_else(pa.array(group >= 0), named, constant(None, len(group)))


def _write_infections(cases: list[Infected], path: Path) -> None:
    """What really happened, which no authority would know: who infected whom, when and where."""
    table = pa.table(
        {
            "subject": [subject(case.person) for case in cases],
            "source": [None if case.source is None else subject(case.source) for case in cases],
            "layer": [case.layer for case in cases],
            "infected_at": [print_instant(case.infected_at) for case in cases],
            "onset_at": [case.onset_at and print_instant(case.onset_at) for case in cases],
            "found_at": [print_instant(case.found_at) for case in cases],
            "found_by": [case.found_by for case in cases],
        },
        schema=pa.schema([(name, pa.string()) for name in INFECTION_COLUMNS]),
    )
    pq.write_table(table, path, compression="zstd", store_schema=False)


def _manifest(
    plan: CityPlan,
    population: Population,
    cases: list[Infected],
    writer: FactWriter,
    folder: Path,
    form: Form,
) -> dict[str, Any]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        "generator": GENERATOR,
        "made_with": {"mingma": __version__, "numpy": np.__version__, "pyarrow": pa.__version__},
        "notice": NOTICE,
        "plan": {
            "people": plan.people,
            "days": plan.days,
            "seed": plan.seed,
            "start": print_instant(plan.opens)[:10],
            "region": plan.region,
            "habits": asdict(plan.habits),
        },
        "form": form,
        "order": ORDER,
        "counts": {
            "people": plan.people,
            "households": len(population.households),
            "classes": len(population.classes),
            "teams": len(population.teams),
            "venues": venue_count(plan.people),
            "infections": len(cases),
            "facts": writer.rows,
            "kinds": dict(sorted(writer.kinds.items())),
        },
        "files": [
            {
                "name": path.relative_to(folder).as_posix(),
                "bytes": path.stat().st_size,
                "sha256": digest(path),
            }
            for path in paths
        ],
    }
