"""Ask the witnesses again while the newest head is not cosigned: a thread of its own.

Without it a head that no witness answered would wait for the next act. What an attempt raises is
written down and changes nothing: the last decisions cosigned stay in force until their own end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

EVERY: Final = 5.0  # seconds between attempts; asking for a head that is cosigned asks nobody

_log = logging.getLogger(__name__)


class KeepAsking:
    """Calls a function every few seconds, until it is stopped."""

    def __init__(self, ask: Callable[[], object], every: float = EVERY) -> None:
        self._ask = ask
        self._every = every
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ask-witnesses", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Let the attempt under way finish, and end."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            try:
                self._ask()
            except Exception:  # noqa: BLE001 - the next attempt must come whatever this one met
                _log.exception("witnesses were not asked")
