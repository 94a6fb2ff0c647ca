"""Files that are whole or not there, also after a crash: written beside, made durable, renamed.

Each step is a method of its own, so that a test can let the disk fail there. What fails raises
OSError, and the file that was there before is still the one that is read.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from pathlib import Path
from typing import Final

from mingma.key_files import sync_folder

USUAL: Final = 1 << 16  # bytes: most files have less
PART: Final = re.compile(r"\..+\.[0-9a-f]{16}", re.ASCII)  # what is written beside, until renamed


class Disk:
    """The disk of this machine."""

    def read(self, path: Path, limit: int = -1) -> bytes | None:
        """The bytes of a file, or None if there is none."""
        try:
            with path.open("rb") as file:
                # Memory is taken for as much as is asked for: a large limit costs more than a file.
                data = file.read(min(limit, USUAL))
                return data + file.read(limit - USUAL) if len(data) == USUAL < limit else data
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, path: Path, data: bytes) -> bool:
        """Write a file whole or not at all; whether it had to be."""
        if self.read(path) == data:
            return False
        self.make_folder(path.parent)
        part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            self.fill(part, data)
            self.rename(part, path)
        finally:
            part.unlink(missing_ok=True)
        self.sync_folder(path.parent)
        return True

    def clear(self, folder: Path) -> None:
        """Remove what a crash left of files that never got their names; of nobody else's here."""
        for part in [one for one in folder.rglob(".*") if PART.fullmatch(one.name)]:
            if part.is_file() and not part.is_symlink():
                part.unlink(missing_ok=True)

    def fill(self, part: Path, data: bytes) -> None:
        """Make a new file, durable before it has its name."""
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def rename(self, part: Path, path: Path) -> None:
        """Give a file its name; whoever reads sees the old one or the new one."""
        part.replace(path)

    def make_folder(self, folder: Path) -> None:
        """Make a folder, and those above it, so that they are there after a crash."""
        if folder.is_dir():
            return
        self.make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        self.sync_folder(folder.parent)

    def sync_folder(self, folder: Path) -> None:
        """Make names in a folder durable."""
        sync_folder(folder)

    def remove_folder(self, folder: Path) -> None:
        """Remove a folder that nobody needs any more; none is no fault."""
        if folder.is_dir():
            shutil.rmtree(folder)


DISK = Disk()


def read_file(path: Path, limit: int = -1) -> bytes | None:
    """The bytes of a file, or None if there is none."""
    return DISK.read(path, limit)
