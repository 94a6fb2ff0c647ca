"""The files that leaves speak of: each index and table is published, and is what its leaf says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from mingma.cli.audit_report import Report, place_of
from mingma.flows.publish_tables import INDEXES, TABLES
from mingma.kernel.errors import Problem
from mingma.ledger.files import Read
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ledger.published import entries_of
from mingma.ledger.tag_index import whole_index
from mingma.ledger.tag_proof import commitment_in
from mingma.ledger.tally import print_day, verify_table

SPEAK: Final = tuple(f'"k":"{kind}"'.encode() for kind in (Kind.INDEX_HOUR, Kind.TALLY_DAY))


class SpokenOf:
    """The entries of a log found whole that speak of files."""

    def __init__(self, read: Read, size: int) -> None:
        self._read = read
        self._size = size
        self._noted: dict[int, bytes] = {}
        self._rest: Iterator[bytes] = iter(())  # entries from `_at` on
        self._at = size

    def note(self, index: int, entry: bytes) -> None:
        """Take an entry."""
        if any(kind in entry for kind in SPEAK):
            self._noted[index] = entry

    def audit(self, report: Report) -> None:
        """After they were read: whether the files are there, and hold."""
        for index, entry in sorted(self._noted.items()):
            try:
                leaf, _ = parse(entry)
            except LeafUnreadable:
                continue  # which is said of the leaf
            path = _path(leaf)
            data = self._read(path)
            if data is None:
                report.add("files", "file_missing", place_of(index, path))
            elif not self._holds(data, leaf):
                report.add("files", "file_differs", place_of(index, path))

    def _holds(self, data: bytes, leaf: Leaf) -> bool:
        try:
            if leaf.kind is Kind.INDEX_HOUR:
                whole_index(data, commitment_in(leaf))
            else:
                verify_table(data, leaf, self._between(leaf.index or 0, leaf.end or 0))
        except Problem:
            return False
        return True

    def _between(self, start: int, end: int) -> list[bytes]:
        """The entries [start, end); tables follow each other, so the log is read once for all."""
        if start < self._at:
            self._rest, self._at = entries_of(self._read, self._size), 0
        found = list(islice(self._rest, start - self._at, end - self._at))
        self._at = end
        return found


def _path(leaf: Leaf) -> str:
    if leaf.kind is Kind.INDEX_HOUR:
        return f"{INDEXES}/{leaf.index}-{leaf.end}"
    return f"{TABLES}/{print_day(leaf.day or 0)}"
