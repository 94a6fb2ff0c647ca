"""The sequencer: a thread that does its work soon after it is woken, and not too often.

Idle, it works as soon as it is woken; busy, once in `BUSY` seconds or as soon as a pool is full;
and unasked once in `POLL` seconds, because another process may have died before its work was done.
Knows nothing of leaves; what it does is given to it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from mingma.flows.seal import POOL

BUSY: Final = 0.2  # seconds between two seals, unless a pool is full before
POLL: Final = 1.0  # seconds after which it looks by itself

_log = logging.getLogger(__name__)


class Watch(Protocol):
    """Time as the sequencer sees it; a test has its own."""

    def now(self) -> float:
        """Seconds, from anywhere on, that only grow."""

    def wait(self, woken: threading.Event, seconds: float) -> bool:
        """Wait to be woken, at most so long; whether it was."""


class RealWatch:
    """This machine's time."""

    def now(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def wait(self, woken: threading.Event, seconds: float) -> bool:
        """Wait on the event itself."""
        return woken.wait(seconds)


def due(last: float, now: float, waiting: int) -> float:
    """When to work that was woken now, having last worked then, with so many entries waiting."""
    return now if waiting >= POOL else max(now, last + BUSY)


class Sequencer:
    """One thread that calls `work`, never twice at once."""

    def __init__(self, name: str, work: Callable[[], object], watch: Watch | None = None) -> None:
        self._work = work
        self._watch = watch or RealWatch()
        self._woken = threading.Event()
        self._waiting = 0
        self._stopping = False
        self._thread = threading.Thread(target=self.run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self, waiting: int = 0) -> None:
        """There is something to do; so many entries are known to wait."""
        self._waiting = max(self._waiting, waiting)
        self._woken.set()

    def stop(self) -> None:
        """Do what is left to do once, and end."""
        self._stopping = True
        self._woken.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def run(self) -> None:
        """Work until stopped."""
        last = self._watch.now() - BUSY
        while not self._stopping:
            if self._watch.wait(self._woken, POLL):
                self._wait_for_its_turn(last)
            self._woken.clear()
            self._waiting = 0
            self._once()
            last = self._watch.now()
        self._once()

    def _wait_for_its_turn(self, last: float) -> None:
        """Let a second seal wait; a full pool or the end does not."""
        while not self._stopping:
            now = self._watch.now()
            left = due(last, now, self._waiting) - now
            if left <= 0:
                return
            self._woken.clear()
            self._watch.wait(self._woken, left)

    def _once(self) -> None:
        try:
            self._work()
        except Exception:  # noqa: BLE001 # a thread that dies silently would seal nothing more
            _log.exception("the round failed; the next one tries again")
