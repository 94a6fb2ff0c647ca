"""Whose turn it is to write: first come, first served."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from mingma.records import Misused
from mingma.storage.errors import Busy

PATIENCE: Final = 30.0  # seconds a writer waits for its turn; a unit of work takes milliseconds
FOR_EVER: Final = -1.0  # seconds, as a lock has them


class Turns:
    """One writer at a time; asking again during one's own turn is a fault, not a deadlock.

    Who has his turn may step back behind those who want one, until he has it again or is let go.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[_Place] = deque()
        self._behind: deque[_Place] = deque()
        self._holder: int | None = None

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for a turn, and not only behind."""
        return bool(self._waiting)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn and have it; raises Busy when it takes too long."""
        me = threading.get_ident()
        if self._holder == me:
            raise Misused(how="a unit of writing inside another")
        if not self._take():
            raise Busy(seconds=self._patience)
        self._holder = me
        try:
            yield
        finally:
            if self._holder == me:  # else he stepped back, and was let go
                self._pass_on()

    def step_back(self) -> bool:
        """Let those who want a turn have it first; False, and no turn, if let go before."""
        mine = _Place()
        with self._guard:
            self._behind.append(mine)
        self._pass_on()
        if not self._wait(mine, self._behind, FOR_EVER):
            return False
        self._holder = threading.get_ident()
        return True

    def let_go(self) -> None:
        """Let all who stepped back go on, without a turn; said in one's own."""
        with self._guard:
            for place in self._behind:
                place.called.release()
            self._behind.clear()

    def _take(self) -> bool:
        """Whether one has the turn, in the end."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            mine = _Place()
            self._waiting.append(mine)
        return self._wait(mine, self._waiting, self._patience)

    def _wait(self, mine: _Place, queue: deque[_Place], patience: float) -> bool:
        """Wait to be called; whether the turn came, be it in the very moment of giving up."""
        try:
            if not mine.called.acquire(timeout=patience):
                return self._leave(queue, mine)
        except BaseException:  # somebody stopped the program
            if self._leave(queue, mine):
                self._pass_on()
            raise
        return mine.has_turn

    def _leave(self, queue: deque[_Place], mine: _Place) -> bool:
        with self._guard:
            if mine in queue:
                queue.remove(mine)
        return mine.has_turn

    def _pass_on(self) -> None:
        self._holder = None
        with self._guard:
            queue = self._waiting or self._behind
            if queue:
                next_one = queue.popleft()
                next_one.has_turn = True
                next_one.called.release()
            else:
                self._taken = False


class _Place:
    """A place in a queue, and whether the turn came to it."""

    def __init__(self) -> None:
        self.called = threading.Lock()
        self.called.acquire()
        self.has_turn = False
