"""Take people in: a random key each, and an `enrol` leaf that ties their later leaves to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from mingma.flows.context import Context
from mingma.kernel.times import Instant
from mingma.ledger.commitment import ENROLMENT, enrolment, tag
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit
from mingma.records import Outgoing, Person

Chance = Callable[[int], bytes]  # so many random bytes


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose paper it is, and what a gate compares with it: a masked name, the last four."""

    ref: str
    name: str = "*"
    last_four: str = "0000"


def enrol(
    unit: Unit,
    context: Context,
    refs: Collection[str],
    now: Instant,
    chance: Chance,
    holders: Mapping[str, Holder] | None = None,
) -> None:
    """Enrol those of the references that are not enrolled yet; `holders` by reference."""
    known = unit.people(refs)
    people = [
        _person((holders or {}).get(ref, Holder(ref)), chance)
        for ref in sorted(set(refs))
        if ref not in known
    ]
    unit.add_people(people)
    unit.add_leaves([_leaf(context, person, now) for person in people])


def _person(holder: Holder, chance: Chance) -> Person:
    return Person(holder.ref, chance(32), ENROLMENT, holder.name, holder.last_four)


def _leaf(context: Context, person: Person, now: Instant) -> Outgoing:
    leaf = Leaf(
        kind=Kind.ENROL,
        commitment=enrolment(person.key),
        organ=context.organ,
        tag=tag(person.key, ENROLMENT),
    )
    return Outgoing(person.ref, ENROLMENT, leaf.unsealed(), now)
