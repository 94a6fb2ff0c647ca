"""What a source says it sent in a day, signed; held against what arrived under its name.

Laboratories, borders and carriers sign daily totals, so that whoever adds a record in their name
shows by the difference, from outside (ACCOUNTABILITY section 6, reconciliation). Every batch
leaves its counts by the local day of its records' `at`: nothing here can be traced to a person.
More arrived than was signed for is an incident; less is a delay. A count that is signed again for
the same day and kind replaces none: the highest that the source ever signed counts, all stay.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mingma.evidence.channels import KINDS
from mingma.flows.arrivals import ARRIVED, TURNED, day_name
from mingma.flows.receive_evidence import DemoSource, signed_by
from mingma.flows.record_door import KindNotYours
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import Instant, parse_instant
from mingma.ports import Unit
from mingma.records import Record, Source

COUNT: Final = "source_count"  # records `<source>/<day>/<kind>/<number>`
MOST: Final = 2**31
SMALL: Final = 10  # what is below is shown as “fewer than ten”
FIELDS: Final = ("day", "kind", "positives", "total")


class CountMalformed(Malformed):
    """A daily count that is none. `why` says what of it."""

    slug = "source.count_malformed"
    zh = "日报数有误:{why}"
    en = "this is no daily count: {why}"
    remedy_zh = "写明 day、kind、total、positives,一日一类一条"
    remedy_en = "give day, kind, total and positives, one object a day and kind"


@dataclass(frozen=True, slots=True)
class Count:
    """How many records of a kind a source stands for on a local day, and how many positives."""

    source: str
    day: str
    kind: str
    total: int
    positives: int


@dataclass(frozen=True, slots=True)
class Excess:
    """More records in a source's name than it signed for: an incident, not an alarm."""

    source: str
    day: str
    kind: str
    arrived: int
    signed: int
    positives_arrived: int
    positives_signed: int


@dataclass(frozen=True, slots=True)
class DayOfSource:
    """A source's day in public: arrived, signed for, refused with their slugs."""

    source: str
    day: str
    arrived: Mapping[str, tuple[int, int]]
    signed: Mapping[str, tuple[int, int]]
    refused: Mapping[str, int]


# -- a source signs for a day


def read_counts(value: object, source: str) -> Sequence[Count]:
    """The counts in a decoded JSON object or list of them; raises CountMalformed."""
    rows = value if isinstance(value, list) else [value]
    if not 0 < len(rows) <= len(KINDS):
        raise CountMalformed(why=f"1 to {len(KINDS)} counts")
    return [_count(row, source) for row in rows]


def receive_counts(
    unit: Unit, name: str, body: bytes, signature: bytes, now: Instant, *, specimen: bool
) -> Sequence[Count]:
    """Keep a source's signed counts; raises Refused or CountMalformed, and keeps nothing then."""
    source = signed_by(unit.sources().get(name), name, body, signature)
    if source.demo and not specimen:
        raise DemoSource(Place(field="Mingma-Source"), source=source.id)
    counts = read_counts(_json(body), source.id)
    for count in counts:
        if count.kind not in source.kinds:
            raise KindNotYours(Place(field="kind"), source=source.id, kind=count.kind)
        if parse_instant(f"{count.day}T00:00:00+08:00") > now:
            raise CountMalformed(Place(field="day"), why="the day has not begun")
        _keep(unit, count, signature, now)
    return counts


def _keep(unit: Unit, count: Count, signature: bytes, now: Instant) -> None:
    prefix = f"{count.source}/{count.day}/{count.kind}/"
    last = unit.last_record(COUNT, prefix)
    said = {"positives": count.positives, "signature": signature.hex(), "total": count.total}
    if last is not None and json.loads(last.body) == said:
        return  # the same, sent again
    number = int(last.id.rpartition("/")[2]) + 1 if last else 0
    unit.add_record(Record(COUNT, f"{prefix}{number:06}", now, canonical(said)))


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise CountMalformed(why="the body is no JSON") from None


