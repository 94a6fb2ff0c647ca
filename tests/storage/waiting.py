"""Writers that wait for each other, or need not."""

from __future__ import annotations

from concurrent.futures import Future, wait
from typing import Any

A_MOMENT = 0.2  # seconds in which a writer that need not wait would be done
SOON = 20.0  # seconds within which what does not wait has long happened


def still_waits(future: Future[Any]) -> bool:
    return not wait([future], A_MOMENT).done
