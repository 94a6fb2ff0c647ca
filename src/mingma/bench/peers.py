"""Others' software that the benchmarks are held against; no part of the product ever needs it.

It is installed apart (`make bench` does it, from requirements/bench.txt), into a folder that only a
benchmark looks into, and only after everything of our own was imported.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

PLACE: Final = Path(".bench")  # made by scripts/bench_peers, below the folder one works in
HOW: Final = "`make bench` installs it"


def peer(name: str) -> Any:
    """The module of a peer, or None where it is not installed."""
    place = str(PLACE.resolve())
    if PLACE.is_dir() and place not in sys.path:
        sys.path.append(place)  # last: nothing of ours is taken from there
    try:
        return import_module(name)
    except ImportError:
        return None


def missing(name: str) -> str:
    """What the table says of a peer that is not there."""
    return f"{name} is not installed: {HOW}"
