"""Marks in bulk: many approved marks of one organ under one rule, covered by no opened batch.

A hundred marks need the higher organ's `batch.open`. Who splits a list over days, or leaves the
batch out, shows here: marks of one organ and one rule are counted over a week, with the officers
who proposed and approved them. An officer has one pseudonym an organ and day, so the same two
people show as two pseudonyms each day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

CEILING: Final = 100  # marks from which on a batch must be opened
WINDOW: Final = 7  # days over which they are counted together
FEW: Final = 2  # officers of a day who alone made all of them: a proposer and an approver


@dataclass(slots=True)
class Bulk:
    """Marks of one organ under one rule within the window."""

    organ: bytes
    rule: bytes
    first: int
    since: int
    last: int
    until: int
    count: int = 0
    officers: set[tuple[int, bytes]] = field(default_factory=set)

    @property
    def by_few(self) -> bool:
        """Whether on no day more than two officers had a part in them."""
        days = [day for day, _ in self.officers]
        return max(days.count(day) for day in set(days)) <= FEW

    def __str__(self) -> str:
        rule = self.rule.decode().strip('"')
        days = self.until - self.since + 1
        most = len({officer for _, officer in self.officers})
        return (
            f"{self.count} marks of {self.organ.decode()} under rule {rule} within {days} days,"
            f" leaves {self.first} to {self.last}, {most} officers' pseudonyms"
        )


class Marks:
    """The counts, by organ and rule. Gives back what went over the ceiling."""

    __slots__ = ("_bulks",)

    def __init__(self) -> None:
        self._bulks: dict[tuple[bytes, bytes], Bulk] = {}

    def see(
        self, index: int, today: int, organ: bytes, rule: bytes, officers: tuple[bytes, ...]
    ) -> Iterator[Bulk]:
        """Count an approved mark; gives the bulk that ended before it, if it was one."""
        key = (organ, rule)
        bulk = self._bulks.get(key)
        if bulk is None or today - bulk.since >= WINDOW:
            if bulk is not None and bulk.count >= CEILING:
                yield bulk
            bulk = self._bulks[key] = Bulk(organ, rule, index, today, index, today)
        bulk.last, bulk.until, bulk.count = index, today, bulk.count + 1
        bulk.officers.update((today, officer) for officer in officers)

    def end(self) -> list[Bulk]:
        """Those over the ceiling that nothing ended."""
        return [bulk for bulk in self._bulks.values() if bulk.count >= CEILING]
