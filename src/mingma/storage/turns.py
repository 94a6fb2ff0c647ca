"""Whose turn it is to write."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from mingma.records import Misused
from mingma.storage.errors import Busy

PATIENCE: Final = 30.0  # seconds a writer waits for its turn; a unit of work takes milliseconds


class Turns:
    """One writer at a time; asking again during one's own turn is a fault, not a deadlock."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._holder: int | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn and have it; raises Busy after the patience is over."""
        me = threading.get_ident()
        if self._holder == me:
            raise Misused(how="a unit of writing inside another")
        if not self._lock.acquire(timeout=self._patience):
            raise Busy(seconds=self._patience)
        self._holder = me
        try:
            yield
        finally:
            self._holder = None
            self._lock.release()
