"""What a detector says: which one, about whom, when, on which figures and which leaves.

About an organ, a city, a source – never a person: a detector is given counts, and has nobody to
name. A signal is a reason to look, and by itself changes nothing.
Follows ACCOUNTABILITY section 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from mingma.kernel.times import Instant, print_instant

MOST_LEAVES: Final = 50  # leaves that a signal names: the last of those it rests on
Figures: TypeAlias = dict[str, int | str]


class Detector(StrEnum):
    """Which detector. A closed list."""

    RECONCILIATION = "reconciliation"
    UNCOUNTED = "uncounted"
    WITHOUT_CASE = "without_case"
    OTHER_PROVINCE = "other_province"
    OVERTURNED = "overturned"
    CONTACTS = "contacts_per_case"
    STRUCTURING = "structuring"
    RECOLOURED = "recoloured"
    POSITIVITY = "positivity"
    ATTEMPTS = "attempts"
    FIRST_USE = "first_use"
    ROSTER = "roster"
    ROWS = "rows"


# More marks than the source signed, or rows that their leaves contradict, cannot be chance;
# everything else can.
INCIDENTS: Final = frozenset({Detector.RECONCILIATION, Detector.ROWS})


@dataclass(frozen=True, slots=True)
class Signal:
    """One finding of a detector."""

    detector: Detector
    about: str
    at: Instant
    figures: Mapping[str, int | str]
    leaves: tuple[int, ...] = field(default=())

    @property
    def incident(self) -> bool:
        """Whether it is a contradiction, and not only unlikely."""
        return self.detector in INCIDENTS

    @property
    def id(self) -> str:
        """Its name: the same finding has it again whenever it is made again."""
        return f"oversight.{self.detector.value}/{self.about}/{print_instant(self.at)}"


def named(leaves: list[int | None]) -> tuple[int, ...]:
    """The leaves to name, in order: those that are sealed, the last of them."""
    return tuple(sorted({leaf for leaf in leaves if leaf is not None})[-MOST_LEAVES:])


def chance(p: float) -> str:
    """A probability as it is written in figures."""
    return f"{p:.2g}"
