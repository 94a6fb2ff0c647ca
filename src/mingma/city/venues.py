"""Venues: how many, how they are called, how often each is visited."""

from __future__ import annotations

from typing import Final

import numpy as np

from mingma.city.chance import Floats

PEOPLE_A_VENUE: Final = 150  # TRACING, section 6
ZIPF: Final = 0.8  # exponent of visits by rank; TRACING, section 6


def venue_count(people: int) -> int:
    """The venues of a city."""
    return max(people // PEOPLE_A_VENUE, 5)


def venue_name(index: int) -> str:
    """The reference of a venue: `v0000001` is the most visited."""
    return f"v{index + 1:07d}"


def visits_up_to(people: int) -> Floats:
    """The share of visits that goes to each venue or a more visited one."""
    weights = np.arange(1, venue_count(people) + 1, dtype=np.float64) ** -ZIPF
    found: Floats = np.cumsum(weights) / weights.sum()
    return found
