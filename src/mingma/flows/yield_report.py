"""What an emergency brought: person-days restricted, infections found, the one for each other.

Reckoned from the decisions and facts there are, never typed, and public before anybody may renew
the emergency (P14). Figures of a whole jurisdiction; nobody is in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from mingma.codes.decision import Decision
from mingma.kernel.canonical import canonical
from mingma.kernel.times import DAY, Instant
from mingma.kernel.words import SEVERITY, Colour
from mingma.ports import Unit
from mingma.records import Emergency, Record

YIELD: Final = "yield_report"  # ids are <emergency>/<n>
PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class YieldReport:
    """The figures up to an instant. `days_each` is whole days for each infection; None without."""

    emergency: str
    at: Instant
    people: int
    person_days: int
    infections: int

    @property
    def days_each(self) -> int | None:
        """Person-days restricted for each infection found."""
        return self.person_days // self.infections if self.infections else None


def publish_yield(unit: Unit, emergency: Emergency, now: Instant) -> YieldReport:
    """Reckon the figures and put them on record, in public."""
    last = unit.last_record(YIELD, f"{emergency.id}/")
    number = int(last.id.rpartition("/")[2]) + 1 if last else 1
    report = _reckoned(unit, emergency, now)
    body = {
        "infections": report.infections,
        "people": report.people,
        "person_days": report.person_days,
    }
    unit.add_record(Record(YIELD, f"{emergency.id}/{number:04}", now, canonical(body)))
    return report


def last_report(unit: Unit, emergency: str) -> YieldReport | None:
    """The last report on an emergency."""
    found = unit.records_under(YIELD, f"{emergency}/")
    return _read(found[-1]) if found else None


def reports(unit: Unit) -> Sequence[YieldReport]:
    """Every report, oldest first."""
    return [_read(record) for record in unit.records(YIELD)]


def _reckoned(unit: Unit, emergency: Emergency, now: Instant) -> YieldReport:
    people = infections = seconds = 0
    end = min(now, emergency.ends)
    for ref in _everybody(unit):
        restricted = sum(_restricted(unit.decisions_of(ref), emergency.starts, end))
        people += restricted > 0
        seconds += restricted
        infections += any(
            fact.kind == "infection" and emergency.starts <= fact.at < end
            for fact in unit.facts_of([ref])[ref]
        )
    return YieldReport(emergency.id, now, people, seconds // DAY, infections)


def _everybody(unit: Unit) -> Iterator[str]:
    after = ""
    while page := unit.refs(after, PAGE):
        yield from page
        after = page[-1]


def _restricted(decisions: Sequence[Decision], start: int, end: int) -> Iterator[int]:
    """The seconds of [start, end) in which each decision showed something worse than green."""
    for decision, later in zip(decisions, [*decisions[1:], None], strict=True):
        begins = max(start, decision.decided_at)
        until = min(end, later.decided_at) if later else end
        edges = {edge for span in decision.spans for edge in (span.starts, span.until)}
        cuts = sorted({begins, until, *(e for e in edges if e is not None and begins < e < until)})
        for first, second in pairwise(cuts):
            colour = decision.colour_at(first)
            if colour is not Colour.UNKNOWN and SEVERITY[colour] > SEVERITY[Colour.GREEN]:
                yield second - first


def _read(record: Record) -> YieldReport:
    said = json.loads(record.body)
    return YieldReport(
        record.id.rpartition("/")[0],
        record.at,
        said["people"],
        said["person_days"],
        said["infections"],
    )
