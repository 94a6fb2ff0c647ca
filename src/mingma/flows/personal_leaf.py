"""Leaves of acts about people that are no decision: the next event of each, tagged and committed.

Events of a person are numbered without a gap, decisions and these alike; nobody without her key
can tell whose a leaf is. Write them before `redecide` in the same unit, which counts on from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mingma.kernel.times import Instant
from mingma.ledger.commitment import commitment, nonce, tag
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit
from mingma.records import Outgoing, Person


class Events:
    """The next events of people, gathered and written together."""

    def __init__(self, unit: Unit, people: Mapping[str, Person]) -> None:
        self._unit = unit
        self._people = people
        self._counts = {ref: person.events for ref, person in people.items()}
        self._leaves: list[tuple[str, int, Leaf]] = []

    def leaf(self, ref: str, kind: Kind, body: bytes, **said: Any) -> int:
        """Add the person's next event, whose leaf opens to this body; returns its number."""
        person = self._people[ref]
        number = self._counts[ref] + 1
        leaf = Leaf(
            kind=kind,
            commitment=commitment(nonce(person.key, number), body),
            tag=tag(person.key, number),
            **said,
        )
        self._counts[ref] = number
        self._leaves.append((ref, number, leaf))
        return number

    def write(self, now: Instant) -> None:
        """Put the leaves into the outbox and raise the counts."""
        self._unit.add_leaves(
            Outgoing(ref, number, leaf.unsealed(), now) for ref, number, leaf in self._leaves
        )
        self._unit.count_events({ref: self._counts[ref] for ref, _, _ in self._leaves})
        self._leaves.clear()
