"""What time it is: the machine's, or a replay's that starts at a chosen instant and runs on."""

from __future__ import annotations

import time
from collections.abc import Callable

from mingma.kernel.times import Instant, parse_instant

Clock = Callable[[], Instant]


def wall_clock() -> Instant:
    """The machine's time in whole seconds."""
    return Instant(time.time())


def replay_clock(start: Instant) -> Clock:
    """A clock that shows `start` now and runs at the usual speed."""
    begun = time.monotonic()
    return lambda: Instant(start + int(time.monotonic() - begun))


def clock_of(setting: str) -> Clock:
    """The clock that a setting names: a replay from an instant on, or the machine's if empty."""
    return replay_clock(parse_instant(setting, "clock")) if setting else wall_clock
