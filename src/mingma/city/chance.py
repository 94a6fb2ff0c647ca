"""Seeded chance: the same seed and the same names give the same draws, in any order of use."""

from __future__ import annotations

import hashlib
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mingma.kernel.canonical import canonical

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Chance: TypeAlias = np.random.Generator


def stream(seed: int, *names: str | int) -> Chance:
    """The draws that belong to these names alone, so that one part's draws never move another's."""
    digest = hashlib.sha256(canonical([seed, *names])).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def shares(weights: tuple[float, ...]) -> Floats:
    """Weights scaled to sum to one, as `choice` wants them."""
    found: Floats = np.asarray(weights, dtype=np.float64)
    return found / float(found.sum())
