"""Days of leaves under cosignatures: a witness says when it saw a tree, so its leaves are older.

The last leaf of a cosigned head says no later day than its witnesses saw. The next one was sealed
about then or afterwards: it says none that was over long before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from mingma.kernel.times import day_of
from mingma.ledger.cosignature import Cosignature

CLOCKS_APART: Final = 60  # seconds that the log's clock may be ahead of its witnesses'
ASKED_WITHIN: Final = 1  # days: while witnesses are asked, the log goes on


def seen_at(cosignatures: Iterable[Cosignature]) -> int | None:
    """When witnesses saw a head: the time in the middle, which no single one of three decides."""
    times = sorted(one.time for one in cosignatures if one.time is not None)
    return times[len(times) // 2] if times else None


def misdated(
    seen: int, last: tuple[int, int | None], following: tuple[int, int | None] | None
) -> Iterator[tuple[int, str]]:
    """The leaves whose days do not fit a head seen then, and by how much.

    `last` is the head's last leaf and `following` the next: an index, and its day if it says one.
    """
    index, today = last
    if today is not None and (ahead := today - day_of(seen + CLOCKS_APART)) > 0:
        yield index, f"{ahead} days ahead of its witnesses"
    if following is None:
        return
    index, today = following
    if today is not None and (behind := day_of(seen) - today) > ASKED_WITHIN:
        yield index, f"{behind} days behind the witnesses of the leaf before"
