"""What a person's sealed leaves say of her appeals and decisions, each leaf read once.

A sealed leaf never changes: whoever edits or takes its row away later changes nothing of what was
read. Kept in memory by the person's key, so that a person enrolled anew begins anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mingma.codes.receipt_frame import DECIDED
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.ports import Unit
from mingma.records import Person

ABOUT_APPEALS: Final = frozenset({Kind.APPEAL_OPEN, Kind.APPEAL_DECIDE, Kind.APPEAL_LAPSE})
REMEMBERED: Final = 4096  # people, most of whom have a few appeals or none


@dataclass(frozen=True, slots=True)
class Known:
    """A person's first leaves: how many, which are about appeals, and the last that decided."""

    upto: int = 0
    appeals: Mapping[int, Leaf] = field(default_factory=dict)
    decided: int = 0


class OwnLeaves:
    """What was read so far. Safe from several threads: what is kept is replaced, never edited."""

    def __init__(self) -> None:
        self._known: dict[bytes, Known] = {}

    def of(self, unit: Unit, person: Person) -> Known:
        """Her leaves up to the first that is not sealed.

        Raises IndexError where one is gone, and LeafUnreadable.
        """
        known = self._known.get(person.key, Known())
        more = read_on(unit, person, known)
        if more is not known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[person.key] = more
        return more


def read_on(unit: Unit, person: Person, known: Known) -> Known:
    """What is known, and what the leaves sealed since say."""
    number, appeals, decided = known.upto, dict(known.appeals), known.decided
    while (index := unit.index_of(person.ref, number + 1)) is not None:
        number += 1
        leaf, _ = parse(unit.leaves(index, index + 1)[0])
        if leaf.kind in ABOUT_APPEALS:
            appeals[number] = leaf
        if leaf.kind in DECIDED:
            decided = number
    return known if number == known.upto else Known(number, appeals, decided)
