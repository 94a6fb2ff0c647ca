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
    """One writer at a time; asking again during one's own turn is a fault, not a deadlock."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()  # each is let go when its turn comes
        self._holder: int | None = None

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for a turn."""
        return bool(self._waiting)

    @contextmanager
    def turn(self, *, patient: bool = False) -> Iterator[None]:
        """Wait for the turn and have it; unless `patient`, raises Busy when it takes too long."""
        me = threading.get_ident()
        if self._holder == me:
            raise Misused(how="a unit of writing inside another")
        self._take(FOR_EVER if patient else self._patience)
        self._holder = me
        try:
            yield
        finally:
            self._holder = None
            self._pass_on()

    def _take(self, patience: float) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        try:
            if mine.acquire(timeout=patience):
                return
        except BaseException:  # somebody stopped the program
            self._leave(mine)
            raise
        self._leave(mine)
        raise Busy(seconds=self._patience)

    def _leave(self, mine: threading.Lock) -> None:
        """Stop waiting; a turn that came in this very moment is passed on."""
        with self._guard:
            if mine in self._waiting:
                self._waiting.remove(mine)
                return
        self._pass_on()

    def _pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
