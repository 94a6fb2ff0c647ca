"""Publish into a folder: after every seal, the log's public files as `export_log` would write them.

At the start the folder is brought up to date and checked whole; after that only what grew is
written. `checkpoint` comes last, after the folder's right edge was read back and has its root. A
crash leaves the earlier checkpoint over files that still prove it. Partials go when their full tile
is there, and at the start what a crash left unfinished. Landmarks come after the witnesses, who are
asked about what is published. One process to a folder.
"""

from __future__ import annotations

from pathlib import Path

from mingma.flows.durable import DISK, Disk
from mingma.flows.export_log import NothingSealed, export_log
from mingma.flows.publish_log import CHECKPOINT, LANDMARKS, PublicLog
from mingma.flows.publish_tables import Tables
from mingma.flows.stored_head import HeadBroken
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.files import LogFiles
from mingma.ledger.tiles import WIDTH, growth


class Publisher:
    """A folder that follows the log. For one thread at a time."""

    def __init__(self, log: PublicLog, folder: Path, disk: Disk = DISK) -> None:
        self._log = log
        self._folder = folder
        self._disk = disk
        self._tables = Tables(log.store, folder, disk)
        self._done: bytes | None = None  # the checkpoint that the folder has
        self._size = 0

    def begin(self) -> None:
        """Bring the folder up to date, whatever is in it; raises as `export_log`, or OSError."""
        self._disk.clear(self._folder)
        head, _ = export_log(self._log, self._folder, self._disk, tables=self._tables)
        self._size = head.size

    def publish(self) -> None:
        """Write what grew since the last time; raises HeadBroken or OSError."""
        found = self._log.head()
        if found is None:
            raise NothingSealed
        note, head = found
        if note == self._done:
            return
        # (1) What became full, and the new right edge. Bundles first, then tiles upward.
        for tile in growth(self._size, head.size):
            data = self._log.file(tile.path)
            if data is None:
                raise HeadBroken(size=head.size, why="size")
            self._disk.write(self._folder / tile.path, data)
        # (2) The edge as it is in the folder now gives the root that is signed.
        LogFiles(self._read, head)
        # (3) What the leaves up to here speak of.
        self._tables.write()
        # (4) The checkpoint, and then what nobody needs under it.
        self._disk.write(self._folder / CHECKPOINT, note)
        self._clear(head)
        self._done, self._size = note, head.size

    def publish_landmarks(self, landmarks: bytes) -> bool:
        """Write landmarks that the published head continues; whether they are new, or OSError."""
        return self._disk.write(self._folder / LANDMARKS, landmarks)

    def _read(self, path: str) -> bytes | None:
        return self._disk.read(self._folder / path)

    def _clear(self, head: Checkpoint) -> None:
        """Remove the partials of tiles that became full."""
        for tile in growth(self._size, head.size):
            if tile.width == WIDTH:
                self._disk.remove_folder(self._folder / f"{tile.path}.p")
