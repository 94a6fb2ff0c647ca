"""What the detectors are given of sources: what arrived in their name beside what they signed.

Marks beside the records that they cite, records beside the signed counts of their day, and days
that nobody signed for. A record that cannot be read is left out here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mingma.flows.arrivals import ARRIVED
from mingma.flows.source_count import COUNT, source_excess
from mingma.kernel.times import DAY, Instant, parse_instant
from mingma.oversight.events import LaboratoryDay, Signed, Uncounted
from mingma.ports import Unit
from mingma.records import Record, Source

TEST: Final = "test"  # the kind of which laboratories sign positives
MUST_COUNT: Final = frozenset({TEST, "infection"})  # kinds whose sources sign a count each day
COUNT_DUE: Final = DAY  # seconds after a day in which its count may still come
# By source and kind, when marks cited its records, and under which leaf.
Cited = Mapping[tuple[str, str], list[tuple[Instant, int | None]]]


@dataclass(slots=True)
class SourceCounts:
    """The sources' records and counts up to an instant."""

    unit: Unit
    now: Instant
    sources: Mapping[str, Source] = field(init=False)

    def __post_init__(self) -> None:
        self.sources = self.unit.sources()

    def signed(self, cited: Cited) -> Iterator[Signed]:
        """Marks beside the records that arrived; what arrived beside what the source signed."""
        yield from self._marks_beside_arrivals(cited)
        yield from self._arrivals_beside_counts()

    def tested(self) -> Iterator[LaboratoryDay]:
        """Each laboratory's signed days."""
        for (source, day, kind), (total, positives) in self._counts().items():
            if kind == TEST:
                yield LaboratoryDay(_end_of(day), source, total, positives)

    def uncounted(self) -> Iterator[Uncounted]:
        """Days of tests and infections before the first that their source signed for, if any."""
        signed = self._signed_days()
        for source in self.sources.values():
            if source.demo or not source.kinds & MUST_COUNT:
                continue
            days: dict[str, set[str]] = {}
            for record in self.unit.records_under(ARRIVED, f"{source.id}/"):
                came = MUST_COUNT & said_in(record).keys()
                days.setdefault(record.id.split("/")[1], set()).update(came)
            first = min(signed.get(source.id, ()), default=None)
            for day, kinds in sorted(days.items()):
                due = Instant(_end_of(day) + COUNT_DUE)
                if due <= self.now and (first is None or day < first):
                    yield from (Uncounted(due, source.id, day, kind) for kind in sorted(kinds))

    def _marks_beside_arrivals(self, cited: Cited) -> Iterator[Signed]:
        marks = {key: one for key, one in cited.items() if key[0] in self.sources}
        if not marks:
            return
        arrived: Counter[tuple[str, str]] = Counter()
        for record in records_until(self.unit, ARRIVED, self.now):
            source = record.id.partition("/")[0]
            arrived.update({(source, kind): count for kind, count in said_in(record).items()})
        for (source, kind), cites in marks.items():
            records = arrived[source, kind]
            at, leaf = cites[min(records, len(cites) - 1)]  # the mark that is one too many
            yield Signed(at, source, kind, records, len(cites), leaf)

    def _arrivals_beside_counts(self) -> Iterator[Signed]:
        """Of days whose counts are due, from the first day on that a source signed for."""
        for source, signed in self._signed_days().items():
            came = {one.id.split("/")[1] for one in self.unit.records_under(ARRIVED, f"{source}/")}
            for day in sorted(came | signed):
                due = Instant(_end_of(day) + COUNT_DUE)
                if day < min(signed) or due > self.now:
                    continue
                for one in source_excess(self.unit, day, {source: self.sources[source]}):
                    yield Signed(due, source, f"{one.kind}/{day}", one.signed, one.arrived)

    def _signed_days(self) -> Mapping[str, set[str]]:
        """The days that each source signed for."""
        days: dict[str, set[str]] = {}
        for source, day, _ in self._counts():
            days.setdefault(source, set()).add(day)
        return days

    def _counts(self) -> Mapping[tuple[str, str, str], tuple[int, int]]:
        """(source, day, kind) and the highest count and positives signed for it."""
        found: dict[tuple[str, str, str], tuple[int, int]] = {}
        for record in records_until(self.unit, COUNT, self.now):
            source, day, kind, _ = record.id.split("/")
            said, before = said_in(record), found.get((source, day, kind), (0, 0))
            found[source, day, kind] = (
                max(before[0], said["total"]),
                max(before[1], said["positives"]),
            )
        return {key: value for key, value in found.items() if key[0] in self.sources}


def records_until(unit: Unit, kind: str, now: Instant) -> Iterator[Record]:
    """The records of a kind up to an instant."""
    return (one for one in unit.records(kind) if one.at <= now)


def said_in(record: Record) -> Mapping[str, Any]:
    """What a record says; nothing where it cannot be read."""
    try:
        said = json.loads(record.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _end_of(day: str) -> Instant:
    """When a local day written 2022-06-14 is over."""
    return Instant(parse_instant(f"{day}T00:00:00+08:00") + DAY)
