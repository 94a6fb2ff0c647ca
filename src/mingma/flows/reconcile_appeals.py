"""Hold the records of appeals against their leaves, both ways.

Who can write to the database could take an appeal away, answer it, or make one up; each filing and
each end of one has a leaf whose commitment opens to the record, and no other record fits it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mingma.appeals.appeal import Happened
from mingma.flows.kept_appeals import own_appeals
from mingma.flows.reconcile_found import sealed_leaf
from mingma.ledger.commitment import commitment, nonce
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit
from mingma.records import Person

ENDS: Final = frozenset({Kind.APPEAL_DECIDE, Kind.APPEAL_LAPSE})
WITH_LEAF: Final = frozenset({Happened.ANSWERED, Happened.LAPSED, Happened.WITHDRAWN})


def leaf_fits(unit: Unit, leaf: Leaf, person: Person, number: int) -> bool:
    """Whether a leaf about an appeal has the record that it commits to; others always fit."""
    if leaf.kind is not Kind.APPEAL_OPEN and leaf.kind not in ENDS:
        return True
    filed = own_appeals(unit, person.ref)
    if leaf.kind is Kind.APPEAL_OPEN:
        bodies = [one.appeal.body() for one in filed if one.appeal.number == number]
    else:
        bodies = [event.body() for one in filed for event in one.events]
    key = nonce(person.key, number)
    return any(commitment(key, body) == leaf.commitment for body in bodies)


def appeals_fit(unit: Unit, person: Person) -> bool:
    """Whether each leaf about an appeal of hers has its record, and each record its leaf."""
    leaves, _ = _leaves(unit, person)
    return all(
        leaf_fits(unit, leaf, person, number) for number, leaf in leaves.items()
    ) and not any(without_leaf(unit, person))


def without_leaf(unit: Unit, person: Person) -> Iterator[int]:
    """The numbers of a person's appeals whose filing or end has no leaf, sealed or waiting."""
    filed = own_appeals(unit, person.ref)
    if not filed:
        return
    sealed, waiting = _leaves(unit, person)
    for one in filed:
        bodies = [one.appeal.body()]
        bodies += [event.body() for event in one.events if event.happened in WITH_LEAF]
        missing = sum(not _opens(sealed, person, body) for body in bodies)
        if missing > waiting:
            yield one.appeal.number


def _leaves(unit: Unit, person: Person) -> tuple[dict[int, Leaf], int]:
    """A person's sealed leaves about appeals by number, and how many of hers wait for the seal."""
    sealed: dict[int, Leaf] = {}
    waiting = 0
    for number in range(1, person.events + 1):
        index = unit.index_of(person.ref, number)
        if index is None:
            waiting += 1
            continue
        if (found := sealed_leaf(unit, index)) is None:
            continue  # the walk over the leaves names it
        leaf, _ = found
        if leaf.kind is Kind.APPEAL_OPEN or leaf.kind in ENDS:
            sealed[number] = leaf
    return sealed, waiting


def _opens(leaves: dict[int, Leaf], person: Person, body: bytes) -> bool:
    return any(
        leaf.commitment == commitment(nonce(person.key, number), body)
        for number, leaf in leaves.items()
    )
