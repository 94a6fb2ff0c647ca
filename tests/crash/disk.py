"""What a disk holds after a loss of power: a model that a journal of calls is replayed into.

Only what was synced is sure: contents by fsync of the file, names by fsync of their folder, each by
itself. What was not synced may be there or not: nothing of it (`DROPPED`), any sector of any write
and any first part of a folder's changes (`TORN`), or all (`KEPT`: a killed process, whose files the
machine still holds). A sync that failed forgets what it should have written, and a later one that
succeeds does not bring it back: so page caches behave.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SECTOR: Final = 512  # bytes that a disk writes whole or not at all
DROPPED, TORN, KEPT = "dropped", "torn", "kept"
_HEAD: Final = struct.Struct("<cb6xQqII")


@dataclass(frozen=True, slots=True)
class Call:
    """One counted call. `what` is the letter that shim.c gives it."""

    what: str
    failed: bool
    inode: int
    offset: int
    first: bytes
    second: str

    @property
    def path(self) -> str:
        return self.first.decode()


def calls_in(journal: bytes) -> Iterator[Call]:
    at = 0
    while at < len(journal):
        what, failed, inode, offset, first, second = _HEAD.unpack_from(journal, at)
        start = at + _HEAD.size
        at = start + first + second
        yield Call(
            what.decode(), bool(failed), inode, offset,
            journal[start : start + first], journal[start + first : at].decode(),
        )  # fmt: skip


@dataclass(slots=True, eq=False)
class File:
    """Contents as synced, and what came after: writes, and cuts (no data)."""

    synced: bytes = b""
    after: list[tuple[int, bytes | None]] = field(default_factory=list)

    def contents(self, how: str, chance: random.Random) -> bytes:
        data = bytearray(self.synced)
        for offset, written in self.after if how != DROPPED else []:
            if written is None:
                if how == KEPT or chance.random() < 0.5:
                    _cut(data, offset)
                continue
            for at, end in _sectors(offset, offset + len(written)):
                if how == KEPT or chance.random() < 0.5:
                    data.extend(bytes(max(0, end - len(data))))
                    data[at:end] = written[at - offset : end - offset]
        return bytes(data)

    def sync(self, *, failed: bool) -> None:
        if not failed:
            self.synced = self.contents(KEPT, random.Random())
        self.after.clear()


Folder = None  # what a name that is a folder's stands for
Entry = File | None
Change = tuple[str, bool, Entry]  # a name, whether it is there now, and whose it is


class Disk:
    """Files below one folder, from their state at the start and the calls since."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._root = str(root)
        self._files: dict[int, File] = {}
        self._names: dict[str, Entry] = {self._root: Folder}  # as a running process sees them
        self._changes: list[Change] = []  # of names, not yet synced
        for path in sorted(root.rglob("*")):
            if path.is_dir():
                self._names[str(path)] = Folder
            else:
                made = self._files[path.stat().st_ino] = File(path.read_bytes())
                self._names[str(path)] = made
        self._synced = dict(self._names)

    def do(self, call: Call) -> None:
        if call.what == "S":
            self._sync(call)
        elif call.failed:
            return
        elif call.what == "W":
            self._files[call.inode].after.append((call.offset, call.first))
        elif call.what == "T":
            self._files[call.inode].after.append((call.offset, None))
        elif call.what == "C":
            made = self._files[call.inode] = File()
            self._change(call.path, True, made)
        elif call.what == "M":
            self._change(call.path, True, Folder)
        elif call.what == "U":
            self._change(call.path, False, self._names[call.path])
        elif call.what in "RL":
            moved = self._names[call.path]
            self._change(call.second, True, moved)
            if call.what == "R":
                self._change(call.path, False, moved)
        else:
            raise AssertionError(call)

    def read(self, path: Path) -> bytes | None:
        """A file as every process sees it while the machine runs."""
        found = self._names.get(str(path))
        return None if found is None else found.contents(KEPT, random.Random())

    def write(self, to: Path, how: str, seed: int = 0) -> None:
        """What is there after the power came back, into a folder."""
        chance = random.Random(seed)
        names = self._after(how, chance)
        for path, entry in sorted(names.items()):
            if not self._reachable(path, names):
                continue
            target = to / Path(path).relative_to(self._root)
            if entry is Folder:
                target.mkdir(exist_ok=True)
            else:
                target.write_bytes(entry.contents(how, chance))
                target.chmod(0o600)

    def _sync(self, call: Call) -> None:
        if call.inode in self._files and call.path not in self._folders():
            self._files[call.inode].sync(failed=call.failed)
            return
        inside = [one for one in self._changes if _parent(one[0]) == call.path]
        self._changes = [one for one in self._changes if _parent(one[0]) != call.path]
        if not call.failed:
            for change in inside:
                _apply(self._synced, change)

    def _folders(self) -> set[str]:
        return {path for path, entry in self._names.items() if entry is Folder}

    def _change(self, path: str, there: bool, entry: Entry) -> None:
        self._changes.append((path, there, entry))
        _apply(self._names, self._changes[-1])

    def _after(self, how: str, chance: random.Random) -> dict[str, Entry]:
        if how == KEPT:
            return self._names
        names = dict(self._synced)
        if how == TORN:
            folders = sorted({_parent(one[0]) for one in self._changes})
            for folder in folders:
                inside = [one for one in self._changes if _parent(one[0]) == folder]
                for change in inside[: chance.randint(0, len(inside))]:
                    _apply(names, change)
        return names

    def _reachable(self, path: str, names: dict[str, Entry]) -> bool:
        if path == self._root:
            return True
        parent = _parent(path)
        return parent in names and names[parent] is Folder and self._reachable(parent, names)


def _apply(names: dict[str, Entry], change: Change) -> None:
    path, there, entry = change
    if there:
        names[path] = entry
    else:
        names.pop(path, None)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _cut(data: bytearray, length: int) -> None:
    del data[length:]
    data.extend(bytes(length - len(data)))


def _sectors(start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        edge = min(end, (start // SECTOR + 1) * SECTOR)
        yield start, edge
        start = edge
