"""The files beside the tiles: whole tag indexes and their listing, and the tables of days.

Each goes with a leaf that commits to it, and once it is there it never changes; only the listing
grows. They are written before the checkpoint over their leaves, so that whoever reads a folder
under its checkpoint finds what those leaves speak of (docs/formats/checkpoint.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mingma.flows.durable import Disk
from mingma.flows.index_hour import PublicIndex
from mingma.flows.reconcile_found import sealed_leaf
from mingma.flows.tally_day import TALLY
from mingma.kernel.errors import Problem
from mingma.ledger.tag_index import whole_index
from mingma.ledger.tag_proof import commitment_in
from mingma.ports import Store

INDEXES: Final = "index"  # the folder of whole indexes, `index/0-4096`
RANGES: Final = f"{INDEXES}/ranges"  # … and of the listing, also served as `index` alone
TABLES: Final = "tally"  # the folder of tables, `tally/2022-06-14`


class Tables:
    """These files in one folder. For one thread at a time."""

    def __init__(self, store: Store, folder: Path, disk: Disk) -> None:
        self._store = store
        self._index = PublicIndex(store, held=1)
        self._folder = folder
        self._disk = disk
        self._indexed = 0  # up to this leaf the indexes are there
        self._counted = ""  # … and the tables of the days before this

    def write(self) -> int:
        """Bring the folder up to date; how many files were written; raises OSError or Problem."""
        return self._write_indexes() + self._write_tables()

    def _write_indexes(self) -> int:
        """The indexes whose leaves are sealed; the listing after them."""
        written, before = 0, self._indexed
        for start, end, leaf in self._index.listed(self._indexed):
            if leaf is None:
                break  # its turn comes with its seal
            path = self._folder / INDEXES / f"{start}-{end}"
            made = None if self._holds(path, leaf) else self._made(start, end)
            written += made is not None and self._disk.write(path, made)
            self._indexed = end
        if self._indexed != before:
            written += self._disk.write(self._folder / RANGES, self._index.listing())
        return written

    def _made(self, start: int, end: int) -> bytes | None:
        """An index made from the leaves; None where they make none, which an audit says."""
        try:
            made = self._index.index(start, end)
        except Problem:
            return None
        return None if made is None else bytes(made)

    def _holds(self, path: Path, leaf: int) -> bool:
        """Whether a file is the index that a leaf commits to; a start makes none of them anew."""
        data = self._disk.read(path)
        if data is None:
            return False
        with self._store.read() as unit:
            sealed = sealed_leaf(unit, leaf)
        try:
            return sealed is not None and bool(whole_index(data, commitment_in(sealed[0])))
        except Problem:
            return False

    def _write_tables(self) -> int:
        written = 0
        with self._store.read() as unit:
            while (table := unit.first_record(TALLY, self._counted)) is not None:
                written += self._disk.write(self._folder / TABLES / table.id, table.body)
                self._counted = f"{table.id}~"
        return written
