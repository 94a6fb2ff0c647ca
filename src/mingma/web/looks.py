"""How a colour looks: always a word, a shape and a colour together, never a colour alone.

The shapes differ in outline, so that they can be told apart in black and white, by a person who
sees no red or green, and across a hall.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mingma.kernel.words import Colour


@dataclass(frozen=True, slots=True)
class Look:
    """A shape's outline and the sign inside it, as SVG paths on 64 × 64, and both names."""

    colour: str
    shape: str
    outline: str
    sign: str
    zh: str
    en: str


_RING: Final = "M32 4a28 28 0 1 0 0 56a28 28 0 1 0 0-56z"
LOOKS: Final = {
    Colour(name): Look(name, shape, outline, sign, zh, en)
    for name, shape, outline, sign, zh, en in (
        ("green", "circle", _RING, "M18 33l10 10 19-21", "绿码", "Green"),
        ("yellow", "triangle", "M32 5L62 58H2z", "M32 24v16M32 49v.01", "黄码", "Yellow"),
        ("red", "octagon", "M20 3h24l17 17v24L44 61H20L3 44V20z", "M16 32h32", "红码", "Red"),
        ("orange", "diamond", "M32 2l30 30-30 30L2 32z", "M32 18v16M32 44v.01", "橙码", "Orange"),
        ("blue", "square", "M5 5h54v54H5z", "M32 30v17M32 18v.01", "蓝码", "Blue"),
        ("grey", "hexagon", "M17 6h30l15 26-15 26H17L2 32z", "M20 26h24M20 38h24", "灰码", "Grey"),
        ("unknown", "dashed ring", _RING, "M20 32h24", "未出码", "No code"),
    )
}


def look(colour: Colour | str) -> Look:
    """The look of a colour."""
    return LOOKS[Colour(colour)]
