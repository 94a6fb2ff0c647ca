"""Who took part in what a person objects to: organs and officers that may not answer her.

A fact names the source that sent it and the organ that recorded it, a mark the organs that
approved it, and an approved act its maker and everybody who approved. The organ that runs the
instance made nothing: rules did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mingma.evidence.model import Fact
from mingma.flows.approved_fact import behind
from mingma.ports import Unit


@dataclass(frozen=True, slots=True)
class TookPart:
    """Organs and officers by id; `maker` is the organ that brought the first fact in."""

    maker: str | None
    organs: frozenset[str]
    officers: frozenset[str]


def took_part(unit: Unit, facts: Iterable[Fact]) -> TookPart:
    """Everybody behind these facts."""
    sources = unit.sources()
    makers: list[str] = []
    organs: set[str] = set()
    officers: set[str] = set()
    for fact in facts:
        sender = fact.id.partition("/")[0]
        source = sources.get(sender)
        makers.append(fact.organ or (source.organ if source else sender))
        organs |= {sender, *([source.organ] if source else []), *_named(fact)}
        act = behind(unit, fact.id)
        if act is not None:
            organs |= act.organs
            officers |= act.officers
    return TookPart(makers[0] if makers else None, frozenset(organs), frozenset(officers))


def _named(fact: Fact) -> Iterator[str]:
    """The organs that a fact itself names."""
    if fact.organ:
        yield fact.organ
    yield from getattr(fact.data, "approved_by", ())
