"""`mingma bench`: each benchmark beside its peer in one run, as ratios."""

from __future__ import annotations

import json as json_module
import sys
from typing import Literal


def bench(
    name: Literal["evaluate"] = "evaluate", *, people: int = 1_000_000, json: bool = False
) -> int:
    """Run a benchmark and print its figures; compare the ratios, not the seconds.

    Args:
        name: Which one.
        people: How many people.
        json: Print a JSON object.
    """
    from mingma.bench.evaluate import evaluate

    print(f"bench {name}: {people} people …", file=sys.stderr)
    figures = evaluate(people)
    if json:
        print(json_module.dumps(figures, indent=2))
    else:
        for key, value in figures.items():
            shown = f"{value:,.3f}" if isinstance(value, float) else f"{value:,}"
            print(f"{key:32} {shown:>16}")
    return 0
