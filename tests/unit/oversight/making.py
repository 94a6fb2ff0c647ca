"""Events and thresholds for the detectors' tests."""

from __future__ import annotations

from mingma.flows.oversee import shipped_thresholds
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.oversight.events import Answered, Marked

START = Instant(1_655_000_000 // (7 * DAY) * 7 * DAY)  # the start of a week of the tests' blocks
FITTED = shipped_thresholds()
MINUTE = 60


def after(seconds: float) -> Instant:
    return Instant(START + int(seconds))


def mark(seconds: float = 0, *, case: str | None = None, outside: bool = False,
         city: str = "4101", organ: str = "zz-cdc", leaf: int | None = None) -> Marked:  # fmt: skip
    return Marked(after(seconds), city, organ, case, outside, leaf)


def answer(seconds: float, *, overturned: bool, organ: str = "zz-cdc", leaf: int = 0) -> Answered:
    return Answered(after(seconds), organ, overturned, leaf)


__all__ = ["DAY", "FITTED", "HOUR", "MINUTE", "START", "after", "answer", "mark"]
