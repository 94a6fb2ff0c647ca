"""One subject's facts as they stood at an instant, and what is asked of them more than once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import msgspec

from mingma.evidence.channels import KINDS
from mingma.evidence.model import Fact
from mingma.kernel.times import day_of

FEVER: Final = 37.3  # °C, from the published rules


@cache
def _instants(kind: str) -> tuple[str, ...]:
    """The recorded instants in a kind's data that may lie after the instant asked about."""
    ends = ("isolation_started_at", "isolation_ended_at", "discharged_at", "excluded_at")
    return tuple(name for name in ends if name in KINDS[kind].__struct_fields__)


def as_known(fact: Fact, at: int) -> Fact | None:
    """The fact as it stood at an instant: None before anybody knew it, later ends left out."""
    if fact.at > at or (fact.recorded_at is not None and fact.recorded_at > at):
        return None
    if fact.kind == "test" and fact.data.reported_at > at:  # type: ignore[union-attr]
        return None
    later = {
        name: None
        for name in _instants(fact.kind)
        if (value := getattr(fact.data, name)) is not None and value > at
    }
    if later:
        fact = msgspec.structs.replace(fact, data=msgspec.structs.replace(fact.data, **later))
    if fact.until is not None and fact.until > at:
        fact = msgspec.structs.replace(fact, until=None)
    return fact


def known_since(fact: Fact) -> int:
    """The first instant at which anybody could know the fact."""
    reported = fact.data.reported_at if fact.kind == "test" else fact.at  # type: ignore[union-attr]
    return max(fact.at, reported, fact.recorded_at or fact.at)


@dataclass(slots=True)
class Person:
    """One subject's live facts at the instant, and what is asked of them more than once."""

    at: int
    facts: list[Fact]
    _released: dict[str, int] | None = None
    _negatives: list[Fact] | None = None
    _positives: list[int] = field(default_factory=list)
    clean: set[int] | None = None

    def released(self, id: str) -> int | None:
        """When the first release order for a fact was given."""
        if self._released is None:
            self._released = {}
            for fact in sorted(self.facts, key=lambda f: -f.at):
                if fact.kind == "release":
                    self._released[fact.data.of] = fact.at  # type: ignore[union-attr]
        return self._released.get(id)

    def negatives(self) -> list[Fact]:
        """PCR negatives in order of sampling; own positives are noted beside."""
        if self._negatives is None:
            tests: list[Any] = [f for f in self.facts if f.kind == "test"]
            negative = [t for t in tests if t.data.result == "negative" and t.data.assay == "pcr"]
            self._negatives = sorted(negative, key=lambda t: t.at)
            self._positives = [
                t.at for t in tests if t.data.result == "positive" and t.data.tube != "mixed"
            ]
        return self._negatives

    def positive_between(self, first: int, last: int) -> bool:
        """Whether an own positive was sampled strictly between two instants."""
        return any(first < at < last for at in self._positives)

    def reports(self) -> list[Any]:
        """Daily reports that no later one corrects."""
        reports: list[Any] = [f for f in self.facts if f.kind == "daily_report"]
        corrected = {report.data.corrects for report in reports}
        return [report for report in reports if report.id not in corrected]

    def clean_days(self) -> set[int]:
        """Local days with a daily report and none that is unclean."""
        if self.clean is None:
            reports = self.reports()
            unclean = {day_of(r.at) for r in reports if not clean(r)}
            self.clean = {day_of(r.at) for r in reports} - unclean
        return self.clean


def clean(report: Any) -> bool:
    data = report.data
    hot = data.temperature is not None and data.temperature >= FEVER
    return not (data.symptoms or hot or data.high_area_stay or data.overseas)


def recorded(names: Sequence[str], fact: Fact, person: Person) -> int | None:
    """The first of the named instants that is recorded."""
    for name in names:
        if name == "released":
            value: int | None = person.released(fact.id)
        elif name in ("at", "until"):
            value = getattr(fact, name)
        else:
            value = getattr(fact.data, name, None)
        if value is not None:
            return value
    return None
