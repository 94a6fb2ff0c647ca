"""Leaves that come in by the clock, whether we keep up or not, and how long each of them waits."""

from __future__ import annotations

import time
from collections.abc import Callable


def waits(leaves: int, rate: int, tick: float, take: Callable[[range], None]) -> list[float]:
    """Seconds that each waited from its coming in; each is said to wait for its round's last.

    A round takes all that have come in; none begins before a tick has passed.
    """
    found: list[float] = []
    begun = time.perf_counter()
    while (done := len(found)) < leaves:
        time.sleep(max(0.0, begun + done / rate + tick - time.perf_counter()))
        due = min(leaves, int((time.perf_counter() - begun) * rate))
        take(range(done, due))
        ended = time.perf_counter() - begun
        found += [ended - number / rate for number in range(done, due)]
    return found
