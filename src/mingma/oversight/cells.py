"""Public counts by organ or by clause, with small cells merged.

The law is the daily table's (`ledger/tally.py`): cells add up to everything, and none is below the
floor unless it is all there is.
"""

from __future__ import annotations

from collections.abc import Mapping

from mingma.ledger.tally import FLOOR, OTHER


def merged(counts: Mapping[str, int], floor: int = FLOOR) -> dict[str, int]:
    """The cells to publish: those large enough, and the rest as `other`."""
    cells = {name: count for name, count in counts.items() if count >= floor}
    other = sum(count for count in counts.values() if 0 < count < floor)
    # A small rest takes the smallest cell with it: their sum is public.
    while 0 < other < floor and cells:
        other += cells.pop(min(cells, key=lambda name: (cells[name], name)))
    return cells | ({OTHER: other} if other else {})