def _count(row: object, source: str) -> Count:
    if not isinstance(row, dict) or set(row) != set(FIELDS):
        raise CountMalformed(why="an object with " + ", ".join(FIELDS))
    kind = row["kind"]
    if not isinstance(kind, str) or kind not in KINDS:
        raise CountMalformed(Place(field="kind"), why="there is no such kind")
    for name in ("total", "positives"):
        if type(row[name]) is not int or not 0 <= row[name] <= MOST:
            raise CountMalformed(Place(field=name), why="a whole number from 0")
    if row["positives"] > row["total"]:
        raise CountMalformed(Place(field="positives"), why="more positives than records")
    return Count(source, _day(row["day"]), kind, row["total"], row["positives"])


def _day(value: object) -> str:
    try:
        day = day_name(parse_instant(f"{value}T00:00:00+08:00"))
    except Malformed:
        day = ""
    if day != value:
        raise CountMalformed(Place(field="day"), why="a local day like 2022-06-14")
    return day


# -- holding one against the other


def day_of_source(unit: Unit, source: str, day: str) -> DayOfSource:
    """A source's day: what arrived of it, what was signed for, what was refused on it."""
    arrived = _sum(unit.records_under(ARRIVED, f"{source}/{day}/"))
    signed: dict[str, tuple[int, int]] = {}
    for record in unit.records_under(COUNT, f"{source}/{day}/"):
        kind, said = record.id.split("/")[2], json.loads(record.body)
        before = signed.get(kind, (0, 0))
        signed[kind] = max(before[0], said["total"]), max(before[1], said["positives"])
    pairs = {k: (n, arrived[f"{k}+"]) for k, n in arrived.items() if not k.endswith("+")}
    refused = _sum(unit.records_under(TURNED, f"{source}/{day}/"))
    return DayOfSource(source, day, pairs, signed, dict(refused))


def source_excess(
    unit: Unit, day: str, sources: Mapping[str, Source] | None = None
) -> Sequence[Excess]:
    """Where more arrived of a local day than its source signed for, by source and kind.

    A source that signed nothing for the day has signed for none: ask once its count is due.
    """
    found = []
    for id in sorted(unit.sources() if sources is None else sources):
        seen = day_of_source(unit, id, day)
        for kind, (arrived, positives) in sorted(seen.arrived.items()):
            signed, signed_positives = seen.signed.get(kind, (0, 0))
            if arrived > signed or positives > signed_positives:
                found.append(Excess(id, day, kind, arrived, signed, positives, signed_positives))
    return found


def shown_count(count: int) -> int | None:
    """A count as it is published: None stands for fewer than ten, and not none."""
    return None if 0 < count < SMALL else count


def _sum(records: Iterable[Record]) -> Counter[str]:
    total: Counter[str] = Counter()
    for record in records:
        total.update(json.loads(record.body))
    return total


def public_day(unit: Unit, day: str) -> dict[str, object]:
    """Every source's day as everybody may read it; raises CountMalformed for what is no day."""
    _day(day)
    sources = unit.sources()
    over = {(one.source, one.kind) for one in source_excess(unit, day, sources)}
    return {
        "day": day,
        "sources": [
            _public(day_of_source(unit, id, day), sources[id], over) for id in sorted(sources)
        ],
    }


def _public(seen: DayOfSource, source: Source, over: Collection[tuple[str, str]]) -> object:
    kinds = sorted({*seen.arrived, *seen.signed})
    return {
        "source": seen.source,
        "organ": source.organ,
        "kinds": [
            {
                "kind": kind,
                "arrived": shown_count(seen.arrived.get(kind, (0, 0))[0]),
                "arrived_positives": shown_count(seen.arrived.get(kind, (0, 0))[1]),
                "signed": _signed(seen, kind, 0),
                "signed_positives": _signed(seen, kind, 1),
                "excess": (seen.source, kind) in over,
            }
            for kind in kinds
        ],
        "refused": {slug: shown_count(count) for slug, count in sorted(seen.refused.items())},
    }


def _signed(seen: DayOfSource, kind: str, which: int) -> object:
    """What was signed for; `nothing` where the source signed nothing for the day."""
    return shown_count(seen.signed[kind][which]) if kind in seen.signed else "nothing"
