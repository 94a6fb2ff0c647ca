"""An instance's heads, cosigned by its witnesses; whom one came too late for is decided anew.

In a specimen there is none of it: nobody is asked.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from typing import Protocol

from mingma.clock import Clock
from mingma.flows.ask_witnesses import Witnesses
from mingma.flows.context import Context
from mingma.flows.keep_asking import KeepAsking
from mingma.flows.renew_late import LateDecisions
from mingma.flows.seal import Log
from mingma.ports import Store, Unit


class Watched(Protocol):
    """What cosigning needs of an instance."""

    @property
    def store(self) -> Store: ...
    @property
    def log(self) -> Log: ...
    @property
    def context(self) -> Context: ...
    @property
    def clock(self) -> Clock: ...

    def acting(self) -> AbstractContextManager[Unit]: ...
    def publish_landmarks(self) -> int: ...


class Cosigning:
    """Asks when told to, and from `start` on every few seconds; one at a time."""

    def __init__(self, here: Watched, witnesses: Witnesses) -> None:
        self.witnesses = witnesses
        self.late = LateDecisions(here.store)
        self._here = here
        self._asking = threading.Lock()
        self._keep_asking: KeepAsking | None = None

    def ask(self) -> bool:
        """Have the newest head cosigned; decide anew for whom one came too late. True if it was."""
        if not self._asking.acquire(blocking=False):
            return False
        here = self._here
        try:
            kept = self.witnesses.ask(here.clock())
            # What was decided anew has leaves of its own, which ask for a head of their own.
            # A log that has ended takes none: they are decided in the next one.
            while here.log.goes_on_at is None and self.late.renew(
                here.acting, here.context, here.clock()
            ):
                self.witnesses.ask(here.clock())
            if kept:
                here.publish_landmarks()
            return kept
        finally:
            self._asking.release()

    def start(self) -> None:
        """Ask from a thread of its own, until `stop`."""
        if self._keep_asking is None:
            self._keep_asking = KeepAsking(self.ask)
            self._keep_asking.start()

    def stop(self) -> None:
        """Let what is being asked finish; `close` comes once nothing is sealed any more."""
        if self._keep_asking is not None:
            self._keep_asking.stop()

    def close(self) -> None:
        """Release the witnesses' connections."""
        self.witnesses.close()
