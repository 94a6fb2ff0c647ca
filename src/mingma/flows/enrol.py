"""Take people in: a random key each, and an `enrol` leaf that ties their later leaves to it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from mingma.flows.context import Context
from mingma.kernel.times import Instant
from mingma.ledger.commitment import ENROLMENT, enrolment, tag
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Outgoing, Person, Unit

Chance = Callable[[int], bytes]  # so many random bytes


def enrol(
    unit: Unit, context: Context, refs: Collection[str], now: Instant, chance: Chance
) -> None:
    """Enrol those of the references that are not enrolled yet."""
    known = unit.people(refs)
    people = [Person(ref, chance(32), ENROLMENT) for ref in dict.fromkeys(refs) if ref not in known]
    unit.add_people(people)
    unit.add_leaves([_leaf(context, person, now) for person in people])


def _leaf(context: Context, person: Person, now: Instant) -> Outgoing:
    leaf = Leaf(
        kind=Kind.ENROL,
        commitment=enrolment(person.key),
        organ=context.organ,
        tag=tag(person.key, ENROLMENT),
    )
    return Outgoing(person.ref, ENROLMENT, leaf.unsealed(), now)
