"""The memory store's turns and transactions: a writer works on a copy, a reader on what was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mingma.ports import Last, Unit
from mingma.records import Misused
from mingma.storage.memory.state import State
from mingma.storage.memory.unit import MemoryUnit
from mingma.storage.turns import PATIENCE, Turns


class MemoryStore:
    """A `ports.Store` that forgets everything when it goes."""

    one_writer = True

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self._turns = Turns(patience)
        self._state: State | None = State()

    @contextmanager
    def write(self, last: Last | None = None) -> Iterator[Unit]:
        """A unit of work in this thread's turn."""
        with self._turns.turn():
            unit = MemoryUnit(self._now(), writes=True)
            try:
                yield unit
                if last is not None:
                    last(unit)
                self._state = unit.kept()
            finally:
                unit.end()

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """A unit of work on what there is now, beside whoever writes."""
        unit = MemoryUnit(self._now(), writes=False)
        try:
            yield unit
        finally:
            unit.end()

    def close(self) -> None:
        """Forget everything."""
        with self._turns.turn():
            self._state = None

    def _now(self) -> State:
        if self._state is None:
            raise Misused(how="a store was used after it was closed")
        return self._state
