"""The log's rows as somebody with the database's file edits them: each with the entries in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mingma.ledger.tiles import bundle, entries_in


@dataclass(frozen=True, slots=True)
class SealedRows:
    """Each row's entries by the index of its first; what is changed here is written back."""

    by_index: dict[int, list[bytes]]

    def all(self) -> list[bytes]:
        """Every entry in order."""
        return [one for _, entries in sorted(self.by_index.items()) for one in entries]

    def row_of(self, index: int) -> int:
        """The first index of the row that has a leaf."""
        return max(first for first in self.by_index if first <= index)

    def entry(self, index: int) -> bytes:
        """A leaf's entry."""
        first = self.row_of(index)
        return self.by_index[first][index - first]

    def put(self, index: int, *entries: bytes) -> None:
        """Entries in the place of a leaf's; none takes it out. Those after it in its row move."""
        first = self.row_of(index)
        self.by_index[first][index - first : index - first + 1] = entries

    def move(self, start: int, by: int) -> None:
        """The rows that begin at `start` or later begin elsewhere."""
        moved = {n + by if n >= start else n: one for n, one in self.by_index.items()}
        self.by_index.clear()
        self.by_index.update(moved)

    def swap(self, one: int, other: int) -> None:
        """Two leaves, each in the other's place."""
        entries = self.entry(one), self.entry(other)
        self.put(other, entries[0])
        self.put(one, entries[1])


@contextmanager
def sealed_rows(file: Path) -> Iterator[SealedRows]:
    """The rows in a database's file."""
    with closing(sqlite3.connect(file)) as link, link:
        rows = link.execute("SELECT i, entries FROM sealed")
        found = SealedRows({i: entries_in(data, len(data))[0] for i, data in rows})
        yield found
        link.execute("DELETE FROM sealed")
        written = [(first, bundle(entries)) for first, entries in found.by_index.items()]
        link.executemany("INSERT INTO sealed VALUES (?, ?)", written)


def edit_rows(file: Path, change: Callable[[bytes], bytes], where: str = "1") -> None:
    """Change the bytes of rows where they lie, whatever becomes of the lengths in them."""
    with closing(sqlite3.connect(file)) as link, link:
        link.create_function("changed", 1, change)
        changed = f"UPDATE sealed SET entries = changed(entries) WHERE {where}"
        assert link.execute(changed).rowcount > 0


def entries_of(file: Path) -> list[bytes]:
    """Every entry in a database's file."""
    with sealed_rows(file) as rows:
        return rows.all()
