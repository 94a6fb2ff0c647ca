"""Who is ill, and who is kept in, on which day of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mingma.city.chance import Bools, Ints

NEVER: Final = 2**15 - 1  # a day no plan reaches


@dataclass(frozen=True, slots=True)
class Course:
    """By person: in isolation from which day, until which, and with symptoms from which."""

    away_from: Ints
    away_until: Ints
    ill_from: Ints

    @classmethod
    def of(cls, people: int) -> Course:
        """Everybody well and free."""
        never = np.full(people, NEVER, dtype=np.int64)
        return cls(never, -never, never.copy())

    def isolate(self, person: int, day: int, days: int) -> None:
        """Keep a person in from a day on, or longer."""
        if self.away_until[person] < day:
            self.away_from[person] = day
        self.away_until[person] = max(int(self.away_until[person]), day + days)

    def fall_ill(self, person: int, day: int) -> None:
        """Symptoms from a day on, until the end of the isolation."""
        self.ill_from[person] = day

    def away(self, people: slice, day: int) -> Bools:
        """Who of a block is in isolation on a day."""
        found: Bools = (self.away_from[people] <= day) & (day < self.away_until[people])
        return found

    def ill(self, people: slice, day: int) -> Bools:
        """Who of a block has symptoms on a day."""
        found: Bools = (self.ill_from[people] <= day) & (day < self.away_until[people])
        return found
