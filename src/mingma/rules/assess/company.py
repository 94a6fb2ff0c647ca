"""Other facts of the same person: those a ground asks for, and the evidence a mark rests on."""

from __future__ import annotations

from functools import cache
from typing import Any

from mingma.evidence.model import Fact
from mingma.kernel.times import HOUR
from mingma.rules.assess.person import Person, known_since
from mingma.rules.conditions import matcher
from mingma.rules.ground import Ground, Other


def others(
    other: Other, fact: Fact, anchor: int, person: Person, *, standing: bool = False
) -> list[str]:
    """Ids of the person's other live facts that a ground asks about.

    `standing`: only such as are neither excluded nor released. What a ground needs must stand;
    what holds it back does so even when released, or a release would worsen a colour.
    """
    earliest = None if other.hours is None else anchor - other.hours * HOUR
    return [
        f.id
        for f in person.facts
        if f.id != fact.id
        and (not standing or _stands(f, person))
        and (earliest is None or f.at >= earliest)
        and any(f.kind == m.kind and matcher_of(m)(f) for m in other.matches)
    ]


matcher_of = cache(matcher)


def counted(ground: Ground, mark: Any, person: Person) -> list[Fact]:
    """The live evidence that makes a mark count: two organs, each fact older and admitted."""
    if len(set(mark.data.approved_by)) < 2:
        return []
    named = set(mark.data.evidence)
    return [
        f
        for f in person.facts
        if f.id in named
        and known_since(f) < mark.at
        and _stands(f, person)
        and any(f.kind == m.kind and matcher_of(m)(f) for m in ground.admits)
    ]


def _stands(fact: Fact, person: Person) -> bool:
    """Whether a fact is neither excluded nor released."""
    excluded = getattr(fact.data, "excluded_at", None) is not None
    return not excluded and person.released(fact.id) is None


def only_notice(kinds: set[str]) -> str | None:
    """The notice a mark is narrowed to when probabilistic or foreign evidence is all it has."""
    if kinds <= {"companion_match", "foreign_statement"}:
        return "companion" if "companion_match" in kinds else "foreign"
    return None
