"""Closed lists of words that more than one part speaks."""

from __future__ import annotations

from enum import StrEnum


class Colour(StrEnum):
    """What a code shows. Only rules give one; `unknown` stands apart and is never green or red."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"
    GREY = "grey"
    GREEN = "green"
    UNKNOWN = "unknown"


# The worst live finding shows (CONTRACT, Refused and narrowed rules).
SEVERITY: dict[Colour, int] = {
    Colour.RED: 5,
    Colour.ORANGE: 4,
    Colour.YELLOW: 3,
    Colour.BLUE: 2,
    Colour.GREY: 1,
    Colour.GREEN: 0,
}
