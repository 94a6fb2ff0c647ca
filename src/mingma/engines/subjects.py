"""Facts by person, and which kinds have become too old: what both definitions are asked about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mingma.evidence.model import Fact
from mingma.kernel.times import HOUR
from mingma.rules.assess import as_known
from mingma.rules.pack import Pack


def by_subject(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    """Facts grouped by subject."""
    people: dict[str, list[Fact]] = {}
    for fact in facts:
        people.setdefault(fact.subject, []).append(fact)
    return people


def stale_kinds(packs: Sequence[Pack], people: dict[str, list[Fact]], at: int) -> frozenset[str]:
    """Kinds whose newest record is older than a pack allows (none, where no pack says)."""
    limits: dict[str, int] = {}
    for pack in packs:
        for kind, hours in pack.stale_after.items():
            limits[kind] = min(hours, limits.get(kind, hours))
    if not limits:
        return frozenset()
    newest: dict[str, int] = {}
    for facts in people.values():
        for fact in facts:
            if fact.kind in limits and as_known(fact, at) is not None:
                newest[fact.kind] = max(fact.at, newest.get(fact.kind, fact.at))
    return frozenset(k for k, h in limits.items() if newest.get(k, 0) < at - h * HOUR)
