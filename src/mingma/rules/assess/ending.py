"""What ends a finding: tests, the person's own reports, leaving the region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mingma.evidence.model import Fact
from mingma.kernel.times import DAY, HOUR, day_of, midnight
from mingma.rules.assess.person import FEVER, Person
from mingma.rules.ground import Ground, Negatives, Report, Since


def ended(rule: Negatives, fact: Fact, anchor: int, person: Person) -> bool:
    """Whether negatives known by now end the finding."""
    since = {
        Since.ANCHOR: anchor,
        Since.LATER: fact.at + 1,
        Since.SAME_DAY: midnight(day_of(anchor)),
        Since.DAY: midnight(day_of(anchor) + rule.day),
    }[rule.since]
    times = [
        t.at
        for t in person.negatives()
        if t.at >= since and not (rule.single and t.data.tube == "mixed")  # type: ignore[union-attr]
    ]
    if rule.count == 1:
        return bool(times)
    return any(
        _chain(times, i, rule.count - 1, times[i] + rule.hours * HOUR, person)
        for i in range(len(times))
    )


def _chain(times: Sequence[int], i: int, more: int, latest: int, person: Person) -> bool:
    """Whether `more` negatives follow the i-th, each ≥ 24 h after the one before, by `latest`."""
    if more == 0:
        return True
    return any(
        times[j] - times[i] >= DAY
        and times[j] <= latest
        and not person.positive_between(times[i], times[j])
        and _chain(times, j, more - 1, latest, person)
        for j in range(i + 1, len(times))
    )


def reported(rule: Report, fact: Fact, person: Person) -> bool:
    """Whether a daily report ends the finding."""
    reports: list[Any] = [f for f in person.facts if f.kind == "daily_report"]
    if rule is Report.CORRECTS:
        return any(report.data.corrects == fact.id for report in reports)
    later = [r for r in reports if (r.at, r.id) > (fact.at, fact.id)]
    if rule is Report.NEXT:
        return bool(later)
    return any(
        r.data.temperature is not None
        and r.data.temperature < FEVER
        and "fever" not in r.data.symptoms
        for r in later
    )


def left(ground: Ground, fact: Fact, person: Person) -> bool:
    """Whether the person has left the region by a recorded trip."""
    if ground.leaves is None:
        return False
    inside = ground.leaves.region
    trips: list[Any] = [f for f in person.facts if f.kind == "trip" and f.at >= fact.at]
    return any(t.data.from_.startswith(inside) and not t.data.to.startswith(inside) for t in trips)
