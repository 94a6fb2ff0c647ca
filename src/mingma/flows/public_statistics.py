"""Public statistics: what each organ did under each clause, day by day, and how late it was.

Made of the daily tables, which anybody counts again from the leaves; of refused attempts, appeals,
the sources' last arrivals, drawn samples and unsealed leaves. Where a count is finer than the log
itself shows, small cells are merged. Nothing here is about anybody.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final

from mingma.appeals.statistics import Counts
from mingma.flows import offices
from mingma.flows.appeal_statistics import appeal_statistics
from mingma.flows.attempts import ATTEMPT
from mingma.flows.break_glass import unreviewed
from mingma.flows.draw_sample import samples
from mingma.flows.leaf_names import public_name
from mingma.flows.oversee import detector_alarms, shipped_thresholds
from mingma.flows.tally_day import TALLY
from mingma.flows.unseal import unsealed
from mingma.kernel.times import Instant, day_of, print_instant
from mingma.ledger.leaf import Kind
from mingma.ledger.tally import FLOOR, OTHER, print_day, read_table
from mingma.oversight.cells import merged
from mingma.ports import Unit

DAYS: Final = 14  # that are shown; the older tables stay where they are
TIMES: Final = ("median", "nine_tenths")  # of an organ's answers, in seconds
COUNTED: Final = tuple(one.name for one in fields(Counts) if one.name not in TIMES)

Rows = list[dict[str, Any]]


def public_statistics(unit: Unit, now: Instant) -> dict[str, Any]:
    """The figures of the last fourteen days, as JSON has them."""
    first = print_day(day_of(now) - DAYS)
    appeals, acts = appeal_statistics(unit, now), _acts(unit, first)
    return {
        "at": print_instant(now),
        "from_day": first,
        "floor": FLOOR,
        "acts": acts,
        "errors": _errors(acts),
        "attempts": attempts_by_organ(unit, first),
        "appeals": _appeals(unit, appeals.by_asked),
        "objected_to": _appeals(unit, appeals.by_maker),
        "appeals_by_channel": merged(
            {name: counts.filed for name, counts in appeals.by_channel.items()}
        ),
        "appeals_by_way": merged({way.value: count for way, count in appeals.by_way.items()}),
        "appeals_by_help": merged(
            {"helped": appeals.helped, "alone": sum(appeals.by_way.values()) - appeals.helped}
        ),
        "re_marks": merged({"within_a_shield": appeals.re_marks}),
        "channels": {
            kind: {"last": print_instant(at), "age_seconds": max(0, now - at)}
            for kind, at in sorted(unit.channel_ages().items())
        },
        "samples": [
            {"day": one.day, "leaves": len(one.leaves), "of": one.end - one.start,
             "cosigned": one.cosigned}
            for one in samples(unit) if one.day >= first
        ],
        "glass": _glass(unit, now),
        "unsealed": unsealed(unit),
    }  # fmt: skip


def public_alarms(unit: Unit) -> dict[str, Any]:
    """The alarms on record with their figures, and what each detector costs in false ones."""
    return {
        "alarms": [
            {"id": one.id, "detector": one.detector, "about": one.about,
             "at": print_instant(one.at), "noticed": print_instant(one.noticed),
             "incident": one.incident, "figures": dict(one.figures), "leaves": list(one.leaves)}
            for one in detector_alarms(unit)
        ],
        "false_alarms_a_week": dict(shipped_thresholds().false_alarms),
    }  # fmt: skip


def attempts_by_organ(unit: Unit, first: str) -> Rows:
    """Refused attempts by day, organ, act and size class, exact: a leaf says of how many it is."""
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for record in unit.records(ATTEMPT):
        said = json.loads(record.body)
        day = print_day(day_of(record.at))
        if day >= first:
            counts[day, said["organ"], said["act"], said["size"]] += said.get("count", 1)
    names = ("day", "organ", "act", "size")
    return [dict(zip(names, key, strict=True)) | {"count": n} for key, n in sorted(counts.items())]


def _glass(unit: Unit, now: Instant) -> dict[str, int]:
    """How many breakings of the glass wait for their second review, and for how many it is late."""
    waiting = [one for _, one in unreviewed(unit)]
    return {"waiting": len(waiting), "overdue": sum(one.overdue(now) for one in waiting)}


def _acts(unit: Unit, first: str) -> Rows:
    """The lines of the daily tables, their counties cut as the tables cut them."""
    found: Rows = []
    table = unit.first_record(TALLY, first)
    while table is not None:
        found += ({"day": table.id, **row} for row in read_table(table.body)["acts"])
        table = unit.first_record(TALLY, f"{table.id}~")
    return found


def _errors(acts: Rows) -> dict[str, int]:
    """How much of each organ's and source's evidence was found wrong."""
    found: Counter[str] = Counter()
    for row in acts:
        if row["kind"] == Kind.ERROR_FIND:
            found[row["organ"]] += row["count"]
    return dict(sorted(found.items()))


def _appeals(unit: Unit, rows: Mapping[str, Counts]) -> Rows:
    """Organ by organ, those with few appeals as one row; times only where a row is one organ's."""
    cells = merged({organ: counts.filed for organ, counts in rows.items()})
    found = [_row(_name(unit, organ), rows[organ]) for organ in sorted(cells) if organ != OTHER]
    rest = [asdict(counts) for organ, counts in rows.items() if organ not in cells]
    if rest:
        total = {name: sum(one[name] for one in rest) for name in COUNTED}
        found.append({"organ": OTHER, **total, "median": None, "nine_tenths": None})
    return found


def _row(organ: str, counts: Counts) -> dict[str, Any]:
    return {"organ": organ, **asdict(counts)}


def _name(unit: Unit, organ: str) -> str:
    found = offices.organ(unit, organ)
    return public_name(found) if found else organ
