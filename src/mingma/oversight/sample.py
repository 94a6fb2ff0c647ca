"""The random audit: which leaves of a day are looked at, so that nobody could know before.

The root of the next cosigned head after the day's end picks them; who made the day's leaves did
not know it, and anybody draws the same sample again (docs/formats/sample.md, with vectors).
One leaf in a hundred, and twenty a city where there are so many. Every leaf is as likely as every
other, and none is drawn twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

LEAST: Final = 20  # leaves a city and day
ONE_IN: Final = 100
_DRAW: Final = b"mingma/sample/1\0"
_SPACE: Final = 1 << 64


def sample_size(leaves: int, cities: int = 1) -> int:
    """How many of a day's leaves are drawn."""
    return min(leaves, max(-(-leaves // ONE_IN), LEAST * cities))


def draw(root: bytes, day: int, start: int, end: int, cities: int = 1) -> tuple[int, ...]:
    """The leaves drawn of [start, end), the leaves of that day, in order."""
    leaves = end - start
    wanted = sample_size(leaves, cities)
    drawn: set[int] = set()
    for number in _numbers(root, day):
        if len(drawn) == wanted:
            break
        if number < _SPACE - _SPACE % leaves:  # else the first leaves would be likelier
            drawn.add(start + number % leaves)
    return tuple(sorted(drawn))


def _numbers(root: bytes, day: int) -> Iterator[int]:
    """Numbers of 64 bits from the root, without end."""
    counter = 0
    while True:
        seed = _DRAW + root + day.to_bytes(8, "big") + counter.to_bytes(8, "big")
        block = sha256(seed).digest()
        for at in range(0, len(block), 8):
            yield int.from_bytes(block[at : at + 8], "big")
        counter += 1
