"""A disk that fails where it is told to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mingma.flows.durable import Disk

T = TypeVar("T")


def fails(step: Callable[[], object]) -> bool:
    """Whether the step ends in an I/O error."""
    try:
        step()
    except OSError:
        return True
    return False


class FailingDisk(Disk):
    """Counts the steps that change something; the one numbered `fails_at` raises EIO.

    `too_late`: the step is done, and its failure reported all the same.
    """

    def __init__(self, fails_at: int | None = None, *, too_late: bool = False) -> None:
        self.fails_at = fails_at
        self.too_late = too_late
        self.steps = 0

    def _step(self, step: Callable[[], T]) -> T:
        self.steps += 1
        if self.steps - 1 != self.fails_at:
            return step()
        if self.too_late:
            step()
        raise OSError(5, "Input/output error")

    def fill(self, part: Path, data: bytes) -> None:
        self._step(lambda: Disk.fill(self, part, data))

    def rename(self, part: Path, path: Path) -> None:
        self._step(lambda: Disk.rename(self, part, path))

    def sync_folder(self, folder: Path) -> None:
        self._step(lambda: Disk.sync_folder(self, folder))

    def remove_folder(self, folder: Path) -> None:
        self._step(lambda: Disk.remove_folder(self, folder))
