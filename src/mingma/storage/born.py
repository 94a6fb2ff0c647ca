"""Leaves that a unit of work added and has not put anywhere yet: sealed in the same unit, they go
straight into the log's table, and only what is left goes to the outbox.

Knows nothing of tables. Whether an act has a leaf already is for the unit to find out; until then
it is unchecked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from operator import attrgetter
from typing import Final, TypeAlias

from mingma.records import Outgoing

Act: TypeAlias = tuple[str, int]

_OLDEST: Final = attrgetter("committed_at", "subject", "number")
_ACT: Final = attrgetter("subject", "number")


class Born:
    """The leaves, by act."""

    def __init__(self) -> None:
        self._leaves: dict[Act, Outgoing] = {}
        self.unchecked: list[Act] = []  # acts not compared with what is stored

    def __len__(self) -> int:
        return len(self._leaves)

    def add(self, leaves: Iterable[Outgoing]) -> bool:
        """Take leaves in; False, and nothing taken, where an act would have two."""
        given = list(leaves)
        acts = list(map(_ACT, given))
        fresh = dict(zip(acts, given, strict=True))
        if len(fresh) != len(given) or not self._leaves.keys().isdisjoint(acts):
            return False
        self._leaves |= fresh
        self.unchecked += acts
        return True

    def add_checked(self, leaves: Iterable[Outgoing]) -> None:
        """Take in leaves of acts that are known to have no other."""
        self._leaves |= {_ACT(leaf): leaf for leaf in leaves}

    def take_unchecked(self) -> Sequence[Act]:
        """The acts that nobody has compared with what is stored; they count as checked then."""
        found, self.unchecked = self.unchecked, []
        return found

    def of(self, subjects: Collection[str]) -> int:
        """How many are of these subjects."""
        return sum(subject in subjects for subject, _ in self._leaves)

    def merged(self, waiting: list[Outgoing]) -> list[Outgoing]:
        """These and others that wait: oldest first, then by subject and number."""
        return sorted([*waiting, *self._leaves.values()], key=_OLDEST)

    def take(self, leaves: Iterable[Outgoing]) -> int:
        """Let go of leaves that were sealed; how many of them were not here."""
        acts = list(map(_ACT, leaves))
        if self._leaves.keys() == set(acts) and len(acts) == len(self._leaves):
            self.take_all()  # the usual case: what was born here is sealed here
            return 0
        missing = sum(self._leaves.pop(act, None) is None for act in acts)
        # The table took their acts, so they were new. What is left has still to be compared.
        self.unchecked = [act for act in self.unchecked if act in self._leaves]
        return missing

    def take_all(self) -> list[Outgoing]:
        """Let go of all of them."""
        found, self._leaves, self.unchecked = self._leaves, {}, []
        return list(found.values())
